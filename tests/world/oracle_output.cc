// Of what was read of stdout and stderr, and stands in the files of --results.
#include <algorithm>
#include <map>

#include "case.h"

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

class Output {
 public:
  explicit Output(Case& it) : case_(it) {}

  /// What stdout may hold: all of it if nothing came between, else a part of it.
  void output() {
    if (case_.scenario.subcommand == "all") return;
    std::vector<std::string> got = lines_of(case_.outcome.out);
    for (std::size_t i = 0; case_.scenario.gang.members > 0 && i < got.size(); ++i) {
      if (is_whole(got, i) && !got[i].empty()) got[i] = value_of_gang(case_, got[i]);
    }
    std::vector<std::string> wanted;
    if (case_.scenario.subcommand == "pipe") {
      wanted = lines_of(case_.scenario.input);
    } else {
      for (const TaskPlan& task : case_.scenario.tasks) wanted.push_back(task.value);
    }
    // A spill file that is full is a limit, and no failure.
    if (case_.scenario.subcommand == "pipe") filters();
    const bool needs_disk = case_.scenario.out_file || !case_.scenario.joblog.empty();
    if (case_.machine.disk_was_full && needs_disk && !case_.signalled() &&
        *case_.outcome.status == 0) {
      case_.say("the disk was full, and the status is 0");
    }
    if (!case_.scenario.table.empty()) return table();
    if (case_.scenario.results.empty()) all_errors();
    if (!case_.scenario.results.empty()) return result_files();
    if (case_.scenario.ungrouped) return ungrouped();
    if (!case_.scenario.pieces.gather.empty()) return judge_gathered(case_);
    if (case_.scenario.one_place) return blocks(got);
    if (case_.scenario.subcommand == "map") return jobs();
    // The last line of a filter that died, or that a second signal has ended, is torn.
    const bool ended = case_.scenario.subcommand == "pipe" && case_.machine.end_signals.size() > 1;
    if (case_.scenario.filters_died > 0 || ended) return;
    if (!case_.scenario.ordered) return each_once(got, wanted);
    if (case_.scenario.subcommand == "pipe") return in_order(got, wanted);
    ordered_results(got, wanted);
  }

 private:
  void table() {
    if (!case_.outcome.out.empty()) case_.say("a table, and yet on stdout: " + case_.outcome.out);
    judge_table(case_, case_.undisturbed(), false);
    for (std::size_t i = 0; i < case_.scenario.tasks.size(); ++i) case_.delivered.insert(i);
  }

