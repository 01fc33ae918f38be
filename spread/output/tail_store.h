#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/base/byte_buffer.h"
#include "spread/io/temp_file.h"

namespace spread {

/// What each worker wrote in its shutdown state, kept until it is its turn: in memory up to
/// `memory_bytes` in all, then in a temporary file.
class TailStore {
 public:
  TailStore(std::size_t memory_bytes, TempFile& spill)
      : memory_bytes_(memory_bytes), spill_(spill) {}

  Status append(WorkerId worker, std::string_view text);
  bool empty(WorkerId worker) const;
  /// Moves the next piece of this worker's tail to `into`; false when there is none.
  Result<bool> take(WorkerId worker, ByteBuffer& into);
  /// What there is of this worker's tail is whole: drop() leaves it. Slots may have several
  /// workers, one after the other.
  void keep(WorkerId worker);
  /// A worker that died has no tail: what it wrote is shown as its output.
  void drop(WorkerId worker);

 private:
  struct Piece {
    std::string text;  ///< where not spilled
    std::uint64_t offset = 0;
    std::size_t size = 0;
    bool spilled = false;
  };
  struct Tail {
    std::vector<Piece> pieces;
    std::size_t next = 0;
    std::size_t kept = 0;  ///< pieces that keep() was called for
  };
  Tail& tail(WorkerId worker);

  std::size_t memory_bytes_;
  TempFile& spill_;
  std::vector<Tail> tails_;
  std::size_t in_memory_ = 0;
};

}  // namespace spread
