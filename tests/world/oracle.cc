#include "oracle.h"

#include <algorithm>
#include <map>
#include <set>

namespace spread::world {
namespace {

using End = TaskPlan::End;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    if (end == std::string::npos) {
      lines.back() += "<no newline>";
      break;
    }
    at = end + 1;
  }
  return lines;
}

std::string show(const std::string& text) {
  constexpr std::size_t kShown = 60;
  return "'" + text.substr(0, kShown) + (text.size() > kShown ? "...'" : "'");
}

/// What it writes to stdout in the end: by its last try.
std::string last_text(const TaskPlan& task) {
  const std::size_t tries = std::min<std::size_t>(std::max(task.begun, 1u), task.attempts.size());
  const End end = task.attempts[tries - 1];
  const bool whole = end == End::Ok || end == End::Error;
  return whole ? task.value + "\n" : task.half();
}

class Judgement {
 public:
  Judgement(const Scenario& scenario, const Machine& machine, const Outcome& outcome)
      : scenario_(scenario), machine_(machine), outcome_(outcome) {}

  std::vector<std::string> all() {
    for (const std::string& each : scenario_.nonsense) say(each);
    for (const std::string& each : machine_.complaints) say(each);
    if (!outcome_.status && outcome_.why == "killed") {
      guard_has_ended_all();
      return std::move(found_);
    }
    if (!outcome_.status) {
      // A signal that comes before the run has begun does what it does to any process.
      if (!outcome_.why.starts_with("killed by signal") || has_begun()) say(outcome_.why);
      return std::move(found_);
    }
    nothing_is_left();
    ends_in_time();
    no_pauses();
    memory();
    output();
    if (scenario_.subcommand == "run" || scenario_.subcommand == "map") tasks();
    return std::move(found_);
  }

 private:
  void say(std::string what) { found_.push_back(std::move(what)); }

  bool signalled() const { return !machine_.end_signals.empty(); }
  bool reader_left() const {
    return scenario_.out.closes && scenario_.out.stops_after != SIZE_MAX && !scenario_.out_file;
  }
  /// All is done, and the program says so.
  bool undisturbed() const {
    return !signalled() && !reader_left() && !nothing_could_start() && !scenario_.host.loses() &&
           scenario_.halt.empty() && !machine_.disk_was_full &&
           scenario_.worker.answers_wrongly_one_in == 0 &&
           // A job whose output had to be passed on early is not tried again.
           !(scenario_.subcommand == "map" && scenario_.spill_fills && scenario_.retries > 1);
  }

  bool has_begun() const {
    return std::any_of(
        machine_.processes().begin(), machine_.processes().end(),
        [](const auto& each) { return each->child && each->words.front() != "spread-guard"; });
  }

  /// After kill -9: what obeys TERM ends by the guard's, the rest by its KILL; not even what would
  /// have ended by itself goes on for longer.
  void guard_has_ended_all() {
    const Time grace = scenario_.worker.ends_after.value_or(scenario_.kill_grace);
    const Time due = outcome_.ended + grace + 10 * kMillisecond;
    for (const auto& process : machine_.processes()) {
      const bool guard = !process->words.empty() && process->words.front() == "spread-guard";
      const Time until = guard ? outcome_.ended + scenario_.kill_grace + kSecond : due;
      if (!process->running() && process->ended_at <= until) continue;
      // Of one that had ended and been reaped, nothing is known any more.
      const Process* parent = machine_.find(process->left_by);
      const bool left = parent != nullptr && !parent->reaped && !parent->reaping;
      if (!process->child && !left) continue;
      if (left && process->running() == false &&
          process->ended_at <= outcome_.ended + scenario_.kill_grace + 10 * kMillisecond)
        continue;
      say("process " + std::to_string(process->pid) + " (" + process->words.front() +
          ") goes on after kill -9");
    }
  }

