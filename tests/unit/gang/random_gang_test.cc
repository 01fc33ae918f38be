// Members that call, put, disagree and die at any moment: every question has exactly one reply, and
// once the gang has failed none is open.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "gang_testing.h"
#include "spread/base/random.h"

namespace spread {
namespace {

/// What a member calls in a round, and what it is to get, from a model of its own.
struct Script {
  std::string call(std::uint32_t rank, std::uint64_t round) const {
    const std::string number = std::to_string(value(rank, round));
    const std::string start = std::to_string(round) + ",";
    switch (kind(round)) {
      case 0: return start + "\"barrier\",null";
      case 1: return start + "\"broadcast\"," + (rank == 0 ? number : "null");
      case 2: return start + "\"allgather\"," + number;
      case 3: return start + "\"exchange\",[\"x\"," + number + "]";
      case 4: return start + "\"reduce\",[\"sum\"," + number + "]";
      case 5: return start + "\"allreduce\",[\"max\"," + number + "]";
      default: return start + "\"scatter\"," + (rank == 0 ? list(round, size) : "null");
    }
  }
  std::string result(std::uint32_t rank, std::uint64_t round) const {
    std::int64_t sum = 0;
    std::int64_t max = INT64_MIN;
    for (std::uint32_t peer = 0; peer < size; ++peer) {
      sum += value(peer, round);
      max = std::max(max, value(peer, round));
    }
    switch (kind(round)) {
      case 0: return "null";
      case 1: return std::to_string(value(0, round));
      case 2: return list(round, size);
      case 3: return list(round, rank);
      case 4: return rank == 0 ? std::to_string(sum) : "null";
      case 5: return std::to_string(max);
      default: return std::to_string(value(rank, round));
    }
  }

  std::string list(std::uint64_t round, std::uint32_t left_out) const {
    std::string text;
    for (std::uint32_t peer = 0; peer < size; ++peer) {
      if (peer == left_out) continue;
      text += (text.empty() ? "" : ",") + std::to_string(value(peer, round));
    }
    return "[" + text + "]";
  }
  std::uint64_t kind(std::uint64_t round) const { return Random(seed + round).next() % 7; }
  std::int64_t value(std::uint32_t rank, std::uint64_t round) const {
    return static_cast<std::int64_t>(Random(seed ^ (round * 64 + rank)).below(2000)) - 1000;
  }

  std::uint64_t seed;
  std::uint32_t size;
};

class Trial {
 public:
  explicit Trial(std::uint64_t seed)
      : random_(seed),
        script_{seed, static_cast<std::uint32_t>(1 + random_.below(6))},
        gang_(script_.size, budget_),
        round_(script_.size),
        waits_(script_.size),
        gone_(script_.size) {}

  void run() {
    // In a third of the gangs all goes well.
    const std::uint64_t mischief = random_.below(3) == 0 ? 0 : 1 + random_.below(60);
    for (int step = 0; step < 400; ++step) {
      const auto rank = static_cast<std::uint32_t>(random_.below(script_.size));
      if (gone_[rank]) continue;
      if (mischief > 0 && random_.below(mischief) == 0) {
        misbehave(rank);
      } else if (!waits_[rank]) {
        work(rank);
      }
      check();
      if (testing::Test::HasFailure()) return;
    }
    if (mischief == 0) {
      EXPECT_GT(rounds_, script_.size == 6 ? 5u : 10u) << "the trial was about nothing";
    }
  }
  bool failed() { return gang_.gang().has_failed(); }

