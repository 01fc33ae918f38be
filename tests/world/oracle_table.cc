// Of the table that --results NAME.csv, .tsv and .json write: a row for each job, in place of what
// jobs print.
#include <cstdlib>

#include "case.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

struct Row {
  std::size_t task = 0;
  std::string exit_status, signal, out, errors;
};

/// The fields of all rows, where quotes stand around what has a separator or a line end in it, and
/// are doubled within.
std::vector<std::vector<std::string>> fields_of(const std::string& text, char separator) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted || (c != separator && c != '\n')) {
      row.back() += c;
    } else if (c == separator) {
      row.emplace_back();
    } else {
      rows.push_back(std::move(row));
      row.assign(1, "");
    }
  }
  if (row.size() > 1 || !row[0].empty()) rows.push_back({"<no line end>"});
  return rows;
}

/// What stands behind a name in an object on a line.
std::string member(const std::string& line, const std::string& name) {
  const std::string mark = "\"" + name + "\": ";
  std::size_t at = line.find(mark);
  if (at == std::string::npos) return "<none>";
  at += mark.size();
  if (line[at] != '"') return line.substr(at, line.find_first_of(", ", at) - at);
  ++at;
  std::string text = line.substr(at, line.find('"', at) - at);
  const std::string newline = "\\u000a";
  for (std::size_t place; (place = text.find(newline)) != std::string::npos;) {
    text.replace(place, newline.size(), "\n");
  }
  return text;
}

std::vector<Row> rows_of(const std::string& name, const std::string& text) {
  std::vector<Row> rows;
  const auto add = [&](const std::string& sequence, Row row) {
    row.task = static_cast<std::size_t>(std::atol(sequence.c_str()) - 1);
    rows.push_back(std::move(row));
  };
  if (name.ends_with(".json")) {
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string line = text.substr(begin, end - begin);
      add(member(line, "Seq"), {0, member(line, "Exitval"), member(line, "Signal"),
                                member(line, "Stdout"), member(line, "Stderr")});
    }
    return rows;
  }
  constexpr std::size_t kExit = 6, kSignal = 7, kOut = 10, kErrors = 11;
  for (const auto& row : fields_of(text, name.ends_with(".csv") ? ',' : '\t')) {
    if (row[0] == "Seq") continue;
    if (row.size() <= kErrors) {
      add("0", {});
    } else {
      add(row[0], {0, row[kExit], row[kSignal], row[kOut], row[kErrors]});
    }
  }
  return rows;
}

/// Those of the last try.
std::pair<std::string, std::string> status_of(const Scenario& scenario, const TaskPlan& task) {
  bool unclear = false;
  const auto end = final_of(scenario, task, unclear);
  const TaskPlan::Try& last = task.tries.back();
  if (!end) return {"", ""};
  if (last.end == End::Hang) return {"-1", "15"};
  const int status = end->status;
  return status > 128 ? std::pair(std::string("0"), std::to_string(status - 128))
                      : std::pair(std::to_string(status), std::string("0"));
}

void judge_row(Case& it, const Row& row, bool after_before) {
  const TaskPlan& task = it.scenario.tasks[row.task];
  const std::string name = "the row of task " + std::to_string(row.task);
  if (task.begun() == 0) {
    if (!after_before && task.attempts.front() != End::Long) it.say(name + " is of no job");
    return;
  }
  const bool silent = task.tries.back().end == End::Hang;
  if (row.out != last_text(task)) it.say(name + " has another stdout: " + row.out.substr(0, 60));
  if (row.errors != (silent ? "" : task.errors)) it.say(name + " has another stderr");
  const auto [exit_status, signal] = status_of(it.scenario, task);
  if (task.tries.back().by->words.front() != "job" || exit_status.empty()) return;
  if (row.exit_status != exit_status || row.signal != signal) {
    it.say(name + " has " + row.exit_status + " and " + row.signal + ", not " + exit_status +
           " and " + signal);
  }
}

}  // namespace

void judge_table(Case& it, bool whole, bool resumed) {
  const auto file = it.machine.files.find(it.scenario.table);
  std::vector<unsigned> rows(it.scenario.tasks.size());
  const std::string text = file == it.machine.files.end() ? "" : file->second->bytes;
  std::size_t before = 0;
  std::set<std::size_t> killed;
  if (it.machine.disk_was_full) return;  // the last one is torn
  for (const Row& row : rows_of(it.scenario.table, text)) {
    if (row.task >= rows.size()) return it.say("the table has a row that is none");
    // What was killed has what it had printed, and another row when it has been run again.
    if (row.exit_status == "-1" && row.signal == "0") {
      killed.insert(row.task);
      continue;
    }
    if (++rows[row.task] > 1) it.say("task " + std::to_string(row.task) + " has two rows");
    if (!whole) continue;
    judge_row(it, row, resumed);
    if (it.scenario.ordered && !resumed && row.task < before) it.say("rows are out of order");
    before = row.task;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bool unclear = false;
    const auto end = final_of(it.scenario, it.scenario.tasks[i], unclear);
    const bool over = end && it.halt.reached() && end->when <= it.halt.when && it.calm();
    const bool refused = it.scenario.tasks[i].attempts.front() == End::Long;
    if (whole && !resumed && !refused && killed.contains(i)) {
      it.say("the row of task " + std::to_string(i) + " is that of a job that was killed");
    } else if (rows[i] == 0 && !refused && (whole || over)) {
      it.say("task " + std::to_string(i) + " has no row");
    }
  }
}

}  // namespace spread::world
