#include "spread/report/worker_log.h"

#include <cmath>
#include <cstdint>
#include <ctime>

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread {
namespace {

/// 2026-11-29T16:04:05.123Z
std::string utc(double seconds) {
  const auto milliseconds = static_cast<std::int64_t>(std::floor(seconds * 1000));
  const std::time_t whole = milliseconds / 1000;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     milliseconds % 1000);
}

}  // namespace

void WorkerLogWriter::on(const WorkerLog& event, TimePoint now) {
  if (event.level < least_) return;
  const double seconds = to_seconds(now.time_since_epoch()) + wall_seconds_;
  std::string line = fmt::format("{} {} worker {} on {}", utc(seconds), name_of(event.level),
                                 number(event.worker), hosts_[number(event.worker)]);
  if (event.task) line += fmt::format(", task {}", number(*event.task) + 1);
  std::string_view text = event.text;
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (std::string_view between = ": ";; between = "    ") {
    const std::size_t end = text.find('\n');
    line.append(between).append(printable(text.substr(0, end))).push_back('\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  out_.append(line);
}

}  // namespace spread
