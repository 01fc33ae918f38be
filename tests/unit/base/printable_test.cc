#include "spread/base/quote.h"

#include <gtest/gtest.h>

#include "spread/base/characters.h"

namespace spread {
namespace {

TEST(Printable, NothingIsLeftThatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[2Jb\rc\x7f"
                      "d\x01"),
            "a\\x1b[2Jb\\x0dc\\x7fd\\x01");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "2J"),
            "a\\xc2\\x9b2J");
  EXPECT_EQ(printable("a\x9b"
                      "2J"),
            "a\\x9b2J");
}

TEST(Printable, EachByteThatIsNotUtf8IsShown) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xff"
                      "gr\xc3\xbc"),
            "\\xffgr\xc3\xbc");
  // Overlong, a surrogate.
  EXPECT_EQ(printable("\xc0\x9b\xed\xa0\x80"), "\\xc0\\x9b\\xed\\xa0\\x80");
}

TEST(Printable, TextAndItsLinesStay) {
  for (const std::string text : {"", "a\n\tb\n", "\xc3\xa4\xc2\xa9 \xe2\x82\x9b", "\\x1b"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ReturnsThatEndALineGo) { EXPECT_EQ(printable("a\r\nb\r"), "a\nb"); }

TEST(Printable, AnyTwoBytesComeOutAsUtf8WithoutControls) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const std::string shown = printable(text);
      ASSERT_TRUE(is_utf8(as_bytes(shown))) << first << ' ' << second;
      ASSERT_EQ(printable(shown), shown);
      for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto byte = static_cast<unsigned char>(shown[i]);
        ASSERT_TRUE(byte >= 0x20 || byte == '\n' || byte == '\t') << first << ' ' << second;
        ASSERT_NE(byte, 0x7f);
        ASSERT_FALSE(byte == 0xc2 && static_cast<unsigned char>(shown[i + 1]) < 0xa0);
      }
    }
  }
}

TEST(PrintableLine, KeepsATerminalSafe) {
  EXPECT_EQ(printable_line("a\nb\tc\r\n", 100), "a b c");
  EXPECT_EQ(printable_line("\x1b[31mred", 100), "\\x1b[31mred");
  EXPECT_EQ(printable_line("gr\xc3\xbc\xc3\x9f", 100), "gr\xc3\xbc\xc3\x9f");
}

TEST(PrintableLine, CutsBetweenCharacters) {
  EXPECT_EQ(printable_line("abcdef", 3), "abc...");
  EXPECT_EQ(printable_line("abc", 3), "abc");
  EXPECT_EQ(printable_line("a\xc3\xbc"
                           "b",
                           3),
            "a\xc3\xbc...");
  EXPECT_EQ(printable_line("a\xc3\xbc"
                           "b",
                           2),
            "a...");
  EXPECT_EQ(printable_line("", 3), "");
}

}  // namespace
}  // namespace spread
