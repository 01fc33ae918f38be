#include <fmt/format.h>

#include <cctype>
#include <optional>
#include <utility>

#include "spread/sources/separator.h"

namespace spread {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void add_class(int (*is_in)(int), bool wanted, ByteSet& set) {
  for (int byte = 0; byte < 256; ++byte) {
    // Not what a locale thinks of bytes beyond ASCII.
    if ((byte < 128 && is_in(byte) != 0) == wanted) set[static_cast<std::size_t>(byte)] = true;
  }
}

int is_word(int byte) { return byte == '_' || std::isalnum(byte) != 0 ? 1 : 0; }

struct NamedClass {
  std::string_view name;
  int (*is_in)(int);
};
constexpr NamedClass kClasses[] = {
    {"alpha", std::isalpha}, {"digit", std::isdigit}, {"alnum", std::isalnum},
    {"upper", std::isupper}, {"lower", std::islower}, {"space", std::isspace},
    {"blank", std::isblank}, {"punct", std::ispunct}, {"print", std::isprint},
    {"graph", std::isgraph}, {"cntrl", std::iscntrl}, {"xdigit", std::isxdigit},
};

/// One pass over the text, that builds the ERE and sees whether there is a cheaper way.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<SeparatorPattern> parse() {
    if (text_.empty()) return error("is empty");
    while (at_ < text_.size() && error_.empty()) take_atom();
    if (!error_.empty()) return error(error_);
    if (others_ == 0 && sets_ == 0) {
      out_.kind = SeparatorPattern::Kind::Literal;
    } else if (others_ == 0 && sets_ == 1 && out_.literal.empty()) {
      out_.kind = SeparatorPattern::Kind::Set;
    }
    return std::move(out_);
  }

 private:
  tl::unexpected<Error> error(const std::string& reason) const {
    return fail(fmt::format("--colsep '{}': {}", text_, reason));
  }
  bool more() const { return at_ < text_.size(); }
  bool next_is(char c) const { return more() && text_[at_] == c; }

  void take_atom() {
    const char c = text_[at_++];
    switch (c) {
      case '\\': return take_escape();
      case '[': return take_bracket();
      case '.': {
        ByteSet all;
        all.fill(true);
        return take_set(all);
      }
      case '(':
        if (next_is('?')) error_ = "(?...) is Perl's, and not supported";
        return take_other("(");
      case ')':
      case '|':
      case '^':
      case '$': return take_other({&c, 1});
      case '*':
      case '+':
      case '?': return take_quantifier({&c, 1});
      case '{': {
        std::size_t end = at_;
        while (end < text_.size() && (std::isdigit(text_[end]) != 0 || text_[end] == ',')) ++end;
        if (end == text_.size() || text_[end] != '}' || end == at_) return take_literal(c);
        const std::string_view bounds = text_.substr(at_ - 1, end + 2 - at_);
        at_ = end + 1;
        return take_quantifier(bounds);
      }
      default: return take_literal(c);
    }
  }

  void take_quantifier(std::string_view quantifier) {
    if (next_is('?') || next_is('+')) {
      error_ = fmt::format("{}{} is Perl's, and not supported", quantifier, text_[at_]);
    } else if (at_ == quantifier.size()) {
      error_ = fmt::format("nothing before {}", quantifier);
    }
    const bool first = sets_ + others_ == 0 && out_.literal.size() == 1;
    if (quantifier == "+" && !more() && (first || (sets_ == 1 && others_ == 0))) {
      if (first) out_.set[static_cast<Byte>(out_.literal[0])] = true;
      if (first || out_.literal.empty()) {
        out_.repeated = true;
        out_.literal.clear();
        sets_ = 1;
        out_.ere += quantifier;
        return;
      }
    }
    take_other(quantifier);
  }

  void take_other(std::string_view text) {
    ++others_;
    out_.ere += text;
  }

  void take_literal(char c) {
    if (c == '\0') {
      error_ = "no item holds a NUL";
      return;
    }
    if (std::string_view(".[]()*+?{}|^$\\").find(c) != std::string_view::npos) out_.ere += '\\';
    out_.ere += c;
    out_.literal += c;
  }

  void take_escape() {
    if (!more()) {
      error_ = "ends in a single \\";
      return;
    }
    const char c = text_[at_];
    if (c == 'b' || c == 'B') {
      ++at_;
      return take_other(c == 'b' ? "\\b" : "\\B");
    }
    if (c >= '1' && c <= '9') {
      error_ = "back-references are not supported";
      return;
    }
    ByteSet set{};
    if (take_class(set)) return take_set(set);
    if (const std::optional<char> byte = take_escaped_byte()) take_literal(*byte);
  }

  /// \s and the like, after the backslash.
  bool take_class(ByteSet& set) {
    const char c = text_[at_];
    const bool positive = c == 's' || c == 'd' || c == 'w';
    if (c == 's' || c == 'S') add_class(std::isspace, positive, set);
    if (c == 'd' || c == 'D') add_class(std::isdigit, positive, set);
    if (c == 'w' || c == 'W') add_class(is_word, positive, set);
    const bool is_class = positive || c == 'S' || c == 'D' || c == 'W';
    if (is_class) ++at_;
    return is_class;
  }

  std::optional<char> take_escaped_byte() {
    if (!more()) {
      error_ = "ends in a single \\";
      return std::nullopt;
    }
    constexpr std::string_view kLetters = "tnrfae";
    constexpr std::string_view kBytes = "\t\n\r\f\a\x1b";
    const char c = text_[at_++];
    if (const std::size_t i = kLetters.find(c); i != std::string_view::npos) return kBytes[i];
    if (c == 'x') {
      int value = 0;
      std::size_t digits = 0;
      for (; digits < 2 && more() && hex_digit(text_[at_]) >= 0; ++digits) {
        value = value * 16 + hex_digit(text_[at_++]);
      }
      if (digits == 0) error_ = "\\x wants two hexadecimal digits";
      return static_cast<char>(value);
    }
    if (c == '0') return '\0';
    if (is_word(static_cast<Byte>(c)) != 0) error_ = fmt::format("\\{} is not supported", c);
    return c;
  }

  void take_bracket() {
    const bool negated = next_is('^');
    if (negated) ++at_;
    ByteSet set{};
    for (bool first = true; first || !next_is(']'); first = false) {
      if (!more()) {
        error_ = "a [ without its ]";
        return;
      }
      take_element(set);
      if (!error_.empty()) return;
    }
    ++at_;
    if (negated) {
      for (bool& is_in : set) is_in = !is_in;
    }
    take_set(set);
  }

  void take_element(ByteSet& set) {
    if (text_.substr(at_).starts_with("[:")) return take_named_class(set);
    if (next_is('\\') && at_ + 1 < text_.size()) {
      ++at_;
      if (take_class(set)) return;
      --at_;
    }
    const std::optional<char> from = take_byte_in_bracket();
    if (!from) return;
    std::optional<char> to = from;
    if (next_is('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
      ++at_;
      to = take_byte_in_bracket();
      if (!to) return;
    }
    if (static_cast<Byte>(*to) < static_cast<Byte>(*from)) {
      error_ = fmt::format("the range {}-{} is backwards", *from, *to);
      return;
    }
    for (int byte = static_cast<Byte>(*from); byte <= static_cast<Byte>(*to); ++byte) {
      set[static_cast<std::size_t>(byte)] = true;
    }
  }

  std::optional<char> take_byte_in_bracket() {
    const char c = text_[at_++];
    return c == '\\' ? take_escaped_byte() : c;
  }

  void take_named_class(ByteSet& set) {
    const std::size_t end = text_.find(":]", at_ + 2);
    const std::string_view name =
        end == std::string_view::npos ? "" : text_.substr(at_ + 2, end - at_ - 2);
    for (const NamedClass& named : kClasses) {
      if (named.name != name) continue;
      add_class(named.is_in, true, set);
      at_ = end + 2;
      return;
    }
    error_ = fmt::format("[:{}:] is no class of characters", name);
  }

  void take_set(ByteSet set) {
    set[0] = false;  // no item holds one
    out_.set = set;
    ++sets_;
    std::size_t size = 0;
    for (const bool is_in : set) size += is_in ? 1 : 0;
    if (size == 255) {
      out_.ere += '.';
      return;
    }
    if (size == 0) {
      error_ = "brackets that match nothing";
      return;
    }
    if (size == 1 && set['^']) {
      out_.ere += "\\^";
      return;
    }
    // The places where these four stand for themselves.
    out_.ere += '[';
    if (set[']']) out_.ere += ']';
    for (std::size_t byte = 1; byte < set.size(); ++byte) {
      const char c = static_cast<char>(byte);
      if (set[byte] && c != ']' && c != '^' && c != '[' && c != '-') out_.ere += c;
    }
    if (set['[']) out_.ere += '[';
    if (set['^'] && out_.ere.back() == '[' && size == 2 && set['-']) {
      out_.ere += "-^";
    } else {
      if (set['^']) out_.ere += '^';
      if (set['-']) out_.ere += '-';
    }
    out_.ere += ']';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  SeparatorPattern out_;
  std::size_t sets_ = 0;
  std::size_t others_ = 0;  // what is neither literal nor a set
  std::string error_;
};

}  // namespace

Result<SeparatorPattern> SeparatorPattern::parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace spread
