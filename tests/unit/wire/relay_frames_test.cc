#include "spread/wire/relay_frames.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire_testing.h"

namespace spread::wire {
namespace {

using What = RelayFound::What;

std::string hex_of(const RelayFrame& frame) {
  ByteBuffer out;
  append_relay_frame(frame, out);
  return to_hex(out.view());
}

RelayFrame frame_of(RelayKind kind, std::uint32_t k) {
  RelayFrame frame;
  frame.kind = kind;
  frame.k = k;
  return frame;
}

std::string error_of(std::string_view hex, RelaySide from) {
  const std::string bytes = from_hex(hex);
  RelayFrame frame;
  const RelayFound found = find_relay_frame(as_bytes(bytes), from, frame);
  EXPECT_EQ(found.what, What::Broken) << hex;
  return found.error;
}

/// A start with this variable, in hexadecimal.
std::string start_with(const std::string& name, const std::string& value) {
  const ByteBuffer map = relay_environment({{name, value}});
  RelayFrame frame = frame_of(RelayKind::Start, 0);
  frame.bytes = map.view();
  return hex_of(frame);
}

TEST(RelayFrames, HaveTheBytesOfTheDocument) {
  EXPECT_EQ(hex_of(frame_of(RelayKind::Begin, 0)), "c60000000892c0a572656c6179");
  RelayFrame in = frame_of(RelayKind::In, 3);
  in.bytes = as_bytes("abc");
  EXPECT_EQ(hex_of(in),
            "c6000000"
            "0a"
            "9303a2696e"
            "c403616263");
  RelayFrame read = frame_of(RelayKind::Read, 1);
  read.reads_err = false;
  EXPECT_EQ(hex_of(read),
            "c6000000"
            "09"
            "9401a472656164c3c2");
  RelayFrame down = frame_of(RelayKind::Down, 200);
  down.signal = 9;
  EXPECT_EQ(hex_of(down),
            "c6000000"
            "0b"
            "95cc"
            "c8a4646f776e"
            "0009a0");
}

TEST(RelayFrames, OfEveryKindReadBackAsTheyWereWritten) {
  const ByteBuffer environment = relay_environment({{"A", "1"}, {"B", ""}});
  std::vector<std::pair<RelaySide, RelayFrame>> frames;
  for (int kind = 0; kind <= static_cast<int>(RelayKind::Bye); ++kind) {
    RelayFrame frame = frame_of(static_cast<RelayKind>(kind), 7);
    if (frame.kind == RelayKind::Begin || frame.kind >= RelayKind::Beat) frame.k = 0;
    if (frame.kind == RelayKind::Start) frame.bytes = environment.view();
    if (frame.kind == RelayKind::In || frame.kind == RelayKind::Out) frame.bytes = as_bytes("xyz");
    if (frame.kind == RelayKind::Up) frame.text = "n1", frame.number = 4711;
    if (frame.kind == RelayKind::Took) frame.number = kRelayUnderwayMax;
    if (frame.kind == RelayKind::Down) frame.text = "why", frame.exit_status = 255;
    frames.emplace_back(frame.kind < RelayKind::Up ? RelaySide::Master : RelaySide::Relay, frame);
  }
  for (const auto& [from, frame] : frames) {
    ByteBuffer out;
    append_relay_frame(frame, out);
    for (std::size_t size = 0; size < out.size(); ++size) {
      RelayFrame cut;
      const RelayFound found = find_relay_frame(out.view().first(size), from, cut);
      ASSERT_EQ(found.what, What::NeedMore) << size;
      EXPECT_GT(found.size, size);
      EXPECT_LE(found.size, out.size());
    }
    RelayFrame read;
    const RelayFound found = find_relay_frame(out.view(), from, read);
    ASSERT_EQ(found.what, What::Frame) << found.error;
    EXPECT_EQ(found.size, out.size());
    EXPECT_EQ(hex_of(read), hex_of(frame));
    // The other side says no such thing.
    const RelaySide other = from == RelaySide::Master ? RelaySide::Relay : RelaySide::Master;
    EXPECT_EQ(find_relay_frame(out.view(), other, read).what, What::Broken);
  }
  const RelayEnvironment read = environment_of(environment.view());
  EXPECT_EQ(read, (RelayEnvironment{{"A", "1"}, {"B", ""}}));
}

TEST(RelayFrames, AHeadStandsForTheFrameWithItsBytes) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{300}, kRelayPieceMax}) {
    const std::string bytes(size, 'x');
    RelayFrame frame = frame_of(RelayKind::Out, 70'000);
    frame.bytes = as_bytes(bytes);
    ByteBuffer head;
    append_relay_head(RelayKind::Out, 70'000, size, head);
    head.append(bytes);
    EXPECT_EQ(to_hex(head.view()), hex_of(frame));
  }
}

TEST(RelayFrames, WhatIsNoneOfThemIsNamed) {
  EXPECT_EQ(error_of("41", RelaySide::Relay), "the byte 41 begins no frame");
  EXPECT_EQ(error_of("c600500000", RelaySide::Relay), "a frame of 5242880 bytes is too long");
  EXPECT_EQ(error_of("c600000001c0", RelaySide::Relay), "a frame is no array of two or more");
  EXPECT_EQ(error_of("c6000000029201", RelaySide::Relay), "a frame has no word");
  EXPECT_EQ(error_of("c6000000059201a26f6b", RelaySide::Relay),
            "a frame 'ok' is none of its words");
  EXPECT_EQ(error_of("c60000000692c0a3656e64", RelaySide::Relay),
            "a frame has no number of a worker");
  EXPECT_EQ(error_of("c60000000792"
                     "01a462656174",
                     RelaySide::Relay),
            "a frame has no number of a worker");
  // Bytes behind it, too few elements, a wrong type.
  EXPECT_EQ(error_of("c6000000079201a3656e64"
                     "00",
                     RelaySide::Relay),
            "a frame \"end\" is not as it should be");
  EXPECT_EQ(error_of("c6000000069201a36f7574", RelaySide::Relay),
            "a frame \"out\" is not as it should be");
  EXPECT_EQ(error_of("c6000000079301a36f757405", RelaySide::Relay),
            "a frame \"out\" is not as it should be");
  EXPECT_EQ(error_of("c60000000c9301a5737461727481a14105", RelaySide::Master),
            "a frame \"start\" is not as it should be");
}

TEST(RelayFrames, NameOnlyVariablesThatAShellKnows) {
  for (const std::string& name : {std::string(), std::string("1A"), std::string("A=B"),
                                  std::string("A;b"), std::string("A\0", 2)}) {
    EXPECT_EQ(error_of(start_with(name, "x"), RelaySide::Master),
              "a frame \"start\" is not as it should be")
        << name;
  }
  EXPECT_EQ(error_of(start_with("A", std::string("x\0y", 3)), RelaySide::Master),
            "a frame \"start\" is not as it should be");
  RelayFrame frame;
  const std::string bytes = from_hex(start_with("_a1", "=\n"));
  EXPECT_EQ(find_relay_frame(as_bytes(bytes), RelaySide::Master, frame).what, What::Frame);
}

}  // namespace
}  // namespace spread::wire
