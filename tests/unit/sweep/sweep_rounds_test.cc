#include "spread/sweep/sweep_rounds.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sweep_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SweepRounds rounds_of(std::string_view spec, std::uint64_t wanted, std::uint64_t rounds_max,
                      std::string condition = "") {
  SweepOptions options = test::where(std::move(condition));
  options.until_ok = wanted;
  auto sweep = test::make_sweep(spec, options);
  EXPECT_TRUE(sweep) << sweep.error().message;
  return SweepRounds(std::move(*sweep), wanted, rounds_max);
}

/// The payloads of one round.
std::vector<std::string> round_of(SweepRounds& rounds, Pull end = Pull::Wait) {
  std::vector<std::string> payloads;
  while (true) {
    Record record;
    const Pull pull = rounds.next(record);
    if (pull == Pull::Later) continue;
    if (pull != Pull::Record) {
      EXPECT_EQ(pull, end);
      return payloads;
    }
    payloads.push_back(test::json_of(record.payload));
  }
}

/// Lets the tasks of a round end: the first `ok` of `count` succeed.
void end_round(SweepRounds& rounds, std::size_t count, std::size_t ok) {
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_TRUE(rounds.waits());
    rounds.ended(i < ok);
  }
  EXPECT_FALSE(rounds.waits());
}

TEST(SweepRounds, DrawTwiceWhatTheShareOfSuccessesAsksFor) {
  SweepRounds rounds = rounds_of("x=uniform:0:1", 10, 10);
  EXPECT_EQ(round_of(rounds).size(), 10u);
  end_round(rounds, 10, 4);
  EXPECT_EQ(rounds.missing(), 6u);
  EXPECT_EQ(round_of(rounds).size(), 30u);  // 2 / 0.4 * 6
  end_round(rounds, 30, 3);
  EXPECT_EQ(round_of(rounds).size(), 35u);  // ceil(2 / (7 / 40) * 3)
}

TEST(SweepRounds, DrawAsIfATenthHadSucceededAtLeast) {
  SweepRounds rounds = rounds_of("x=uniform:0:1", 5, 10);
  EXPECT_EQ(round_of(rounds).size(), 5u);
  end_round(rounds, 5, 0);
  EXPECT_EQ(round_of(rounds).size(), 100u);
  EXPECT_THAT(rounds.take_messages(),
              ElementsAre("--until-ok 5: of 5 samples 0 succeeded, less than a tenth"));
  end_round(rounds, 100, 1);
  EXPECT_EQ(round_of(rounds).size(), 80u);
  EXPECT_THAT(rounds.take_messages(), IsEmpty()) << "it is told once";
}

TEST(SweepRounds, EndWithEnoughSuccesses) {
  SweepRounds rounds = rounds_of("x=uniform:0:1", 3, 10);
  round_of(rounds);
  end_round(rounds, 3, 2);
  EXPECT_EQ(round_of(rounds).size(), 3u);
  end_round(rounds, 3, 3);
  EXPECT_TRUE(round_of(rounds, Pull::End).empty());
  EXPECT_EQ(rounds.missing(), 0u);
  EXPECT_THAT(rounds.take_messages(), IsEmpty());
  EXPECT_TRUE(round_of(rounds, Pull::End).empty());
}

TEST(SweepRounds, EndAfterTheLastOneAndSayWhatIsMissing) {
  SweepRounds rounds = rounds_of("x=uniform:0:1", 3, 2);
  round_of(rounds);
  end_round(rounds, 3, 1);
  EXPECT_EQ(round_of(rounds).size(), 12u);
  end_round(rounds, 12, 1);
  EXPECT_TRUE(round_of(rounds, Pull::End).empty());
  EXPECT_EQ(rounds.missing(), 1u);
  EXPECT_THAT(rounds.take_messages(), ElementsAre("--until-ok 3: 2 of the 15 samples that were "
                                                  "drawn in 2 rounds succeeded (--max-rounds)"));
}

TEST(SweepRounds, SayWhatIsMissingOfARunThatEndsEarly) {
  SweepRounds rounds = rounds_of("x=uniform:0:1", 3, 10);
  round_of(rounds);
  end_round(rounds, 3, 1);
  rounds.end();
  rounds.end();
  EXPECT_THAT(rounds.take_messages(),
              ElementsAre("--until-ok 3: 1 of the 3 samples that were drawn in 1 round succeeded "
                          "(the run ended early)"));
  SweepRounds good = rounds_of("x=uniform:0:1", 3, 10);
  round_of(good);
  end_round(good, 3, 3);
  good.end();
  EXPECT_THAT(good.take_messages(), IsEmpty());
}

