#include "spread/history/history_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spread/base/quote.h"

namespace spread {
namespace {

constexpr std::size_t kColumns = 8;
constexpr std::size_t kHostBytes = 300;
using Line = std::array<std::string, kColumns>;
constexpr std::array<const char*, kColumns> kTitles = {"host",  "tasks",  "per task", "factor",
                                                       "start", "failed", "busy",     "last used"};

std::string percent(double part) { return part <= 0 ? "-" : fmt::format("{:.1f}%", 100 * part); }

std::string age(std::int64_t then, std::int64_t now) {
  constexpr std::int64_t kDay = 24 * 3600;
  const std::int64_t seconds = std::max<std::int64_t>(0, now - then);
  if (seconds < 60) return "now";
  if (seconds < 3600) return fmt::format("{} min ago", seconds / 60);
  if (seconds < kDay) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} d ago", seconds / kDay);
}

Line line_of(const HistoryStore::Row& row, std::int64_t now) {
  const KeyHistory& history = row.history;
  return {printable_line(row.key.host, kHostBytes),
          std::to_string(history.tasks),
          history.seconds > 0 ? format_span(history.seconds) : "-",
          row.factor ? fmt::format("{:.2f}", *row.factor) : "-",
          history.launch_seconds > 0 ? format_span(history.launch_seconds) : "-",
          percent(history.failure_rate),
          percent(history.busy_rate),
          age(history.last_used, now)};
}

}  // namespace

std::string format_span(double seconds) {
  struct Unit {
    double size;
    const char* name;
  };
  constexpr std::array<Unit, 5> kUnits = {
      {{3600, "h"}, {60, "min"}, {1, "s"}, {1e-3, "ms"}, {1e-6, "us"}}};
  for (const Unit& unit : kUnits) {
    // 0.9996 s is not "1000 ms".
    if (seconds < 0.9995 * unit.size && unit.size != kUnits.back().size) continue;
    return fmt::format("{:.3g} {}", seconds / unit.size, unit.name);
  }
  return "";
}

std::string format_history(const std::vector<HistoryStore::Row>& rows, std::int64_t unix_now) {
  if (rows.empty()) return "nothing is remembered\n";
  std::vector<Line> lines;
  std::array<std::size_t, kColumns> widths{};
  for (std::size_t c = 0; c < kColumns; ++c) widths[c] = std::string(kTitles[c]).size();
  for (const HistoryStore::Row& row : rows) {
    lines.push_back(line_of(row, unix_now));
    for (std::size_t c = 0; c < kColumns; ++c) {
      widths[c] = std::max(widths[c], lines.back()[c].size());
    }
  }
  std::string text;
  const auto add = [&](const auto& line, std::string_view last) {
    // The host to the left, figures to the right.
    text += fmt::format("{:<{}}", line[0], widths[0]);
    for (std::size_t c = 1; c < kColumns; ++c) text += fmt::format("  {:>{}}", line[c], widths[c]);
    text += fmt::format("  {}\n", last);
  };
  add(kTitles, "command");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string command = printable(shell_join(rows[i].key.command));
    if (!rows[i].key.prep_digest.empty()) {
      command += " (prep " + rows[i].key.prep_digest.substr(0, 8) + ")";
    }
    add(lines[i], command);
  }
  return text;
}

}  // namespace spread
