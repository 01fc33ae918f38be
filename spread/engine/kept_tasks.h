#pragma once

#include <cstdint>
#include <set>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/engine/run_mode.h"
#include "spread/journal/entry_file.h"
#include "spread/output/run_journal.h"

namespace spread {

/// The tasks of a resumed run that are done: the Scheduler only counts them, and what they came to
/// goes out of the journal, in their places among the others.
class KeptTasks {
 public:
  /// `journal` must outlive this.
  KeptTasks(RunJournal& journal, bool ordered)
      : journal_(journal), file_(journal.scratch()), places_(file_), ordered_(ordered) {}

  /// A task that has been read, and what becomes of it.
  Status add(TaskId task, const ResumePlan::Decision& decision);
  /// One that was run is final.
  void finished(TaskId task) {
    if (!open_.empty()) open_.erase(task);
  }
  /// Hands on what is due: in task order, that is what comes before the first one that is not
  /// final. Not for longer than a turn may take.
  Status hand_on(RunMode& mode, const OutputWriter& output);
  /// In task order the next one is what all that is held waits for: however much that is, it goes
  /// on.
  bool has_room(const RunMode& mode, const OutputWriter& output) const {
    return ordered_ ? !output.full() : !mode.full();
  }
  /// There is more to be handed on, as soon as there is room for it.
  bool ready() const { return ready_; }
  /// All has been handed on.
  bool done() const { return next_ == known_; }
  /// The run comes to nothing: none goes out.
  void drop() { next_ = known_; }

 private:
  RunJournal& journal_;
  ScratchFile file_;
  EntryFile places_;  ///< by task: 0, or its fate + 1 and the place of its answer
  bool ordered_;
  bool ready_ = false;
  std::uint64_t known_ = 0;  ///< tasks below are in the table, or run
  std::uint64_t next_ = 0;
  std::set<TaskId> open_;  ///< of those, from next_ on, the ones that are run and not final
};

}  // namespace spread
