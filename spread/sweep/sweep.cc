#include "spread/sweep/sweep.h"

#include <algorithm>
#include <bit>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/quote.h"
#include "spread/sweep/spaces.h"
#include "spread/wire/msgpack.h"

namespace spread {
namespace {

std::string encoded_key(std::string_view name) {
  Byte header[wire::kMaxScalarBytes];
  const Byte* end = wire::put_str_header(header, name.size());
  std::string key(reinterpret_cast<const char*>(header), static_cast<std::size_t>(end - header));
  return key.append(name);
}

std::string shown(const Parameter& parameter) {
  return fmt::format("{} ({})", parameter.name, name_of(parameter.kind));
}

bool is_held(Design design) { return design == Design::Random || design == Design::LatinHypercube; }

Status check_linked(const SweepSpec::Group& group) {
  if (!group.linked) return {};
  const Parameter* longest = nullptr;
  for (const Parameter& parameter : group.parameters) {
    const Design design = parameter.design();
    if (design == Design::Any) continue;
    if (design != Design::Grid) {
      return fail(
          fmt::format("{}: only parameters of a grid can be linked by a zip", shown(parameter)));
    }
    if (longest != nullptr && longest->size() != parameter.size()) {
      return fail(fmt::format("{} and {} are linked by a zip, and have {} and {} values",
                              shown(*longest), shown(parameter), *longest->size(),
                              *parameter.size()));
    }
    longest = &parameter;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Sweep>> Sweep::make(SweepSpec spec, const SweepOptions& options) {
  std::unique_ptr<Sweep> sweep(new Sweep);
  SPREAD_TRY(sweep->take_parameters(std::move(spec)));
  SPREAD_TRY(sweep->set_design());
  if (sweep->design_ == Design::Grid) {
    if (options.samples) {
      return fail(
          "--samples: no parameter is drawn, so that the grid says how many rows there are");
    }
    SPREAD_TRY(sweep->make_grid());
  } else {
    SPREAD_TRY(sweep->make_points(options));
  }
  if (options.until_ok) SPREAD_TRY(sweep->check_rounds());
  if (options.seed && !is_held(sweep->design_)) {
    return fail("--seed: no parameter is drawn at random");
  }
  SPREAD_TRY(sweep->set_runs(options));
  SPREAD_TRY(sweep->set_where(options.where));
  return sweep;
}

Status Sweep::take_parameters(SweepSpec&& spec) {
  std::set<std::string> names;
  for (SweepSpec::Group& group : spec.groups) {
    SPREAD_TRY(check_linked(group));
    Axis axis;
    axis.first = parameters_.size();
    axis.last = axis.first + group.parameters.size();
    for (Parameter& parameter : group.parameters) {
      if (!names.insert(parameter.name).second) {
        return fail(fmt::format("the parameter {} is given twice", parameter.name));
      }
      axis.size = std::max(axis.size, parameter.size().value_or(1));
      names_.push_back(parameter.name);
      fields_.push_back({encoded_key(parameter.name), {}});
      parameters_.push_back(std::move(parameter));
    }
    axes_.push_back(axis);
  }
  if (parameters_.empty()) return fail("a sweep needs at least one parameter, as in a=lin:0:1:5");
  return {};
}

Status Sweep::set_design() {
  const Parameter* first = nullptr;
  for (const Parameter& parameter : parameters_) {
    if (parameter.design() == Design::Any) continue;
    if (first == nullptr) first = &parameter;
    if (first->design() == parameter.design()) continue;
    return fail(
        fmt::format("{} and {} cannot be in one sweep: all parameters are of a grid, or all are "
                    "drawn in the same way, or they have one value",
                    shown(*first), shown(parameter)));
  }
  design_ = first == nullptr ? Design::Grid : first->design();
  return {};
}

Status Sweep::make_grid() {
  for (const Axis& axis : axes_) {
    if (axis.size > kRowsMax / rows_) {
      return fail(fmt::format("this grid has more than {} rows", kRowsMax));
    }
    rows_ *= axis.size;
  }
  return {};
}

/// All that say it must agree.
Result<std::uint64_t> Sweep::sample_count(const SweepOptions& options) const {
  std::optional<std::uint64_t> count = options.until_ok ? options.until_ok : options.samples;
  std::string said_by = options.until_ok ? "--until-ok" : "--samples";
  for (const std::size_t i : drawn_) {
    const Parameter& parameter = parameters_[i];
    const auto size = parameter.size();
    if (!size) continue;
    if (count && *count != *size) {
      return fail(fmt::format("{} says {} samples, and {} says {}", said_by, *count,
                              shown(parameter), *size));
    }
    count = size;
    said_by = shown(parameter);
  }
  if (!count) {
    return fail(
        fmt::format("{} is drawn: --samples N says how often", shown(parameters_[drawn_[0]])));
  }
  if (*count == 0 || *count > kRowsMax) {
    return fail(fmt::format("{}: expected 1 to {} samples, not {}", said_by, kRowsMax, *count));
  }
  return *count;
}

Status Sweep::make_points(const SweepOptions& options) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].design() != Design::Any) drawn_.push_back(i);
  }
  std::vector<Parameter> dimensions = this->dimensions();
  const auto count = sample_count(options);
  if (!count) return tl::unexpected(count.error());
  rows_ = *count;
  axes_.clear();
  point_.resize(dimensions.size());
  if (is_held(design_)) {
    if (rows_ > HeldSample::kValuesMax / dimensions.size()) {
      return fail(
          fmt::format("{} samples of {} parameters are more than the {} values that are "
                      "held while rows are sorted; sobol and halton are not held",
                      rows_, dimensions.size(), HeldSample::kValuesMax));
    }
    const Parameter& first = dimensions.front();
    for (const SweepValue& value : first.values) {
      if (value.number) continue;
      return fail(
          fmt::format("{} is the first that is drawn, by which rows are sorted, and has "
                      "values that are no numbers: put another one first",
                      shown(first)));
    }
    stream_.emplace(options.seed.value_or(0));
    points_ = std::make_unique<HeldSample>(std::move(dimensions), rows_, *stream_);
    return {};
  }
  if (dimensions.size() > kSequenceDimensionsMax) {
    return fail(fmt::format("a sequence has at most {} parameters, not {}", kSequenceDimensionsMax,
                            dimensions.size()));
  }
  const bool sobol = design_ == Design::Sobol;
  if (sobol && !std::has_single_bit(rows_)) {
    warning_ = fmt::format(
        "sobol: {} samples are no power of two, so that they are not evenly spread; the next one "
        "is {}",
        rows_, std::bit_ceil(rows_));
  }
  points_ = sobol ? make_sobol(std::move(dimensions)) : make_halton(std::move(dimensions));
  return {};
}

