#include "spread/base/characters.h"

#include <cctype>

#include <gtest/gtest.h>

namespace spread {
namespace {

/// The test runs in the locale C.
TEST(Ascii, ClassesAreThoseOfTheLocaleC) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is_digit(c), std::isdigit(byte) != 0) << byte;
    EXPECT_EQ(is_lower(c), std::islower(byte) != 0) << byte;
    EXPECT_EQ(is_upper(c), std::isupper(byte) != 0) << byte;
    EXPECT_EQ(is_letter(c), std::isalpha(byte) != 0) << byte;
    EXPECT_EQ(is_letter_or_digit(c), std::isalnum(byte) != 0) << byte;
    EXPECT_EQ(is_name_char(c), std::isalnum(byte) != 0 || c == '_') << byte;
    EXPECT_EQ(is_blank(c), std::isblank(byte) != 0) << byte;
    EXPECT_EQ(is_space(c), std::isspace(byte) != 0) << byte;
    EXPECT_EQ(to_lower(c), static_cast<char>(std::tolower(byte))) << byte;
    EXPECT_EQ(to_upper(c), static_cast<char>(std::toupper(byte))) << byte;
  }
}

TEST(Ascii, LowerCaseLeavesOtherBytesAlone) {
  EXPECT_EQ(lower_case("Ab-Z\xc3\x84"), "ab-z\xc3\x84");
  EXPECT_EQ(lower_case(""), "");
}

}  // namespace
}  // namespace spread
