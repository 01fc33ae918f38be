#include "spread/subtasks/subtask_book.h"

#include <gtest/gtest.h>

#include "subtask_testing.h"

namespace spread {
namespace {

using test::id;
using test::TestBook;
using Numbers = std::vector<std::uint64_t>;

std::string ids(std::initializer_list<std::uint64_t> indices) {
  std::string text;
  for (const std::uint64_t index : indices) text += (text.empty() ? "" : ",") + id(index);
  return "[" + text + "]";
}
std::string unknown(std::string_view op, const std::string& name) {
  return "! UnknownSubtask " + std::string(op) + " names " + name +
         ", which is no sub-task of this task, or was fetched";
}

class Subtasks : public testing::Test {
 protected:
  TestBook book_;
};

TEST_F(Subtasks, ASubmitIsAnsweredWithRisingIds) {
  EXPECT_EQ(book_.ask(1, "submit", R"([5,{"a":null}])"), ids({0, 1}));
  EXPECT_EQ(book_.ask(2, "submit", R"(["x"])"), ids({2}));
  const std::map<std::uint64_t, std::string> all = {{0, "5"}, {1, R"({"a":null})"}, {2, R"("x")"}};
  EXPECT_EQ(book_.submitted(), all);
}

TEST_F(Subtasks, NothingCanBeSubmitted) {
  EXPECT_EQ(book_.ask(1, "submit", "[]"), "[]");
  EXPECT_EQ(book_.ask(1, "submit", "[],7"), "[]");
  EXPECT_TRUE(book_.submitted().empty());
  EXPECT_TRUE(book_.book().empty());
  EXPECT_EQ(book_.book().held_bytes(), 0u);
}

TEST_F(Subtasks, ReadyNamesTheFinishedInTheOrderAsked) {
  book_.ask(1, "submit", "[0,0,0]");
  EXPECT_EQ(book_.ask(1, "ready", ids({2, 1, 0})), "[]");
  EXPECT_TRUE(book_.finish(0, "7"));
  EXPECT_TRUE(book_.finish(2, "{}", false));
  EXPECT_EQ(book_.ask(1, "ready", ids({2, 1, 0})), ids({2, 0}));
  EXPECT_EQ(book_.ask(1, "ready", "[]"), "[]");
}

// Or the only worker would ask for ever.
TEST_F(Subtasks, ReadyWaitsForOneWhereNoneIsUnderWay) {
  book_.all_under_way = false;
  book_.under_way = 99;
  book_.ask(1, "submit", "[0,0,0]");
  EXPECT_EQ(book_.ask(1, "ready", ids({2, 1})), "...");
  EXPECT_EQ(book_.waits_for(1), (Numbers{2, 1}));
  book_.finish(0, "7");
  EXPECT_TRUE(book_.waits_for(1).has_value());
  book_.finish(1, "7");
  EXPECT_EQ(book_.heard(1), ids({1}));
  EXPECT_EQ(book_.ask(1, "ready", "[]"), "[]");
  EXPECT_EQ(book_.ask(1, "ready", ids({1, 0})), ids({1, 0})) << "none is missing";
  book_.under_way = 2;
  EXPECT_EQ(book_.ask(1, "ready", ids({2, 0})), ids({0}));
  book_.under_way = 99;
  EXPECT_EQ(book_.ask(1, "ready", ids({2, 0})), "...");
  book_.finish(2, "7");
  EXPECT_EQ(book_.heard(1), ids({2, 0}));
}

TEST_F(Subtasks, WaitIsAnsweredWhenEnoughAreFinished) {
  book_.ask(1, "submit", "[0,0,0]");
  EXPECT_EQ(book_.ask(1, "wait", ids({2, 1, 0}) + ",2"), "...");
  EXPECT_EQ(book_.waits_for(1), (Numbers{2, 1, 0}));
  book_.finish(0, "7");
  EXPECT_TRUE(book_.waits_for(1).has_value());
  book_.finish(1, "7");
  EXPECT_EQ(book_.heard(1), ids({1, 0}));
  EXPECT_FALSE(book_.waits_for(1).has_value());
  EXPECT_EQ(book_.ask(1, "wait", ids({2, 0}) + ",1"), ids({0}));
}

TEST_F(Subtasks, WaitWithoutACountIsForAll) {
  book_.ask(1, "submit", "[0,0]");
  book_.finish(1, "7");
  for (const char* count : {"", ",null"}) {
    const std::uint64_t fresh = count[0] == 0 ? 0 : 2;
    if (fresh != 0) book_.ask(1, "submit", "[0]");
    EXPECT_EQ(book_.ask(1, "wait", ids({fresh, 1}) + count), "...");
    EXPECT_EQ(book_.waits_for(1), Numbers{fresh});
    book_.finish(fresh, "7");
    EXPECT_EQ(book_.heard(1), ids({fresh, 1}));
  }
}

TEST_F(Subtasks, WaitForNoneOrForWhatIsThereIsAnsweredAtOnce) {
  book_.ask(1, "submit", "[0]");
  EXPECT_EQ(book_.ask(1, "wait", "[]"), "[]");
  EXPECT_EQ(book_.ask(9, "wait", "[],0"), "[]");
  EXPECT_EQ(book_.ask(1, "wait", ids({0}) + ",0"), "[]");
}

TEST_F(Subtasks, AnIdThatIsWaitedForTwiceCountsTwice) {
  book_.ask(1, "submit", "[0,0]");
  EXPECT_EQ(book_.ask(1, "wait", ids({0, 0, 1}) + ",2"), "...");
  book_.finish(0, "7");
  EXPECT_EQ(book_.heard(1), ids({0, 0}));
}

TEST_F(Subtasks, FetchGivesResultsAndErrorsInTheOrderAsked) {
  book_.ask(1, "submit", "[0,0,0]");
  book_.finish(1, R"({"type":"Lost","message":"killed by signal 9"})", false);
  EXPECT_EQ(book_.ask(1, "fetch", ids({2, 1})), "...");
  EXPECT_EQ(book_.waits_for(1), Numbers{2});
  book_.finish(0, "[1]");
  EXPECT_TRUE(book_.waits_for(1).has_value());
  book_.finish(2, R"({"b":[null,"x"]})");
  EXPECT_EQ(book_.heard(1), R"([["ok",{"b":[null,"x"]}],)"
                            R"(["error",{"type":"Lost","message":"killed by signal 9"}]])");
  EXPECT_EQ(book_.ask(1, "fetch", ids({0})), R"([["ok",[1]]])");
  EXPECT_EQ(book_.ask(1, "fetch", "[]"), "[]");
  EXPECT_TRUE(book_.book().empty());
  EXPECT_EQ(book_.book().held_bytes(), 0u);
}

TEST_F(Subtasks, AResultIsFetchedOnce) {
  book_.ask(1, "submit", "[0,0]");
  book_.finish(0, "7");
  EXPECT_EQ(book_.ask(1, "fetch", ids({0})), R"([["ok",7]])");
  for (const char* op : {"fetch", "ready", "wait"}) {
    EXPECT_EQ(book_.ask(1, op, ids({1, 0})), unknown(op, id(0)));
  }
  EXPECT_FALSE(book_.finish(0, "8"));
  EXPECT_EQ(book_.ask(1, "fetch", ids({1, 1})), "! BadAsk fetch names " + id(1) + " twice");
}

TEST_F(Subtasks, AnUnknownIdIsRefusedToItsOwnerOnly) {
  book_.ask(1, "submit", "[0,0]");
  book_.ask(2, "submit", "[0]");
  book_.ask(2, "wait", ids({2}));
  for (const char* op : {"fetch", "ready", "wait"}) {
    EXPECT_EQ(book_.ask(1, op, ids({0, 2})), unknown(op, id(2))) << "another task's";
    EXPECT_EQ(book_.ask(1, op, "[7]"), unknown(op, "7"));
    EXPECT_EQ(book_.ask(1, op, ids({3})), unknown(op, id(3)));
    EXPECT_EQ(book_.ask(3, op, ids({0})), unknown(op, id(0)));
  }
  EXPECT_TRUE(book_.waits_for(2).has_value());
  EXPECT_FALSE(book_.waits_for(1).has_value());
}

TEST_F(Subtasks, WhatIsMalformedIsRefused) {
  book_.ask(1, "submit", "[0]");
  book_.submitted();
  const std::string submit =
      "! BadAsk submit takes an array of payloads, and perhaps a common part";
  for (const char* text : {"", "7", "{}", "[],1,2"})
    EXPECT_EQ(book_.ask(1, "submit", text), submit);
  for (const char* text : {"", "[],[]", "7", R"(["x"])", "[-1]", "[null]", "[1.5]"}) {
    EXPECT_EQ(book_.ask(1, "ready", text), "! BadAsk ready takes an array of ids");
    EXPECT_EQ(book_.ask(1, "fetch", text), "! BadAsk fetch takes an array of ids");
  }
  EXPECT_EQ(book_.ask(1, "wait", ""), "! BadAsk wait takes an array of ids, and perhaps a count");
  EXPECT_EQ(book_.ask(1, "wait", "[],1,1"),
            "! BadAsk wait takes an array of ids, and perhaps a count");
  EXPECT_EQ(book_.ask(1, "wait", "{},0"), "! BadAsk wait takes an array of ids");
  for (const char* count : {"2", "-1", "1.0", "\"1\"", "[]"}) {
    EXPECT_EQ(book_.ask(1, "wait", ids({0}) + "," + count),
              "! BadAsk wait takes a count from 0 to that of its ids, 1");
  }
  for (const char* text : {"", "-1", "1.5", "\"2\"", "4294967296", "1,2"}) {
    EXPECT_EQ(book_.ask(1, "subpool", text), "! BadAsk subpool takes a number of slots");
  }
  EXPECT_TRUE(book_.submitted().empty());
  EXPECT_EQ(book_.open(), 0u);
}

TEST_F(Subtasks, AnOwnerWaitsForOneAnswerAtATime) {
  book_.ask(1, "submit", "[0,0]");
  book_.finish(1, "7");
  EXPECT_EQ(book_.ask(1, "wait", ids({0})), "...");
  EXPECT_EQ(book_.ask(1, "wait", ids({1})), "! BadAsk wait while this task waits already");
  EXPECT_EQ(book_.ask(1, "fetch", ids({1})), "! BadAsk fetch while this task waits already");
  EXPECT_EQ(book_.ask(1, "ready", ids({1, 0})), ids({1}));
  EXPECT_EQ(book_.ask(1, "submit", "[0]"), ids({2}));
  book_.finish(0, "7");
  EXPECT_EQ(book_.heard(1), ids({0}));
}

// ---------------------------------------------------------------- the common part

TEST_F(Subtasks, TheCommonPartLastsUntilTheLastIsFinished) {
  book_.ask(1, "submit", R"([1,2],{"data":[1.5]})");
  book_.ask(1, "submit", R"([3],null)");
  const std::map<std::uint64_t, std::string> all = {
      {0, R"(1 + {"data":[1.5]})"}, {1, R"(2 + {"data":[1.5]})"}, {2, "3"}};
  EXPECT_EQ(book_.submitted(), all);
  book_.finish(1, "7");
  EXPECT_TRUE(book_.over().empty());
  book_.finish(0, "7", false);
  EXPECT_EQ(book_.over(), Numbers{0});
  book_.finish(2, "7");
  EXPECT_TRUE(book_.over().empty()) << "it had none";
}

TEST_F(Subtasks, TheCommonPartEndsWithItsOwner) {
  book_.ask(1, "submit", R"([1,2],"c")");
  book_.ask(1, "submit", R"([3],"d")");
  book_.finish(2, "7");
  EXPECT_EQ(book_.over(), Numbers{2});
  book_.drop(1);
  EXPECT_EQ(book_.over(), Numbers{0});
}

// ---------------------------------------------------------------- the end of owners

TEST_F(Subtasks, ADroppedOwnersSubtasksAreCancelledAndForgotten) {
  book_.ask(1, "submit", "[0,0,0]");
  book_.ask(2, "submit", "[0]");
  book_.finish(1, "7");
  book_.ask(1, "fetch", ids({0, 1}));
  book_.drop(1);
  EXPECT_EQ(book_.cancelled(), (Numbers{0, 2}));
  EXPECT_FALSE(book_.finish(0, "7"));
  EXPECT_FALSE(book_.finish(1, "7"));
  EXPECT_EQ(book_.ask(1, "ready", ids({1})), unknown("ready", id(1)));
  EXPECT_TRUE(book_.finish(3, "8"));
  EXPECT_EQ(book_.ask(2, "fetch", ids({3})), R"([["ok",8]])");
  EXPECT_EQ(book_.open(), 0u);
  EXPECT_EQ(book_.book().held_bytes(), 0u);
}

TEST_F(Subtasks, AnOwnerWithoutSubtasksIsDroppedInSilence) {
  book_.drop(1);
  book_.ask(1, "submit", "[0]");
  book_.finish(0, "7");
  book_.ask(1, "fetch", ids({0}));
  book_.drop(1);
  EXPECT_TRUE(book_.cancelled().empty());
}

TEST_F(Subtasks, ANewAttemptSubmitsAnew) {
  book_.ask(1, "submit", "[0]");
  book_.drop(1);
  EXPECT_EQ(book_.ask(2, "submit", "[0]"), ids({1}));
  EXPECT_EQ(book_.ask(2, "ready", ids({0})), unknown("ready", id(0)));
}

// ---------------------------------------------------------------- limits

TEST_F(Subtasks, ASubtaskOfTheGreatestDepthSubmitsNone) {
  EXPECT_EQ(book_.ask(1, "submit", "[0]", kDepthMax - 1), ids({0}));
  EXPECT_EQ(book_.ask(2, "submit", "[0]", kDepthMax),
            "! TooDeep a sub-task of depth 16 submits no others");
  EXPECT_EQ(book_.ask(2, "submit", "[]", kDepthMax), "[]") << "which are none";
}

TEST(SubtaskLimits, OneTaskHasSoManySubtasks) {
  TestBook book({.of_owner_max = 3});
  book.ask(1, "submit", "[0,0]");
  EXPECT_EQ(book.ask(1, "submit", "[0,0]"),
            "! TooMuch with 2 more this task would have 4 sub-tasks, more than 3");
  EXPECT_EQ(book.ask(2, "submit", "[0,0]"), ids({2, 3}));
  book.finish(0, "7");
  EXPECT_EQ(book.ask(1, "submit", "[0,0]").substr(0, 9), "! TooMuch") << "one is not fetched";
  book.ask(1, "fetch", ids({0}));
  EXPECT_EQ(book.ask(1, "submit", "[0,0]"), ids({4, 5}));
}

TEST(SubtaskLimits, AllOfARunHoldSoManyBytes) {
  TestBook book({.bytes_max = 4 * kSubtaskOverheadBytes});
  // Of two arguments: [1, 2] and "c".
  EXPECT_EQ(book.ask(1, "submit", R"([1,2],"c")"), ids({0, 1}));
  EXPECT_EQ(book.book().held_bytes(), 2 * kSubtaskOverheadBytes + 2 + 2);
  EXPECT_EQ(
      book.ask(2, "submit", "[1,2]"),
      "! TooMuch with 259 bytes more the sub-tasks of this run would hold 519, more than 512");
  EXPECT_EQ(book.ask(2, "submit", "[1]"), ids({2}));
  const std::string large = '"' + std::string(200, 'x') + '"';
  book.finish(0, large);
  EXPECT_EQ(book.book().held_bytes(), 3 * kSubtaskOverheadBytes + 2 + 2 + 202);
  EXPECT_EQ(book.ask(2, "submit", "[1]").substr(0, 9), "! TooMuch") << "results count";
  EXPECT_EQ(book.ask(1, "fetch", ids({0})), "[[\"ok\"," + large + "]]");
  EXPECT_EQ(book.ask(2, "submit", "[1]"), ids({3}));
  book.drop(1);
  book.drop(2);
  EXPECT_EQ(book.book().held_bytes(), 0u);
}

TEST(SubtaskLimits, AnAnswerThatIsLongerThanAFrameIsRefusedAndNothingForgotten) {
  TestBook book({.reply_bytes_max = 300});
  const std::string large = '"' + std::string(200, 'x') + '"';
  book.ask(1, "submit", "[1,2]");
  EXPECT_EQ(book.ask(1, "fetch", ids({0, 1})), "...");
  book.finish(0, large);
  book.finish(1, large);
  EXPECT_EQ(book.heard(1).substr(0, 42), "! TooLarge the answer to fetch has 413 byt");
  EXPECT_EQ(book.ask(1, "fetch", ids({0})), "[[\"ok\"," + large + "]]");
  EXPECT_EQ(book.ask(1, "fetch", ids({1})), "[[\"ok\"," + large + "]]");
}

TEST(SubtaskLimits, ALargeResultIsSharedAndASmallOneCopied) {
  SubtaskBook book({}, std::nullopt, [](OwnerId, TaskId) { return true; });
  TestBook unused;
  wire::UpMessage question;
  const Slice list = test::encoded("[0,0]");
  question.text = "submit";
  question.arguments = 1;
  SubtaskChanges changes;
  book.ask(OwnerId{1}, 0, question, list, changes);
  Value large;
  large.body = test::encoded('"' + std::string(OutputQueue::kLargeBytes, 'x') + '"');
  Value small;
  small.body = test::encoded("\"x\"");
  book.finished(changes.submitted[0].id, true, large, changes);
  book.finished(changes.submitted[1].id, true, small, changes);
  EXPECT_EQ(large.body.block()->references(), 2u);
  EXPECT_EQ(small.body.block()->references(), 1u);
}

// ---------------------------------------------------------------- the sub-pool

TEST_F(Subtasks, TheFirstSubpoolWins) {
  EXPECT_EQ(book_.book().subpool(), 0u);
  EXPECT_EQ(book_.ask(1, "subpool", "3"), "3");
  EXPECT_EQ(book_.told_subpool(), 3u);
  EXPECT_EQ(book_.ask(2, "subpool", "5"), "3");
  EXPECT_EQ(book_.told_subpool(), 3u);
}

TEST(Subpool, TheOptionWinsOverEveryCall) {
  TestBook book({}, 2);
  EXPECT_EQ(book.ask(1, "subpool", "5"), "2");
  EXPECT_FALSE(book.told_subpool().has_value());
}

TEST(Subpool, LeavesSlotsForOtherTasks) {
  TestBook book({.subpool_max = 1});
  EXPECT_EQ(book.ask(1, "subpool", "5"), "1");
  EXPECT_EQ(book.told_subpool(), 1u);
}

TEST(SubtaskOps, AreFive) {
  for (const char* op : {"submit", "ready", "wait", "fetch", "subpool"}) {
    EXPECT_TRUE(subtask_op_named(op).has_value()) << op;
  }
  EXPECT_FALSE(subtask_op_named("whoami").has_value());
}

}  // namespace
}  // namespace spread
