#include "spread/base/characters.h"

#include <string>

#include <gtest/gtest.h>

namespace spread {
namespace {

bool good(std::string_view text) { return is_utf8(as_bytes(text)); }

TEST(Utf8, AcceptsTheEndsOfEveryRange) {
  for (const char* text :
       {"", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(good(text)) << text;
  }
}

TEST(Utf8, RefusesOverlongForms) {
  EXPECT_FALSE(good("\xc0\x80"));
  EXPECT_FALSE(good("\xc1\xbf"));
  EXPECT_FALSE(good("\xe0\x9f\xbf"));
  EXPECT_FALSE(good("\xf0\x8f\xbf\xbf"));
}

TEST(Utf8, RefusesSurrogatesAndWhatIsAboveUnicode) {
  EXPECT_FALSE(good("\xed\xa0\x80"));
  EXPECT_FALSE(good("\xed\xbf\xbf"));
  EXPECT_FALSE(good("\xf4\x90\x80\x80"));
  EXPECT_FALSE(good("\xf5\x80\x80\x80"));
  EXPECT_FALSE(good("\xff"));
}

TEST(Utf8, RefusesLooseAndMissingContinuations) {
  for (const char* text : {"\x80", "\xbf", "\xc3", "\xc3(", "\xe2\x82", "\xe2\x82(", "\xe2(\xac",
                           "\xf0\x9f\x98", "\xf0\x9f\x98(", "\xf0\x9f(\x80"}) {
    EXPECT_FALSE(good(text)) << text;
  }
}

TEST(Utf8, SeesABadByteAtEveryPlace) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t bad = 0; bad < size; ++bad) {
      std::string text(size, 'a');
      EXPECT_TRUE(good(text));
      EXPECT_TRUE(is_ascii(as_bytes(text)));
      text[bad] = '\xff';
      EXPECT_FALSE(is_ascii(as_bytes(text)));
      EXPECT_EQ(utf8_prefix(as_bytes(text)), bad);
    }
  }
}

TEST(Utf8, SeesTheLengthOfTheGoodPart) {
  EXPECT_EQ(utf8_prefix(as_bytes("abc\xc3\xa9"
                                 "defghijklmnop\xe2\x82")),
            18u);
}

// Every code point there and back, and every neighbour that is none.
TEST(Utf8, EncodesEveryCodePointAsItReadsIt) {
  std::size_t characters = 0;
  for (std::uint32_t code_point = 0; code_point <= 0x10ffff; ++code_point) {
    if (code_point >= 0xd800 && code_point < 0xe000) continue;
    Byte bytes[4] = {};
    const std::size_t size = encode_utf8(code_point, bytes);
    ASSERT_EQ(size, code_point < 0x80      ? 1u
                    : code_point < 0x800   ? 2u
                    : code_point < 0x10000 ? 3u
                                           : 4u);
    ASSERT_TRUE(is_utf8({bytes, size})) << code_point;
    ASSERT_FALSE(size > 1 && is_utf8({bytes, size - 1})) << code_point;
    ++characters;
  }
  EXPECT_EQ(characters, 0x110000u - 0x800u);
}

// Of all strings of up to three bytes, exactly those are UTF-8 that code points encode to.
TEST(Utf8, AcceptsNothingElseInThreeBytes) {
  std::size_t accepted = 0;
  for (std::uint32_t n = 0; n < 0x1000000; ++n) {
    const Byte bytes[3] = {static_cast<Byte>(n >> 16), static_cast<Byte>(n >> 8),
                           static_cast<Byte>(n)};
    if (utf8_prefix({bytes, 3}) == 3) ++accepted;
  }
  // Three of one byte, one and two in both orders, or one of three.
  constexpr std::size_t kOne = 0x80, kTwo = 0x800 - 0x80, kThree = 0x10000 - 0x800 - 0x800;
  EXPECT_EQ(accepted, kOne * kOne * kOne + 2 * kOne * kTwo + kThree);
}

}  // namespace
}  // namespace spread
