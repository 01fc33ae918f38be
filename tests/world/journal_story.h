#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal_units.h"
#include "oracle.h"

namespace spread::world {

/// A run with a journal that is cut off, and gone on with, until it is done. What holds in each
/// part, and from one to the next: what was delivered is not run again, and in the end the output
/// is that of a run that nothing has disturbed.
class JournalStory {
 public:
  /// The scenario must outlive this.
  explicit JournalStory(Scenario& scenario);

  /// The words, and what goes wrong, of the part that comes next; tasks are as if they had never
  /// been begun.
  std::vector<std::string> begin_part();
  /// What is wrong with it.
  std::vector<std::string> judge_part(const Machine& machine, const Outcome& outcome);
  bool over() const { return over_; }
  /// The last part has come to its end: `spread results` shows all. One that numbers tasks anew and
  /// is cut off shows its own alone.
  bool ends_well() const { return ends_well_; }
  /// One part alone has come to its end: one who follows the journal has then seen all of it.
  bool has_one_end() const { return ends_ == 1; }
  /// Of `spread results`, when it is over; `follows`: with -f.
  std::vector<std::string> judge_results(const Outcome& outcome, bool follows);
  /// The machine was switched off in it.
  bool power_was_cut() const { return power_was_cut_; }
  /// Files that its user takes away before the next part.
  const std::vector<std::string>& taken_away() const { return taken_away_; }

 private:
  void say(std::string what) { found_.push_back(std::move(what)); }
  bool of_pipe() const { return scenario_.subcommand == "pipe"; }
  int status_wanted() const;

  void change_slots();
  void judge_by_itself(const Machine& machine, const Outcome& outcome);
  void judge_begun(const Machine& machine, const Outcome& outcome);
  void judge_end(const Machine& machine, const Outcome& outcome);
  bool judge_halted(const Machine& machine, const Outcome& outcome);
  void judge_whole(const Outcome& outcome);
  void judge_text(const Outcome& outcome, bool in_order);
  void judge_some(const Outcome& outcome);
  bool is_refused(const Outcome& outcome);
  bool fails_first(std::size_t task) const;
  void note_delivered(const Machine& machine, const Outcome& outcome);
  void note_blocks(const Machine& machine, const Outcome& outcome);
  void note(std::size_t unit, std::size_t end, const Machine& machine);
  void lose(const Machine& machine, const Outcome& outcome);
  void take_halt_away();
  void decide_next();

  Scenario& scenario_;
  const Faults calm_;                 ///< what the machine is like when nothing goes wrong
  const std::uint64_t first_slots_;   ///< of the first part
  const std::vector<Unit> units_;     ///< by task
  std::vector<std::size_t> lines_;    ///< of `pipe`: where each begins in the input
  std::map<std::size_t, Time> kept_;  ///< units that are not to be run again, and since when
  std::vector<std::string> found_, taken_away_;
  std::size_t part_ = 0, calm_parts_ = 0, ends_ = 0;
  Time before_ = 0;              ///< what the parts before took
  std::size_t file_begins_ = 0;  ///< what the file of -o has at the begin of the part
  bool complete_ = false;        ///< a part has come to its end by itself
  bool spoiled_ = false;         ///< a call has failed: tasks may have failed for it
  /// What a part has come to that --halt has ended: its output, and status.
  std::optional<std::pair<std::string, int>> halted_;
  bool was_halted_ = false;
  bool failed_again_ = false, repeats_ = false, take_over_ = false;
  bool refused_ = false, ends_well_ = false, power_was_cut_ = false, over_ = false;
};

}  // namespace spread::world
