#include "spread/wire/msgpack.h"

#include <string>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

std::size_t size_of(std::string_view hex, std::size_t max_bytes = 1 << 30) {
  const std::string bytes = from_hex(hex);
  const auto size = msgpack_size(as_bytes(bytes), max_bytes);
  EXPECT_TRUE(size) << size.error().message;
  return size.value_or(999);
}
std::string error_of(std::string_view hex, std::size_t max_bytes = 1 << 30) {
  const std::string bytes = from_hex(hex);
  const auto size = msgpack_size(as_bytes(bytes), max_bytes);
  return size ? "no error" : size.error().message;
}

TEST(ValueScanner, KnowsTheSizeOfEveryForm) {
  struct Form {
    const char* hex;
    std::size_t size;
  };
  for (const Form& form : {Form{"7f", 1},
                           {"ff", 1},
                           {"c0", 1},
                           {"c3", 1},
                           {"cc00", 2},
                           {"cd0000", 3},
                           {"ce(00*4)", 5},
                           {"cf(00*8)", 9},
                           {"d000", 2},
                           {"d10000", 3},
                           {"d2(00*4)", 5},
                           {"d3(00*8)", 9},
                           {"ca(00*4)", 5},
                           {"cb(00*8)", 9},
                           {"a26161", 3},
                           {"d90161", 3},
                           {"da000161", 4},
                           {"db0000000161", 6},
                           {"c40161", 3},
                           {"c5000161", 4},
                           {"c60000000161", 6},
                           {"d40000", 3},
                           {"d5(00*3)", 4},
                           {"d6(00*5)", 6},
                           {"d7(00*9)", 10},
                           {"d8(00*17)", 18},
                           {"c7010000", 4},
                           {"c800010000", 5},
                           {"c9000000010000", 7},
                           {"90", 1},
                           {"920102", 3},
                           {"dc00020102", 5},
                           {"dd000000020102", 7},
                           {"80", 1},
                           {"81a16101", 4},
                           {"de0001a16101", 6},
                           {"df00000001a16101", 8},
                           {"9290819001", 5}}) {
    EXPECT_EQ(size_of(form.hex), form.size) << form.hex;
    EXPECT_EQ(size_of(std::string(form.hex) + "00"), form.size) << form.hex;
  }
}

TEST(ValueScanner, AValueThatIsCutOffHasNoSizeYet) {
  for (const char* hex : {"cc", "cf(00*7)", "a261", "d9", "da00", "c60000", "c60000000161616161",
                          "9201", "dc0002", "81a161", "c7", "c702"}) {
    const std::string bytes = from_hex(hex);
    EXPECT_EQ(size_of(to_hex(std::string_view(bytes).substr(0, bytes.size() / 2))), 0u) << hex;
  }
}

TEST(ValueScanner, RefusesAClaimThatCannotFit) {
  EXPECT_EQ(error_of("dbffffffff"), "value is longer than allowed");
  EXPECT_EQ(error_of("ddffffffff"), "value is longer than allowed");
  EXPECT_EQ(error_of("dfffffffff"), "value is longer than allowed");
  EXPECT_EQ(error_of("92 a161 a161", 4), "value is longer than allowed");
  EXPECT_EQ(size_of("92 a161 a161", 5), 5u);
}

TEST(ValueScanner, RefusesTheByteThatBeginsNothing) {
  EXPECT_EQ(error_of("92 01 c1"), "value has the byte c1 at 2, which begins no value");
}

TEST(ValueScanner, LimitsTheDepthOfArraysAndMaps) {
  EXPECT_EQ(size_of("(91*255) 90"), 256u);
  EXPECT_EQ(error_of("(91*256) 90"), "value nests deeper than 256");
  EXPECT_EQ(error_of("(81c0*256) 80"), "value nests deeper than 256");
}

TEST(ValueScanner, DepthIsNotTheNumberOfContainers) {
  EXPECT_EQ(size_of("dc0400 (90*1024)"), 1027u);
}

TEST(ValueScanner, CanBeTakenUpAgainAtEveryByte) {
  const std::string bytes = from_hex("93 82a16101a162 92c0dc0001cb(00*8) c403010203 d9026162");
  ValueScanner scanner(1000);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_EQ(scanner.advance(as_bytes(bytes).first(size)), Scan::NeedMore) << size;
    EXPECT_GT(scanner.wanted(), size);
    EXPECT_LE(scanner.wanted(), bytes.size());
  }
  EXPECT_EQ(scanner.advance(as_bytes(bytes)), Scan::Complete);
  EXPECT_EQ(scanner.size(), bytes.size());
}

TEST(ValueScanner, CanBeUsedForTheNextValue) {
  ValueScanner scanner(1000);
  ASSERT_EQ(scanner.advance(as_bytes(from_hex("92 01 9102"))), Scan::Complete);
  scanner.reset();
  EXPECT_EQ(scanner.advance(as_bytes(from_hex("9103"))), Scan::Complete);
  EXPECT_EQ(scanner.size(), 2u);
}

TEST(NextToken, ReadsSignedFormsOfPositiveNumbersAsUnsigned) {
  const std::string bytes = from_hex("d30000000000000005 d1ff00 e0 c70180aa");
  const Byte* at = as_bytes(bytes).data();
  const Byte* const end = at + bytes.size();
  Token token = next_token(at, end);
  EXPECT_EQ(token.type, TokenType::Unsigned);
  EXPECT_EQ(token.number, 5u);
  token = next_token(at, end);
  EXPECT_EQ(token.type, TokenType::Negative);
  EXPECT_EQ(token.negative(), -256);
  EXPECT_EQ(next_token(at, end).negative(), -32);
  token = next_token(at, end);
  EXPECT_EQ(token.type, TokenType::Ext);
  EXPECT_EQ(token.negative(), -128);
  EXPECT_EQ(to_hex(token.bytes), "aa");
  EXPECT_EQ(next_token(at, end).type, TokenType::None);
}

TEST(NextToken, IsNoneForEverythingThatIsCutOff) {
  for (const char* hex :
       {"", "c1", "cc", "a161", "d9ff", "c702", "d401", "cb00", "dc00", "df000000"}) {
    std::string bytes = from_hex(hex);
    if (bytes.size() == 2 && bytes[0] == '\xa1') bytes.pop_back();
    const Byte* const begin = as_bytes(bytes).data();
    const Byte* at = begin;
    EXPECT_EQ(next_token(at, begin + bytes.size()).type, TokenType::None) << hex;
    EXPECT_EQ(at, begin);
  }
}

}  // namespace
}  // namespace spread::wire
