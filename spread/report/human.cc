#include "spread/report/human.h"

#include <cmath>

#include <fmt/format.h>

#include "spread/base/utf8.h"

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

std::string one_line(std::string_view text, std::size_t bytes_max) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != text.npos) {
    text.remove_suffix(1);
  }
  std::string out;
  std::size_t valid = utf8_prefix(as_bytes(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool boundary = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (out.size() >= bytes_max && (boundary || i >= valid)) return out + "...";
    const char c = text[i];
    if (i >= valid) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      valid = i + 1 + utf8_prefix(as_bytes(text.substr(i + 1)));
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += ' ';
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string message_line(std::string_view message) {
  std::string line = "spread: " + std::string(message) + "\n";
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) c = ' ';
  }
  return line;
}

}  // namespace spread
