#include "spread/sweep/where_expression.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/quote.h"

namespace spread {

/// By descent, from `||` to names; each level leaves its steps behind those of its operands.
class WhereParser {
 public:
  WhereParser(std::string_view text, std::span<const std::string> names)
      : text_(text), names_(names) {}

  Result<WhereExpression> parse() {
    Status read;
    if (text_.size() > WhereExpression::kBytesMax) {
      return fail(fmt::format("longer than {} bytes", WhereExpression::kBytesMax));
    }
    read = read_or();
    skip_space();
    if (read && at_ < text_.size()) read = unexpected();
    if (read) return std::move(expression_);
    return fail(fmt::format("column {}: {}", at_ + 1, read.error().message));
  }

 private:
  using Op = WhereExpression::Op;
  struct Sign {
    std::string_view text;
    Op op;
  };

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(std::string_view sign) {
    skip_space();
    if (text_.substr(at_, sign.size()) != sign) return false;
    at_ += sign.size();
    return true;
  }
  void add(Op op) { expression_.steps_.push_back({op}); }

  Status read_or() {
    SPREAD_TRY(read_and());
    while (take("||")) {
      SPREAD_TRY(read_and());
      add(Op::Or);
    }
    return {};
  }

  Status read_and() {
    SPREAD_TRY(read_comparison());
    while (take("&&")) {
      SPREAD_TRY(read_comparison());
      add(Op::And);
    }
    return {};
  }

  /// What stands here, if it is a comparison.
  std::optional<Op> take_comparison() {
    constexpr Sign kSigns[] = {{"<=", Op::LessEqual}, {">=", Op::GreaterEqual}, {"==", Op::Equal},
                               {"!=", Op::Unequal},   {"<", Op::Less},          {">", Op::Greater}};
    for (const Sign& sign : kSigns) {
      if (take(sign.text)) return sign.op;
    }
    return std::nullopt;
  }

  Status read_comparison() {
    SPREAD_TRY(read_sum());
    const auto op = take_comparison();
    if (!op) return {};
    SPREAD_TRY(read_sum());
    add(*op);
    skip_space();
    const std::size_t second = at_;
    if (!take_comparison()) return {};
    at_ = second;
    return fail("a second comparison: of 1 < a < 3, write 1 < a && a < 3");
  }

  Status read_sum() {
    SPREAD_TRY(read_product());
    while (true) {
      const bool plus = take("+");
      if (!plus && !take("-")) return {};
      SPREAD_TRY(read_product());
      add(plus ? Op::Add : Op::Subtract);
    }
  }

  Status read_product() {
    SPREAD_TRY(read_factor());
    while (true) {
      const bool times = take("*");
      if (!times && !take("/")) return {};
      SPREAD_TRY(read_factor());
      add(times ? Op::Multiply : Op::Divide);
    }
  }

  /// With the signs before it, of which the last one is applied first.
  Status read_factor() {
    std::vector<Op> signs;
    while (true) {
      skip_space();
      const bool unequal = text_.substr(at_).starts_with("!=");
      if (take("-")) {
        signs.push_back(Op::Negate);
      } else if (!unequal && take("!")) {
        signs.push_back(Op::Not);
      } else if (!take("+")) {
        break;
      }
    }
    SPREAD_TRY(read_operand());
    for (auto sign = signs.rbegin(); sign != signs.rend(); ++sign) add(*sign);
    return {};
  }

  Status read_operand() {
    skip_space();
    if (at_ == text_.size()) return fail("expected a name or a number, and not the end");
    const char c = text_[at_];
    if (c == '(') return read_parentheses();
    if (is_digit(c) || c == '.') return read_number();
    if (is_letter(c) || c == '_') return read_name();
    return unexpected();
  }

  Status read_parentheses() {
    if (depth_ == WhereExpression::kDepthMax) {
      return fail(fmt::format("parentheses more than {} deep", WhereExpression::kDepthMax));
    }
    const std::size_t begin = at_++;
    ++depth_;
    SPREAD_TRY(read_or());
    --depth_;
    if (take(")")) return {};
    if (at_ < text_.size()) return unexpected();
    at_ = begin;
    return fail("this ( is not closed");
  }

  Status read_number() {
    double number = 0;
    const char* const begin = text_.data() + at_;
    const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (error != std::errc()) return fail("expected a number");
    at_ += static_cast<std::size_t>(stop - begin);
    if (at_ < text_.size() && (is_name_char(text_[at_]) || text_[at_] == '.')) {
      return fail("expected the end of a number");
    }
    expression_.steps_.push_back({Op::Number, number});
    return {};
  }

  Status read_name() {
    std::size_t end = at_;
    while (end < text_.size() && (is_name_char(text_[end]) || text_[end] == '.')) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      std::string known;
      for (const std::string& other : names_) known += (known.empty() ? "" : ", ") + other;
      return fail(fmt::format("no parameter is called {}; there are {}", show_text(name),
                              printable_line(known, 200)));
    }
    at_ = end;
    expression_.steps_.push_back({Op::Name, 0, static_cast<std::size_t>(found - names_.begin())});
    return {};
  }

  Status unexpected() const {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with('=')) return fail("= alone; equality is ==");
    if (rest.starts_with('&') || rest.starts_with('|')) {
      return fail(fmt::format("{0} alone; it is {0}{0}", rest.front()));
    }
    return fail(fmt::format("unexpected {}", show_text(rest.substr(0, utf8_length(rest)))));
  }

  /// Of the character in front, so that a message does not show half of it.
  static std::size_t utf8_length(std::string_view text) {
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
    return size;
  }

  std::string_view text_;
  std::span<const std::string> names_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  WhereExpression expression_;
};

Result<WhereExpression> WhereExpression::parse(std::string_view text,
                                               std::span<const std::string> names) {
  return WhereParser(text, names).parse();
}

double WhereExpression::apply(Op op, double a, double b) {
  switch (op) {
    case Op::Number:
    case Op::Name: break;
    case Op::Negate: return -b;
    case Op::Not: return b == 0;
    case Op::Add: return a + b;
    case Op::Subtract: return a - b;
    case Op::Multiply: return a * b;
    case Op::Divide: return a / b;
    case Op::Less: return a < b;
    case Op::LessEqual: return a <= b;
    case Op::Greater: return a > b;
    case Op::GreaterEqual: return a >= b;
    case Op::Equal: return a == b;
    case Op::Unequal: return a != b;
    case Op::And: return a != 0 && b != 0;
    case Op::Or: return a != 0 || b != 0;
  }
  return b;
}

bool WhereExpression::holds(std::span<const double> numbers) const {
  stack_.clear();
  for (const Step& step : steps_) {
    if (step.op == Op::Number) {
      stack_.push_back(step.number);
    } else if (step.op == Op::Name) {
      stack_.push_back(numbers[step.name]);
    } else {
      const double b = stack_.back();
      const bool two = step.op != Op::Negate && step.op != Op::Not;
      if (two) stack_.pop_back();
      stack_.back() = apply(step.op, stack_.back(), b);
    }
  }
  return stack_.back() != 0;
}

bool WhereExpression::uses(std::size_t name) const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [name](const Step& step) { return step.op == Op::Name && step.name == name; });
}

}  // namespace spread
