#include "spread/gang/collectives.h"

#include <string>

#include <gtest/gtest.h>

#include "gang_testing.h"

namespace spread {
namespace {

using test::TestGang;

const std::string kBytes12 = R"({"dtype":"u1","shape":[2],"data":{"$bin":"AQI="}})";
const std::string kBytes3 = R"({"dtype":"u1","shape":[1],"data":{"$bin":"Aw=="}})";

class CollectivesTest : public testing::Test {
 protected:
  /// What the last call of `rank` got, where rank 0 calls `first` and the others `call`.
  std::string failure(const std::string& first, const std::string& call) {
    CollectiveBudget budget;
    TestGang gang(2, budget);
    gang.call(0, first);
    gang.call(1, call);
    EXPECT_EQ(gang.last(0), gang.last(1));
    EXPECT_EQ(budget.held(), 0u);
    gang.call(0, R"(1,"barrier",null)");
    const std::string later = gang.last(0);
    EXPECT_EQ(later, "! " + gang.gang().failure());
    return later;
  }

  CollectiveBudget budget_;
  TestGang three_{3, budget_};
};

// ---------------------------------------------------------------- each kind

TEST_F(CollectivesTest, ABarrierHoldsUntilTheLastComes) {
  three_.call(2, R"(0,"barrier",null)");
  three_.call(0, R"(0,"barrier",null)");
  EXPECT_TRUE(three_.replies().empty());
  EXPECT_EQ(three_.gang().waiting(), 2u);
  three_.call(1, R"(0,"barrier",null)");
  for (std::uint32_t rank = 0; rank < 3; ++rank) EXPECT_EQ(three_.last(rank), "null");
  EXPECT_EQ(budget_.held(), 0u);
}

TEST_F(CollectivesTest, ABroadcastGivesWhatRankZeroSays) {
  three_.call(1, R"(0,"broadcast",null)");
  three_.call(0, R"(0,"broadcast",{"a":[1,2.5]})");
  three_.call(2, R"(0,"broadcast",null)");
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(three_.last(rank), R"({"a":[1,2.5]})");
  }
}

TEST_F(CollectivesTest, AllgatherIsInRankOrder) {
  for (const std::uint32_t rank : {2u, 0u, 1u}) {
    three_.call(rank, "0,\"allgather\",\"of " + std::to_string(rank) + "\"");
  }
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(three_.last(rank), R"(["of 0","of 1","of 2"])");
  }
}

TEST_F(CollectivesTest, ExchangeGivesThoseOfTheOthers) {
  for (const std::uint32_t rank : {2u, 0u, 1u}) {
    three_.call(rank, "0,\"exchange\",[\"x\"," + std::to_string(rank) + "]");
  }
  EXPECT_EQ(three_.last(0), "[1,2]");
  EXPECT_EQ(three_.last(1), "[0,2]");
  EXPECT_EQ(three_.last(2), "[0,1]");
}

TEST_F(CollectivesTest, AReductionGoesToRankZeroOrToAll) {
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    three_.call(rank, "0,\"reduce\",[\"sum\"," + std::to_string(rank + 1) + "]");
  }
  EXPECT_EQ(three_.last(0), "6");
  EXPECT_EQ(three_.last(1), "null");
  EXPECT_EQ(three_.last(2), "null");
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    three_.call(rank, R"(1,"allreduce",["product",)" + kBytes12 + "]");
  }
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(three_.last(rank), R"({"dtype":"u1","shape":[2],"data":{"$bin":"AQg="}})");
  }
}

TEST_F(CollectivesTest, GatherPutsArraysBehindEachOther) {
  three_.call(0, R"(0,"gather",[[2,1,0],)" + kBytes12 + "]");
  three_.call(1, R"(0,"gather",[[2,1,0],)" + kBytes3 + "]");
  three_.call(2, R"(0,"gather",[[2,1,0],{"dtype":"u1","shape":[0],"data":{"$bin":""}}])");
  EXPECT_EQ(three_.last(0), R"({"dtype":"u1","shape":[3],"data":{"$bin":"AQID"}})");
  EXPECT_EQ(three_.last(1), "null");
}

