#include "spread/base/json_string.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spread {
namespace {

std::string escaped(std::string_view text, JsonEscapes escapes = JsonEscapes::Letters) {
  ByteBuffer out;
  append_json_escaped(text, out, escapes);
  return std::string(as_text(out.view()));
}

std::string json_string(std::string_view text) {
  ByteBuffer out;
  append_json_string(text, out);
  return std::string(as_text(out.view()));
}

TEST(JsonString, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(escaped("a\"b\\c"), R"(a\"b\\c)");
  EXPECT_EQ(escaped("\b\f\n\r\t"), R"(\b\f\n\r\t)");
  EXPECT_EQ(escaped(std::string_view("\0\x01\v\x1b\x1f", 5)), R"(\u0000\u0001\u000b\u001b\u001f)");
  EXPECT_EQ(escaped(""), "");
}

TEST(JsonString, LeavesTheRestAsItIs) {
  EXPECT_EQ(escaped(" /'\x7f"), " /'\x7f");
  EXPECT_EQ(escaped("gr\xc3\xbc\xc3\x9f \xc2\x9b"), "gr\xc3\xbc\xc3\x9f \xc2\x9b");
  EXPECT_EQ(escaped("\xff\xc3"), "\xff\xc3");
}

TEST(JsonString, EscapesByNumberAsGnuParallel) {
  EXPECT_EQ(escaped("a\"\\\b\f\n\r\t\x01\x7f", JsonEscapes::Numbers),
            R"(a\"\\\u0008\u000c\u000a\u000d\u0009\u0001)"
            "\x7f");
}

TEST(JsonString, EscapesAtEveryPlaceOfAWord) {
  for (std::size_t place = 0; place < 20; ++place) {
    std::string text(20, 'x');
    text[place] = '\n';
    EXPECT_EQ(escaped(text), std::string(place, 'x') + "\\n" + std::string(19 - place, 'x'));
  }
}

TEST(JsonString, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(json_string("a\xff\xfe"
                        "b"),
            "\"a\xef\xbf\xbd\xef\xbf\xbd"
            "b\"");
  EXPECT_EQ(json_string("\xc3"), "\"\xef\xbf\xbd\"");
  EXPECT_EQ(json_string("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(json_string("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"");
  EXPECT_EQ(json_string(""), R"("")");
}

/// By another parser than spread's.
TEST(JsonString, IsReadBackWhateverTheBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const nlohmann::json read = nlohmann::json::parse(json_string(text));
      if (first < 128 && second < 128) {
        EXPECT_EQ(read.get<std::string>(), text);
      }
    }
  }
}

}  // namespace
}  // namespace spread
