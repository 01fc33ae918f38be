#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/base/characters.h"
#include "spread/base/numbers.h"
#include "spread/base/quote.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

/// Nothing that a terminal obeys, and UTF-8.
void check_harmless(std::string_view text, bool one_line) {
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\t';
    SPREAD_ASSERT(blank ? !one_line : static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  SPREAD_ASSERT(printable(text) == text);
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto next = static_cast<unsigned char>(text[i + 1]);
    SPREAD_ASSERT(text[i] != '\xc2' || next >= 0xa0);
  }
}

void check_words(const std::vector<std::string>& words) {
  const auto again = shell_split(shell_join(words));
  SPREAD_ASSERT(again && *again == words);
}

}  // namespace

// A length; a text: as what a shell reads, as one word of it, as a number, and shown to people.
void quoting(ByteView bytes) {
  Input input(bytes);
  const std::size_t length = input.byte();
  const std::string_view text = as_text(input.rest());
  if (const auto words = shell_split(text)) check_words(*words);
  if (!text.empty() && text.find('\0') == std::string_view::npos) {
    check_words({std::string(text)});
    static_cast<void>(shell_escape(text));
  }
  check_harmless(printable(text), false);
  const std::string line = printable_line(text, length);
  check_harmless(line, true);
  check_harmless(show_text(text, length), true);
  static_cast<void>(parse_size(text));
  static_cast<void>(parse_slot_count(text));
  static_cast<void>(parse_percent(text));
  const auto duration = parse_duration(text);
  SPREAD_ASSERT(!duration || *duration >= Duration(0));
}

}  // namespace spread::fuzz