TEST_F(CollectivesTest, GatherIsOverTheFirstAxis) {
  CollectiveBudget budget;
  TestGang gang(2, budget);
  gang.call(0, R"(0,"gather",[[1,2],{"dtype":"u1","shape":[1,2],"data":{"$bin":"AQI="}}])");
  gang.call(1, R"(0,"gather",[[1,2],{"dtype":"u1","shape":[2,2],"data":{"$bin":"AwQFBg=="}}])");
  EXPECT_EQ(gang.last(0), R"({"dtype":"u1","shape":[3,2],"data":{"$bin":"AQIDBAUG"}})");
}

TEST_F(CollectivesTest, ScatterGivesEachItsElement) {
  three_.call(0, R"(0,"scatter",["a",[1],null])");
  three_.call(1, R"(0,"scatter",null)");
  three_.call(2, R"(0,"scatter",null)");
  EXPECT_EQ(three_.last(0), "\"a\"");
  EXPECT_EQ(three_.last(1), "[1]");
  EXPECT_EQ(three_.last(2), "null");
}

TEST_F(CollectivesTest, OneMemberIsAnsweredAtOnce) {
  CollectiveBudget budget;
  TestGang alone(1, budget);
  alone.call(0, R"(0,"allgather",5)");
  alone.call(0, R"(1,"exchange",["x",5])");
  alone.call(0, R"(2,"allreduce",["max",5])");
  alone.call(0, R"(3,"scatter",[5])");
  alone.call(0, R"(4,"gather",[[1],)" + kBytes3 + "]");
  EXPECT_EQ(alone.heard(0), (std::vector<std::string>{"[5]", "[]", "5", "5", kBytes3}));
}

