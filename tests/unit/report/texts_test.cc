// Explain, slot output, failure messages and the summary.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/report/events_writer.h"
#include "spread/report/readable.h"
#include "spread/report/summary.h"

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr TimePoint kStart{seconds(1000)};

std::string taken(ByteBuffer& buffer) {
  std::string text(as_text(buffer.view()));
  buffer.clear();
  return text;
}

/// A final outcome, as the run tells it.
template <typename Told>
void finish(Told& observer, std::uint64_t task, Outcome outcome, WorkerId worker,
            const char* message = "", std::uint32_t attempts = 1) {
  TaskFinished event;
  event.task = TaskId{task};
  event.outcome = outcome;
  event.worker = worker;
  event.attempts = attempts;
  event.error_type = outcome == Outcome::Ok ? "" : "ValueError";
  event.error_message = message;
  event.host = "n1";
  observer.on(event, kStart);
}

TEST(Explain, HasTheElapsedTimeInFront) {
  ByteBuffer out;
  Explain explain([&]() -> ByteBuffer& { return out; }, kStart);
  explain.on(Decision{"start worker 2\non n1"}, kStart + milliseconds(13));
  EXPECT_EQ(taken(out), "[   0.013] start worker 2 on n1\n");
}

TEST(Explain, TellsWorkers) {
  ByteBuffer out;
  Explain explain([&]() -> ByteBuffer& { return out; }, kStart);
  explain.on(WorkerStarted{WorkerId{2}, "n1", 4711}, kStart);
  EXPECT_EQ(taken(out), "[   0.000] worker 2 has started on n1, process 4711\n");
  const std::string words[] = {"./w", "a b"};
  explain.on(WorkerStarted{WorkerId{2}, "n1", 4711, words}, kStart);
  EXPECT_EQ(taken(out), "[   0.000] worker 2 has started on n1, process 4711: ./w 'a b'\n");
  explain.on(WorkerEnded{WorkerId{2}, false, "exit status 3"}, kStart + seconds(12345));
  EXPECT_EQ(taken(out), "[12345.000] worker 2 has died: exit status 3\n");
  explain.on(WorkerEnded{WorkerId{2}, true, ""}, kStart);
  EXPECT_EQ(taken(out), "[   0.000] worker 2 has ended\n");
}

TEST(SlotOutput, IsAWholeBlock) {
  ByteBuffer out;
  append_slot_block(out, "so", TaskId{7}, "one\ntwo");
  EXPECT_EQ(taken(out), "#slot so7 ------\none\ntwo\n");
  append_slot_block(out, "se", TaskId{8}, "one\n");
  EXPECT_EQ(taken(out), "#slot se8 ------\none\n");
}

TEST(SlotOutput, KeepsAnyBytes) {
  ByteBuffer out;
  append_slot_block(out, "so", TaskId{0}, std::string_view("\0\xff", 2));
  EXPECT_EQ(taken(out), std::string("#slot so0 ------\n\0\xff\n", 20));
}

TEST(SlotOutput, EmptyTextIsNoBlock) {
  ByteBuffer out;
  append_slot_block(out, "so", TaskId{7}, "");
  EXPECT_EQ(taken(out), "");
}

TEST(Summary, HasRowsForWorkersHostsAndAll) {
  Summary summary(kStart);
  for (std::uint32_t worker = 0; worker < 3; ++worker) {
    summary.on(WorkerStarted{WorkerId{worker}, worker < 2 ? "n1" : "n2", 1}, kStart);
    summary.on(TaskAnswered{TaskId{worker}, WorkerId{worker}, "ok", seconds(2), ""}, kStart);
    finish(summary, worker, Outcome::Ok, WorkerId{worker});
  }
  summary.on(TaskAnswered{TaskId{9}, WorkerId{2}, "busy", seconds(0), ""}, kStart);
  finish(summary, 9, Outcome::NotComputed, kNoWorker);
  const std::string text = summary.text(kStart + seconds(4));
  EXPECT_THAT(text, HasSubstr("worker 0           1      1          1        0      0      2.000"));
  EXPECT_THAT(text, HasSubstr("n1                 2      2          2        0      0      4.000"));
  EXPECT_THAT(text, HasSubstr("n2                 1      1          1        0      1      2.000"));
  EXPECT_THAT(text, HasSubstr("all                3      3          4        1      1      6.000"));
  EXPECT_THAT(text, HasSubstr("\n4.000 s in all\n"));
  EXPECT_THAT(summary.text(kStart + seconds(4), {3, 20.25, 57}),
              HasSubstr("\n4.000 s in this part; 3 parts took 20.250 s and 57 attempts in all\n"));
}

TEST(Summary, LeavesOutTheTimeOfATaskInWhichAStartMayBe) {
  Summary summary(kStart);
  summary.on(WorkerStarted{WorkerId{0}, "n1", 1}, kStart);
  for (const bool first : {true, false, false}) {
    summary.on(TaskAnswered{TaskId{0}, WorkerId{0}, "ok", seconds(first ? 60 : 2), "", first},
               kStart);
    TaskFinished event;
    event.worker = WorkerId{0};
    event.first = first;
    summary.on(event, kStart);
  }
  EXPECT_THAT(
      summary.text(kStart + seconds(4)),
      HasSubstr("worker 0           1      1          3        0      0      4.000   2.000000"));
}

TEST(Summary, CountsStartsOfTheSameSlot) {
  Summary summary(kStart);
  for (int i = 0; i < 3; ++i) summary.on(WorkerStarted{WorkerId{0}, "n1", 1}, kStart);
  EXPECT_THAT(summary.text(kStart), HasSubstr("worker 0           1      3          0"));
}

TEST(Summary, ManyWorkersAreShownByHost) {
  Summary summary(kStart);
  for (std::uint32_t i = 0; i < 33; ++i) summary.on(WorkerStarted{WorkerId{i}, "n1", 1}, kStart);
  EXPECT_THAT(summary.text(kStart), Not(HasSubstr("worker 0 ")));
  EXPECT_THAT(summary.text(kStart), HasSubstr("n1                33"));
}

TEST(Summary, OfNothingIsATable) {
  EXPECT_THAT(Summary(kStart).text(kStart), HasSubstr("all                0      0          0"));
}

}  // namespace
}  // namespace spread