  void nothing_is_left() {
    // One that was killed and cannot be reaped is left to init.
    const bool unreaped = scenario_.faults.reaped_late > 100 * kMillisecond;
    for (const auto& process : machine_.processes()) {
      if (process->child && (process->running() || (!process->reaped && !unreaped))) {
        say("process " + std::to_string(process->pid) + " (" + process->words.front() +
            (process->running() ? ") still runs" : ") was not reaped"));
      }
    }
    // What has left the group is not spread's; what is in that of a child that was ended, is.
    for (const auto& process : machine_.processes()) {
      const Process* parent = process->left_by == 0 ? nullptr : machine_.find(process->left_by);
      if (parent == nullptr || !parent->asked_to_end || !process->running()) continue;
      say("process " + std::to_string(process->pid) + " outlives " + std::to_string(parent->pid) +
          ", which was ended with its group");
    }
    for (const auto& [name, file] : machine_.files) {
      if (name.find("spread-") != std::string::npos) say("left behind: " + name);
    }
  }

  /// A worker may have a task that it never answers.
  bool may_be_silent() const {
    const auto silent = [](End end) {
      return end == End::Hang || end == End::Mute || end == End::Deaf;
    };
    return std::any_of(scenario_.tasks.begin(), scenario_.tasks.end(), [&](const TaskPlan& task) {
      return std::any_of(task.attempts.begin(), task.attempts.end(), silent);
    });
  }

  void ends_in_time() {
    const std::vector<Time>& signals = machine_.end_signals;
    constexpr Time kSlack = kSecond;
    if (signals.size() >= 3 && outcome_.ended > signals[2] + scenario_.kill_grace + kSlack) {
      say("ended " + std::to_string((outcome_.ended - signals[2]) / kMillisecond) +
          " ms after the third signal");
    }
    // The end comes at once when the reader of stdout leaves, unless stderr has to be waited for,
    // or a first signal has given what runs the time to finish.
    const Time gone = outcome_.out_read_last + scenario_.out.pause;
    if (reader_left() && !signalled() && outcome_.out.size() >= scenario_.out.stops_after &&
        scenario_.errors.pause < kSecond &&
        outcome_.ended > gone + 2 * scenario_.kill_grace + 3 * kSlack) {
      say("ended " + std::to_string((outcome_.ended - gone) / kMillisecond) +
          " ms after the reader of stdout had left");
    }
    // The readers have read all, the workers have done all: then the deadlines count. Starts that
    // failed have pauses of their own, up to 30 s.
    const Time starts =
        scenario_.faults.start_fails_one_in > 0 || scenario_.worker.starts_badly_one_in > 0
            ? 60 * kSecond
            : 2 * kSecond;
    // After a signal, workers that have nothing unanswered get --kill-grace.
    const bool idle = scenario_.subcommand == "run" && signalled() && !may_be_silent();
    const Time due = (idle ? scenario_.kill_grace : scenario_.shutdown_timeout) +
                     2 * scenario_.kill_grace + starts;
    const Time since = std::max(outcome_.last_activity, signalled() ? signals[0] : 0);
    if (outcome_.ended > since + due + scenario_.timeout) {
      say("ended " + std::to_string((outcome_.ended - since) / kMillisecond) +
          " ms after the last that it had to wait for");
    }
  }

  /// What jobs have printed and no reader has got yet is bounded: what waits for an earlier job by
  /// --reorder-mem (64 KiB at least), what waits for a slow reader by 1 MiB each, and the last that
  /// was read of each job.
  void memory() {
    if (scenario_.subcommand != "map" || scenario_.retries > 1 || scenario_.out_file) return;
    if (!undisturbed()) return;
    constexpr std::int64_t kKiB = 1024, kSlots = 6;
    const std::int64_t queues = scenario_.out.pause > 0 || scenario_.errors.pause > 0 ? 2 : 0;
    const std::int64_t most = 64 * kKiB + queues * 1024 * kKiB + kSlots * 2 * 64 * kKiB;
    if (scenario_.spill_fills && machine_.most_held > most) {
      say("it held " + std::to_string(machine_.most_held / kKiB) + " KiB of what jobs printed");
    }
  }

