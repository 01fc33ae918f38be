// How a run has ended: the exit status, the words for outcomes, the table of --summary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/observer.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"

namespace spread {

/// spread's own error: wrong usage, nothing could be started, cannot write.
inline constexpr int kOwnError = 255;
/// The reader of stdout went away: 128 + SIGPIPE, as a shell tells it of most programs.
inline constexpr int kOutputClosed = 141;

/// What is known at the end of a run (docs/manual.md "Exit status").
struct RunEnd {
  std::uint64_t failed = 0;    ///< tasks without a value; in `all`, workers that failed
  std::uint64_t finished = 0;  ///< tasks with an outcome
  bool own_error = false;      ///< nothing could be started, the output cannot be written, ...
  bool output_closed = false;  ///< the reader of stdout went away
  int signal = 0;              ///< that asked spread to end
  bool halted = false;         ///< --halt was reached
  bool incomplete = false;     ///< input was not read to its end, or was broken
};

int exit_code(const RunEnd& end, const HaltOptions& halt);

/// The word for an outcome in everything that people and programs read. Part of the formats of
/// --events and --out records.
constexpr std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "ok";
    case Outcome::Failed: return "failed";
    case Outcome::Lost: return "lost";
    case Outcome::NotComputed: return "not computed";
  }
  return "";
}

/// Of a run that was gone on with: of all its parts together, this one, too.
struct PartTotals {
  std::uint64_t parts = 1;
  double seconds = 0;
  std::uint64_t attempts = 0;
};

/// --summary: a table of what each worker and each host did.
class Summary final : public Observer {
 public:
  explicit Summary(TimePoint start) : start_(start) {}

  using Observer::on;
  void on(const WorkerStarted& event, TimePoint now) override;
  void on(const TaskAnswered& event, TimePoint now) override;
  void on(const TaskFinished& event, TimePoint now) override;

  /// The table, with its final newline. `tasks/s` is over the whole run, so that the rows add up to
  /// the last one; `seconds` is the time spent on tasks,
  /// and `s/task` its mean; those in whose time a worker's start may be are left out of both. Up to
  /// 32 workers have a row each; beyond, hosts alone. Tasks that no worker answered for are counted
  /// in the last row only. All of this is of this part; the line at the end says what all parts
  /// took.
  std::string text(TimePoint now, const PartTotals& totals = {}) const;

 private:
  struct Row {
    std::string host;
    std::uint64_t workers = 0;
    std::uint64_t starts = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t busy = 0;
    std::uint64_t first = 0;  ///< of those tasks, how many with a start in their time
    Duration working{};

    void add(const Row& other);
  };
  static std::string format_row(const std::string& name, const Row& row, Duration elapsed,
                                std::size_t name_width);
  Row& row(WorkerId worker);
  std::vector<Row> rows_by_host() const;

  TimePoint start_;
  std::vector<Row> workers_;
  std::uint64_t succeeded_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace spread
