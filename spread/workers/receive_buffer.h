#pragma once

#include <cstddef>
#include <span>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"
#include "spread/io/read_buffer.h"

namespace spread {

/// What one worker has written and its Session has not done with, between two reads. The beginning
/// of a message that fits lies in a copy of its own, and is put in front of the next read into the
/// buffer that all workers share; a larger one is gathered in a block of its own. Each byte of it
/// is moved a bounded number of times, however many reads it takes, also where its length is known
/// only when it ends (a line). One round is room(), filled() if something was read, keep().
class ReceiveBuffer {
 public:
  explicit ReceiveBuffer(ReadBuffer& shared) : shared_(shared) {}
  ReceiveBuffer(const ReceiveBuffer&) = delete;
  ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;
  ~ReceiveBuffer();

  /// Where the next bytes are to be read to; good until the next call.
  std::span<Byte> room();
  /// So many bytes were read to the front of room(), none at the end of the output. All bytes that
  /// are not done with; good until keep().
  ByteView filled(std::size_t size);
  /// `rest`, the end of what filled() gave, is not done with. It is not worth looking at before
  /// there are `wanted` bytes of it, if the caller knows.
  void keep(ByteView rest, std::size_t wanted);

  /// Between filled() and keep().
  bool in_use() const { return block_ != nullptr; }
  /// A large message is gathered, of which more than this is wanted.
  bool gathers() const { return large_ != nullptr; }
  bool empty() const { return unfinished_.empty() && large_ == nullptr; }
  /// What was kept.
  Slice rest() const;
  /// The value as a Slice: between filled() and keep() it shares the memory that it was read into,
  /// if it lies there.
  Slice share(ByteView value) const;

 private:
  ReadBuffer& shared_;
  ByteBuffer unfinished_;  ///< the beginning of a message
  Block* large_ = nullptr;
  std::size_t large_size_ = 0;
  Block* block_ = nullptr;  ///< in use: where filled()'s bytes are
};

}  // namespace spread
