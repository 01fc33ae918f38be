#include "journal_story.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "case.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

constexpr int kOwnError = 255, kMostFailed = 101, kReaderLeft = 141, kSignalled = 128;
/// --durable batch, and a turn of the loop.
constexpr Time kUnsyncedMax = kSecond + 200 * kMillisecond;

bool has_begun(const Machine& machine) {
  return std::any_of(machine.processes().begin(), machine.processes().end(), [](const auto& each) {
    return each->child && each->words.front() != "spread-guard";
  });
}

}  // namespace

JournalStory::JournalStory(Scenario& scenario)
    : scenario_(scenario),
      calm_([&] {
        Faults faults = scenario.faults;
        faults.killed_at_call = faults.killed_at_start = faults.fails_at_call = 0;
        faults.power_cut = false;
        faults.signals.clear();
        faults.signals_at.clear();
        faults.disk_bytes = Faults().disk_bytes;
        return faults;
      }()),
      first_slots_(scenario.slots),
      units_(units_of(scenario)) {
  const std::string& input = scenario_.input;
  for (std::size_t at = 0; of_pipe() && at < input.size(); at = input.find('\n', at) + 1) {
    lines_.push_back(at);
  }
}

int JournalStory::status_wanted() const {
  const auto failed =
      std::count_if(units_.begin(), units_.end(), [](const Unit& each) { return !each.ok; });
  return std::min(static_cast<int>(failed), kMostFailed);
}

std::vector<std::string> JournalStory::begin_part() {
  if (part_ > 0) {
    const std::vector<Faults>& later = scenario_.journal.later;
    scenario_.faults = part_ <= later.size() ? later[part_ - 1] : calm_;
    if (part_ > later.size()) ++calm_parts_;
    // The reader of the first part alone may leave.
    if (scenario_.out.closes) scenario_.out = StreamPlan();
    change_slots();
  }
  begin_anew(scenario_);
  std::vector<std::string> words = scenario_.words;
  if (failed_again_) words.insert(words.begin() + 2, "--resume-failed");
  if (take_over_) words.insert(words.begin() + 2, "--take-over");
  return words;
}

void JournalStory::change_slots() {
  const std::vector<std::uint64_t>& others = scenario_.journal.slots;
  if (others.empty()) return;
  // That there are shards for so many is in the journal before anything is delivered.
  const bool first = scenario_.pieces.by_slots && kept_.empty();
  scenario_.slots = first ? first_slots_ : others[(part_ - 1) % others.size()];
  std::vector<std::string>& words = scenario_.words;
  *(std::find(words.begin(), words.end(), "-j") + 1) = std::to_string(scenario_.slots);
}

std::vector<std::string> JournalStory::judge_part(const Machine& machine, const Outcome& outcome) {
  refused_ = false;
  found_.clear();
  taken_away_.clear();
  if (machine.failed) spoiled_ = true;
  if (part_ == 0) {
    found_ = judge(scenario_, machine, outcome);
  } else {
    judge_by_itself(machine, outcome);
  }
  judge_begun(machine, outcome);
  judge_end(machine, outcome);
  // A job that is ended may have printed all that it would, and more then comes behind it.
  const bool ends_jobs = machine.end_signals.size() > 1 || outcome.status == kOwnError;
  if (scenario_.subcommand == "run" || !ends_jobs) note_delivered(machine, outcome);
  lose(machine, outcome);
  before_ += outcome.ended;
  if (outcome.status && !refused_) ++ends_;
  // What --halt has left out is run by the next one then.
  if (!scenario_.halt.empty() && (!outcome.status || *outcome.status > kMostFailed) && !refused_) {
    complete_ = false;
    halted_.reset();
  }
  ends_well_ = outcome.status && *outcome.status <= kMostFailed;
  const auto file = machine.files.find(kOutFile);
  file_begins_ = scenario_.out_named && file != machine.files.end() && !power_was_cut_
                     ? file->second->bytes.size()
                     : 0;
  decide_next();
  if (part_ > 1) {
    for (std::string& each : found_) each = "part " + std::to_string(part_) + ": " + each;
  }
  return found_;
}

