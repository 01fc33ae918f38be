// What the master answers to the questions of workers, and the values in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {

/// The reply to one question. The pieces of a value are shared by all who receive them.
struct Reply {
  std::uint64_t seq = 0;
  std::vector<Slice> value;  ///< one encoded value, in pieces, one behind the other
  std::string type;          ///< of a refusal; empty = it is answered
  std::string message;
  /// It has been waited for, so that its receiver has asked nothing else since: its size is no sign
  /// that it reads no replies.
  bool awaited = false;

  bool refused() const { return !type.empty(); }
  std::size_t size() const {
    std::size_t bytes = 0;
    for (const Slice& piece : value) bytes += piece.size();
    return bytes;
  }
};

/// A reply's frame has at most so much in front of the value.
inline constexpr std::size_t kReplyHeadMax = 32;

/// What lies inside `whole`, sharing it.
inline Slice part_of(const Slice& whole, ByteView part) { return {whole.block(), part}; }

/// The same bytes, in memory of their own where they would keep much more of it alive.
Slice compact(const Slice& bytes);

/// A value in pieces: large ones are shared, small ones gathered in one.
class Pieces {
 public:
  ByteBuffer& tail() { return small_; }
  void add_array_header(std::size_t elements) {
    Byte* const at = small_.prepare(kMaxScalarBytes);
    small_.commit(static_cast<std::size_t>(put_array_header(at, elements) - at));
  }
  void add_unsigned(std::uint64_t number) {
    Byte* const at = small_.prepare(kMaxScalarBytes);
    small_.commit(static_cast<std::size_t>(put_unsigned(at, number) - at));
  }
  void add(Slice piece);
  std::vector<Slice> take() {
    end_small();
    return std::move(pieces_);
  }

 private:
  void end_small() {
    if (!small_.empty()) pieces_.push_back(Slice::copy_of(small_.view()));
    small_.clear();
  }

  ByteBuffer small_;
  std::vector<Slice> pieces_;
};

}  // namespace spread::wire
