// Random bytes and random messages, in random pieces, for every wire.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/random.h"
#include "spread/wire/codec.h"
#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

constexpr std::size_t kMaxFrame = 5000;

/// Garbage that is full of beginnings: uniform bytes would almost never get past the first.
std::string random_garbage(Random& random) {
  static constexpr const char* kPieces[] = {"c6",
                                            "c6000000",
                                            "c600000006",
                                            "c60000000693",
                                            "93",
                                            "07",
                                            "0a",
                                            "a26f6b",
                                            "a56572726f72",
                                            "c0",
                                            "dd",
                                            "dc0003",
                                            "c6ffffffff",
                                            "c6ffffffff93",
                                            "9307a26f6b",
                                            "90",
                                            "81",
                                            "c1",
                                            "5b",
                                            "5b312c",
                                            "226f6b22",
                                            "2c",
                                            "5d0a",
                                            "7b",
                                            "22",
                                            "5c75",
                                            "6e756c6c",
                                            "2d",
                                            "c68f",
                                            "20",
                                            "c6000000069307a26f6b010a",
                                            "5b372c226f6b222c315d0a",
                                            "68690a",
                                            "db00000005"};
  std::string bytes;
  const std::uint64_t pieces = 1 + random.below(20);
  for (std::uint64_t i = 0; i < pieces; ++i) {
    if (random.below(8) == 0) {
      bytes += static_cast<char>(random.next());
    } else {
      bytes += from_hex(kPieces[random.below(std::size(kPieces))]);
    }
  }
  return bytes;
}

std::vector<std::size_t> random_cuts(Random& random, std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::uint64_t n = random.below(6); n > 0; --n) cuts.push_back(random.below(size + 1));
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

class EveryWire : public ::testing::TestWithParam<Wire> {};
INSTANTIATE_TEST_SUITE_P(Codec, EveryWire,
                         ::testing::Values(Wire::Msgpack, Wire::Json, Wire::Lines));

TEST_P(EveryWire, GarbageIsReadTheSameInAnyPieces) {
  const std::uint64_t seed = test_seed(1);
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    SCOPED_TRACE(::testing::Message() << "SPREAD_SEED=" << seed << " round " << round);
    Random random(seed * 1'000'003 + round);
    const std::string bytes = random_garbage(random);
    const auto whole = decode_all(*make_codec(GetParam(), kMaxFrame), bytes);
    const auto pieces =
        decode_all(*make_codec(GetParam(), kMaxFrame), bytes, random_cuts(random, bytes.size()));
    ASSERT_EQ(pieces, whole) << to_hex(bytes);
  }
}

TEST_P(EveryWire, EveryByteOfGarbageIsAccountedFor) {
  const std::uint64_t seed = test_seed(2);
  for (std::uint64_t round = 0; round < 5'000; ++round) {
    Random random(seed * 1'000'003 + round);
    std::string bytes = random_garbage(random);
    std::size_t told = 0;
    bool broken = false;
    for (const Seen& seen : decode_all(*make_codec(GetParam(), kMaxFrame), bytes)) {
      told += seen.size;
      broken = broken || seen.found == Found::Broken;
    }
    // What is left out is what was skipped: newlines and blanks.
    const auto is_blank = [](char c) {
      return std::string_view("\n \r\t").find(c) != std::string_view::npos;
    };
    const auto blanks =
        static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), is_blank));
    ASSERT_LE(told, bytes.size()) << "SPREAD_SEED=" << seed << " " << to_hex(bytes);
    if (broken) continue;
    ASSERT_GE(told + blanks, bytes.size()) << "SPREAD_SEED=" << seed << " " << to_hex(bytes);
  }
}

std::string random_value(Random& random, int depth);

