#include "spread/relay/incoming.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spread {
namespace {

/// As a read does it: as much as there is room for.
std::string_view feed(Incoming& incoming, std::string_view bytes) {
  const std::span<Byte> room = incoming.room();
  const std::size_t size = std::min(room.size(), bytes.size());
  std::memcpy(room.data(), bytes.data(), size);
  incoming.filled(size);
  return bytes.substr(size);
}

std::string unread(const Incoming& incoming) { return std::string(as_text(incoming.view())); }

TEST(Incoming, WhatIsReadIsOneString) {
  Incoming incoming;
  EXPECT_TRUE(incoming.empty());
  EXPECT_TRUE(incoming.view().empty());
  feed(incoming, "abc");
  feed(incoming, "def");
  EXPECT_EQ(unread(incoming), "abcdef");
  incoming.consume(4);
  EXPECT_EQ(unread(incoming), "ef");
}

TEST(Incoming, WhatIsKeptStaysAsItIs) {
  Incoming incoming;
  std::vector<Slice> kept;
  std::string all;
  for (int i = 0; i < 20'000; ++i) {
    const std::string piece = std::to_string(i) + ";";
    for (std::string_view rest = piece; !rest.empty();) rest = feed(incoming, rest);
    kept.push_back(incoming.share(incoming.view().first(piece.size())));
    incoming.consume(piece.size());
    all += piece;
  }
  std::string joined;
  for (const Slice& each : kept) joined += as_text(each.view());
  EXPECT_EQ(joined, all);
}

TEST(Incoming, ALargeOneIsInOnePiece) {
  const std::string large(1'000'000, 'x');
  Incoming incoming;
  feed(incoming, "begin");
  incoming.want(5 + large.size());
  for (std::string_view rest = large; !rest.empty();) rest = feed(incoming, rest);
  EXPECT_EQ(unread(incoming), "begin" + large);
}

TEST(Incoming, WhatIsOnlyClaimedTakesNoMemory) {
  Incoming incoming;
  feed(incoming, "head");
  incoming.want(std::size_t{1} << 40);
  for (int i = 0; i < 10; ++i) feed(incoming, std::string(10'000, 'x'));
  EXPECT_LT(incoming.room().size(), 1'000'000u);
}

TEST(Incoming, ABlockOfWhichNothingIsKeptIsUsedAgain) {
  Incoming incoming;
  feed(incoming, "abc");
  const Byte* const at = incoming.view().data();
  incoming.consume(3);
  feed(incoming, "def");
  EXPECT_EQ(incoming.view().data(), at);
}

}  // namespace
}  // namespace spread
