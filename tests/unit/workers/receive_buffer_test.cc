#include "spread/workers/session_worker.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "session_testing.h"
#include "spread/wire/json.h"

namespace spread {
namespace {

struct Answers final : test::DeafSink {
  void on_answer(const wire::UpMessage& message) override {
    ++count;
    bytes += message.value.size();
  }

  std::size_t count = 0;
  std::size_t bytes = 0;
};

/// What it costs to read a worker's output as SessionWorker does, from a pipe that gives at most
/// `pipe` bytes at once. Nothing here looks at a clock: reads and moved bytes are counted.
struct Cost {
  Cost(Wire wire, std::string_view output, std::size_t answers, std::size_t pipe) {
    SessionOptions options;
    options.wire = wire;
    OutputQueue unsent;
    Session session(options, unsent);
    for (std::size_t i = 0; i < answers; ++i) {
      EXPECT_TRUE(session.send_task(TaskId{i}, wire::text_value(Slice::literal("x"))));
    }
    ReadBuffer shared;
    ReceiveBuffer buffer(shared);
    while (!output.empty()) {
      const std::span<Byte> room = buffer.room();
      const std::size_t size = std::min({room.size(), pipe, output.size()});
      std::copy_n(as_bytes(output).data(), size, room.data());
      output.remove_prefix(size);
      ++reads;
      const ByteView bytes = buffer.filled(size);
      if (bytes.data() != front) moved += bytes.size() - size;
      std::size_t done = 0;
      if (!buffer.gathers() || bytes.size() >= session.wanted()) {
        done = session.receive(bytes, false, sink);
      }
      front = bytes.data() + done;
      buffer.keep(bytes.subspan(done), session.wanted());
    }
    EXPECT_EQ(session.problem_text(), "");
    EXPECT_TRUE(buffer.empty());
  }

  Answers sink;
  const Byte* front = nullptr;
  std::size_t reads = 0;
  std::size_t moved = 0;
};

constexpr std::size_t kPipe = std::size_t{64} * 1024;
constexpr std::size_t kLarge = std::size_t{16} * 1024 * 1024;

std::string json_answer(std::size_t id, std::size_t size) {
  return "[" + std::to_string(id) + ",\"ok\",\"" + std::string(size, 'z') + "\"]\n";
}

TEST(ReceiveBuffer, ReadsALongLineInPipefulsAndMovesEachByteTwiceAtMost) {
  for (const Wire wire : {Wire::Json, Wire::Lines}) {
    const std::string line =
        wire == Wire::Json ? json_answer(0, kLarge) : std::string(kLarge, 'z') + "\n";
    const Cost cost(wire, line, 1, kPipe);
    EXPECT_EQ(cost.sink.count, 1u);
    EXPECT_GT(cost.sink.bytes, kLarge);
    // One pipeful a read, but for those that fill a block that is then doubled.
    EXPECT_LE(cost.reads, kLarge / kPipe + 16);
    EXPECT_LE(cost.moved, 2 * kLarge);
  }
}

TEST(ReceiveBuffer, ReadsManyAnswersOverAPipefulWithoutMovingThemMoreThanTwice) {
  std::string lines;
  constexpr std::size_t kAnswers = 100;
  for (std::size_t i = 0; i < kAnswers; ++i) lines += json_answer(i, 150'000);
  const Cost cost(Wire::Json, lines, kAnswers, kPipe);
  EXPECT_EQ(cost.sink.count, kAnswers);
  EXPECT_LE(cost.reads, 4 * lines.size() / kPipe);
  EXPECT_LE(cost.moved, 2 * lines.size());
}

TEST(ReceiveBuffer, ReadsALargeFrameToItsPlace) {
  constexpr std::size_t kText = 0xffffff;
  // array(3): 0, "ok", and a str 32 of that size.
  const std::string message =
      std::string("\x93\x00\xa2ok\xdb\x00\xff\xff\xff", 10) + std::string(kText, 'z');
  const std::string frame = std::string("\xc6\x01\x00\x00\x09", 5) + message;
  ASSERT_EQ(message.size(), 0x1000009u);
  const Cost cost(Wire::Msgpack, frame, 1, kPipe);
  EXPECT_EQ(cost.sink.count, 1u);
  EXPECT_LE(cost.reads, frame.size() / kPipe + 2);
  EXPECT_LE(cost.moved, kPipe);
}

TEST(ReceiveBuffer, SharesAValueOnlyWhereItWasReadTo) {
  ReadBuffer shared;
  ReceiveBuffer buffer(shared);
  const std::span<Byte> room = buffer.room();
  room[0] = 'a';
  const ByteView bytes = buffer.filled(1);
  const Slice inside = buffer.share(bytes);
  EXPECT_EQ(inside.view().data(), bytes.data());
  const std::string elsewhere = "b";
  const Slice copied = buffer.share(as_bytes(elsewhere));
  EXPECT_NE(copied.view().data(), as_bytes(elsewhere).data());
  buffer.keep({}, 0);
  EXPECT_NE(buffer.room().data(), room.data()) << "a value still lies there";
}

}  // namespace
}  // namespace spread