 private:
  void work(std::uint32_t rank) {
    if (random_.below(8) == 0) return gang_.ask(rank, "put", R"("x",7)"), drop_last(rank, "null");
    if (random_.below(8) == 0) return gang_.ask(rank, "get", R"("x")"), drop_last(rank, "[");
    waits_[rank] = true;
    gang_.call(rank, script_.call(rank, round_[rank]));
  }
  /// A reply that comes at once.
  void drop_last(std::uint32_t rank, const std::string& begins) {
    const std::string text = gang_.last(rank);
    EXPECT_EQ(text.rfind(failed() ? "!" : begins, 0), 0u) << text;
  }
  void misbehave(std::uint32_t rank) {
    switch (random_.below(4)) {
      case 0: gang_.failed(rank, "killed by signal 9"); break;
      case 1:
        if (waits_[rank]) return;  // the session refuses what a worker asks or answers then
        gang_.answered(rank);
        break;
      case 2: gang_.call(rank, "0,\"dance\",null"); return;
      default: gang_.call(rank, std::to_string(round_[rank] + 1) + ",\"barrier\",null"); return;
    }
    gone_[rank] = true;
  }
  void check() {
    std::uint32_t open = 0;
    for (std::uint32_t rank = 0; rank < script_.size; ++rank) {
      for (const std::string& text : gang_.heard(rank)) {
        if (text[0] == '!') {
          EXPECT_TRUE(failed());
          EXPECT_EQ(text, "! " + gang_.gang().failure());
        } else {
          EXPECT_EQ(text, script_.result(rank, round_[rank]++));
          ++rounds_;
        }
        waits_[rank] = false;
      }
      open += waits_[rank] ? 1 : 0;
    }
    EXPECT_EQ(gang_.open(), open);
    EXPECT_EQ(gang_.gang().waiting(), open);
    if (failed()) {
      EXPECT_EQ(open, 0u);
      EXPECT_EQ(budget_.held(), 0u);
    }
  }

  Random random_;
  Script script_;
  CollectiveBudget budget_;
  TestGang gang_;
  std::vector<std::uint64_t> round_;
  std::vector<bool> waits_;
  std::vector<bool> gone_;
  std::uint64_t rounds_ = 0;
};

TEST(RandomGang, EveryQuestionHasOneReplyWhateverMembersDo) {
  const char* const given = std::getenv("SPREAD_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  int failed = 0;
  constexpr std::uint64_t kTrials = 500;
  for (std::uint64_t seed = first; seed < first + (given != nullptr ? 1 : kTrials); ++seed) {
    SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
    Trial trial(seed);
    trial.run();
    failed += trial.failed() ? 1 : 0;
    if (HasFailure()) return;
  }
  if (given == nullptr) {
    EXPECT_GT(failed, 200) << "too few gangs fail for this to be a test of it";
    EXPECT_LT(failed, 450) << "too few gangs work";
  }
}

TEST(RandomGang, AFailureOfAnyMemberAtAnyMomentIsToldToAll) {
  constexpr std::uint32_t kSize = 3;
  constexpr std::uint32_t kCalls = 3 * kSize;
  const std::vector<std::string> calls = {"\"allgather\",1", "\"barrier\",null",
                                          "\"allreduce\",[\"sum\",1]"};
  for (std::uint32_t moment = 0; moment <= kCalls; ++moment) {
    for (std::uint32_t rank = 0; rank < kSize; ++rank) {
      SCOPED_TRACE("before call " + std::to_string(moment) + " rank " + std::to_string(rank));
      CollectiveBudget budget;
      TestGang gang(kSize, budget);
      std::size_t replies = 0;
      for (std::uint32_t call = 0; call < kCalls; ++call) {
        if (call == moment) gang.failed(rank, "killed by signal 9");
        const std::uint32_t caller = call % kSize;
        if (call >= moment && caller == rank) continue;
        gang.call(caller, std::to_string(call / kSize) + "," + calls[call / kSize]);
        EXPECT_TRUE(call < moment || gang.open() == 0);
      }
      for (std::uint32_t peer = 0; peer < kSize; ++peer) {
        // A round is whole where the failure came behind its last call.
        const std::uint32_t whole = std::min(moment, kCalls) / kSize;
        const std::vector<std::string> heard = gang.heard(peer);
        for (std::size_t i = 0; i < heard.size(); ++i) {
          EXPECT_EQ(heard[i][0] == '!', i >= whole) << heard[i];
        }
        replies += heard.size();
      }
      EXPECT_EQ(gang.open(), 0u);
      EXPECT_EQ(budget.held(), 0u);
      EXPECT_GE(replies, 2 * calls.size());
    }
  }
}

}  // namespace
}  // namespace spread
