// The order in which a Scheduler is told and obeyed.
#include "spread/core/driver.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace spread {
namespace {

std::string text(const Slice& bytes) { return std::string(as_text(bytes.view())); }

/// Notes what it is asked to do, and may post an event meanwhile.
struct Bench {
  explicit Bench(bool fast_path = true) : driver(options(), 1, *this), takes(fast_path) {
    SlotAdded slot;
    driver.inbox().post(slot);
    driver.inbox().post(SlotsComplete{});
    driver.drain(now);
  }

  static SchedulerOptions options() {
    SchedulerOptions fixed;
    fixed.window = 8;
    return fixed;
  }
  bool takes_successes() const { return takes; }
  void before(const Event& event) {
    told.push_back(event.index());
    if (const auto* answered = std::get_if<Answered>(&event)) {
      notes.push_back("told answer " + std::to_string(number(answered->task)));
    }
  }
  void succeeded(Inbox::Success& answer, Scheduler::Success& success) {
    EXPECT_EQ(success.attempts, 1u);
    notes.push_back("short " + std::to_string(number(answer.task)) + " " + text(answer.value));
  }
  void carry_out(Action& action) {
    if (const auto* start = std::get_if<StartWorker>(&action)) {
      driver.inbox().post(WorkerUp{start->worker});
    } else if (const auto* send = std::get_if<SendTask>(&action)) {
      notes.push_back("send " + std::to_string(number(send->task)) + " " +
                      text(send->payload.body));
      if (on_send) on_send(*send);
    } else if (const auto* done = std::get_if<DeliverTask>(&action)) {
      notes.push_back("deliver " + std::to_string(number(done->task)) + " " +
                      (done->from_answer ? text(done->answer) : done->message));
    }
  }
  void feed(int count) {
    for (; count > 0; --count) {
      Value payload;
      payload.body = Slice::copy_of(as_bytes("p" + std::to_string(arrived)));
      driver.feed(TaskArrived{TaskId{arrived++}, std::move(payload)}, now);
    }
  }
  void decide() {
    driver.decide(now);
    driver.decide(now);  // the worker that was started may be given tasks now
  }
  void succeed(std::uint64_t task) {
    driver.inbox().post_success(WorkerId{0}, TaskId{task},
                                Slice::copy_of(as_bytes("a" + std::to_string(task))));
  }
  std::vector<std::string> take() { return std::exchange(notes, {}); }

  TimePoint now{};
  std::uint64_t arrived = 0;
  std::vector<std::string> notes;
  std::vector<std::size_t> told;
  std::function<void(const SendTask&)> on_send;
  Driver<Bench> driver;
  bool takes;
};

using Notes = std::vector<std::string>;

TEST(Driver, NothingIsToldBeforeTheDrain) {
  Bench bench;
  bench.feed(2);
  bench.decide();
  EXPECT_EQ(bench.take(), (Notes{"send 0 p0", "send 1 p1"}));
  bench.succeed(0);
  EXPECT_EQ(bench.take(), Notes{});
  EXPECT_FALSE(bench.driver.inbox().empty());
  bench.driver.drain(bench.now);
  EXPECT_EQ(bench.take(), (Notes{"told answer 0", "deliver 0 a0"}));  // the first of a process
  EXPECT_TRUE(bench.driver.inbox().empty());
}

TEST(Driver, SuccessesAndOtherEventsKeepTheirOrder) {
  Bench bench;
  bench.feed(5);
  bench.decide();
  bench.take();
  bench.succeed(0);
  bench.succeed(1);
  Answered failed;
  failed.worker = WorkerId{0};
  failed.task = TaskId{2};
  failed.kind = AnswerKind::Error;
  failed.answer = Slice::literal("why");
  bench.driver.inbox().post(failed);
  bench.succeed(3);
  bench.driver.drain(bench.now);
  EXPECT_EQ(bench.take(), (Notes{"told answer 0", "deliver 0 a0", "short 1 a1", "told answer 2",
                                 "deliver 2 why", "short 3 a3"}));
}

TEST(Driver, WithoutTheFastPathEverySuccessIsAnEvent) {
  Bench bench(false);
  bench.feed(2);
  bench.decide();
  bench.take();
  bench.succeed(0);
  bench.succeed(1);
  bench.driver.drain(bench.now);
  EXPECT_EQ(bench.take(),
            (Notes{"told answer 0", "deliver 0 a0", "told answer 1", "deliver 1 a1"}));
}

TEST(Driver, WhatAnActionLeadsToIsToldBehindTheActionsAtHand) {
  Bench bench;
  bench.feed(3);
  bench.on_send = [&](const SendTask& send) {
    bench.driver.inbox().post(PayloadRefused{send.worker, send.task, "refused"});
  };
  bench.decide();
  EXPECT_EQ(bench.take(), (Notes{"send 0 p0", "send 1 p1", "send 2 p2", "deliver 0 refused",
                                 "deliver 1 refused", "deliver 2 refused"}));
  EXPECT_EQ(bench.driver.scheduler().counts().failed, 3u);
}

TEST(Driver, APayloadOutlivesItsTask) {
  Bench bench;
  bench.feed(1);
  Value kept;
  bench.on_send = [&](const SendTask& send) { kept = send.payload; };
  bench.decide();
  bench.succeed(0);
  bench.driver.drain(bench.now);
  EXPECT_EQ(text(kept.body), "p0");
}

TEST(Driver, IsNotToldWhileItCarriesOut) {
  Bench bench;
  bench.feed(1);
  bench.on_send = [&](const SendTask&) { bench.driver.drain(bench.now); };
  EXPECT_DEATH(bench.decide(), "working_");
}

TEST(Inbox, TakesWhatIsPostedMeanwhileToo) {
  Inbox inbox;
  inbox.post_success(WorkerId{0}, TaskId{1}, {});
  inbox.post(InputEnded{});
  std::vector<std::string> seen;
  inbox.take_all(
      [&](Inbox::Success& success) {
        seen.push_back(std::to_string(number(success.task)));
        // Many, so that the row of successes moves.
        for (std::uint64_t n = 2; n < 40 && number(success.task) == 1; ++n) {
          inbox.post_success(WorkerId{0}, TaskId{n}, {});
        }
      },
      [&](Event& event) {
        EXPECT_TRUE(std::holds_alternative<InputEnded>(event));
        seen.push_back("end");
      });
  ASSERT_EQ(seen.size(), 40u);
  EXPECT_EQ(seen[1], "end");
  EXPECT_EQ(seen[39], "39");
  EXPECT_TRUE(inbox.empty());
}

}  // namespace
}  // namespace spread
