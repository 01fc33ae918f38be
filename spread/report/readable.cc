#include "spread/report/readable.h"

#include <fmt/format.h>
#include <cmath>

#include "spread/base/quote.h"

namespace spread {

std::string format_short(double number) {
  if (!(number > 0)) return "0";
  if (number < 0.995) return fmt::format("{:.2f}", number);
  constexpr std::string_view kUnits[] = {"", "k", "M", "G", "T"};
  for (const std::string_view unit : kUnits) {
    // By what is left after rounding, so that 9.96 becomes 10 and 999.6 becomes 1.0k.
    if (number < 9.95 && (!unit.empty() || number != std::floor(number))) {
      return fmt::format("{:.1f}{}", number, unit);
    }
    if (number < 999.5) return fmt::format("{:.0f}{}", number, unit);
    number /= 1000;
  }
  return ">999T";
}

std::string format_time_left(Duration left) {
  using std::chrono::seconds;
  const auto total = std::chrono::ceil<seconds>(left).count();
  if (total < 60) return fmt::format("{}s", total);
  if (total < 3600) return fmt::format("{}m{:02}s", total / 60, total % 60);
  const auto minutes = (total + 59) / 60;
  if (minutes < 24 * 60) return fmt::format("{}h{:02}m", minutes / 60, minutes % 60);
  const auto hours = (total + 3599) / 3600;
  return fmt::format("{}d{:02}h", hours / 24, hours % 24);
}

std::string message_line(std::string_view message, std::string_view speaker) {
  return std::string(speaker) + ": " + printable(message) + "\n";
}

void append_slot_block(ByteBuffer& out, std::string_view kind, TaskId task, std::string_view text) {
  if (text.empty()) return;
  out.append(fmt::format("#slot {}{} ------\n", kind, number(task)));
  out.append(text);
  if (text.back() != '\n') out.push_back('\n');
}

}  // namespace spread
