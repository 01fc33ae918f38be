#include "spread/report/events_writer.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spread {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr TimePoint kStart{std::chrono::seconds(1000)};
constexpr TimePoint kNow = kStart + milliseconds(1500);

/// The line that `event` makes, read by another JSON parser than spread's.
template <typename Event>
json line_of(const Event& event) {
  ByteBuffer out;
  EventsWriter writer(out, kStart, 1.7e9);
  out.clear();
  writer.on(event, kNow);
  const std::string_view text = as_text(out.view());
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  return json::parse(text);
}

TEST(EventsWriter, BeginsWithTheWallTime) {
  ByteBuffer out;
  EventsWriter writer(out, kStart, 1700000000.25);
  const json line = json::parse(as_text(out.view()));
  EXPECT_EQ(line["event"], "run_started");
  EXPECT_EQ(line["time"], 0);
  EXPECT_EQ(line["wall_time"], 1700000000.25);
  EXPECT_EQ(line["version"], SPREAD_VERSION);
}

TEST(EventsWriter, TellsTheEnd) {
  ByteBuffer out;
  EventsWriter writer(out, kStart, 0);
  out.clear();
  writer.run_ended(101, {}, kNow);
  EXPECT_EQ(as_text(out.view()),
            "{\"event\":\"run_ended\",\"time\":1.500000,\"exit_status\":101}\n");
  out.clear();
  writer.run_ended(0, {3, 20.25, 57}, kNow);
  EXPECT_EQ(as_text(out.view()),
            "{\"event\":\"run_ended\",\"time\":1.500000,\"exit_status\":0,\"parts\":3,"
            "\"parts_seconds\":20.250000,\"parts_attempts\":57}\n");
}

TEST(EventsWriter, TellsTheLifeOfAWorker) {
  const json started = line_of(WorkerStarted{WorkerId{2}, "n1", 4711});
  EXPECT_EQ(started, json::parse(R"({"event":"worker_started","time":1.5,"worker":2,"host":"n1",
                                     "pid":4711})"));
  const std::string words[] = {"ssh", "a \"b\""};
  EXPECT_EQ(line_of(WorkerStarted{WorkerId{2}, "n1", 4711, words})["arguments"],
            json::parse(R"(["ssh", "a \"b\""])"));
  EXPECT_EQ(line_of(WorkerReady{WorkerId{2}}),
            json::parse(R"({"event":"worker_ready","time":1.5,"worker":2})"));
  EXPECT_EQ(line_of(WorkerEnded{WorkerId{2}, false, "exit status 3"}),
            json::parse(R"({"event":"worker_ended","time":1.5,"worker":2,"expected":false,
                            "reason":"exit status 3"})"));
}

TEST(EventsWriter, TellsTheLifeOfATask) {
  EXPECT_EQ(line_of(TaskSent{TaskId{7}, WorkerId{2}, 1}),
            json::parse(R"({"event":"task_sent","time":1.5,"task":7,"worker":2,"attempt":1})"));
  EXPECT_EQ(line_of(TaskProgress{TaskId{7}, WorkerId{2}, 0.5, "half"}),
            json::parse(R"({"event":"task_progress","time":1.5,"task":7,"worker":2,"fraction":0.5,
                            "text":"half"})"));
  EXPECT_EQ(line_of(TaskAnswered{TaskId{7}, WorkerId{2}, "busy", milliseconds(20), "full"}),
            json::parse(R"({"event":"task_answered","time":1.5,"task":7,"worker":2,"kind":"busy",
                            "seconds":0.02,"message":"full"})"));
}

TEST(EventsWriter, TellsAResultByItsSize) {
  TaskFinished event;
  event.task = TaskId{7};
  event.worker = WorkerId{2};
  event.attempts = 1;
  event.bytes = 5;
  event.host = "n1";
  EXPECT_EQ(line_of(event),
            json::parse(R"({"event":"task_finished","time":1.5,"task":7,"status":"ok","worker":2,
                            "host":"n1","attempts":1,"seconds":0.0,"bytes":5})"));
}

TEST(EventsWriter, TellsAFailureByItsReason) {
  TaskFinished event;
  event.outcome = Outcome::NotComputed;
  event.error_type = "stopped";
  event.error_message = "no slot is open";
  const json line = line_of(event);
  EXPECT_EQ(line["status"], "not computed");
  EXPECT_EQ(line["worker"], nullptr);
  EXPECT_EQ(line["error_type"], "stopped");
  EXPECT_EQ(line["error_message"], "no slot is open");
}

TEST(EventsWriter, TellsWhoseATailIs) {
  const std::string words[] = {"./w", "--gpu", "0"};
  EXPECT_EQ(line_of(WorkerTail{WorkerId{1}, "bye\n", words}),
            json::parse(R"({"event":"worker_tail","time":1.5,"worker":1,"text":"bye\n",
                            "arguments":["./w","--gpu","0"]})"));
}

TEST(EventsWriter, TellsTextAsItIs) {
  EXPECT_EQ(line_of(WorkerLog{WorkerId{0}, "a\n\"b\""})["text"], "a\n\"b\"");
  EXPECT_EQ(line_of(WorkerTail{WorkerId{0}, "t"})["event"], "worker_tail");
  EXPECT_EQ(line_of(Decision{"because"})["text"], "because");
}

TEST(EventsWriter, NumberThatIsNoneIsNull) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(line_of(TaskProgress{TaskId{0}, WorkerId{0}, nan, ""})["fraction"], nullptr);
}

}  // namespace
}  // namespace spread
