// Workers' tails: kept until it is their turn (TailStore), and on their way out (TailsOut); and a
// spill file on a temporary one (TempSpill), for results and what jobs print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"
#include "spread/io/files.h"
#include "spread/output/output_writer.h"
#include "spread/output/reporter.h"
#include "spread/results/waiting_values.h"

namespace spread {

/// What each worker wrote in its shutdown state, kept until it is its turn: in memory up to
/// `memory_bytes` in all, then in a temporary file.
class TailStore {
 public:
  /// A part of a tail that take() moves at a time is not made longer than this by a further one.
  static constexpr std::size_t kPieceBytes = 64 * 1024;

  TailStore(std::size_t memory_bytes, TempFile& spill)
      : memory_bytes_(memory_bytes), spill_(spill) {}

  Status append(WorkerId worker, std::string_view text);
  /// The same of one that comes behind what append() adds to: see join().
  Status append_behind(WorkerId worker, std::string_view text);
  bool empty(WorkerId worker) const;
  /// Moves the next piece of this worker's tail to `into`; false when there is none.
  Result<bool> take(WorkerId worker, ByteBuffer& into);
  /// What there is of this worker's tail is whole: drop() leaves it. Slots may have several
  /// workers, one after the other.
  void keep(WorkerId worker);
  /// A worker that died has no tail: what it wrote is shown as its output.
  void drop(WorkerId worker);
  void keep_behind(WorkerId worker);
  void drop_behind(WorkerId worker);
  /// What was kept apart comes behind the rest, which is whole.
  void join(WorkerId worker);

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
  static Tail& tail(std::vector<Tail>& tails, WorkerId worker);
  Status append(Tail& tail, std::string_view text);
  void drop(Tail& tail);

  std::size_t memory_bytes_;
  TempFile& spill_;
  std::vector<Tail> tails_, behind_;
  std::size_t in_memory_ = 0;
};

/// Workers' tails on their way out: to stdout or stderr after the last result, by worker number;
/// or into a directory, or nowhere.
class TailsOut {
 public:
  TailsOut(const TailOptions& options, const SpillOptions& spill, OutputWriter& out,
           Reporter& reporter, bool as_they_come);

  /// Makes the directory of `--tails DIR/`.
  Status open();
  Status append(WorkerId worker, std::string_view text, bool former = false);
  /// A worker starts in this slot, perhaps not the first: there may be more to its tail.
  void started(WorkerId worker);
  /// From now on it is the former one of its slot, until it has ended. What the next one writes
  /// comes behind its tail.
  void handed_over(WorkerId worker);
  /// This worker ended: its tail is complete; or it died, and has none.
  void ended(WorkerId worker, bool has_tail, bool former = false);
  /// Moves tails to the output, in order, as far as they are complete. `results_done`: the last
  /// result has been given out. `order`: whose tail comes after whose; it may grow at its end while
  /// no result is out. The tail of the next worker in line is passed on while it is
  /// being written, if it cannot be taken back (`live`).
  Status advance(bool results_done, bool live, const std::vector<WorkerId>& order);
  /// Nothing is left to be passed on.
  bool finished(const std::vector<WorkerId>& order) const {
    return to_ == TailsTo::None || next_ >= order.size();
  }
  /// At the end of the run every tail that there is is complete.
  Status finish(const std::vector<WorkerId>& order);

 private:
  /// Moves one piece of a tail to where it goes; false when there is none.
  Result<bool> pass_on(WorkerId worker);
  Status write_file(WorkerId worker, std::string_view text);
  Status advance_as_they_come(const std::vector<WorkerId>& order);
  void former_ended(WorkerId worker, bool has_tail);
  void set_complete(WorkerId worker);
  bool full() const {
    const bool errors = to_ == TailsTo::Stderr && !reporter_.one_place();
    return errors ? reporter_.errors_full() : out_.full();
  }

  TailsTo to_;
  std::string directory_;
  bool as_they_come_;  ///< `all --unordered`
  OutputWriter& out_;
  Reporter& reporter_;
  TempFile spill_;
  TailStore store_;
  std::vector<bool> complete_;
  std::set<WorkerId> formers_;  ///< slots that have one, ...
  std::set<WorkerId> behind_;   ///< and of these, those in which another one lives
  std::size_t complete_count_ = 0;
  std::deque<WorkerId> due_;  ///< as_they_come: complete, and not passed on to the end
  std::vector<bool> file_begun_;
  std::size_t next_ = 0;  ///< in `order`
};

/// SpillFile on a TempFile: results/ knows no files.
class TempSpill final : public SpillFile {
 public:
  explicit TempSpill(TempFile file) : file_(std::move(file)) {}
  Result<std::uint64_t> append(ByteView bytes) override { return file_.append(bytes); }
  Status read(std::uint64_t offset, std::span<Byte> into) override {
    return file_.read(offset, into);
  }
  void discard_before(std::uint64_t offset) override { file_.discard_before(offset); }

 private:
  TempFile file_;
};

}  // namespace spread