  /// What stdout may hold: all of it if nothing came between, else a part of it.
  void output() {
    if (scenario_.subcommand == "all") return;
    const std::vector<std::string> got = lines_of(outcome_.out);
    std::vector<std::string> wanted;
    if (scenario_.subcommand == "pipe") {
      wanted = lines_of(scenario_.input);
    } else {
      for (const TaskPlan& task : scenario_.tasks) wanted.push_back(task.value);
    }
    // A spill file that is full is a limit, and no failure.
    if (scenario_.subcommand == "pipe") filters();
    const bool needs_disk = scenario_.out_file || !scenario_.joblog.empty();
    if (machine_.disk_was_full && needs_disk && !signalled() && *outcome_.status == 0) {
      say("the disk was full, and the status is 0");
    }
    if (scenario_.results.empty()) all_errors();
    if (!scenario_.results.empty()) return result_files();
    if (scenario_.ungrouped) return ungrouped();
    if (scenario_.one_place) return blocks(got);
    if (scenario_.subcommand == "map") return jobs();
    if (scenario_.filters_died > 0) return;  // the last line of such a one is torn
    if (!scenario_.ordered) return each_once(got, wanted);
    if (scenario_.subcommand == "pipe") return in_order(got, wanted);
    ordered_results(got, wanted);
  }

  /// A filter's death is told by the status; what it had is lost, with whatever it has not printed.
  void filters() {
    const bool died = scenario_.filters_died > 0;
    if (died && *outcome_.status == 0) say("a filter has died, and the status is 0");
    if (undisturbed() && !died && *outcome_.status != 0) {
      say("no filter has died, and the status is " + std::to_string(*outcome_.status));
    }
  }

  /// Whose line it is, where stdout and stderr are one place; -1: spread's.
  long owner(const std::string& line, long before) const {
    if (line.starts_with("spread: ")) return -1;
    const std::string_view rest =
        line.starts_with("err ") ? std::string_view(line).substr(4) : std::string_view(line);
    const std::size_t colon = rest.find(':');
    if (colon != std::string_view::npos && colon > 0 &&
        rest.find_first_not_of("0123456789") == colon) {
      return std::atol(std::string(rest).c_str());
    }
    // A job that prints live may have its stderr in the middle of a line.
    return before;
  }

