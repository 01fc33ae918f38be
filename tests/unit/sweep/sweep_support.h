// Sweeps of a specification, as the lines of JSON that the program prints.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "spread/sweep/sweep.h"
#include "spread/wire/json.h"

namespace spread::test {

inline Result<std::unique_ptr<Sweep>> make_sweep(std::string_view text,
                                                 const SweepOptions& options) {
  auto spec = parse_sweep_spec(text, "SPEC");
  if (!spec) return tl::unexpected(spec.error());
  return Sweep::make(std::move(*spec), options);
}

inline std::string json_of(const Value& value) {
  ByteBuffer out;
  wire::JsonStyle style;
  style.keeps_floats = true;
  EXPECT_TRUE(wire::msgpack_to_json(value, out, style));
  return std::string(as_text(out.view()));
}

/// At most `max` rows; the Error's message alone where there is one.
inline std::vector<std::string> rows_of(std::string_view text, const SweepOptions& options = {},
                                        std::size_t max = 100000) {
  const auto sweep = make_sweep(text, options);
  if (!sweep) return {sweep.error().message};
  std::vector<std::string> rows;
  while (rows.size() < max) {
    Value payload;
    const Sweep::Step step = (*sweep)->next(payload);
    if (step == Sweep::Step::End) break;
    if (step == Sweep::Step::Row) rows.push_back(json_of(payload));
  }
  return rows;
}

/// What is said of it; "" where it is good.
inline std::string refusal(std::string_view text, const SweepOptions& options = {}) {
  const auto sweep = make_sweep(text, options);
  return sweep ? "" : sweep.error().message;
}

inline std::string warning_of(std::string_view text, const SweepOptions& options = {}) {
  const auto sweep = make_sweep(text, options);
  return sweep ? (*sweep)->warning() : sweep.error().message;
}

/// So many samples.
inline SweepOptions samples(std::uint64_t count, std::uint32_t seed = 0) {
  SweepOptions options;
  options.samples = count;
  if (seed != 0) options.seed = seed;
  return options;
}

inline SweepOptions where(std::string text) {
  SweepOptions options;
  options.where = std::move(text);
  return options;
}

}  // namespace spread::test