std::vector<Parameter> Sweep::dimensions() const {
  std::vector<Parameter> found;
  for (const std::size_t i : drawn_) found.push_back(parameters_[i]);
  return found;
}

void Sweep::draw(std::uint64_t count) {
  SPREAD_ASSERT(row_ == rows_);
  SPREAD_ASSERT(stream_.has_value());
  points_ = std::make_unique<HeldSample>(dimensions(), count, *stream_);
  rows_ += count;
}

/// --until-ok: what is drawn can be drawn again.
Status Sweep::check_rounds() const {
  for (const Parameter& parameter : parameters_) {
    const bool drawn =
        parameter.kind == SampleKind::Uniform || parameter.kind == SampleKind::Normal;
    if (drawn || parameter.design() == Design::Any) continue;
    return fail(fmt::format("--until-ok: {} cannot be drawn again; uniform and normal can",
                            shown(parameter)));
  }
  if (drawn_.empty()) return fail("--until-ok: no parameter is drawn; uniform and normal are");
  return {};
}

Status Sweep::set_runs(const SweepOptions& options) {
  names_.emplace_back("_row");
  if (!options.runs) return {};
  has_runs_ = true;
  names_.emplace_back("_run");
  runs_ = *options.runs;
  if (runs_ == 0 || runs_ > kRowsMax / rows_) {
    return fail(
        fmt::format("--runs: expected at least 1, and not more than {} rows in all", kRowsMax));
  }
  return {};
}

