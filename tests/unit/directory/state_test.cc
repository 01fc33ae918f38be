#include "spread/directory/state.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spread {
namespace {

constexpr std::int64_t kNow = 1'780'000'000;

DirectoryFacts begun() {
  DirectoryFacts facts;
  facts.parts = 1;
  facts.writer.host = "n3";
  facts.writer.pid = 4711;
  facts.same_host = true;
  facts.tasks = 64;
  facts.done = 17;
  facts.failed = 2;
  facts.last_record = kNow - 3;
  return facts;
}

DirectoryFacts ended(int status, bool complete) {
  DirectoryFacts facts = begun();
  facts.end.emplace();
  facts.end->status = status;
  facts.end->complete = complete;
  return facts;
}

DirectoryFacts running() {
  DirectoryFacts facts = begun();
  facts.lock = DirectoryFacts::Lock::Held;
  return facts;
}

TEST(State, IsPreparedUntilAPartBegins) {
  EXPECT_EQ(state_of({}), RunState::Prepared);
  DirectoryFacts starting;
  starting.lock = DirectoryFacts::Lock::Held;
  EXPECT_EQ(state_of(starting), RunState::Running);
}

TEST(State, IsWhatTheEndSays) {
  EXPECT_EQ(state_of(ended(0, true)), RunState::Finished);
  EXPECT_EQ(state_of(ended(3, true)), RunState::Failed);
  EXPECT_EQ(state_of(ended(255, false)), RunState::Failed);
  EXPECT_EQ(state_of(ended(143, false)), RunState::Stopped);
  EXPECT_EQ(state_of(ended(141, false)), RunState::Stopped);
}

TEST(State, OfAResumedRunIsNotThatOfItsLastEnd) {
  DirectoryFacts facts = ended(143, false);
  facts.lock = DirectoryFacts::Lock::Held;
  EXPECT_EQ(state_of(facts), RunState::Running);
}

TEST(State, WithoutALockAndAnEndIsGone) { EXPECT_EQ(state_of(begun()), RunState::Gone); }

TEST(State, OfAnotherHostIsNotKnown) {
  DirectoryFacts facts = begun();
  facts.same_host = false;
  EXPECT_EQ(state_of(facts), RunState::Silent);
  facts.lock = DirectoryFacts::Lock::Unknown;
  EXPECT_EQ(state_of(facts), RunState::Silent);
  // Two containers of one boot, say.
  facts.writer_gone = true;
  EXPECT_EQ(state_of(facts), RunState::Gone);
}

TEST(State, WhereThereAreNoLocksIsThatOfTheProcess) {
  DirectoryFacts facts = begun();
  facts.lock = DirectoryFacts::Lock::Unknown;
  EXPECT_EQ(state_of(facts), RunState::Running);
  facts.writer_gone = true;
  EXPECT_EQ(state_of(facts), RunState::Gone);
}

TEST(State, IsDescribedInALine) {
  DirectoryFacts facts = running();
  EXPECT_EQ(describe(facts, kNow),
            "running: 17 of 64 tasks read so far, 2 failed; pid 4711 on n3, last record 3 s ago");
  facts.all_read = true;
  EXPECT_EQ(describe(facts, kNow),
            "running: 17 of 64 tasks (26 %), 2 failed; pid 4711 on n3, last record 3 s ago");
  EXPECT_EQ(describe({}, kNow), "prepared");
  facts.parts = 3;
  EXPECT_EQ(
      describe(facts, kNow),
      "running: 17 of 64 tasks (26 %), 2 failed, in 3 parts; pid 4711 on n3, last record 3 s ago");
  DirectoryFacts silent = begun();
  silent.same_host = false;
  EXPECT_EQ(describe(silent, kNow),
            "silent since 2026-05-28 20:26:37 UTC: 17 of 64 tasks read so far, 2 failed; pid 4711 "
            "on n3, last record 3 s ago");
  DirectoryFacts stopped = ended(143, false);
  EXPECT_EQ(describe(stopped, kNow), "stopped: 17 of 64 tasks read so far, 2 failed; status 143");
  DirectoryFacts finished = ended(0, true);
  finished.all_read = true;
  finished.tasks = finished.done = 1;
  finished.failed = 0;
  EXPECT_EQ(describe(finished, kNow), "finished: 1 of 1 task (100 %)");
}

struct Order {
  DirectoryCall call;
  std::string states;  // in which it can be, by their first letters: p r f F s g S
};

TEST(State, SaysWhatCanBeAsked) {
  DirectoryFacts silent = begun();
  silent.same_host = false;
  const std::vector<std::pair<char, DirectoryFacts>> states = {{'p', {}},
                                                               {'r', running()},
                                                               {'f', ended(0, true)},
                                                               {'F', ended(3, true)},
                                                               {'o', ended(255, false)},
                                                               {'s', ended(143, false)},
                                                               {'g', begun()},
                                                               {'S', silent}};
  const Order orders[] = {{DirectoryCall::Run, "posgS"},    {DirectoryCall::State, "prfFosgS"},
                          {DirectoryCall::Retrieve, "rfF"}, {DirectoryCall::Attach, "rfFosgS"},
                          {DirectoryCall::Stop, "r"},       {DirectoryCall::Clean, "pfFosg"}};
  for (const Order& order : orders) {
    std::string can;
    for (const auto& [letter, facts] : states) {
      const std::string why = why_not(order.call, facts, "my dir");
      if (why.empty()) can += letter;
      EXPECT_TRUE(why.empty() || why.starts_with("'my dir': the run ")) << why;
      EXPECT_EQ(why.find('\n'), std::string::npos);
    }
    EXPECT_EQ(can, order.states) << static_cast<int>(order.call);
  }
}

TEST(State, OfFailedTasksCanBeGoneOnWithWhenAsked) {
  EXPECT_EQ(why_not(DirectoryCall::Run, ended(3, true), "d", true), "");
  EXPECT_EQ(why_not(DirectoryCall::Run, ended(3, true), "d"),
            "'d': the run has failed (status 3); with --resume-failed its tasks without a result "
            "are run again");
}

}  // namespace
}  // namespace spread
