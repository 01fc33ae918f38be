#include <algorithm>
#include <cstring>

#include "scenario.h"

namespace spread::world {
namespace {

std::string seconds(Time span) { return std::to_string(span / kMillisecond) + "ms"; }

void add_faults(std::string& text, const Faults& faults) {
  for (const auto& [call, number] : faults.signals) {
    text += "\n  signal " + std::to_string(number) + " at call " + std::to_string(call);
  }
  for (const auto& [when, number] : faults.signals_at) {
    text += "\n  signal " + std::to_string(number) + " at " + seconds(when);
  }
  if (faults.killed_at_call > 0)
    text += "\n  killed at call " + std::to_string(faults.killed_at_call);
  if (faults.killed_at_start > 0)
    text += "\n  killed at start " + std::to_string(faults.killed_at_start);
  if (faults.power_cut) text += ", by a power cut";
  if (faults.fails_at_call > 0) {
    text += "\n  call " + std::to_string(faults.fails_at_call) +
            " fails: " + std::string(row_of(faults.failure).name);
  }
  if (faults.disk_bytes < Faults().disk_bytes)
    text += "\n  the disk holds " + std::to_string(faults.disk_bytes) + " bytes";
}

}  // namespace

std::string describe(const Scenario& scenario) {
  std::string text;
  for (const std::string& word : scenario.words) text += word + " ";
  const auto stream = [&](const char* name, const StreamPlan& plan) {
    text += std::string("\n  ") + name + ": " + std::to_string(plan.piece) + " bytes every " +
            seconds(plan.pause);
    if (plan.stops_after != SIZE_MAX) {
      text += ", after " + std::to_string(plan.stops_after) + (plan.closes ? " closes" : " sleeps");
    }
  };
  stream("stdin", scenario.in);
  stream("stdout", scenario.out);
  stream("stderr", scenario.errors);
  const Faults& faults = scenario.faults;
  text += "\n  pipes: " + std::to_string(faults.pipe_capacity) + " bytes, at most " +
          std::to_string(faults.pipe_piece_max) + " at a time; one start of " +
          std::to_string(faults.start_fails_one_in) + " fails" +
          (faults.threads ? "; threads" : "");
  add_faults(text, faults);
  if (faults.lock_error != 0) {
    text += std::string("\n  no locks: ") + std::strerror(faults.lock_error) +
            (scenario.journal.no_proc ? ", and no /proc" : "");
  }
  for (const Faults& later : scenario.journal.later) {
    text += "\n  then";
    add_faults(text, later);
  }
  const WorkerPlan& worker = scenario.worker;
  text += "\n  workers: preparation " + seconds(worker.preparation) + ", pause at the end " +
          seconds(worker.pause_at_end) + (worker.lives_on ? ", live on" : "") +
          (worker.grandchild ? ", leave a grandchild" : "") +
          (worker.grandchild && !worker.grandchild_obeys ? " that ignores TERM" : "") +
          (worker.ends_after ? ", TERM ends them after " + seconds(*worker.ends_after)
                             : ", ignore TERM");
  if (faults.descriptors_max < 1024)
    text += "\n  " + std::to_string(faults.descriptors_max) + " descriptors";
  if (faults.reaped_late > 0)
    text += "\n  a child can be reaped " + seconds(faults.reaped_late) + " after its end";
  if (faults.takes_children) text += "\n  something else reaps children, as soon as they end";
  if (scenario.resumes)
    text += "\n  a second run resumes; killed, its joblog loses " + std::to_string(scenario.torn);
  const HostPlan& host = scenario.host;
  if (host.there) {
    text += "\n  logins take " + seconds(host.delay) +
            "; of so many one never comes: " + std::to_string(host.never_one_in) +
            ", is refused: " + std::to_string(host.refuses_one_in) +
            ", dies: " + std::to_string(host.dies_one_in);
  }
  if (scenario.one_place) text += "\n  stdout and stderr are one pipe";
  if (scenario.out_file)
    text += scenario.out_named ? "\n  results go to a file" : "\n  stdout is a file";
  text += "\n  " + std::to_string(scenario.tasks.size()) + " tasks";
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) numbers.push_back(i);
  for (std::size_t i = 0; i < scenario.family.tasks.size(); ++i)
    numbers.push_back(Scenario::kFirstPart + i);
  for (const std::size_t i : numbers) {
    const TaskPlan& task = scenario.plan_of(i);
    text += "\n    " + std::to_string(i) + ": " + std::to_string(task.value.size()) + " bytes, " +
            std::to_string(task.errors.size()) + " of stderr, " + seconds(task.duration) + ",";
    for (const TaskPlan::End end : task.attempts) {
      constexpr const char* kNames[] = {" ok",   " error", " crash",   " hang",
                                        " busy", " mute",  " deaf",    " too long",
                                        " odd",  " early", " strange", " busy late"};
      text += kNames[static_cast<int>(end)];
    }
    if (task.in_company != TaskPlan::End::Ok) text += "; spoils its list";
    for (const SubmitPlan& submit : task.submits) {
      constexpr const char* kNames[] = {"fetches all", "waits for each", "polls", "fetches none"};
      text += "; submits";
      for (const std::size_t part : submit.which) text += " " + std::to_string(part);
      text += std::string(", ") + kNames[static_cast<int>(submit.get)];
      if (submit.common) text += ", common part";
      if (submit.reversed) text += ", reversed";
    }
    if (!task.submits.empty())
      text += "; goes wrong before " + std::to_string(task.goes_wrong_before);
    if (scenario.gang.members > 0) {
      text += "; " + std::to_string(task.calls.size()) + " calls, " +
              std::to_string(task.call_size) + " bytes; culprit " + std::to_string(task.culprit) +
              " before " + std::to_string(task.goes_wrong_before);
    }
  }
  return text + "\n";
}

}  // namespace spread::world