TEST(SweepRounds, WaitForEachTaskOfARound) {
  SweepRounds rounds = rounds_of("x=uniform:0:1", 2, 10);
  round_of(rounds);
  rounds.ended(false);
  EXPECT_TRUE(round_of(rounds).empty()) << "one is under way";
  rounds.ended(false);
  EXPECT_EQ(round_of(rounds).size(), 40u);
}

/// The random numbers go on, the normal ones with the value that was kept; rows are sorted within
/// their round.
TEST(SweepRounds, AreOneStreamOfDraws) {
  SweepRounds rounds = rounds_of("x=uniform:0:1 y=normal:0:1", 3, 10);
  RandomStream stream(0);
  std::uint64_t row = 0;
  for (const std::size_t count : {3u, 60u, 60u}) {
    std::vector<std::pair<double, double>> expected(count);
    for (auto& [x, y] : expected) x = stream.uniform();
    for (auto& [x, y] : expected) y = stream.normal();
    std::sort(expected.begin(), expected.end());
    const auto payloads = round_of(rounds);
    ASSERT_EQ(payloads.size(), count);
    for (std::size_t i = 0; i < count; ++i, ++row) {
      const auto found = nlohmann::json::parse(payloads[i]);
      EXPECT_EQ(found["x"], expected[i].first);
      EXPECT_EQ(found["y"], expected[i].second);
      EXPECT_EQ(found["_row"], row);
    }
    end_round(rounds, count, 0);
  }
}

/// Answers and signals wait for no more than a piece, in the first round and in later ones.
TEST(SweepRounds, DrawAndSortInPieces) {
  constexpr std::size_t kCount = HeldSample::kPiece;
  SweepRounds rounds = rounds_of("x=uniform:0:1 y=normal:0:1", kCount, 10);
  for (const std::size_t count : {kCount, 2 * kCount}) {
    Record record;
    std::size_t turns = 0;
    Pull pull;
    while ((pull = rounds.next(record)) == Pull::Later) ++turns;
    ASSERT_EQ(pull, Pull::Record);
    EXPECT_EQ(turns, 3 * count / HeldSample::kPiece) << "two columns, and the order";
    EXPECT_EQ(round_of(rounds).size(), count - 1);
    end_round(rounds, count, count / 2);
  }
}

TEST(SweepRounds, CountWhatWhereLeavesOutAsDrawn) {
  SweepRounds rounds = rounds_of("x=uniform:0:1", 20, 10, "x < 0.5");
  const std::size_t sent = round_of(rounds).size();
  EXPECT_LT(sent, 20u);
  end_round(rounds, sent, sent);
  const double rate = static_cast<double>(sent) / 20;
  const auto drawn =
      static_cast<std::uint64_t>(std::ceil(2 / rate * static_cast<double>(20 - sent)));
  const auto payloads = round_of(rounds);
  EXPECT_LT(nlohmann::json::parse(payloads.back())["_row"], 20 + drawn);
  EXPECT_LT(payloads.size(), drawn);
}

TEST(SweepRounds, AreOfWhatCanBeDrawnAgain) {
  SweepOptions options;
  options.until_ok = 4;
  EXPECT_EQ(test::refusal("x=uniform:0:1 y=normal:0:1 k=const:a", options), "");
  EXPECT_THAT(test::refusal("x=lhs:0:1", options), HasSubstr("x (lhs) cannot be drawn again"));
  EXPECT_THAT(test::refusal("x=sobol:0:1", options), HasSubstr("x (sobol) cannot be drawn again"));
  EXPECT_THAT(test::refusal("x=uniform:0:1 y=column:1,2,3,4", options),
              HasSubstr("y (column) cannot be drawn again"));
  EXPECT_THAT(test::refusal("x=list:1,2", options), HasSubstr("x (list) cannot be drawn again"));
  EXPECT_EQ(test::refusal("x=const:1", options),
            "--until-ok: no parameter is drawn; uniform and normal are");
  EXPECT_EQ(test::refusal("x=uniform:0:1:5", options),
            "--until-ok says 4 samples, and x (uniform) says 5");
}

}  // namespace
}  // namespace spread
