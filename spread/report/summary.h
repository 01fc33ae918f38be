#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spread/api/observer.h"

namespace spread {

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
  /// in the last row only.
  std::string text(TimePoint now) const;

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