Status Sweep::set_where(const std::string& text) {
  numbers_.resize(names_.size());
  // What stands in every row is put into its place once.
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].design() == Design::Any) set_field(i, 0);
  }
  if (text.empty()) return {};
  auto where = WhereExpression::parse(text, names_);
  if (!where) return fail("--where, " + where.error().message);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!where->uses(i)) continue;
    for (const SweepValue& value : parameters_[i].values) {
      if (value.number) continue;
      return fail(fmt::format("--where names {}, which has values that are no numbers",
                              shown(parameters_[i])));
    }
  }
  where_ = std::move(*where);
  return {};
}

Sweep::Step Sweep::next(Value& payload) {
  if (points_ != nullptr && !points_->prepare()) return Step::Drawn;
  if (!advance()) return Step::End;
  const std::size_t row = parameters_.size();
  numbers_[row] = static_cast<double>(row_);
  if (has_runs_) numbers_[row + 1] = static_cast<double>(run_);
  if (where_ && !where_->holds(numbers_)) return Step::Skipped;
  payload = encode();
  return Step::Row;
}

bool Sweep::advance() {
  if (at_row_ && run_ + 1 < runs_) {
    ++run_;
    return true;
  }
  if (std::exchange(at_row_, false)) ++row_;
  run_ = 0;
  if (row_ == rows_) return false;
  at_row_ = true;
  move_to_next_row();
  return true;
}

/// In a grid only what has changed is written anew: the last axis, and those before it that it
/// makes turn over.
void Sweep::move_to_next_row() {
  if (points_ != nullptr) {
    points_->next(point_);
    for (std::size_t i = 0; i < drawn_.size(); ++i) {
      const std::size_t parameter = drawn_[i];
      if (parameters_[parameter].kind == SampleKind::Column) {
        set_field(parameter, static_cast<std::uint64_t>(point_[i]));
      } else {
        set_number(parameter, point_[i]);
      }
    }
    return;
  }
  const bool first = row_ == 0;
  for (std::size_t i = axes_.size(); i-- > 0;) {
    Axis& axis = axes_[i];
    const bool turns_over = !first && axis.at + 1 == axis.size;
    if (!first) axis.at = turns_over ? 0 : axis.at + 1;
    for (std::size_t p = axis.first; p < axis.last; ++p) set_field(p, axis.at);
    if (!first && !turns_over) return;
  }
}

void Sweep::set_number(std::size_t parameter, double number) {
  Byte bytes[wire::kMaxScalarBytes];
  const Byte* end = wire::put_float64(bytes, number);
  fields_[parameter].value.assign(reinterpret_cast<const char*>(bytes),
                                  static_cast<std::size_t>(end - bytes));
  numbers_[parameter] = number;
}

void Sweep::set_field(std::size_t parameter, std::uint64_t index) {
  const Parameter& from = parameters_[parameter];
  const double low = from.low, high = from.high;
  // Of a zip, one with a single value has it all the time.
  const std::uint64_t count = from.size().value_or(1);
  const std::uint64_t i = count == 1 ? 0 : index;
  switch (from.kind) {
    case SampleKind::Linear: return set_number(parameter, linear_value(low, high, count, i));
    case SampleKind::Geometric: return set_number(parameter, geometric_value(low, high, count, i));
    case SampleKind::ReverseGeometric:
      return set_number(parameter, reverse_geometric_value(low, high, count, i));
    default: break;
  }
  const SweepValue& value = from.values[i];
  fields_[parameter].value = value.encoded;
  numbers_[parameter] = value.number.value_or(0);
}

Value Sweep::encode() {
  const std::size_t count = fields_.size() + 1 + (has_runs_ ? 1 : 0);
  scratch_.clear();
  Byte* to = scratch_.prepare(wire::kMaxScalarBytes);
  scratch_.commit(static_cast<std::size_t>(wire::put_map_header(to, count) - to));
  for (const Field& field : fields_) {
    scratch_.append(field.key);
    scratch_.append(field.value);
  }
  const auto append_number = [&](std::string_view key, std::uint64_t number) {
    scratch_.append(encoded_key(key));
    Byte* at = scratch_.prepare(wire::kMaxScalarBytes);
    scratch_.commit(static_cast<std::size_t>(wire::put_unsigned(at, number) - at));
  };
  append_number("_row", row_);
  if (has_runs_) append_number("_run", run_);
  Value payload;
  payload.body = arena_.copy(scratch_.view());
  return payload;
}

}  // namespace spread
