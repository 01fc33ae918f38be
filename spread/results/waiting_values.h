#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "spread/api/bytes.h"

namespace spread {

/// The bytes of results that wait for their turn, and what they cost. A result's Slice mostly lies
/// in a read buffer that would live as long as the result, so small ones are copied together into
/// blocks made here. memory_in_use() counts a block until the last value in it has left.
class WaitingValues {
 public:
  /// Results are kept apart by how long they will stay, so that those that leave together free
  /// whole blocks.
  enum Lane : std::uint8_t { kNear, kFar, kLanes };

  explicit WaitingValues(std::size_t block_bytes)
      : block_bytes_(block_bytes), alone_bytes_(block_bytes / 4) {}
  ~WaitingValues() { start_afresh(); }
  WaitingValues(const WaitingValues&) = delete;
  WaitingValues& operator=(const WaitingValues&) = delete;

  /// True if `body`, being kept, shares a block with others.
  bool shares(const Slice& body) const {
    return body.block() != nullptr && body.size() < alone_bytes_;
  }
  /// Makes `body` fit to wait. True if that took new memory.
  bool keep(Slice& body, Lane lane) {
    if (shares(body)) {
      Slice copy;
      const bool grown = copy_to(copy, body, lane);
      body = std::move(copy);
      return grown;
    }
    return body.block() != nullptr && keep_alone(body);  // a literal costs nothing
  }
  /// The same for a body that shares(): what `to` becomes is kept, and `body` is left alone. For
  /// the hot loop, where every move of a Slice counts.
  bool copy_to(Slice& to, const Slice& body, Lane lane) {
    Open& open = open_[lane];
    const std::size_t size = body.size();
    // Not `<`: the first value of all may be empty.
    const bool grown = static_cast<std::size_t>(open.end - open.at) <= size;
    if (grown) renew(lane);
    copy_short(open.at, body.view().data(), size);
    ++header(open.block).values;
    to = Slice(open.block, {open.at, size});
    open.at += size;
    return grown;
  }
  /// What keep() returned is about to leave; its bytes stay good.
  void let_go(const Slice& body) {
    Block* block = body.block();
    if (block == nullptr) return;
    if (body.size() >= alone_bytes_) {
      memory_ -= block->capacity() + kBlockOverhead;
    } else if (--header(block).values == 0) {
      memory_ -= block_bytes_ + kBlockOverhead;
    }
  }

  std::size_t memory_in_use() const { return memory_; }
  /// Closes the open blocks, so that what is kept from now on is not put beside what was.
  void start_afresh();

 private:
  static constexpr std::size_t kBlockOverhead = sizeof(Block) + 16;  // and malloc's own
  struct Header {
    std::uint64_t values;  // kept in this block, and one more while it is open
  };
  static Header& header(Block* block) {
    return *std::launder(reinterpret_cast<Header*>(block->data()));
  }

  struct Open {
    Block* block = nullptr;
    Byte* at = nullptr;  // the next value goes here
    Byte* end = nullptr;
  };
  // Two loads and two stores where memcpy() of an unknown length is a call and many branches.
  static void copy_short(Byte* to, const Byte* from, std::size_t size) {
    if (size >= 8 && size <= 16) {
      std::uint64_t first, last;
      std::memcpy(&first, from, 8);
      std::memcpy(&last, from + size - 8, 8);
      std::memcpy(to, &first, 8);
      std::memcpy(to + size - 8, &last, 8);
    } else if (size > 16 && size <= 32) {
      std::uint64_t words[4];
      std::memcpy(words, from, 16);
      std::memcpy(words + 2, from + size - 16, 16);
      std::memcpy(to, words, 16);
      std::memcpy(to + size - 16, words + 2, 16);
    } else if (size != 0) {
      std::memcpy(to, from, size);
    }
  }

  bool keep_alone(Slice& body);
  void renew(Lane lane);
  void close(Lane lane);

  std::size_t block_bytes_;
  std::size_t alone_bytes_;  // from here on a value has a block of its own
  std::size_t memory_ = 0;
  Open open_[kLanes];
};

}  // namespace spread