  /// A filter's death is told by the status; what it had is lost, with whatever it has not printed.
  void filters() {
    const bool died = case_.scenario.filters_died > 0;
    if (died && *case_.outcome.status == 0) case_.say("a filter has died, and the status is 0");
    if (case_.undisturbed() && !died && *case_.outcome.status != 0) {
      case_.say("no filter has died, and the status is " + std::to_string(*case_.outcome.status));
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
    if (!case_.undisturbed()) return;
    std::set<long> seen;
    long last = -1;
    for (const std::string& line : got) {
      const long now = owner(line, last);
      if (now == last || now < 0) continue;
      if (!seen.insert(now).second)
        return case_.say("job " + std::to_string(now) + " is torn apart");
      last = now;
    }
    // The stderr of a job that prints live may stand between the pieces of its value.
    for (std::size_t i = 0; i < case_.scenario.tasks.size(); ++i) {
      const TaskPlan& task = case_.scenario.tasks[i];
      const std::string text = task.errors.empty() ? task.value + "\n" : task.half();
      if (case_.outcome.out.find(text) != std::string::npos) case_.delivered.insert(i);
    }
  }

  void jobs() {
    if (!case_.undisturbed()) return;
    std::string wanted;
    std::size_t size = 0;
    for (std::size_t i = 0; i < case_.scenario.tasks.size(); ++i) {
      const std::string text = job_text(case_.scenario, i);
      if (text.empty()) continue;
      wanted += text;
      size += text.size();
      // Each begins with a number of its own, and is shown in one piece.
      if (case_.outcome.out.find(text) != std::string::npos) case_.delivered.insert(i);
    }
    if (case_.scenario.ordered && case_.outcome.out != wanted) {
      const auto [got, want] = std::mismatch(case_.outcome.out.begin(), case_.outcome.out.end(),
                                             wanted.begin(), wanted.end());
      case_.say("stdout differs from byte " + std::to_string(got - case_.outcome.out.begin()) +
                " on: " + show(std::string(got, case_.outcome.out.end())) + ", not " +
                show(std::string(want, wanted.end())));
    }
    if (case_.outcome.out.size() != size) {
      case_.say(std::to_string(case_.outcome.out.size()) + " bytes on stdout, not " +
                std::to_string(size));
    }
  }

  /// --results: what its last try wrote is in files of its own, and nothing is shown.
  void result_files() {
    if (!case_.outcome.out.empty())
      case_.say("--results, and yet on stdout: " + show(case_.outcome.out));
    if (!case_.undisturbed()) return;
    for (std::size_t i = 0; i < case_.scenario.tasks.size(); ++i) {
      if (case_.scenario.tasks[i].attempts[0] == End::Long) continue;
      const std::string name = case_.scenario.results + "/" + std::to_string(i + 1) + "/stdout";
      const auto file = case_.machine.files.find(name);
      if (file == case_.machine.files.end() ||
          file->second->bytes != last_text(case_.scenario.tasks[i])) {
        case_.say(name + " is not there, or does not have what its job wrote");
        return;
      }
      case_.delivered.insert(i);
    }
  }

  /// -u: all bytes of all tries, in any order.
  void ungrouped() {
    if (!case_.undisturbed()) return;
    std::size_t least = 0;
    for (std::size_t i = 0; i < case_.scenario.tasks.size(); ++i) {
      const TaskPlan& task = case_.scenario.tasks[i];
      const bool ended = case_.timed_out_by_readers() && task.begun() > 0 &&
                         task.tries.back().by->asked_to_end.has_value();
      least += ended ? 0 : last_text(task).size();
      if (task.finished > 0) case_.delivered.insert(i);
    }
    if (case_.outcome.out.size() < least) {
      case_.say(std::to_string(case_.outcome.out.size()) + " bytes on stdout, of " +
                std::to_string(least));
    }
  }

  bool is_whole(const std::vector<std::string>& got, std::size_t i) const {
    return case_.undisturbed() || i + 1 < got.size() || case_.outcome.out.back() == '\n';
  }

  static std::string one_line(std::string text) {
    std::erase(text, '\n');
    return text;
  }
  /// stderr without the messages of spread, and without the ends of lines: behind an unfinished
  /// line a message begins with one.
  std::string between_messages() const {
    std::string text;
    for (const std::string& line : lines_of(case_.outcome.errors)) {
      if (!line.starts_with("spread: ")) text += line;
    }
    return text;
  }

  /// Of tasks that went well at once, what they wrote to stderr is there. Workers of `run` may be
  /// shown in the middle of each other's lines, so there the bytes are counted.
  void all_errors() {
    if (!case_.undisturbed() || case_.scenario.one_place ||
        case_.scenario.errors.stops_after != SIZE_MAX)
      return;
    std::size_t least = 0;
    for (std::size_t i = 0; i < case_.scenario.tasks.size(); ++i) {
      const TaskPlan& task = case_.scenario.tasks[i];
      const bool over = task.attempts.front() == End::Ok ||
                        (case_.scenario.subcommand == "map" && case_.scenario.retries == 1);
      if (task.begun() != 1 || !over || task.attempts.front() == End::Hang) continue;
      if (case_.timed_out_by_readers() && task.tries.front().by->asked_to_end) continue;
      least += task.errors.size();
      const std::string tag =
          case_.scenario.tag && !task.errors.empty() ? std::to_string(i) + "\t" : "";
      const bool there = case_.outcome.errors.find(tag + task.errors) != std::string::npos ||
                         between_messages().find(one_line(tag + task.errors)) != std::string::npos;
      if (!there && case_.scenario.subcommand == "map" && !case_.scenario.ungrouped) {
        return case_.say("stderr of task " + std::to_string(i) + " is lost: " + show(task.errors));
      }
    }
    if (case_.outcome.errors.size() < least) {
      case_.say(std::to_string(case_.outcome.errors.size()) + " bytes on stderr, of " +
                std::to_string(least));
    }
  }

  /// Line N belongs to task N; that of a task without a result is empty.
  void ordered_results(const std::vector<std::string>& got,
                       const std::vector<std::string>& wanted) {
    if (case_.undisturbed() && got.size() != wanted.size()) {
      case_.say(std::to_string(got.size()) + " lines for " + std::to_string(wanted.size()) +
                " tasks");
    }
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (i >= wanted.size()) return case_.say("a line too many: " + show(got[i]));
      if (!is_whole(got, i) || got[i] == wanted[i] || got[i].empty()) continue;
      return case_.say("line " + std::to_string(i) + " is " + show(got[i]) + ", not " +
                       show(wanted[i]));
    }
    for (std::size_t i = 0; i < std::min(got.size(), wanted.size()); ++i) {
      if (!got[i].empty()) case_.delivered.insert(i);
    }
  }

