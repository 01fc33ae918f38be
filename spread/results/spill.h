#pragma once

#include <cstdint>

#include "spread/api/bytes.h"
#include "spread/api/result.h"

namespace spread {

/// Where results go that do not fit in memory: one unlinked file, written only at its end. An
/// interface, so that the reorder buffer can be tested with a disk that is full.
class SpillFile {
 public:
  virtual ~SpillFile() = default;
  /// Appends all of `bytes` or nothing (a full disk, or --spill-max, is an Error and leaves the
  /// file as it was). Returns the offset at which they lie.
  virtual Result<std::uint64_t> append(ByteView bytes) = 0;
  virtual Status read(std::uint64_t offset, std::span<Byte> into) = 0;
  /// Nothing before `offset` is wanted any more: its disk space may be given back.
  virtual void discard_before(std::uint64_t offset) = 0;
};

}  // namespace spread
