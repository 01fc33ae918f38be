#include "spread/report/summary.h"

#include <algorithm>

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread {

int exit_code(const RunEnd& end, const HaltOptions& halt) {
  constexpr int kMany = 101;
  if (end.output_closed) return kOutputClosed;
  if (end.own_error) return kOwnError;
  if (end.signal != 0) return 128 + end.signal;
  if (end.halted && halt.why == HaltOptions::Why::Success) return 0;
  if (end.halted && halt.why == HaltOptions::Why::Fail) {
    if (halt.percent) return std::clamp(static_cast<int>(halt.count), 1, 100);
    if (halt.count == 1) return 1;
  }
  const auto failed = static_cast<int>(std::min<std::uint64_t>(end.failed, kMany));
  return failed == 0 && end.incomplete ? 1 : failed;
}

namespace {

constexpr std::size_t kWorkerRowsMax = 32;
constexpr std::size_t kHostBytes = 300;

}  // namespace

void Summary::Row::add(const Row& other) {
  workers += other.workers;
  starts += other.starts;
  succeeded += other.succeeded;
  failed += other.failed;
  busy += other.busy;
  first += other.first;
  working += other.working;
}

Summary::Row& Summary::row(WorkerId worker) {
  const std::size_t index = number(worker);
  if (index >= workers_.size()) workers_.resize(index + 1);
  return workers_[index];
}

void Summary::on(const WorkerStarted& event, TimePoint) {
  Row& started = row(event.worker);
  started.host = printable_line(event.host, kHostBytes);
  started.workers = 1;
  ++started.starts;
}

void Summary::on(const TaskAnswered& event, TimePoint) {
  Row& answering = row(event.worker);
  if (event.kind == "busy") ++answering.busy;
  if (!event.first) answering.working += event.duration;
}

void Summary::on(const TaskFinished& event, TimePoint) {
  const bool ok = event.outcome == Outcome::Ok;
  ++(ok ? succeeded_ : failed_);
  if (event.worker == kNoWorker) return;
  Row& finishing = row(event.worker);
  ++(ok ? finishing.succeeded : finishing.failed);
  if (event.first) ++finishing.first;
}

std::vector<Summary::Row> Summary::rows_by_host() const {
  std::vector<Row> hosts;
  for (const Row& worker : workers_) {
    if (worker.workers == 0) continue;
    const auto same = [&](const Row& host) { return host.host == worker.host; };
    auto place = std::find_if(hosts.begin(), hosts.end(), same);
    if (place == hosts.end()) {
      hosts.push_back({});
      place = std::prev(hosts.end());
      place->host = worker.host;
    }
    place->add(worker);
  }
  return hosts;
}

std::string Summary::format_row(const std::string& name, const Row& row, Duration elapsed,
                                std::size_t name_width) {
  const std::uint64_t tasks = row.succeeded + row.failed;
  const double seconds = to_seconds(row.working);
  const double run = std::max(to_seconds(elapsed), 1e-9);
  const std::uint64_t timed = tasks - std::min(tasks, row.first);
  const double each = timed == 0 ? 0 : seconds / static_cast<double>(timed);
  return fmt::format("{:<{}} {:>7} {:>6} {:>10} {:>8} {:>6} {:>10.3f} {:>10.6f} {:>10.1f}\n", name,
                     name_width, row.workers, row.starts, tasks, row.failed, row.busy, seconds,
                     each, static_cast<double>(tasks) / run);
}

std::string Summary::text(TimePoint now, const PartTotals& totals) const {
  const Duration elapsed = now - start_;
  const std::vector<Row> hosts = rows_by_host();
  std::size_t width = 12;
  for (const Row& host : hosts) width = std::max(width, host.host.size());
  std::string out =
      fmt::format("{:<{}} {:>7} {:>6} {:>10} {:>8} {:>6} {:>10} {:>10} {:>10}\n", "", width,
                  "workers", "starts", "tasks", "failed", "busy", "seconds", "s/task", "tasks/s");
  Row total;
  for (const Row& host : hosts) total.add(host);
  if (total.workers <= kWorkerRowsMax) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (workers_[i].workers == 0) continue;
      out += format_row(fmt::format("worker {}", i), workers_[i], elapsed, width);
    }
  }
  for (const Row& host : hosts) out += format_row(host.host, host, elapsed, width);
  total.succeeded = succeeded_;
  total.failed = failed_;
  out += format_row("all", total, elapsed, width);
  if (totals.parts == 1) return out + fmt::format("{:.3f} s in all\n", to_seconds(elapsed));
  out += fmt::format("{:.3f} s in this part; {} parts took {:.3f} s and {} attempts in all\n",
                     to_seconds(elapsed), totals.parts, totals.seconds, totals.attempts);
  return out;
}

}  // namespace spread