  /// In order; a block that was not begun may be missing.
  void in_order(const std::vector<std::string>& got, const std::vector<std::string>& wanted) {
    if (case_.undisturbed() && got != wanted) {
      return case_.say(std::to_string(got.size()) + " lines of " + std::to_string(wanted.size()) +
                       ", or others");
    }
    // Jobs were ended: what each had printed is shown, and goes on in the unfinished line of the
    // one before.
    const bool cut = case_.outcome.errors.find(" not finished") != std::string::npos;
    std::size_t place = 0;
    for (std::size_t i = 0; i < got.size() && is_whole(got, i); ++i) {
      const std::size_t found = place_of(got[i], wanted, place);
      if (found < wanted.size()) {
        place = found + 1;
      } else if (!cut || !in_pieces(got[i], wanted, place)) {
        return case_.say("line " + std::to_string(i) + " is out of order: " + show(got[i]));
      }
    }
  }

  /// From `first` on; wanted.size(): nowhere.
  static std::size_t place_of(std::string_view line, const std::vector<std::string>& wanted,
                              std::size_t first) {
    while (first < wanted.size() && wanted[first] != line) ++first;
    return first;
  }

  /// The beginnings of one or more lines from `place` on, and behind them a whole one.
  static bool in_pieces(std::string_view line, const std::vector<std::string>& wanted,
                        std::size_t& place) {
    for (std::size_t i = place; i < wanted.size(); ++i) {
      std::size_t same = 0;
      while (same < std::min(line.size(), wanted[i].size()) && line[same] == wanted[i][same]) {
        ++same;
      }
      for (; same > 0; --same) {
        const std::string_view rest = line.substr(same);
        const std::size_t whole = place_of(rest, wanted, i + 1);
        std::size_t next = whole < wanted.size() ? whole + 1 : i + 1;
        // What is cut within its number may be any of many: the next one is whole then.
        const bool numbered = same > wanted[i].find(':');
        if (whole == wanted.size() && (!numbered || !in_pieces(rest, wanted, next))) continue;
        place = next;
        return true;
      }
    }
    return false;
  }

  void each_once(const std::vector<std::string>& got, const std::vector<std::string>& wanted) {
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < wanted.size(); ++i) place[wanted[i]] = i;
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (!is_whole(got, i) || got[i].empty()) continue;
      const auto found = place.find(got[i]);
      if (found == place.end()) {
        case_.say("nobody wrote " + show(got[i]));
      } else if (!case_.delivered.insert(found->second).second) {
        case_.say("twice: " + show(got[i]));
      }
    }
    if (case_.scenario.subcommand == "pipe" && case_.undisturbed() &&
        case_.delivered.size() != wanted.size()) {
      case_.say(std::to_string(case_.delivered.size()) + " lines of " +
                std::to_string(wanted.size()));
    }
  }

  Case& case_;
};

}  // namespace

void judge_output(Case& it) { Output(it).output(); }

}  // namespace spread::world