/// As of any run.
void JournalStory::judge_by_itself(const Machine& machine, const Outcome& outcome) {
  Case it{scenario_, machine, outcome};
  for (const std::string& each : scenario_.nonsense) it.say(each);
  for (const std::string& each : machine.complaints) it.say(each);
  if (outcome.status) {
    judge_ending(it);
    // What a failed call has spoilt of their work is not known.
    if (scenario_.gang.members > 0 && !machine.failed) judge_gangs(it);
    if (!machine.failed) judge_families(it);
  } else if (outcome.why == "killed") {
    judge_killed(it);
  } else if (!outcome.why.starts_with("killed by signal") || it.has_begun()) {
    it.say(outcome.why);
  }
  found_ = std::move(it.found);
}

/// What was delivered is in the journal, and is not run again; and nothing is, of a run that has
/// come to its end.
void JournalStory::judge_begun(const Machine& machine, const Outcome& outcome) {
  // What of FILE cannot be read is done once more.
  if (machine.failed &&
      outcome.errors.find("not in the file of -o any more") != std::string::npos) {
    for (const std::size_t i : begun_tasks(scenario_)) kept_.erase(i);
  }
  for (const std::size_t i : begun_tasks(scenario_)) {
    const bool again = failed_again_ && !units_[i].ok;
    if (!kept_.contains(i) || again) continue;
    return say("task " + std::to_string(i) + " was delivered, and is begun again");
  }
  for (const std::string& block : scenario_.filtered) {
    const auto first = static_cast<std::size_t>(std::atol(block.c_str()));
    if (!block.empty() && kept_.contains(first)) {
      return say("line " + std::to_string(first) + " was delivered, and is filtered again");
    }
  }
  if (complete_ && !failed_again_ && has_begun(machine) && outcome.status) {
    say("all was done, and yet something is begun");
  }
}

/// It came to its end by itself, or was ended, and says so.
void JournalStory::judge_end(const Machine& machine, const Outcome& outcome) {
  if (!outcome.status) return;
  const int status = *outcome.status;
  const std::size_t signals = machine.end_signals.size();
  const bool told = outcome.errors.find("spread: ") != std::string::npos;
  if (status <= kMostFailed) {
    // Input that could not be read is one failure, and the rest of it is still to come.
    complete_ = complete_ || !machine.failed || status == 0;
    if (judge_halted(machine, outcome)) return;
    if (spoiled_ && !failed_again_) return judge_some(outcome);
    judge_whole(outcome);
    if (status != (of_pipe() ? 0 : status_wanted())) {
      say("exit status " + std::to_string(status) + ", not " + std::to_string(status_wanted()));
    }
    return;
  }
  judge_some(outcome);
  if (status == kOwnError && is_refused(outcome)) {
    refused_ = true;
    if (has_begun(machine)) say("it is refused, and yet something is begun");
    return;
  }
  const bool disturbed = machine.failed || machine.disk_was_full;
  const bool left = scenario_.out.stops_after != SIZE_MAX && scenario_.out.closes;
  if (status == kOwnError ? disturbed && told : status == kReaderLeft ? left : signals > 0) return;
  say("exit status " + std::to_string(status) +
      (told ? ", for no reason" : ", and no word of why"));
}

/// What it has left out is left out again, as long as no part is cut off.
bool JournalStory::judge_halted(const Machine& machine, const Outcome& outcome) {
  if (scenario_.halt.empty() || failed_again_) return false;
  was_halted_ = true;
  judge_some(outcome);
  std::string out = outcome.out;
  if (!scenario_.ordered) {
    std::vector<std::string> lines;
    for (std::size_t at = 0, end; (end = out.find('\n', at)) != std::string::npos; at = end + 1) {
      lines.push_back(out.substr(at, end - at));
    }
    std::sort(lines.begin(), lines.end());
    out.clear();
    for (const std::string& each : lines) out += each + "\n";
  }
  const bool whole = !machine.failed && !scenario_.out.closes;
  if (halted_ && whole && *halted_ != std::pair(out, *outcome.status)) {
    say("it had come to its end by --halt, and another output, or status, comes now");
  }
  if (whole) halted_ = {std::move(out), *outcome.status};
  return true;
}

