#include "spread/sweep/sweep.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "spread/base/random.h"
#include "sweep_support.h"

namespace spread {
namespace {

using nlohmann::json;
using test::refusal;
using test::rows_of;
using test::samples;
using test::warning_of;
using test::where;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<double> column_of(const std::vector<std::string>& rows, const char* name) {
  std::vector<double> column;
  for (const std::string& row : rows) column.push_back(json::parse(row).at(name));
  return column;
}

TEST(Grid, TheFirstParameterIsTheSlowest) {
  EXPECT_THAT(
      rows_of("a=list:1,2 b=list:x,y c=list:true,false"),
      ElementsAre(R"({"a":1,"b":"x","c":true,"_row":0})", R"({"a":1,"b":"x","c":false,"_row":1})",
                  R"({"a":1,"b":"y","c":true,"_row":2})", R"({"a":1,"b":"y","c":false,"_row":3})",
                  R"({"a":2,"b":"x","c":true,"_row":4})", R"({"a":2,"b":"x","c":false,"_row":5})",
                  R"({"a":2,"b":"y","c":true,"_row":6})", R"({"a":2,"b":"y","c":false,"_row":7})"));
}

TEST(Grid, HasTheEndsOfItsRanges) {
  EXPECT_THAT(
      rows_of("a=lin:0.1:0.9:3"),
      ElementsAre(R"({"a":0.1,"_row":0})", R"({"a":0.5,"_row":1})", R"({"a":0.9,"_row":2})"));
  EXPECT_THAT(
      rows_of("a=geom:1:100:3"),
      ElementsAre(R"({"a":1.0,"_row":0})", R"({"a":10.0,"_row":1})", R"({"a":100.0,"_row":2})"));
  EXPECT_THAT(
      rows_of("a=revgeom:1:100:3"),
      ElementsAre(R"({"a":1.0,"_row":0})", R"({"a":91.0,"_row":1})", R"({"a":100.0,"_row":2})"));
}

TEST(Grid, LinkedParametersChangeTogether) {
  EXPECT_THAT(rows_of("zip(a=list:1,2 b=list:x,y k=const:7) c=list:0,1"),
              ElementsAre(R"({"a":1,"b":"x","k":7,"c":0,"_row":0})",
                          R"({"a":1,"b":"x","k":7,"c":1,"_row":1})",
                          R"({"a":2,"b":"y","k":7,"c":0,"_row":2})",
                          R"({"a":2,"b":"y","k":7,"c":1,"_row":3})"));
  EXPECT_EQ(refusal("zip(a=list:1,2 b=lin:0:1:3)"),
            "a (list) and b (lin) are linked by a zip, and have 2 and 3 values");
  EXPECT_EQ(refusal("zip(a=list:1,2 b=uniform:0:1)"),
            "b (uniform): only parameters of a grid can be linked by a zip");
}

TEST(Grid, ManyParametersOfOneValueAreNoDimensions) {
  std::string spec = "a=list:1,2";
  for (int i = 0; i < 51; ++i) spec += " p" + std::to_string(i) + "=const:" + std::to_string(i);
  const auto rows = rows_of(spec);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(json::parse(rows[1]).size(), 53u);
  EXPECT_EQ(json::parse(rows[1])["p50"], 50);
}

TEST(Grid, CanBeLargerThanMemory) {
  EXPECT_THAT(
      rows_of("a=lin:0:1:1000000000 b=lin:0:1:4000000000", {}, 2),
      ElementsAre(R"({"a":0.0,"b":0.0,"_row":0})", R"({"a":0.0,"b":2.500000000625e-10,"_row":1})"));
  EXPECT_EQ(refusal("a=lin:0:1:4000000000 b=lin:0:1:4000000000"),
            "this grid has more than 9223372036854775807 rows");
}

/// Row by row as nested loops would do it.
TEST(Grid, IsWhatNestedLoopsGive) {
  const char* given = std::getenv("SPREAD_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string spec;
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t i = 0; i < 1 + random.below(5); ++i) {
      sizes.push_back(1 + random.below(4));
      spec += "p" + std::to_string(i) + "=list:";
      for (std::uint64_t v = 0; v < sizes[i]; ++v) spec += (v > 0 ? "," : "") + std::to_string(v);
      spec += " ";
    }
    const auto rows = rows_of(spec);
    std::uint64_t count = 1;
    for (const std::uint64_t size : sizes) count *= size;
    ASSERT_EQ(rows.size(), count) << spec;
    for (std::uint64_t row = 0; row < count; ++row) {
      const json found = json::parse(rows[row]);
      std::uint64_t rest = row;
      for (std::size_t i = sizes.size(); i-- > 0; rest /= sizes[i]) {
        ASSERT_EQ(found["p" + std::to_string(i)], rest % sizes[i]) << spec << row;
      }
      ASSERT_EQ(found["_row"], row);
    }
  }
}

TEST(Designs, ThatCannotBeMixedAreNamed) {
  EXPECT_EQ(refusal("a=lin:0:1:3 k=const:1 b=uniform:0:1", samples(3)),
            "a (lin) and b (uniform) cannot be in one sweep: all parameters are of a grid, or all "
            "are drawn in "
            "the same way, or they have one value");
  EXPECT_THAT(refusal("a=lhs:0:1 b=normal:0:1", samples(3)), HasSubstr("a (lhs) and b (normal)"));
  EXPECT_THAT(refusal("a=sobol:0:1 b=halton:0:1", samples(4)),
              HasSubstr("a (sobol) and b (halton)"));
  EXPECT_THAT(refusal("a=uniform:0:1 b=list:1,2", samples(2)),
              HasSubstr("a (uniform) and b (list)"));
  EXPECT_EQ(refusal("a=list:1 a=list:2"), "the parameter a is given twice");
}

TEST(Designs, OneValueGoesWithAll) {
  for (const char* spec :
       {"a=uniform:0:1 k=list:x l=lin:5:6:1", "a=lhs:0:1 k=list:x l=lin:5:6:1",
        "a=sobol:0:1 k=list:x l=lin:5:6:1", "a=halton:0:1 k=column:x l=geom:5:6:1"}) {
    SweepOptions options = samples(4);
    options.where = "l == 5";
    const auto rows = rows_of(spec, options);
    ASSERT_THAT(rows, SizeIs(4)) << spec;
    for (const std::string& row : rows) EXPECT_THAT(row, HasSubstr(R"("k":"x","l":5.0,"_row":)"));
  }
}

TEST(Samples, AreSaidOnceOrAlike) {
  EXPECT_EQ(refusal("a=uniform:0:1"), "a (uniform) is drawn: --samples N says how often");
  EXPECT_EQ(refusal("a=uniform:0:1:5 b=normal:0:1:6"),
            "a (uniform) says 5 samples, and b (normal) says 6");
  EXPECT_EQ(refusal("a=uniform:0:1:5", samples(6)),
            "--samples says 6 samples, and a (uniform) says 5");
  EXPECT_EQ(refusal("a=list:1,2", samples(6)),
            "--samples: no parameter is drawn, so that the grid says how many rows there are");
  EXPECT_EQ(refusal("a=uniform:0:1", samples(0)),
            "--samples: expected 1 to 9223372036854775807 samples, not 0");
  EXPECT_THAT(rows_of("a=uniform:0:1:5 b=normal:0:1"), SizeIs(5));
  SweepOptions seeded;
  seeded.seed = 1;
  EXPECT_EQ(refusal("a=list:1", seeded), "--seed: no parameter is drawn at random");
  EXPECT_EQ(refusal("a=sobol:0:1:4", seeded), "--seed: no parameter is drawn at random");
}

TEST(Samples, ThatWouldNotFitAreRefused) {
  EXPECT_THAT(
      refusal("a=uniform:0:1 b=uniform:0:1 c=uniform:0:1", samples(30000000)),
      HasSubstr(
          "30000000 samples of 3 parameters are more than the 67108864 values that are held"));
  EXPECT_EQ(refusal("a=sobol:0:1", samples(std::uint64_t{1} << 40)), "");
}

TEST(Random, RowsAreSortedByTheFirstThatIsDrawn) {
  const auto rows = rows_of("k=const:1 a=uniform:0:1 b=normal:0:1", samples(50, 7));
  const auto a = column_of(rows, "a");
  EXPECT_TRUE(std::is_sorted(a.begin(), a.end()));
  const auto b = column_of(rows, "b");
  EXPECT_FALSE(std::is_sorted(b.begin(), b.end()));
  EXPECT_EQ(column_of(rows, "_row")[49], 49);
}

TEST(Random, OfEqualRowsTheFirstThatWasDrawnComesFirst) {
  std::string spec = "a=column:0";
  const std::size_t count = HeldSample::kPiece + 5;
  for (std::size_t i = 1; i < count; ++i) spec += "," + std::to_string(i % 3);
  spec += " b=column:0";
  for (std::size_t i = 1; i < count; ++i) spec += "," + std::to_string(i);
  const auto rows = rows_of(spec, {}, count + 1);
  ASSERT_THAT(rows, SizeIs(count));
  const auto a = column_of(rows, "a"), b = column_of(rows, "b");
  for (std::size_t i = 1; i < count; ++i) {
    ASSERT_LT(std::pair(a[i - 1], b[i - 1]), std::pair(a[i], b[i])) << "row " << i;
  }
}

TEST(Random, NansAreBehindAllNumbers) {
  EXPECT_THAT(rows_of("a=column:NaN,3,NaN,-Infinity,1 b=column:0,1,2,3,4"),
              ElementsAre(R"({"a":null,"b":3,"_row":0})", R"({"a":1,"b":4,"_row":1})",
                          R"({"a":3,"b":1,"_row":2})", R"({"a":null,"b":0,"_row":3})",
                          R"({"a":null,"b":2,"_row":4})"));
  // As many as make a sort that is misled read what it should not.
  std::string spec = "a=column:0";
  for (int i = 1; i < 1000; ++i) spec += i % 3 == 0 ? ",NaN" : "," + std::to_string(-i);
  std::vector<double> numbers;
  for (const std::string& row : rows_of(spec)) {
    const json a = json::parse(row)["a"];
    numbers.push_back(a.is_null() ? INFINITY : a.get<double>());
  }
  ASSERT_THAT(numbers, SizeIs(1000));
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(std::count(numbers.begin(), numbers.end(), INFINITY), 333);
}

/// The whole path, with the draws of RandomState(0).uniform(0, 1, 3) and then normal(0, 1, 3).
TEST(Random, ColumnsAreDrawnOneAfterTheOther) {
  RandomStream stream(0);
  std::map<double, double> expected;
  std::vector<double> a;
  for (int i = 0; i < 3; ++i) a.push_back(stream.uniform());
  for (const double x : a) expected[x] = stream.normal();
  const auto rows = rows_of("a=uniform:0:1 b=normal:0:1", samples(3));
  const auto found_a = column_of(rows, "a"), found_b = column_of(rows, "b");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(found_b[i], expected.at(found_a[i]));
  EXPECT_DOUBLE_EQ(a[0], 0.5488135039273248);
}

TEST(Random, ColumnsGoWithTheirRows) {
  EXPECT_THAT(rows_of("a=column:3,1,2 b=column:x,y,z"),
              ElementsAre(R"({"a":1,"b":"y","_row":0})", R"({"a":2,"b":"z","_row":1})",
                          R"({"a":3,"b":"x","_row":2})"));
  EXPECT_EQ(refusal("a=column:x,y b=uniform:0:1"),
            "a (column) is the first that is drawn, by which rows are sorted, and has values that "
            "are no numbers: "
            "put another one first");
}

TEST(LatinHypercube, HasOneValueInEachPart) {
  for (const std::uint64_t count : {1u, 17u, 1000u}) {
    const auto rows = rows_of("a=lhs:-1:1 b=lhs:0:10 c=lhs:5:4", samples(count, 3));
    const auto a = column_of(rows, "a"), b = column_of(rows, "b"), c = column_of(rows, "c");
    EXPECT_TRUE(std::is_sorted(a.begin(), a.end()));
    std::set<long> in_a, in_b, in_c;
    for (std::size_t i = 0; i < count; ++i) {
      in_a.insert(static_cast<long>((a[i] + 1) / 2 * static_cast<double>(count)));
      in_b.insert(static_cast<long>(b[i] / 10 * static_cast<double>(count)));
      in_c.insert(static_cast<long>((5 - c[i]) * static_cast<double>(count)));
    }
    EXPECT_EQ(in_a.size(), count);
    EXPECT_EQ(in_b.size(), count);
    EXPECT_EQ(in_c.size(), count);
    EXPECT_EQ(std::is_sorted(b.begin(), b.end()), count < 3);
  }
}

TEST(Sobol, WarnsWhereTheNumberIsNoPowerOfTwo) {
  EXPECT_EQ(warning_of("a=sobol:0:1", samples(64)), "");
  EXPECT_EQ(warning_of("a=sobol:0:1", samples(1)), "");
  EXPECT_EQ(warning_of("a=sobol:0:1", samples(100)),
            "sobol: 100 samples are no power of two, so that they are not evenly spread; the next "
            "one is 128");
  EXPECT_EQ(warning_of("a=halton:0:1", samples(100)), "");
}

/// What "evenly" means: each half-open box of volume 2^-m that is a product of dyadic intervals has
/// one point.
TEST(Sobol, TheFirstPowerOfTwoIsANetInTwoDimensions) {
  const auto rows = rows_of("a=sobol:0:16 b=sobol:0:16", samples(16));
  const auto a = column_of(rows, "a"), b = column_of(rows, "b");
  for (int bits = 0; bits <= 4; ++bits) {
    std::set<std::pair<int, int>> boxes;
    for (std::size_t i = 0; i < 16; ++i) {
      boxes.insert({static_cast<int>(a[i]) >> (4 - bits), static_cast<int>(b[i]) >> bits});
    }
    EXPECT_EQ(boxes.size(), 16u) << bits;
  }
}

TEST(Sequences, BeginWithAllLowAndAreNotSorted) {
  EXPECT_THAT(rows_of("a=sobol:1:3 b=sobol:-1:0", samples(4)),
              ElementsAre(R"({"a":1.0,"b":-1.0,"_row":0})", R"({"a":2.0,"b":-0.5,"_row":1})",
                          R"({"a":2.5,"b":-0.75,"_row":2})", R"({"a":1.5,"b":-0.25,"_row":3})"));
  EXPECT_THAT(column_of(rows_of("a=halton:0:1", samples(4)), "a"), ElementsAre(0, 0.5, 0.25, 0.75));
}

TEST(Sequences, HaveALimitOfParameters) {
  std::string spec;
  for (std::size_t i = 0; i < kSequenceDimensionsMax; ++i)
    spec += "p" + std::to_string(i) + "=sobol:0:1 ";
  EXPECT_EQ(refusal(spec, samples(2)), "");
  EXPECT_EQ(refusal(spec + "q=sobol:0:1", samples(2)),
            "a sequence has at most 3667 parameters, not 3668");
}

TEST(Runs, RepeatEachRow) {
  SweepOptions options;
  options.runs = 2;
  EXPECT_THAT(rows_of("a=list:1,2", options),
              ElementsAre(R"({"a":1,"_row":0,"_run":0})", R"({"a":1,"_row":0,"_run":1})",
                          R"({"a":2,"_row":1,"_run":0})", R"({"a":2,"_row":1,"_run":1})"));
  options.runs = 1;
  EXPECT_THAT(rows_of("a=const:1", options), ElementsAre(R"({"a":1,"_row":0,"_run":0})"));
  options.runs = 0;
  EXPECT_THAT(refusal("a=const:1", options), HasSubstr("--runs: expected at least 1"));
  options.runs = std::uint64_t{1} << 62;
  EXPECT_THAT(refusal("a=list:1,2", options),
              HasSubstr("--runs: expected at least 1, and not more"));
}

TEST(Where, LeavesRowsOutAndKeepsTheirNumbers) {
  EXPECT_THAT(rows_of("a=list:1,2,3 b=list:1,2", where("a > b || _row == 0")),
              ElementsAre(R"({"a":1,"b":1,"_row":0})", R"({"a":2,"b":1,"_row":2})",
                          R"({"a":3,"b":1,"_row":4})", R"({"a":3,"b":2,"_row":5})"));
  EXPECT_THAT(rows_of("a=list:1,2", where("a > 2")), IsEmpty());
  SweepOptions options = where("_run == 1 && flag");
  options.runs = 2;
  EXPECT_THAT(rows_of("flag=list:true,false", options),
              ElementsAre(R"({"flag":true,"_row":0,"_run":1})"));
}

TEST(Where, WantsNumbers) {
  EXPECT_EQ(refusal("a=list:1,x", where("a > 1")),
            "--where names a (list), which has values that are no numbers");
  EXPECT_EQ(refusal("a=list:1,x b=list:1,2", where("b > 1")), "");
  EXPECT_EQ(refusal("a=list:1", where("a > ")),
            "--where, column 5: expected a name or a number, and not the end");
  EXPECT_THAT(refusal("a=list:1", where("_run > 1")), HasSubstr("no parameter is called '_run'"));
}

TEST(Sweep, StaysAtItsEnd) {
  const auto sweep = test::make_sweep("a=list:1,2", {});
  ASSERT_TRUE(sweep);
  Value payload;
  EXPECT_EQ((*sweep)->rows_seen(), 0u);
  EXPECT_EQ((*sweep)->next(payload), Sweep::Step::Row);
  EXPECT_EQ((*sweep)->rows_seen(), 1u);
  EXPECT_EQ((*sweep)->next(payload), Sweep::Step::Row);
  for (int i = 0; i < 3; ++i) EXPECT_EQ((*sweep)->next(payload), Sweep::Step::End);
  EXPECT_EQ((*sweep)->rows_seen(), 2u);
}

}  // namespace
}  // namespace spread
