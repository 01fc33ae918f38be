#include "spread/base/quote.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"

namespace spread {
namespace {

bool separates_words(char c) { return is_blank(c) || c == '\n'; }

// Neither ~ (home), nor ^ (a pipe in old shells), nor braces (bash) are here.
bool is_bare(char c) {
  return is_letter_or_digit(c) || std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
}

/// What makes GNU's tools quote a word, wherever it stands.
bool is_special(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f ||
         std::string_view(" !\"$&'()*;<=>?[\\^`|").find(c) != std::string_view::npos;
}

/// And does not mean anything between double quotes.
bool may_stand_in_double_quotes(char c) {
  return is_letter_or_digit(c) ||
         std::string_view(" '%+,-./:@]_").find(c) != std::string_view::npos;
}

std::string in_single_quotes(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted += '\'';
}

/// One pass over the text; words are collected as they end.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> run() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (separates_words(c)) {
        end_word();
        continue;
      }
      if (c == '\0') return error("a NUL byte", at_);
      if (c == '\\') {
        SPREAD_TRY(take_escaped());
      } else if (c == '\'') {
        SPREAD_TRY(take_single_quoted());
      } else if (c == '"') {
        SPREAD_TRY(take_double_quoted());
      } else {
        in_word_ = true;
        word_ += c;
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  // A quote makes a word, even an empty one.
  void end_word() {
    if (in_word_) words_.push_back(std::exchange(word_, {}));
    in_word_ = false;
  }

  Status take_escaped() {
    if (at_ + 1 == text_.size()) return error("a \\ with nothing after it", at_);
    if (text_[at_ + 1] == '\0') return error("a NUL byte", at_ + 1);
    // \newline is a continuation: it vanishes and does not even end the word.
    if (text_[++at_] == '\n') return {};
    in_word_ = true;
    word_ += text_[at_];
    return {};
  }

  Status take_single_quoted() {
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return error("a ' that is never closed", at_);
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    if (const std::size_t nul = inside.find('\0'); nul != std::string_view::npos) {
      return error("a NUL byte", at_ + 1 + nul);
    }
    in_word_ = true;
    word_ += inside;
    at_ = end;
    return {};
  }

  Status take_double_quoted() {
    const std::size_t begin = at_;
    in_word_ = true;
    while (++at_ < text_.size()) {
      char c = text_[at_];
      if (c == '"') return {};
      if (c == '\0') return error("a NUL byte", at_);
      if (c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        if (next == '\n') {
          ++at_;
          continue;
        }
        if (std::string_view("$`\"\\").find(next) != std::string_view::npos) {
          c = next;
          ++at_;
        }
      }
      word_ += c;
    }
    return error("a \" that is never closed", begin);
  }

  static tl::unexpected<Error> error(std::string_view what, std::size_t at) {
    return fail(fmt::format("{} at column {}", what, at + 1));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::string shell_quote(std::string_view word) {
  // zsh replaces `=name` by the path of that program.
  const bool bare =
      !word.empty() && word.front() != '=' && std::all_of(word.begin(), word.end(), is_bare);
  return bare ? std::string(word) : in_single_quotes(word);
}

std::string shell_escape(std::string_view word) {
  const bool quoted = word.empty() || std::any_of(word.begin(), word.end(), is_special) ||
                      word[0] == '#' || word[0] == '~' || word == "{" || word == "}";
  const std::size_t printable = utf8_prefix(as_bytes(word));
  if (!quoted && printable == word.size()) return std::string(word);
  if (word.find('\'') != std::string_view::npos &&
      std::all_of(word.begin() + 1, word.end(), may_stand_in_double_quotes) &&
      (word[0] == '#' || word[0] == '~' || may_stand_in_double_quotes(word[0]))) {
    return fmt::format("\"{}\"", word);
  }
  std::string shown = "'";
  bool escaping = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<unsigned char>(word[i]);
    const bool escape = byte < 0x20 || byte == 0x7f || i >= printable;
    // An apostrophe takes the same way out of the quotes.
    if (escape && !escaping) shown += "'$'";
    if (!escape && escaping && byte != '\'') shown += "''";
    escaping = escape;
    if (escape) {
      const std::size_t letter = std::string_view("\a\b\f\n\r\t\v").find(word[i]);
      shown += letter != std::string_view::npos ? fmt::format("\\{}", "abfnrtv"[letter])
                                                : fmt::format("\\{:03o}", byte);
    } else if (byte == '\'') {
      shown += "'\\''";
    } else {
      shown += word[i];
    }
  }
  return shown += '\'';
}

std::string shell_join(std::span<const std::string> words) {
  std::string line;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) line += ' ';
    const bool assignment = i == 0 && words[i].find('=') != std::string::npos;
    line += assignment ? in_single_quotes(words[i]) : shell_quote(words[i]);
  }
  return line;
}

Result<std::vector<std::string>> shell_split(std::string_view text) { return Splitter(text).run(); }

bool is_identifier(std::string_view word) {
  return !word.empty() && !is_digit(word.front()) &&
         std::all_of(word.begin(), word.end(), is_name_char);
}

std::string show_text(std::string_view text, std::size_t bytes_max) {
  const bool cut = text.size() > bytes_max;
  if (cut) {
    text = text.substr(0, bytes_max);
    // Not inside a UTF-8 character: its bytes but the first are 10xxxxxx.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
      text.remove_suffix(1);
    }
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.remove_suffix(1);
  }
  std::string shown = "'";
  for (const char c : printable(text)) {
    if (c == '\n' || c == '\t') {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      shown += c;
    }
  }
  return shown += cut ? "...'" : "'";
}

namespace {

/// U+0080 to U+009F: two bytes, of which the first is C2.
bool is_high_control(std::string_view text, std::size_t at) {
  return text[at] == '\xc2' && at + 1 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

bool is_low_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
}

void append_hex(std::string& to, char c) {
  to += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

/// Without carriage returns that end a line.
bool ends_line(std::string_view text, std::size_t at) {
  return text[at] == '\r' && (at + 1 == text.size() || text[at + 1] == '\n');
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::size_t valid = utf8_prefix(as_bytes(text));
    for (std::size_t i = 0; i < valid; ++i) {
      if (is_high_control(text, i)) {
        append_hex(shown, text[i]);
        append_hex(shown, text[++i]);
      } else if (ends_line(text, i)) {
        continue;
      } else if (is_low_control(text[i])) {
        append_hex(shown, text[i]);
      } else {
        shown += text[i];
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    append_hex(shown, text.front());
    text.remove_prefix(1);
  }
  return shown;
}

std::string printable_line(std::string_view text, std::size_t bytes_max) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != text.npos) {
    text.remove_suffix(1);
  }
  const bool cut = text.size() > bytes_max;
  if (cut) {
    std::size_t end = bytes_max;
    // Not inside a character, which has at most three bytes behind its first one.
    for (int i = 0; i < 3 && end > 0 && (static_cast<Byte>(text[end]) & 0xc0) == 0x80; ++i) --end;
    text = text.substr(0, end);
  }
  std::string line = printable(text);
  for (char& c : line) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return cut ? line + "..." : line;
}

}  // namespace spread
