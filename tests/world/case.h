// What the parts of the oracle share: the run that is judged, and what they find.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "halt.h"
#include "oracle.h"

namespace spread::world {

struct Case {
  const Scenario& scenario;
  const Machine& machine;
  const Outcome& outcome;
  const Halt halt = find_halt(scenario);
  bool excused = false;  ///< a system call has failed, which may have ended the run

  std::set<std::size_t> delivered{};  ///< tasks that stdout, or a file, has something of
  std::vector<std::string> found{};   ///< what is wrong
  void say(std::string what) { found.push_back(std::move(what)); }

  bool signalled() const { return !machine.end_signals.empty(); }
  bool reader_left() const;
  /// Where starts fail, all slots may be closed before the end.
  bool nothing_could_start() const;
  /// Some task or sub-task ends so.
  bool any_end(bool (*is)(TaskPlan::End)) const;
  /// A worker may have a task that it never answers.
  bool may_be_silent() const;
  bool has_begun() const;
  /// What jobs write straight to a slow reader may take longer than --timeout.
  bool timed_out_by_readers() const;
  /// No gang can have all of its members.
  bool too_few_slots() const;
  /// Nothing came from outside.
  bool calm() const;
  /// All is done, and the program says so.
  bool undisturbed() const;
};

std::vector<std::string> judge_as(const Scenario& scenario, const Machine& machine,
                                  const Outcome& outcome, bool excused);
/// Where a system call has failed.
std::vector<std::string> judge_failed(const Scenario& scenario, const Machine& machine,
                                      const Outcome& outcome);

/// What a task writes to stdout in the end: by its last try.
std::string last_text(const TaskPlan& task);

/// The lines of a joblog that are whole, by task; its header is none.
std::vector<std::size_t> lines_in_joblog(const std::string& joblog);

/// The value of the task that a gang's result is of, if that is made of what its members have
/// answered; else the line as it is.
std::string value_of_gang(Case& it, const std::string& line);
/// What the members of gangs have heard, and when.
void judge_gangs(Case& it);
/// Something below this task, or the task itself, may end the worker that it runs in.
bool may_kill(const Scenario& scenario, const TaskPlan& task);
/// What has become of sub-tasks, and when.
void judge_families(Case& it);
void judge_killed(Case& it);
void judge_ending(Case& it);
void judge_output(Case& it);
void judge_halted(Case& it);
void judge_first_failure(Case& it);
/// `whole`: each job has to have a row. `resumed`: some were written by a run before.
void judge_table(Case& it, bool whole, bool resumed);
/// --gather: the one value that stdout has.
void judge_gathered(Case& it);
/// After judge_output(), which sees what was delivered.
void judge_tasks(Case& it);

}  // namespace spread::world