std::vector<std::string> JournalStory::judge_results(const Outcome& outcome, bool follows) {
  found_.clear();
  if (!outcome.status || *outcome.status != 0) {
    say("it ends with " + (outcome.status ? std::to_string(*outcome.status) : outcome.why));
  } else {
    judge_text(outcome, !follows);
    // A task may have been answered in two parts.
    if (follows && (spoiled_ || was_halted_ || scenario_.journal.boot > 1)) found_.clear();
  }
  for (std::string& each : found_) each = (follows ? "results -f: " : "results: ") + each;
  return found_;
}

void JournalStory::judge_whole(const Outcome& outcome) {
  if (scenario_.out.closes) return;  // what its reader has not read
  judge_text(outcome, scenario_.ordered);
}

void JournalStory::judge_text(const Outcome& outcome, bool in_order) {
  std::string wanted;
  if (of_pipe()) wanted = scenario_.input;
  for (const Unit& each : units_) wanted += each.text;
  if (in_order) {
    if (outcome.out == wanted) return;
    const auto differs =
        std::mismatch(outcome.out.begin(), outcome.out.end(), wanted.begin(), wanted.end());
    return say("the output is another one from byte " +
               std::to_string(differs.first - outcome.out.begin()) + " on: it has " +
               std::to_string(outcome.out.size()) + ", not " + std::to_string(wanted.size()));
  }
  // What a job has printed is in one piece, and begins with a number of its own.
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if (units_[i].text.empty() || outcome.out.find(units_[i].text) != std::string::npos) continue;
    return say("what task " + std::to_string(i) + " came to is not there");
  }
  if (outcome.out.size() != wanted.size()) {
    say(std::to_string(outcome.out.size()) + " bytes of output, not " +
        std::to_string(wanted.size()));
  }
}

/// Nothing is wrong, or in the place of another, of what there is. A file may still have what it
/// had before.
void JournalStory::judge_some(const Outcome& outcome) {
  if (scenario_.subcommand != "run" || !scenario_.ordered || scenario_.out_named) return;
  std::size_t line = 0;
  for (std::size_t at = 0, end; (end = outcome.out.find('\n', at)) != std::string::npos;
       at = end + 1, ++line) {
    const std::string got = outcome.out.substr(at, end + 1 - at);
    if (line < units_.size() && (got == "\n" || got == units_[line].text)) continue;
    return say("line " + std::to_string(line) + " is '" + got.substr(0, 60) + "'");
  }
}

/// After a power cut that has taken what nothing was promised of, or without locks: what its user
/// then does.
bool JournalStory::is_refused(const Outcome& outcome) {
  const auto says = [&](const char* what) {
    return outcome.errors.find(what) != std::string::npos;
  };
  if (says("may be writing it, and its file system has no locks")) {
    if (scenario_.faults.lock_error == 0) say("there are locks, and it says that there are none");
    if (take_over_) say("--take-over is refused");
    return take_over_ = true;
  }
  const bool zeros = says("it begins with zeros"), foreign = says("not from this journal");
  if (!zeros && !foreign) return false;
  if (scenario_.journal.boot == 1) say("the journal is lost, and no power was cut");
  if (!kept_.empty()) say("the journal is lost, and with it what was promised to be there");
  if (zeros) taken_away_.push_back(kJournal);
  if (scenario_.out_named) taken_away_.push_back(kOutFile);
  return true;
}

/// It was delivered with the first write that had reached `end`.
void JournalStory::note(std::size_t unit, std::size_t end, const Machine& machine) {
  // What a file has from before was not written in this part.
  if (end <= file_begins_) return;
  for (const Machine::Progress& each : machine.progress) {
    if (each.bytes < end) continue;
    kept_.emplace(unit, before_ + each.when);
    return;
  }
}

