#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/base/buffers.h"
#include "spread/sweep/held_sample.h"
#include "spread/sweep/spec.h"
#include "spread/sweep/where_expression.h"

namespace spread {

/// The rows of a sweep, one at a time: nothing is held but what a sample needs (HeldSample).
class Sweep {
 public:
  static constexpr std::uint64_t kRowsMax = INT64_MAX;

  /// `spec` is that of `options`, and has no files any more. The Error names the parameters, or the
  /// option.
  static Result<std::unique_ptr<Sweep>> make(SweepSpec spec, const SweepOptions& options);

  enum class Step : std::uint8_t {
    Row,
    Skipped,  ///< one that `where` leaves out
    Drawn,    ///< no row yet: a piece of a sample, which takes as long as thousands of rows
    End,
  };
  /// Looks at one row, or prepares rows. After Row, `payload` is it: a map of the parameters,
  /// `_row` and perhaps
  /// `_run`.
  Step next(Value& payload);

  /// With `until_ok`, after End: so many samples more, at most samples_max(). They go on where the
  /// random numbers are, and are sorted among themselves.
  void draw(std::uint64_t count);
  std::uint64_t samples_max() const { return HeldSample::kValuesMax / drawn_.size(); }

  /// Of all rows that next() looks at.
  std::uint64_t rows() const { return rows_ * runs_; }
  std::uint64_t rows_seen() const { return row_ * runs_ + (at_row_ ? run_ + 1 : 0); }
  /// Of the keys of each payload, in order.
  const std::vector<std::string>& names() const { return names_; }
  /// What is to be told before it is used; mostly empty.
  const std::string& warning() const { return warning_; }

 private:
  /// A dimension of a grid.
  struct Axis {
    std::uint64_t size = 1;
    std::uint64_t at = 0;
    std::size_t first = 0, last = 0;  ///< its parameters, of which there is one but for a zip
  };
  /// What a parameter is in the present row.
  struct Field {
    std::string key, value;  ///< encoded
  };

  Sweep() = default;
  Status take_parameters(SweepSpec&& spec);
  Status set_design();
  Status make_grid();
  Status make_points(const SweepOptions& options);
  Status check_rounds() const;
  std::vector<Parameter> dimensions() const;
  Status set_runs(const SweepOptions& options);
  Status set_where(const std::string& text);
  Result<std::uint64_t> sample_count(const SweepOptions& options) const;
  bool advance();
  void move_to_next_row();
  void set_field(std::size_t parameter, std::uint64_t index);
  void set_number(std::size_t parameter, double number);
  Value encode();

  std::vector<Parameter> parameters_;
  Design design_ = Design::Grid;
  std::vector<Axis> axes_;
  std::unique_ptr<PointSource> points_;  ///< unless it is a grid
  std::vector<std::size_t> drawn_;       ///< which parameters its numbers are for
  std::vector<double> point_;
  std::optional<RandomStream> stream_;  ///< of a sample that is held
  std::optional<WhereExpression> where_;
  std::string warning_;

  std::vector<std::string> names_;
  std::vector<Field> fields_;    ///< of the present row
  std::vector<double> numbers_;  ///< the same for `where_`, by names_
  std::uint64_t rows_ = 1;
  std::uint64_t runs_ = 1;
  std::uint64_t row_ = 0;
  std::uint64_t run_ = 0;
  bool has_runs_ = false;
  bool at_row_ = false;  ///< row_ has been given; else it is the next one
  ByteBuffer scratch_;
  Arena arena_;
};

}  // namespace spread
