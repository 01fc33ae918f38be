#include "spread/base/numbers.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace spread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ParseCount, ReadsDigits) {
  EXPECT_EQ(parse_count("0"), 0u);
  EXPECT_EQ(parse_count("8"), 8u);
  EXPECT_EQ(parse_count("007"), 7u);
}

TEST(ParseCount, ReadsAll64Bits) {
  EXPECT_EQ(parse_count("18446744073709551615"), 18446744073709551615u);
}

TEST(ParseCount, RefusesWhatDoesNotFit) {
  const auto result = parse_count("18446744073709551616");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "'18446744073709551616' is too large");
}

TEST(ParseCount, RefusesAnythingButDigits) {
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "0x10", "1e3", "1.5", "1K", "eight"}) {
    EXPECT_FALSE(parse_count(text)) << text;
  }
}

TEST(ParseCount, NamesTheTextAndWhatIsExpected) {
  EXPECT_EQ(parse_count("eight").error().message, "'eight': expected a whole number such as 8");
}

TEST(ParseSize, CapitalsArePowersOf1024) {
  EXPECT_EQ(parse_size("65536"), 65536u);
  EXPECT_EQ(parse_size("64K"), 65536u);
  EXPECT_EQ(parse_size("1M"), 1u << 20);
  EXPECT_EQ(parse_size("1G"), 1u << 30);
  EXPECT_EQ(parse_size("1T"), std::uint64_t{1} << 40);
  EXPECT_EQ(parse_size("1P"), std::uint64_t{1} << 50);
  EXPECT_EQ(parse_size("15E"), std::uint64_t{15} << 60);
}

TEST(ParseSize, SmallLettersArePowersOf1000) {
  EXPECT_EQ(parse_size("64k"), 64000u);
  EXPECT_EQ(parse_size("3m"), 3000000u);
  EXPECT_EQ(parse_size("2g"), 2000000000u);
  EXPECT_EQ(parse_size("1t"), 1000000000000u);
}

TEST(ParseSize, AnIMakesIt1024AndABIsIgnored) {
  EXPECT_EQ(parse_size("1KiB"), 1024u);
  EXPECT_EQ(parse_size("1ki"), 1024u);
  EXPECT_EQ(parse_size("1KB"), 1024u);
  EXPECT_EQ(parse_size("1kB"), 1000u);
  EXPECT_EQ(parse_size("10B"), 10u);
}

TEST(ParseSize, TakesFractionsOfAUnit) {
  EXPECT_EQ(parse_size("1.5M"), 1572864u);
  EXPECT_EQ(parse_size(".5K"), 512u);
  EXPECT_EQ(parse_size("0.3333k"), 333u);
}

TEST(ParseSize, KeepsAllDigitsOfAWholeNumber) {
  EXPECT_EQ(parse_size("18446744073709551615"), 18446744073709551615u);
  EXPECT_EQ(parse_size("9007199254740993"), 9007199254740993u);
}

TEST(ParseSize, RefusesWhatDoesNotFit) {
  for (const char* text : {"16E", "18446744073709551616", "18446744073709552K", "16.0E"}) {
    const auto result = parse_size(text);
    ASSERT_FALSE(result) << text;
    EXPECT_NE(result.error().message.find("too large"), std::string::npos) << text;
  }
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", "K", ".", "1.5", "-1K", "1KK", "1 K", "1Ki ", "1b", "1x", "1iB",
                           "inf", "nan", "1e3", "0x1K", "1KBi"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(ParseDuration, ABareNumberIsSeconds) {
  EXPECT_EQ(parse_duration("30"), seconds(30));
  EXPECT_EQ(parse_duration("1.5"), milliseconds(1500));
  EXPECT_EQ(parse_duration("0"), seconds(0));
}

TEST(ParseDuration, KnowsItsUnits) {
  EXPECT_EQ(parse_duration("20ms"), milliseconds(20));
  EXPECT_EQ(parse_duration("30s"), seconds(30));
  EXPECT_EQ(parse_duration("10m"), minutes(10));
  EXPECT_EQ(parse_duration("2h"), hours(2));
  EXPECT_EQ(parse_duration("1d"), hours(24));
}

TEST(ParseDuration, AddsUpMixedUnits) {
  EXPECT_EQ(parse_duration("1d3.5h"), hours(24) + minutes(210));
  EXPECT_EQ(parse_duration("1m30s5ms"), milliseconds(90005));
}

TEST(ParseDuration, RoundsToTheNanosecond) {
  EXPECT_EQ(parse_duration("0.1"), milliseconds(100));
  EXPECT_EQ(parse_duration("0.0000000001"), Duration(0));
}

TEST(ParseDuration, RefusesWhatIsNoTime) {
  for (const char* text : {"", "s", "-1", "+1", "1 s", "1m30", "1x", "1s ", "inf", "nan", "1e3",
                           "10%", "1M", "1..5s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseDuration, RefusesMoreThan292Years) {
  EXPECT_TRUE(parse_duration("100000d"));
  const auto result = parse_duration("110000d");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "'110000d' is too large");
  EXPECT_FALSE(parse_duration(std::string(400, '9')));
}

TEST(ParseSlotCount, HasFourKinds) {
  using Kind = SlotCount::Kind;
  struct {
    const char* text;
    Kind kind;
    double number;
  } const cases[] = {
      {"8", Kind::Count, 8},     {"150%", Kind::Percent, 150},  {"12.5%", Kind::Percent, 12.5},
      {"+2", Kind::Offset, 2},   {"-1", Kind::Offset, -1},      {"+0", Kind::Offset, 0},
      {"0", Kind::Unlimited, 0}, {"65536", Kind::Count, 65536},
  };
  for (const auto& c : cases) {
    const Result<SlotCount> slots = parse_slot_count(c.text);
    ASSERT_TRUE(slots) << c.text;
    EXPECT_EQ(slots->kind, c.kind) << c.text;
    EXPECT_EQ(slots->number, c.number) << c.text;
  }
}

TEST(ParseSlotCount, RefusesWhatIsNoNumberOfSlots) {
  for (const char* text : {"", "x", "1.5", "+", "-", "--1", "+1%", "-5%", "0%", "%", "8 ", "1e3"}) {
    const Result<SlotCount> slots = parse_slot_count(text);
    ASSERT_FALSE(slots) << text;
    EXPECT_NE(slots.error().message.find("expected a number of slots"), std::string::npos) << text;
  }
}

TEST(ParseSlotCount, RefusesMoreThanAMachineCanHave) {
  for (const char* text : {"65537", "+65537", "-65537", "6553601%"}) {
    EXPECT_FALSE(parse_slot_count(text)) << text;
  }
}

TEST(ParsePercent, ReadsTheNumberBeforeTheSign) {
  EXPECT_EQ(parse_percent("50%"), 50.0);
  EXPECT_EQ(parse_percent("12.5%"), 12.5);
  EXPECT_EQ(parse_percent("300%"), 300.0);
}

TEST(ParsePercent, NeedsTheSign) {
  for (const char* text : {"", "%", "50", "50%%", "-1%", "50 %", "inf%", "nan%"}) {
    EXPECT_FALSE(parse_percent(text)) << text;
  }
}

TEST(Parse, KeepsMessagesOnOneLine) {
  EXPECT_EQ(parse_count("1\n2").error().message, "'1\\x0a2': expected a whole number such as 8");
}

}  // namespace
}  // namespace spread