TEST_F(CollectivesTest, ValuesOfManyBytesAreSharedByAll) {
  const std::string large = '"' + std::string(100'000, 'x') + '"';
  three_.call_all(3, "0,\"allgather\"," + large);
  std::vector<const Byte*> pieces;
  for (const GangReply& reply : three_.replies()) {
    ASSERT_EQ(reply.value.size(), 4u) << "a head, and the three values";
    for (const Slice& piece : reply.value) pieces.push_back(piece.view().data());
  }
  ASSERT_EQ(pieces.size(), 12u);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(pieces[i], pieces[i % 4]);
}

TEST_F(CollectivesTest, ValuesOfManyBytesStayWhereTheyCame) {
  const std::string large = '"' + std::string(100'000, 'x') + '"';
  three_.call_all(3, "0,\"exchange\",[\"x\"," + large + "]");
  const std::vector<GangReply>& replies = three_.replies();
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[0].value.back().view().data(), replies[1].value.back().view().data())
      << "that of rank 2 has not been copied for each";
}

// ---------------------------------------------------------------- put and get

TEST_F(CollectivesTest, GetDoesNotWait) {
  three_.ask(0, "get", R"("x")");
  EXPECT_EQ(three_.last(0), "[]");
  three_.ask(2, "put", R"("x",[2])");
  three_.ask(0, "put", R"("x",0)");
  three_.ask(1, "put", R"("y",1)");
  EXPECT_EQ(three_.last(2), "null");
  three_.ask(0, "get", R"("x")");
  EXPECT_EQ(three_.heard(0).back(), "[[2,[2]]]");
  three_.ask(1, "get", R"("x")");
  EXPECT_EQ(three_.heard(1).back(), "[[0,0],[2,[2]]]");
  three_.ask(2, "put", R"("x","again")");
  three_.answered(2);
  three_.ask(1, "get", R"("x")");
  EXPECT_EQ(three_.last(1), R"([[0,0],[2,"again"]])") << "also of one that has answered";
}

TEST_F(CollectivesTest, PutAgainTakesTheOldOnesPlace) {
  three_.ask(0, "put", R"("x","long long long")");
  const std::uint64_t held = budget_.held();
  EXPECT_GT(held, 0u);
  for (int i = 0; i < 100; ++i) three_.ask(0, "put", R"("x","long long long")");
  EXPECT_EQ(budget_.held(), held);
}

TEST_F(CollectivesTest, AMalformedPutHarmsItsOwnAlone) {
  three_.call(1, R"(0,"barrier",null)");
  three_.ask(0, "put", "1,2");
  EXPECT_EQ(three_.last(0), "! BadAsk put with a name that is no text");
  three_.ask(0, "put", "\"x\"");
  EXPECT_EQ(three_.last(0), "! BadAsk put takes a name and a value");
  three_.ask(0, "get", "null");
  EXPECT_EQ(three_.last(0), "! BadAsk get with a name that is no text");
  three_.ask(0, "get", "");
  EXPECT_EQ(three_.last(0), "! BadAsk get takes a name");
  EXPECT_FALSE(three_.gang().has_failed());
}

TEST_F(CollectivesTest, IsUsedWhenAMemberHasReceivedSomethingOfAnother) {
  three_.ask(0, "put", R"("x",0)");
  three_.ask(0, "get", R"("x")");
  EXPECT_FALSE(three_.gang().used());
  three_.ask(1, "get", R"("x")");
  EXPECT_TRUE(three_.gang().used());
}

TEST_F(CollectivesTest, IsNotUsedByARoundThatNeverEnds) {
  three_.ask(0, "collective", R"(0,"barrier",null)");
  three_.ask(1, "collective", R"(0,"barrier",null)");
  EXPECT_FALSE(three_.gang().used());
  three_.ask(2, "collective", R"(0,"barrier",null)");
  EXPECT_TRUE(three_.gang().used());
}

// ---------------------------------------------------------------- members that disagree

TEST_F(CollectivesTest, AnotherCallNamesBothRanks) {
  EXPECT_EQ(failure(R"(0,"allgather",1)", R"(0,"barrier",null)"),
            "! rank 1 called barrier (round 0), rank 0 allgather");
  EXPECT_EQ(failure(R"(0,"barrier",null)", R"(7,"barrier",null)"),
            "! rank 1 called barrier (round 7), rank 0 barrier (round 0)");
  EXPECT_EQ(failure(R"(0,"reduce",["sum",1])", R"(0,"reduce",["max",1])"),
            "! rank 1 called reduce max (round 0), rank 0 reduce sum");
  EXPECT_EQ(failure(R"(0,"exchange",["a",1])", R"(0,"exchange",["b",1])"),
            "! rank 1 called exchange 'b' (round 0), rank 0 exchange 'a'");
}

TEST_F(CollectivesTest, OperandsOfOtherKindsNameBothRanks) {
  EXPECT_EQ(failure(R"(0,"reduce",["sum",1])", R"(0,"reduce",["sum",1.0])"),
            "! rank 1 called reduce sum (round 0) of a float, rank 0 of an integer");
  EXPECT_EQ(failure(R"(0,"allreduce",["sum",)" + kBytes12 + "]",
                    R"(0,"allreduce",["sum",)" + kBytes3 + "]"),
            "! rank 1 called allreduce sum (round 0) of u1 [1], rank 0 of u1 [2]");
  EXPECT_EQ(failure(R"(0,"allreduce",["sum",)" + kBytes12 + "]",
                    R"(0,"allreduce",["sum",{"dtype":"i1","shape":[2],"data":{"$bin":"AQI="}}])"),
            "! rank 1 called allreduce sum (round 0) of i1 [2], rank 0 of u1 [2]");
}

TEST_F(CollectivesTest, SizesThatDoNotMatchAreNamed) {
  const std::string good = R"(0,"gather",[[2,1],)" + kBytes12 + "]";
  EXPECT_EQ(failure(good, R"(0,"gather",[[2,1],)" + kBytes12 + "]"),
            "! rank 1: mismatched sizes: it sent 2 along the first axis, and sizes says 1");
  EXPECT_EQ(failure(good, R"(0,"gather",[[3,1],)" + kBytes3 + "]"),
            "! rank 1 called gather (round 0) with mismatched sizes [3,1], rank 0 with [2,1]");
  EXPECT_EQ(failure(good, R"(0,"gather",[[2,1,0],)" + kBytes3 + "]"),
            "! rank 1: it called gather with sizes that are no list of 2");
  EXPECT_EQ(failure(good, R"(0,"gather",[[2,-1],)" + kBytes3 + "]"),
            "! rank 1: it called gather with sizes that are no integers >= 0");
  EXPECT_EQ(
      failure(good, R"(0,"gather",[[2,1],{"dtype":"i1","shape":[1],"data":{"$bin":"AQ=="}}])"),
      "! rank 1 called gather (round 0) of i1 [1], rank 0 of u1 [2]");
  EXPECT_EQ(
      failure(good, R"(0,"gather",[[2,1],{"dtype":"u1","shape":[1,1],"data":{"$bin":"AQ=="}}])"),
      "! rank 1 called gather (round 0) of u1 [1,1], rank 0 of u1 [2]");
  EXPECT_EQ(failure(good, R"(0,"gather",[[2,1],{"dtype":"u1","shape":[],"data":{"$bin":"AQ=="}}])"),
            "! rank 1: it called gather of an array without an axis");
}

TEST_F(CollectivesTest, AnOverflowIsTheGangsFailure) {
  EXPECT_EQ(failure(R"(0,"allreduce",["sum",9223372036854775807])", R"(0,"allreduce",["sum",1])"),
            "! rank 1: its value makes allreduce sum (round 0) of an integer overflow");
  EXPECT_EQ(failure(R"(0,"reduce",["product",{"dtype":"u1","shape":[2],"data":{"$bin":"AYA="}}])",
                    R"(0,"reduce",["product",)" + kBytes12 + "]"),
            "! rank 1: its value makes reduce product (round 0) of u1 [2] overflow, at element 1");
}

TEST_F(CollectivesTest, MalformedArgumentsFailTheGang) {
  const std::string barrier = R"(0,"barrier",null)";
  const auto of = [&](const std::string& call) { return failure(barrier, call); };
  EXPECT_EQ(of("0,\"barrier\""), "! rank 1: a collective takes a round, a kind and a value");
  EXPECT_EQ(of("-1,\"barrier\",null"), "! rank 1: its round is no integer >= 0");
  EXPECT_EQ(of("0,\"dance\",null"), "! rank 1: it called 'dance', which is no collective");
  EXPECT_EQ(of("0,7,null"), "! rank 1: its kind is no text");
  EXPECT_EQ(of("0,\"barrier\",1"), "! rank 1: it called barrier with a value");
  EXPECT_EQ(of("0,\"broadcast\",1"),
            "! rank 1: it called broadcast with a value, which is for rank 0");
  EXPECT_EQ(of("0,\"scatter\",[1,2]"),
            "! rank 1: it called scatter with a value, which is for rank 0");
  EXPECT_EQ(of("0,\"exchange\",1"), "! rank 1: it called exchange without a name and a value");
  EXPECT_EQ(of("0,\"exchange\",[1,1]"), "! rank 1: it called exchange without a name and a value");
  EXPECT_EQ(of("0,\"reduce\",1"), "! rank 1: it called reduce without an op and a value");
  EXPECT_EQ(of("0,\"reduce\",[\"xor\",1]"),
            "! rank 1: it called reduce with the op 'xor', which is none of sum product min max");
  EXPECT_EQ(of("0,\"allreduce\",[\"sum\",[1,2]]"),
            "! rank 1: it called allreduce sum of a list; a number or a typed array is wanted");
  EXPECT_EQ(of("0,\"gather\",[[1,1]]"), "! rank 1: it called gather without sizes and an array");
  EXPECT_EQ(of("0,\"gather\",[[1,1],[1]]"), "! rank 1: it called gather of what is no array");
}

TEST_F(CollectivesTest, ScatterWantsAnElementForEach) {
  CollectiveBudget budget;
  TestGang gang(2, budget);
  gang.call(0, R"(0,"scatter",[1])");
  EXPECT_EQ(gang.last(0), "! rank 0: it called scatter with what is no list of 2");
}

TEST_F(CollectivesTest, ARoundThatIsNotDueFailsWithoutPeers) {
  three_.call(1, R"(2,"barrier",null)");
  EXPECT_EQ(three_.last(1), "! rank 1 called barrier (round 2), and the gang is at round 0");
}

TEST_F(CollectivesTest, AMemberWaitsForOneReplyAtATime) {
  three_.call(1, R"(0,"barrier",null)");
  three_.call(1, R"(1,"allgather",3)");
  const std::string why = "! rank 1: it called allgather (round 1) while it waited in barrier";
  EXPECT_EQ(three_.heard(1), (std::vector<std::string>{why, why}));
}

// ---------------------------------------------------------------- members that leave

TEST_F(CollectivesTest, AnAnswerWhileAnotherWaitsIsAFailure) {
  three_.call(0, R"(0,"barrier",null)");
  three_.call(1, R"(0,"barrier",null)");
  three_.answered(2);
  const std::string why = "! rank 2: it answered its task while rank 0 waited in barrier (round 0)";
  EXPECT_EQ(three_.last(0), why);
  EXPECT_EQ(three_.last(1), why);
}

TEST_F(CollectivesTest, ACallBehindAPeersAnswerIsAFailure) {
  three_.answered(2);
  EXPECT_FALSE(three_.gang().has_failed());
  three_.call(0, R"(0,"barrier",null)");
  EXPECT_EQ(three_.last(0),
            "! rank 2: it has answered its task, and rank 0 calls barrier (round 0)");
}

TEST_F(CollectivesTest, AllMayAnswerWhereNothingIsPending) {
  three_.call_all(3, R"(0,"barrier",null)");
  for (std::uint32_t rank = 0; rank < 3; ++rank) three_.answered(rank);
  EXPECT_FALSE(three_.gang().has_failed());
}

TEST_F(CollectivesTest, ACallBehindItsOwnAnswerIsAFailure) {
  three_.answered(2);
  three_.call(2, R"(0,"barrier",null)");
  EXPECT_EQ(three_.last(2), "! rank 2: it called barrier (round 0) behind its answer");
}

TEST_F(CollectivesTest, ADeathIsToldToAllThatWaitAndAllThatCallLater) {
  three_.ask(0, "put", R"("x",1)");
  three_.call(1, R"(0,"barrier",null)");
  three_.failed(2, "killed by signal 9");
  EXPECT_EQ(three_.last(1), "! rank 2: killed by signal 9");
  EXPECT_EQ(budget_.held(), 0u);
  three_.heard(0);
  three_.call(0, R"(0,"barrier",null)");
  EXPECT_EQ(three_.last(0), "! rank 2: killed by signal 9");
  three_.ask(0, "get", R"("x")");
  EXPECT_EQ(three_.last(0), "! rank 2: killed by signal 9");
}

TEST_F(CollectivesTest, TheFirstFailureIsTheReason) {
  three_.failed(1, "it raised ValueError: no");
  three_.failed(2, "killed by signal 15");
  EXPECT_EQ(three_.gang().failure(), "rank 1: it raised ValueError: no");
}

TEST_F(CollectivesTest, TheOneThatDiesWhileItWaitsHasItsReplyToo) {
  three_.call(1, R"(0,"barrier",null)");
  three_.failed(1, "killed by signal 9");
  EXPECT_EQ(three_.last(1), "! rank 1: killed by signal 9");
}

TEST_F(CollectivesTest, TheNextGangStartsClean) {
  three_.call(0, R"(0,"barrier",null)");
  three_.failed(1, "killed by signal 9");
  TestGang next(3, budget_);
  next.call_all(3, R"(0,"allgather",1)");
  EXPECT_EQ(next.last(0), "[1,1,1]");
}

// ---------------------------------------------------------------- limits

TEST_F(CollectivesTest, WhatTheGangsOfARunHoldHasALimit) {
  CollectiveBudget budget(100);
  TestGang one(2, budget);
  TestGang two(2, budget);
  const std::string value = '"' + std::string(60, 'x') + '"';
  one.call(0, "0,\"allgather\"," + value);
  EXPECT_EQ(budget.held(), 73u);
  two.call(1, R"(0,"barrier",null)");
  two.call(0, "0,\"allgather\"," + value);
  EXPECT_EQ(two.heard(1).size(), 1u) << "the call that differs is found first";
  TestGang three(2, budget);
  three.call(1, "0,\"allgather\"," + value);
  EXPECT_EQ(three.last(1),
            "! rank 1: with its value of 73 bytes the gangs would hold 146, more than 100");
  EXPECT_EQ(budget.held(), 73u) << "what a gang that fails holds is given back";
  one.call(1, "0,\"allgather\",1");
  EXPECT_EQ(one.last(0), "[" + value + ",1]");
  EXPECT_EQ(budget.held(), 0u);
}

TEST_F(CollectivesTest, WhatIsPutCountsUntilTheGangEnds) {
  CollectiveBudget budget(2 * kPutOverheadBytes);
  {
    TestGang gang(2, budget);
    gang.ask(0, "put", R"("x",1)");
    EXPECT_EQ(gang.last(0), "null");
    gang.ask(0, "put", R"("y",1)");
    EXPECT_EQ(gang.last(0),
              "! rank 0: with its value of 130 bytes the gangs would hold 260, more than 256");
    TestGang other(2, budget);
    other.ask(0, "put", R"("x",1)");
    EXPECT_EQ(other.last(0), "null");
    EXPECT_EQ(budget.held(), 130u);
  }
  EXPECT_EQ(budget.held(), 0u);
}

TEST_F(CollectivesTest, AReplyIsNoLongerThanAFrame) {
  CollectiveBudget budget;
  TestGang gang(2, budget, 200);
  const std::string value = '"' + std::string(100, 'x') + '"';
  gang.call_all(2, "0,\"allgather\"," + value);
  EXPECT_EQ(gang.last(1),
            "! rank 0: the answer to allgather (round 0) has 205 bytes, and --max-frame is 200");
  TestGang more(3, budget, 200);
  more.ask(0, "put", "\"x\"," + value);
  more.ask(1, "put", "\"x\"," + value);
  more.ask(2, "get", "\"x\"");
  EXPECT_EQ(more.last(2), "! TooLarge the answer to get has 209 bytes, and --max-frame is 200");
  EXPECT_FALSE(more.gang().has_failed());
}

TEST_F(CollectivesTest, WhatWasPutIsLetGoWhenTheGangFails) {
  const Slice list = test::encoded("[\"x\",\"" + std::string(1000, 'y') + "\"]");
  Collectives gang(2, budget_, 1 << 20);
  wire::UpMessage question;
  question.text = "put";
  question.arguments = 2;
  Collectives::Replies replies;
  gang.ask(0, question, Slice(list.block(), list.view().subspan(1)), replies);
  EXPECT_EQ(list.block()->references(), 2u);
  gang.failed(1, "killed by signal 9", replies);
  EXPECT_EQ(list.block()->references(), 1u);
}

TEST_F(CollectivesTest, SmallValuesDoNotKeepTheBufferThatTheyCameIn) {
  Block* const block = Block::create(1 << 16);
  const Slice list = test::encoded(R"([0,"barrier",null])");
  std::memcpy(block->data(), list.view().data(), list.size());
  {
    Collectives gang(2, budget_, 1 << 20);
    wire::UpMessage question;
    question.text = "collective";
    question.arguments = 3;
    Collectives::Replies replies;
    gang.ask(0, question, Slice(block, {block->data() + 1, list.size() - 1}), replies);
    EXPECT_EQ(block->references(), 1u);
  }
  block->release();
}

}  // namespace
}  // namespace spread
