#pragma once

#include <cstddef>
#include <cstring>

#include "spread/api/bytes.h"

namespace spread {

/// Puts payloads of `map` together (every value followed by one NUL) in shared blocks: a byte is
/// copied once and thousands of small payloads cost one allocation.
class PayloadBuilder {
 public:
  PayloadBuilder() = default;
  PayloadBuilder(const PayloadBuilder&) = delete;
  PayloadBuilder& operator=(const PayloadBuilder&) = delete;
  ~PayloadBuilder() {
    if (block_ != nullptr) block_->release();
  }

  void add_value(ByteView value) {
    Byte* place = room(value.size() + 1);
    if (!value.empty()) std::memcpy(place, value.data(), value.size());
    place[value.size()] = 0;
  }
  /// Values that have their NULs already.
  void add_values(ByteView values) {
    Byte* place = room(values.size());
    if (!values.empty()) std::memcpy(place, values.data(), values.size());
  }
  /// What was added since the last take() or clear().
  ByteView view() const {
    return block_ == nullptr ? ByteView() : ByteView(block_->data() + begin_, end_ - begin_);
  }
  void clear() { end_ = begin_; }

  Slice take() {
    const ByteView bytes = view();
    if (bytes.size() > kBlockBytes / 4) return take_large();
    Slice payload(bytes.empty() ? nullptr : block_, bytes);
    begin_ = end_;
    return payload;
  }

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;

  Byte* room(std::size_t size) {
    if (block_ == nullptr || block_->capacity() - end_ < size) renew(size);
    Byte* place = block_->data() + end_;
    end_ += size;
    return place;
  }
  void renew(std::size_t size);
  Slice take_large();
  void drop() {
    if (block_ != nullptr) block_->release();
    block_ = nullptr;
    begin_ = end_ = 0;
  }

  Block* block_ = nullptr;
  std::size_t begin_ = 0;  // of the payload that is being put together
  std::size_t end_ = 0;
};

}  // namespace spread
