#include "spread/base/json_string.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "spread/base/random.h"

namespace spread {
namespace {

std::string encode(std::string_view bytes) {
  std::string text(base64_size(bytes.size()), '?');
  encode_base64(as_bytes(bytes), text.data());
  return text;
}
std::optional<std::string> decode(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '?');
  const auto size = decode_base64(text, reinterpret_cast<Byte*>(bytes.data()));
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

// RFC 4648 section 10.
TEST(Base64, EncodesTheExamplesOfItsStandard) {
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foob"), "Zm9vYg==");
  EXPECT_EQ(encode("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, UsesTheStandardAlphabet) { EXPECT_EQ(encode("\xfb\xff\xbf"), "+/+/"); }

TEST(Base64, DecodesWhatItEncodes) {
  Random random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random.below(70), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    ASSERT_EQ(decode(encode(bytes)), bytes);
  }
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zm9v=", "====", "=Zg=", "Z=g=", "Zm9v\n",
                           "Zm 9", "Zm9-", "Zm9_", "Zg==Zg==",
                           "Zm\xff"
                           "v"}) {
    EXPECT_FALSE(decode(text)) << text;
  }
}

TEST(Base64, RefusesBitsThatBelongToNoByte) {
  EXPECT_FALSE(decode("Zh=="));
  EXPECT_FALSE(decode("Zm9="));
}

TEST(Base64, KnowsEveryLetter) {
  int letters = 0;
  for (int c = 0; c < 256; ++c) {
    const std::string text = {static_cast<char>(c), 'A', 'A', 'A'};
    if (decode(text)) ++letters;
  }
  EXPECT_EQ(letters, 64);
}

}  // namespace
}  // namespace spread
