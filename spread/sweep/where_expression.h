// --where: which rows of a sweep are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// A condition on numbers that have names: docs/sweeps.md, "--where".
class WhereExpression {
 public:
  static constexpr std::size_t kBytesMax = 65536;
  static constexpr std::size_t kDepthMax = 100;

  /// The Error names the column, from 1.
  static Result<WhereExpression> parse(std::string_view text, std::span<const std::string> names);

  /// `numbers`: those of the names, in their order.
  bool holds(std::span<const double> numbers) const;
  /// Whether it looks at the name with this index.
  bool uses(std::size_t name) const;

 private:
  enum class Op : std::uint8_t {
    Number,
    Name,
    Negate,
    Not,
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    Unequal,
    And,
    Or,
  };
  /// Of the expression in postfix order.
  struct Step {
    Op op;
    double number = 0;
    std::size_t name = 0;
  };
  friend class WhereParser;

  static double apply(Op op, double a, double b);

  std::vector<Step> steps_;
  mutable std::vector<double> stack_;
};

}  // namespace spread
