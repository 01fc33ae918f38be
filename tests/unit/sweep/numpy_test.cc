// What numpy and SciPy have computed once (tests/golden/sweeps.json), bit for bit.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "spread/sweep/points.h"
#include "spread/sweep/random_stream.h"
#include "spread/sweep/spaces.h"

namespace spread {
namespace {

const nlohmann::json& recorded() {
  static const nlohmann::json record = [] {
    std::ifstream file(std::string(SPREAD_SOURCE_DIR) + "/tests/golden/sweeps.json");
    return nlohmann::json::parse(file);
  }();
  return record;
}

double number(const nlohmann::json& text) {
  return std::strtod(text.get<std::string>().c_str(), nullptr);
}

using Space = double (*)(double, double, std::uint64_t, std::uint64_t);

void expect_space(const char* name, Space space, bool ends_too) {
  for (const nlohmann::json& kase : recorded().at(name)) {
    const nlohmann::json& values = kase["values"];
    const double low = number(kase["low"]), high = number(kase["high"]);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool end = i == 0 || i + 1 == values.size();
      const double expected = number(values[i]);
      const double found = space(low, high, values.size(), i);
      SCOPED_TRACE(testing::Message() << name << " from " << low << " to " << high << ", " << i);
      if (!end || ends_too) {
        EXPECT_EQ(found, expected);
      } else {
        EXPECT_NEAR(found, expected, std::abs(low + high) * 1e-15);
        EXPECT_EQ(found, i == 0 && values.size() > 1 ? low : high);
      }
    }
  }
}

TEST(NumpySpaces, LinspaceIsTheSame) { expect_space("linspace", linear_value, true); }
TEST(NumpySpaces, GeomspaceIsTheSame) { expect_space("geomspace", geometric_value, true); }
TEST(NumpySpaces, ReversedGeomspaceIsTheSameButForItsEnds) {
  expect_space("reversed", reverse_geometric_value, false);
}

TEST(NumpyRandomState, DrawsAreTheSameColumnAfterColumn) {
  for (const nlohmann::json& kase : recorded().at("draws")) {
    RandomStream stream(kase["seed"].get<std::uint32_t>());
    for (const nlohmann::json& column : kase["columns"]) {
      const double a = column["a"], b = column["b"];
      for (const nlohmann::json& value : column["values"]) {
        const bool uniform = column["kind"] == "uniform";
        EXPECT_EQ(uniform ? a + (b - a) * stream.uniform() : a + b * stream.normal(),
                  number(value));
      }
    }
  }
}

void expect_points(const char* name, std::unique_ptr<PointSource> points) {
  for (const nlohmann::json& point : recorded().at(name)) {
    std::vector<double> found(point.size());
    points->next(found);
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_EQ(found[i], number(point[i])) << name << i;
  }
}

std::vector<Parameter> unit_ranges() {
  Parameter unit;
  unit.high = 1;
  return std::vector<Parameter>(recorded().at("sobol")[0].size(), unit);
}

TEST(ScipySequences, SobolIsTheSameFromTheAllZeroPointOn) {
  expect_points("sobol", make_sobol(unit_ranges()));
}
TEST(ScipySequences, HaltonIsTheSameFromTheAllZeroPointOn) {
  expect_points("halton", make_halton(unit_ranges()));
}

}  // namespace
}  // namespace spread
