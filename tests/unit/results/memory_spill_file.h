#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "spread/results/waiting_values.h"

namespace spread::test {

/// A spill file in memory that can be full, and that fails the test when what was given back is
/// read.
class MemorySpillFile final : public SpillFile {
 public:
  /// Asked before every append; null = there is always room.
  std::function<bool(std::size_t size)> has_room;
  bool broken = false;  ///< reads fail
  std::uint64_t appends = 0;
  std::uint64_t reads = 0;
  std::uint64_t read_bytes = 0;

  Result<std::uint64_t> append(ByteView bytes) override {
    EXPECT_FALSE(bytes.empty());
    if (has_room && !has_room(bytes.size())) return fail("write spill: No space left on device");
    ++appends;
    const std::uint64_t offset = end();
    bytes_.append(as_text(bytes));
    return offset;
  }
  Status read(std::uint64_t offset, std::span<Byte> into) override {
    if (broken) return fail("read spill: Input/output error");
    ++reads;
    read_bytes += into.size();
    EXPECT_GE(offset, begin_);
    EXPECT_LE(offset + into.size(), end());
    if (offset < begin_ || offset + into.size() > end()) return fail("read spill: out of range");
    std::memcpy(into.data(), bytes_.data() + (offset - base_), into.size());
    return {};
  }
  void discard_before(std::uint64_t offset) override {
    EXPECT_GE(offset, begin_);
    EXPECT_LE(offset, end());
    begin_ = offset;
    // Really dropped only now and then: moving the rest costs.
    if (begin_ - base_ > bytes_.size() / 2) {
      bytes_.erase(0, static_cast<std::size_t>(begin_ - base_));
      base_ = begin_;
    }
  }
  /// Bytes not given back.
  std::uint64_t size() const { return end() - begin_; }
  /// Bytes ever written.
  std::uint64_t end() const { return base_ + bytes_.size(); }

 private:
  std::string bytes_;
  std::uint64_t base_ = 0;   // file offset of bytes_[0]
  std::uint64_t begin_ = 0;  // nothing before this may be read
};

}  // namespace spread::test