  /// What a job writes is in one piece.
  void blocks(const std::vector<std::string>& got) {
    if (!undisturbed()) return;
    std::set<long> seen;
    long last = -1;
    for (const std::string& line : got) {
      const long now = owner(line, last);
      if (now == last || now < 0) continue;
      if (!seen.insert(now).second) return say("job " + std::to_string(now) + " is torn apart");
      last = now;
    }
    // The stderr of a job that prints live may stand between the pieces of its value.
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const TaskPlan& task = scenario_.tasks[i];
      const std::string text = task.errors.empty() ? task.value + "\n" : task.half();
      if (outcome_.out.find(text) != std::string::npos) delivered_.insert(i);
    }
  }

  void jobs() {
    if (!undisturbed()) return;
    std::string wanted;
    std::size_t size = 0;
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const std::string text = job_text(scenario_, i);
      wanted += text;
      size += text.size();
      // Each begins with a number of its own, and is shown in one piece.
      if (outcome_.out.find(text) != std::string::npos) delivered_.insert(i);
    }
    if (scenario_.ordered && outcome_.out != wanted) {
      const auto [got, want] =
          std::mismatch(outcome_.out.begin(), outcome_.out.end(), wanted.begin(), wanted.end());
      say("stdout differs from byte " + std::to_string(got - outcome_.out.begin()) +
          " on: " + show(std::string(got, outcome_.out.end())) + ", not " +
          show(std::string(want, wanted.end())));
    }
    if (outcome_.out.size() != size) {
      say(std::to_string(outcome_.out.size()) + " bytes on stdout, not " + std::to_string(size));
    }
  }

  /// --results: what its last try wrote is in files of its own, and nothing is shown.
  void result_files() {
    if (!outcome_.out.empty()) say("--results, and yet on stdout: " + show(outcome_.out));
    if (!undisturbed()) return;
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const std::string name = scenario_.results + "/" + std::to_string(i + 1) + "/stdout";
      const auto file = machine_.files.find(name);
      if (file == machine_.files.end() || file->second->bytes != last_text(scenario_.tasks[i])) {
        say(name + " is not there, or does not have what its job wrote");
        return;
      }
      delivered_.insert(i);
    }
  }

  /// -u: all bytes of all tries, in any order.
  void ungrouped() {
    if (!undisturbed()) return;
    std::size_t least = 0;
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const TaskPlan& task = scenario_.tasks[i];
      least += last_text(task).size();
      if (task.finished > 0) delivered_.insert(i);
    }
    if (outcome_.out.size() < least) {
      say(std::to_string(outcome_.out.size()) + " bytes on stdout, of " + std::to_string(least));
    }
  }

  bool is_whole(const std::vector<std::string>& got, std::size_t i) const {
    return undisturbed() || i + 1 < got.size() || outcome_.out.back() == '\n';
  }

  /// Of tasks that went well at once, what they wrote to stderr is there. Workers of `run` may be
  /// shown in the middle of each other's lines, so there the bytes are counted.
  void all_errors() {
    if (!undisturbed() || scenario_.one_place || scenario_.errors.stops_after != SIZE_MAX) return;
    std::size_t least = 0;
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const TaskPlan& task = scenario_.tasks[i];
      const bool over = task.attempts.front() == End::Ok ||
                        (scenario_.subcommand == "map" && scenario_.retries == 1);
      if (task.begun != 1 || !over || task.attempts.front() == End::Hang) continue;
      least += task.errors.size();
      const std::string tag = scenario_.tag && !task.errors.empty() ? std::to_string(i) + "\t" : "";
      const bool there = outcome_.errors.find(tag + task.errors) != std::string::npos;
      if (!there && scenario_.subcommand == "map" && !scenario_.ungrouped) {
        return say("stderr of task " + std::to_string(i) + " is lost: " + show(task.errors));
      }
    }
    if (outcome_.errors.size() < least) {
      say(std::to_string(outcome_.errors.size()) + " bytes on stderr, of " + std::to_string(least));
    }
  }

  /// Nothing happens for longer than anything takes.
  void no_pauses() {
    if (nothing_could_start() || scenario_.timeout > 0) return;
    Time longest = 5 * kSecond + 2 * scenario_.kill_grace;
    const bool holds = scenario_.worker.lives_on || !scenario_.worker.ends_after || signalled();
    if (holds || may_be_silent()) longest += scenario_.shutdown_timeout;
    // After 10 s a login that is not there is not waited for.
    if (scenario_.host.there) longest += scenario_.host.delay + 10 * kSecond;
    for (const StreamPlan* stream : {&scenario_.in, &scenario_.out, &scenario_.errors}) {
      longest = std::max(longest, 2 * stream->pause + 5 * kSecond);
      if (stream->stops_after != SIZE_MAX) return;
    }
    if (machine_.longest_pause > longest) {
      say("nothing happened for " + std::to_string(machine_.longest_pause / kMillisecond) + " ms");
    }
  }

  /// Line N belongs to task N; that of a task without a result is empty.
  void ordered_results(const std::vector<std::string>& got,
                       const std::vector<std::string>& wanted) {
    if (undisturbed() && got.size() != wanted.size()) {
      say(std::to_string(got.size()) + " lines for " + std::to_string(wanted.size()) + " tasks");
    }
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (i >= wanted.size()) return say("a line too many: " + show(got[i]));
      if (!is_whole(got, i) || got[i] == wanted[i] || got[i].empty()) continue;
      return say("line " + std::to_string(i) + " is " + show(got[i]) + ", not " + show(wanted[i]));
    }
    for (std::size_t i = 0; i < std::min(got.size(), wanted.size()); ++i) {
      if (!got[i].empty()) delivered_.insert(i);
    }
  }

  /// In order; a block that was not begun may be missing.
  void in_order(const std::vector<std::string>& got, const std::vector<std::string>& wanted) {
    if (undisturbed() && got != wanted) {
      return say(std::to_string(got.size()) + " lines of " + std::to_string(wanted.size()) +
                 ", or others");
    }
    std::size_t place = 0;
    for (std::size_t i = 0; i < got.size() && is_whole(got, i); ++i) {
      while (place < wanted.size() && wanted[place] != got[i]) ++place;
      if (place++ == wanted.size())
        return say("line " + std::to_string(i) + " is out of order: " + show(got[i]));
    }
  }

  void each_once(const std::vector<std::string>& got, const std::vector<std::string>& wanted) {
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < wanted.size(); ++i) place[wanted[i]] = i;
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (!is_whole(got, i) || got[i].empty()) continue;
      const auto found = place.find(got[i]);
      if (found == place.end()) {
        say("nobody wrote " + show(got[i]));
      } else if (!delivered_.insert(found->second).second) {
        say("twice: " + show(got[i]));
      }
    }
    if (scenario_.subcommand == "pipe" && undisturbed() && delivered_.size() != wanted.size()) {
      say(std::to_string(delivered_.size()) + " lines of " + std::to_string(wanted.size()));
    }
  }

  /// Where starts fail, all slots may be closed before the end.
  bool nothing_could_start() const {
    return scenario_.faults.start_fails_one_in > 0 || scenario_.worker.starts_badly_one_in > 0;
  }

  void tasks() {
    if (!undisturbed()) return;
    std::size_t must_fail = 0, may_fail = 0;
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const TaskPlan& task = scenario_.tasks[i];
      const Fate fate = fate_of(task);
      must_fail += fate == Fate::Fails ? 1 : 0;
      may_fail += fate == Fate::Either ? 1 : 0;
      const std::string name = "task " + std::to_string(i);
      if (fate == Fate::Succeeds && !delivered_.contains(i)) say(name + " has no result");
      if (fate == Fate::Succeeds && task.finished == 0) say(name + " was never done");
      if (fate == Fate::Fails && delivered_.contains(i) && scenario_.subcommand == "run") {
        say(name + " cannot succeed, and has a result");
      }
    }
    constexpr std::size_t kMost = 101;
    const auto least = static_cast<int>(std::min(must_fail, kMost));
    const auto most = static_cast<int>(std::min(must_fail + may_fail, kMost));
    if (*outcome_.status < least || *outcome_.status > most) {
      say("exit status " + std::to_string(*outcome_.status) + ", not " + std::to_string(least) +
          " to " + std::to_string(most));
    }
  }

  enum class Fate : std::uint8_t { Succeeds, Fails, Either };

  /// Tries in all: --retries, for a crash --crash-retries; `map` knows one kind. That a worker
  /// which has never answered dies is held against the worker, and not counted.
  Fate fate_of(const TaskPlan& task) const {
    unsigned errors = 0, crashes = 0;
    for (const End end : task.attempts) {
      const bool too_many = crashes >= scenario_.crash_retries;
      if (end == End::Ok) return too_many ? Fate::Either : Fate::Succeeds;
      if (end == End::Busy) continue;
      const bool crash = scenario_.subcommand == "run" &&
                         (end == End::Crash || end == End::Mute || end == End::Deaf);
      if (crash) {
        ++crashes;
      } else if (++errors >= scenario_.retries) {
        return Fate::Fails;
      }
    }
    return Fate::Fails;
  }

  const Scenario& scenario_;
  const Machine& machine_;
  const Outcome& outcome_;
  std::set<std::size_t> delivered_;
  std::vector<std::string> found_;
};

}  // namespace

std::string job_text(const Scenario& scenario, std::size_t task) {
  const std::string text = last_text(scenario.tasks[task]);
  return scenario.tag && !text.empty() ? std::to_string(task) + "\t" + text : text;
}

std::vector<std::string> judge(const Scenario& scenario, const Machine& machine,
                               const Outcome& outcome) {
  return Judgement(scenario, machine, outcome).all();
}

}  // namespace spread::world
