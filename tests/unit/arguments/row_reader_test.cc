#include "spread/arguments/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "argument_support.h"

namespace spread {
namespace {

using test::file;
using test::list;
using testing::ElementsAre;
using testing::IsEmpty;

ArgumentSourceOptions sources(std::vector<test::Source> list_of_sources) {
  ArgumentSourceOptions options;
  options.sources = std::move(list_of_sources);
  return options;
}

TEST(CrossRows, AreAllCombinationsWithTheFirstSourceChangingSlowest) {
  EXPECT_THAT(test::tasks_of(sources({list({"a", "b"}), list({"1", "2"}), list({"x"})})),
              ElementsAre("[a][1][x]", "[a][2][x]", "[b][1][x]", "[b][2][x]"));
  EXPECT_THAT(test::tasks_of(sources({list({"a"}), list({"1", "2"}), list({"x", "y"})})),
              ElementsAre("[a][1][x]", "[a][1][y]", "[a][2][x]", "[a][2][y]"));
}

TEST(CrossRows, AreMadeOfFilesToo) {
  EXPECT_THAT(test::tasks_of(sources({file("f"), file("g"), list({"x", "y"})}), {"a\nb\n", "1"}),
              ElementsAre("[a][1][x]", "[a][1][y]", "[b][1][x]", "[b][1][y]"));
}

TEST(CrossRows, OfASourceWithoutItemsAreNone) {
  EXPECT_THAT(test::tasks_of(sources({file("f"), list({})}), {"a\nb\n"}), IsEmpty());
  EXPECT_THAT(test::tasks_of(sources({file("f"), list({"x"})}), {""}), IsEmpty());
}

TEST(CrossRows, StreamTheFirstSource) {
  auto source = *ArgumentSource::make(sources({file("f"), file("g")}));
  Record record;
  ASSERT_EQ(source->next(record), Pull::NeedMore);
  ASSERT_EQ(source->wanted(), 1u);
  source->feed(Slice::copy_of(as_bytes("1\n2\n")));
  ASSERT_EQ(source->next(record), Pull::NeedMore);
  source->finish();
  ASSERT_EQ(source->next(record), Pull::NeedMore);
  ASSERT_EQ(source->wanted(), 0u);
  source->feed(Slice::copy_of(as_bytes("a\n")));
  ASSERT_EQ(source->next(record), Pull::Record);
  EXPECT_EQ(test::text_of(record.payload.body.view()), "[a][1]");
  ASSERT_EQ(source->next(record), Pull::Record);
  EXPECT_EQ(source->next(record), Pull::NeedMore);
}

TEST(CrossRows, GoThroughAStoreOfManyBlocks) {
  std::string text;
  for (int i = 0; i < 30000; ++i) text += std::to_string(i) + "\n";
  const std::vector<std::string> tasks =
      test::read_tasks(sources({list({"a", "b"}), file("g")}), {"", text}, 1000);
  ASSERT_EQ(tasks.size(), 60000u);
  for (std::size_t i = 0; i < 30000; ++i) {
    ASSERT_EQ(tasks[i], "[a][" + std::to_string(i) + "]");
    ASSERT_EQ(tasks[30000 + i], "[b][" + std::to_string(i) + "]");
  }
}

TEST(CrossRows, GoAlongWithALinkedSourceUntilTheShorterEnds) {
  EXPECT_THAT(test::tasks_of(sources({list({"a", "b", "c"}), list({"1", "2"}, true)})),
              ElementsAre("[a][1]", "[b][2]"));
  EXPECT_THAT(test::tasks_of(sources({list({"a", "b"}), list({"1", "2", "3"}, true)})),
              ElementsAre("[a][1]", "[b][2]"));
}

TEST(CrossRows, CrossLinkedSources) {
  EXPECT_THAT(
      test::tasks_of(sources({list({"a", "b"}), list({"1", "2", "3"}), list({"X", "Y"}, true)})),
      ElementsAre("[a][1][X]", "[a][2][Y]", "[b][1][X]", "[b][2][Y]"));
  EXPECT_THAT(test::tasks_of(sources({list({"a", "b"}), list({"1", "2"}, true), list({"X", "Y"})})),
              ElementsAre("[a][1][X]", "[a][1][Y]", "[b][2][X]", "[b][2][Y]"));
}

TEST(CrossRows, StreamLinkedFiles) {
  auto source = *ArgumentSource::make(sources({file("f"), file("g", true)}));
  Record record;
  for (const char* text : {"a\n", "1\n"}) {
    ASSERT_EQ(source->next(record), Pull::NeedMore);
    source->feed(Slice::copy_of(as_bytes(text)));
  }
  ASSERT_EQ(source->next(record), Pull::Record);
  EXPECT_EQ(test::text_of(record.payload.body.view()), "[a][1]");
}

TEST(CrossRows, OfABadItemInTheFirstSourceAreOneBadRecord) {
  ArgumentSourceOptions options = sources({file("f"), list({"1", "2"})});
  options.max_record_bytes = 1;
  EXPECT_THAT(
      test::tasks_of(options, {"a\nbb\nc\n"}),
      ElementsAre("[a][1]", "[a][2]", "bad: f line 2: longer than 1 bytes", "[c][1]", "[c][2]"));
}

TEST(CrossRows, OfABadItemInAnotherSourceDoNotBegin) {
  ArgumentSourceOptions options = sources({file("f"), file("g")});
  options.max_record_bytes = 1;
  EXPECT_THAT(test::tasks_of(options, {"a\n", "1\n22\n"}),
              ElementsAre("broken: g line 2: longer than 1 bytes"));
}

TEST(CrossRows, HaveTheNamesOfAllSources) {
  ArgumentSourceOptions options = sources({file("f"), list({"C", "7", "8"})});
  options.colsep = ",";
  options.header = true;
  std::vector<std::string> names;
  EXPECT_THAT(test::read_tasks(options, {"A,B\n1,2\n3,4\n"}, 100, &names),
              ElementsAre("[1][2][7]", "[1][2][8]", "[3][4][7]", "[3][4][8]"));
  EXPECT_THAT(names, ElementsAre("A", "B", "C"));
}

TEST(CrossRows, CannotHaveOneNameTwice) {
  ArgumentSourceOptions options = sources({list({"A", "1"}), list({"A", "2"})});
  options.header = true;
  EXPECT_THAT(test::tasks_of(options),
              ElementsAre("broken: --header: two input sources have a column called \"A\""));
}

TEST(LinkRows, BeginAgainWithTheShorterSources) {
  ArgumentSourceOptions options =
      sources({list({"a", "b", "c", "d", "e"}), list({"1", "2"}), list({"X"})});
  options.link_all = true;
  EXPECT_THAT(test::tasks_of(options),
              ElementsAre("[a][1][X]", "[b][2][X]", "[c][1][X]", "[d][2][X]", "[e][1][X]"));
  options.sources = {file("f"), file("g")};
  EXPECT_THAT(test::tasks_of(options, {"a\n", "1\n2\n3\n"}),
              ElementsAre("[a][1]", "[a][2]", "[a][3]"));
}

TEST(LinkRows, OfASourceWithoutItemsAreNone) {
  ArgumentSourceOptions options = sources({list({"a"}), list({})});
  options.link_all = true;
  EXPECT_THAT(test::tasks_of(options), IsEmpty());
  options.sources = {list({}), list({"a"})};
  EXPECT_THAT(test::tasks_of(options), IsEmpty());
}

TEST(LinkRows, WithABadItemAreBadEveryTimeItComes) {
  ArgumentSourceOptions options = sources({file("f"), file("g")});
  options.link_all = true;
  options.max_record_bytes = 1;
  EXPECT_THAT(
      test::tasks_of(options, {"aa\n", "1\n2\n"}),
      ElementsAre("bad: f line 1: longer than 1 bytes", "bad: f line 1: longer than 1 bytes"));
}

}  // namespace
}  // namespace spread
