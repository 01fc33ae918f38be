#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spread/api/limit_options.h"
#include "spread/api/output_options.h"
#include "spread/api/result.h"
#include "spread/output/output_writer.h"
#include "spread/output/reporter.h"
#include "spread/output/tail_store.h"

namespace spread {

/// Workers' tails on their way out: to stdout or stderr after the last result, by worker number;
/// or into a directory, or nowhere.
class TailsOut {
 public:
  TailsOut(const TailOptions& options, const SpillOptions& spill, OutputWriter& out,
           Reporter& reporter, bool as_they_come);

  /// Makes the directory of `--tails DIR/`.
  Status open();
  Status append(WorkerId worker, std::string_view text);
  /// A worker starts in this slot, perhaps not the first: there may be more to its tail.
  void started(WorkerId worker);
  /// This worker ended: its tail is complete; or it died, and has none.
  void ended(WorkerId worker, bool has_tail);
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
  std::vector<bool> file_begun_;
  std::size_t next_ = 0;  ///< in `order`
};

}  // namespace spread