std::string random_text(Random& random) {
  static constexpr const char* kPieces[] = {
      "a",    "\"",   "\\", "\n", "\xc3\xa9", "\xf0\x9f\x98\x80",
      "\x01", "\x7f", "]",  "{",  ",",        "plain text "};
  std::string text;
  for (std::uint64_t n = random.below(8); n > 0; --n)
    text += kPieces[random.below(std::size(kPieces))];
  ByteBuffer out;
  out.append(text_value(Slice::literal(text)));
  return to_string(out);
}

std::string random_container(Random& random, int depth, bool is_map) {
  const std::uint64_t n = random.below(random.below(10) == 0 ? 40 : 5);
  std::string value;
  if (n < 16) {
    value += static_cast<char>((is_map ? 0x80 : 0x90) | n);
  } else {
    value += is_map ? '\xde' : '\xdc';
    value += '\0';
    value += static_cast<char>(n);
  }
  for (std::uint64_t i = 0; i < n; ++i) {
    if (is_map) value += random_text(random);
    value += random_value(random, depth + 1);
  }
  return value;
}

/// A value that JSON can say exactly, in the shortest encoding.
std::string random_value(Random& random, int depth) {
  const auto number_bytes = [&random] {
    ByteBuffer out;
    const std::uint64_t n = random.next() >> random.below(64);
    EXPECT_TRUE(json_to_msgpack(random.below(2) == 0 || n > (std::uint64_t{1} << 63)
                                    ? std::to_string(n)
                                    : "-" + std::to_string(n + 1 - (n >> 63)),
                                out));
    return to_string(out);
  };
  switch (random.below(depth > 5 ? 6 : 8)) {
    case 0: return "\xc0";
    case 1: return random.below(2) == 0 ? "\xc2" : "\xc3";
    case 2: return number_bytes();
    case 3: {  // a double that is not integral
      std::string value = "\xcb\x3f";
      for (int i = 0; i < 7; ++i) value += static_cast<char>(random.next() | (i == 6 ? 1 : 0));
      if ((value[2] & 0xf0) == 0xf0) value[2] = '\x11';
      return value;
    }
    case 4: return random_text(random);
    case 5: {
      std::string value = "\xc4";
      const std::uint64_t n = random.below(20);
      value += static_cast<char>(n);
      for (std::uint64_t i = 0; i < n; ++i) value += static_cast<char>(random.next());
      return value;
    }
    case 6: return random_container(random, depth, false);
    default: return random_container(random, depth, true);
  }
}

TEST(JsonRoundTrip, AValueComesBackByteForByte) {
  const std::uint64_t seed = test_seed(3);
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    Random random(seed * 1'000'003 + round);
    const std::string value = random_value(random, 0);
    ByteBuffer json, back;
    JsonStyle style;
    ASSERT_TRUE(msgpack_to_json(as_bytes(value), json, style));
    ASSERT_TRUE(json_to_msgpack(as_text(json.view()), back)) << to_string(json);
    ASSERT_EQ(to_hex(back.view()), to_hex(value))
        << "SPREAD_SEED=" << seed << " round " << round << " " << to_string(json);
  }
}

TEST(JsonRoundTrip, AMessageIsTheSameOnBothWires) {
  const std::uint64_t seed = test_seed(4);
  for (std::uint64_t round = 0; round < 5'000; ++round) {
    Random random(seed * 1'000'003 + round);
    const std::string value = random_value(random, 0);
    ByteBuffer json;
    JsonStyle style;
    ASSERT_TRUE(msgpack_to_json(as_bytes(value), json, style));
    const std::string body = "\x93\x07\xa2ok" + value;
    std::string frame = "\xc6";
    for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(body.size() >> shift);
    const std::string line = "[7,\"ok\"," + to_string(json) + "]\n";
    ASSERT_EQ(decode_all(*make_codec(Wire::Json, 1 << 20), line),
              decode_all(*make_codec(Wire::Msgpack, 1 << 20), frame + body))
        << "SPREAD_SEED=" << seed << " round " << round << " " << line;
  }
}

}  // namespace
}  // namespace spread::wire
