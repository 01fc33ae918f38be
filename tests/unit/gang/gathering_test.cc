#include "spread/gang/gathering.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "gang_testing.h"

namespace spread {
namespace {

using test::as_json;
using test::encoded;

std::vector<Slice> all_encoded(const std::vector<std::string>& answers) {
  std::vector<Slice> encodings;
  for (const std::string& answer : answers) encodings.push_back(encoded(answer));
  return encodings;
}

std::string gathered(GatherAs how, const std::vector<Slice>& answers) {
  return as_json(gather(how, wire::text_value(Slice::literal("task")), answers).body.view());
}
std::string gathered(GatherAs how, const std::vector<std::string>& answers) {
  return gathered(how, all_encoded(answers));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

TEST(Gathering, EachForm) {
  const std::vector<std::string> answers = {R"([1,"a"])", "[]", "[2.5,null]"};
  EXPECT_EQ(gathered(GatherAs::List, answers), R"([[1,"a"],[],[2.5,null]])");
  EXPECT_EQ(gathered(GatherAs::Root, answers), R"([1,"a"])");
  EXPECT_EQ(gathered(GatherAs::Concat, answers), R"([1,"a",2.5,null])");
  EXPECT_EQ(gathered(GatherAs::Map, answers), R"({"0":[1,"a"],"1":[],"2":[2.5,null]})");
}

TEST(Gathering, OfOneMember) {
  const std::vector<std::string> one = {"7"};
  EXPECT_EQ(gathered(GatherAs::List, one), "[7]");
  EXPECT_EQ(gathered(GatherAs::Root, one), "7");
  EXPECT_EQ(gathered(GatherAs::Concat, all_encoded({"[7]"})), "[7]");
  EXPECT_EQ(gathered(GatherAs::Map, one), R"({"0":7})");
}

TEST(Gathering, ConcatTakesApartTheOutermostListsAlone) {
  EXPECT_EQ(gathered(GatherAs::Concat, all_encoded({"[]", "[]"})), "[]");
  EXPECT_EQ(gathered(GatherAs::Concat, all_encoded({"[[]]", "[]", "[[1,[2]],{\"a\":[3]}]"})),
            R"([[],[1,[2]],{"a":[3]}])");
}

// The headers of lists and maps, and the numbers in them, have other sizes from 16, 128 and 65536
// on.
TEST(Gathering, OfManyMembers) {
  for (const std::size_t size : {std::size_t{15}, std::size_t{20}, std::size_t{70'000}}) {
    std::vector<std::string> answers, lists, entries;
    for (std::size_t rank = 0; rank < size; ++rank) {
      const std::string number = std::to_string(rank);
      answers.push_back("[" + number + "]");
      lists.push_back(number);
      entries.push_back("\"" + number + "\":[" + number + "]");
    }
    const std::vector<Slice> encodings = all_encoded(answers);
    EXPECT_EQ(gathered(GatherAs::List, encodings), "[" + joined(answers) + "]");
    EXPECT_EQ(gathered(GatherAs::Root, encodings), "[0]");
    EXPECT_EQ(gathered(GatherAs::Concat, encodings), "[" + joined(lists) + "]");
    EXPECT_EQ(gathered(GatherAs::Map, encodings), "{" + joined(entries) + "}");
  }
}

TEST(Gathering, ConcatOfLongLists) {
  for (const std::size_t length : {std::size_t{20}, std::size_t{70'000}}) {
    const std::string items = joined(std::vector<std::string>(length, "1"));
    EXPECT_EQ(
        gathered(GatherAs::Concat, all_encoded({"[" + items + "]", "[2]", "[" + items + "]"})),
        "[" + items + ",2," + items + "]");
  }
}

TEST(Gathering, WhatIsAList) {
  const std::string long_one = "[" + joined(std::vector<std::string>(70'000, "1")) + "]";
  for (const std::string& list : {std::string("[]"), std::string("[1]"), long_one})
    EXPECT_TRUE(is_list(encoded(list).view()));
  for (const char* other : {"null", "0", "\"[]\"", "{}", R"({"a":[]})", "true", "1.5"})
    EXPECT_FALSE(is_list(encoded(other).view())) << other;
}

}  // namespace
}  // namespace spread
