// What a pool says beside wire 1: docs/pool.md, "The bytes on the socket".
#include "spread/wire/pool_frames.h"

#include <gtest/gtest.h>

#include <string>

#include "spread/wire/codec.h"

namespace spread::wire {
namespace {

ByteView body_of(const ByteBuffer& frame) {
  EXPECT_EQ(pool_frame_size(frame.view()), frame.size() - kPoolHeaderBytes);
  return frame.view().subspan(kPoolHeaderBytes);
}

ByteBuffer bytes(std::string_view text) {
  ByteBuffer buffer;
  buffer.append(text);
  return buffer;
}

TEST(PoolFrames, ACallIsReadAsItWasWritten) {
  for (const PoolCall call : {PoolCall::Run, PoolCall::State, PoolCall::Stop}) {
    ByteBuffer frame;
    append_pool_call(call, frame);
    const auto read = parse_pool_call(body_of(frame));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, call);
  }
}

TEST(PoolFrames, ACallIsTheseBytes) {
  ByteBuffer frame;
  append_pool_call(PoolCall::State, frame);
  EXPECT_EQ(as_text(frame.view()),
            std::string_view("\xc6\0\0\0\x0e\x93\xc0\xa4pool\xa6status", 19));
}

TEST(PoolFrames, WhatIsNoCallIsRefused) {
  for (const std::string_view body : {"", "\x07", "\x93\xc0\xa4pool", "\x93\xc0\xa4poor\xa3run",
                                      "\x93\x07\xa4pool\xa3run", "\x92\xc0\xa4pool"}) {
    EXPECT_FALSE(parse_pool_call(as_bytes(body))) << body;
  }
  EXPECT_EQ(parse_pool_call(as_bytes(std::string_view("\x93\xc0\xa4pool\xa3pay"))).error().message,
            "it calls 'pay', which this pool does not know");
}

TEST(PoolFrames, FactsAreReadAsTheyWereWritten) {
  PoolFacts facts;
  facts.version = "1.2";
  facts.command = "./w --model m";
  facts.refused = "it is ending";
  facts.pid = 4711;
  facts.slots = 4;
  facts.workers = 3;
  facts.runs = 2;
  facts.tasks = 300;
  facts.done = std::uint64_t{1} << 40;
  facts.seconds = 70000;
  facts.idle_max = 600000;
  facts.stopping = facts.down = true;
  ByteBuffer frame;
  append_pool_facts(facts, frame);
  const auto read = parse_pool_facts(body_of(frame));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, facts);
}

TEST(PoolFrames, KeysOfALaterPoolAreIgnored) {
  const auto read = parse_pool_facts(
      as_bytes(std::string_view("\x93\xc0\xa4pool\x82\xa3new\x01\xa3pid\x07", 19)));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->pid, 7u);
}

TEST(PoolFrames, WhatIsCutOffIsNoFacts) {
  PoolFacts facts;
  facts.command = "w";
  ByteBuffer frame;
  append_pool_facts(facts, frame);
  const ByteView body = body_of(frame);
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(parse_pool_facts(body.first(size))) << size;
  }
}

TEST(PoolFrames, TailsEndWithABye) {
  ByteBuffer tail, bye;
  append_pool_tail("the end\n", tail);
  append_pool_bye(bye);
  std::string_view text;
  ASSERT_TRUE(parse_pool_tail(body_of(tail), text));
  EXPECT_EQ(text, "the end\n");
  EXPECT_FALSE(parse_pool_tail(body_of(bye), text));
}

TEST(PoolFrames, WhatWorkersWriteIsAMessageOfWireOne) {
  OutputQueue queue;
  append_pool_errors("a line\n", queue);
  const ByteView frame = queue.only_piece();
  UpMessage message;
  std::string error;
  ASSERT_TRUE(parse_message(frame.subspan(kPoolHeaderBytes), message, error)) << error;
  EXPECT_EQ(message.kind, UpKind::Stderr);
  EXPECT_EQ(message.text, "a line\n");
}

TEST(PoolFrames, AFrameHasALimit) {
  EXPECT_EQ(pool_frame_size(bytes(std::string_view("\xc6\0\x10\0\0", 5)).view()), kPoolFrameMax);
  EXPECT_EQ(pool_frame_size(bytes(std::string_view("\xc6\0\x10\0\x01", 5)).view()), 0u);
  EXPECT_EQ(pool_frame_size(bytes(std::string_view("\xc5\0\0\0\x01", 5)).view()), 0u);
  EXPECT_EQ(pool_frame_size(bytes("\xc6").view()), 0u);
}

}  // namespace
}  // namespace spread::wire