bool JournalStory::fails_first(std::size_t task) const {
  return scenario_.tasks[task].attempts.front() != End::Ok;
}

void JournalStory::note_delivered(const Machine& machine, const Outcome& outcome) {
  if (of_pipe()) return note_blocks(machine, outcome);
  const std::string& out = outcome.out;
  // What has failed when the run was to end may have tries left, and have printed the same.
  const bool cut_off = outcome.status && *outcome.status > kMostFailed;
  // A job that prints while it goes on is over when something comes behind it.
  const std::size_t behind = scenario_.subcommand == "map" ? 1 : 0;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = out.find('\n', at);
    const std::size_t unit = unit_at(scenario_, out, at);
    if (unit < units_.size() && !(cut_off && fails_first(unit))) {
      const std::string& text = units_[unit].text;
      if (out.compare(at, text.size(), text) == 0) note(unit, at + text.size() + behind, machine);
    }
    if (end == std::string::npos) break;
    at = end + 1;
  }
}

/// Of `pipe`: the blocks that filters had, as far as all in front of them is there, too.
void JournalStory::note_blocks(const Machine& machine, const Outcome& outcome) {
  const std::string& input = scenario_.input;
  const auto same = static_cast<std::size_t>(
      std::mismatch(outcome.out.begin(), outcome.out.end(), input.begin(), input.end()).first -
      outcome.out.begin());
  for (const std::string& block : scenario_.filtered) {
    if (block.empty()) continue;
    auto line = static_cast<std::size_t>(std::atol(block.c_str()));
    if (line >= lines_.size() || input.compare(lines_[line], block.size(), block) != 0) {
      say("a filter is given what is no block: " + block.substr(0, 60));
      continue;
    }
    const std::size_t end = lines_[line] + block.size();
    for (; end < same && line < lines_.size() && lines_[line] < end; ++line) {
      note(line, end + 1, machine);
    }
  }
}

/// What nothing is promised of any more.
void JournalStory::lose(const Machine& machine, const Outcome& outcome) {
  const std::string& durable = scenario_.journal.durable;
  power_was_cut_ = machine.faults().power_cut && !outcome.status && outcome.why == "killed";
  if (power_was_cut_) ++scenario_.journal.boot;
  if (durable == "none" && (power_was_cut_ || machine.failed == Call::Close)) {
    kept_.clear();
    complete_ = false;
  }
  if (durable != "batch") return;
  const Time safe = before_ + outcome.ended - kUnsyncedMax;
  if (power_was_cut_) {
    std::erase_if(kept_, [safe](const auto& each) { return each.second > safe; });
  }
  // At the end it is synced.
  if (outcome.status && *outcome.status != kOwnError) {
    for (auto& [unit, since] : kept_) since = std::min(since, safe);
  }
}

/// Now all is to be done.
void JournalStory::take_halt_away() {
  std::vector<std::string>& words = scenario_.words;
  const auto halt = std::find(words.begin(), words.end(), "--halt");
  if (halt != words.end()) words.erase(halt, halt + 2);
  scenario_.halt.clear();
}

void JournalStory::decide_next() {
  ++part_;
  if (part_ <= scenario_.journal.later.size()) return;
  constexpr std::size_t kCalmMost = 5;
  if (refused_ || !complete_) {
    over_ = calm_parts_ >= kCalmMost;
    if (over_) say("it does not come to its end, however often it is gone on with");
  } else if (scenario_.journal.repeats && was_halted_ && !repeats_) {
    repeats_ = true;
  } else if ((spoiled_ || was_halted_) && !failed_again_) {
    failed_again_ = true;
    take_halt_away();
  } else if (scenario_.journal.repeats && !repeats_) {
    repeats_ = true;
  } else {
    over_ = true;
  }
}

}  // namespace spread::world
