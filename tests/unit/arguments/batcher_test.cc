#include "spread/arguments/batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "argument_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ArgumentSourceOptions fill(std::size_t slots, std::size_t max_bytes = 0) {
  ArgumentSourceOptions options;
  options.sources = {test::file()};
  options.fill = true;
  options.spread_slots = slots;
  options.line.max_bytes = max_bytes;
  return options;
}

std::vector<std::string> letters(const ArgumentSourceOptions& options, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += std::string(1, static_cast<char>('a' + i)) + "\n";
  return test::tasks_of(options, {text});
}

TEST(Batcher, GivesSoManyItemsToATaskAndTheRestToTheLast) {
  ArgumentSourceOptions options = fill(0);
  options.fill = false;
  options.max_items = 2;
  EXPECT_THAT(letters(options, 5), ElementsAre("[a][b]", "[c][d]", "[e]"));
}

TEST(Batcher, CountsRowsNotValues) {
  ArgumentSourceOptions options = fill(0);
  options.fill = false;
  options.max_items = 2;
  options.sources = {test::list({"a", "b", "c"}), test::list({"1"})};
  EXPECT_THAT(test::tasks_of(options), ElementsAre("[a][1][b][1]", "[c][1]"));
}

TEST(Batcher, GivesATaskAsSoonAsItsItemsAreThere) {
  ArgumentSourceOptions options = fill(0);
  options.fill = false;
  options.max_items = 2;
  auto source = *ArgumentSource::make(options);
  Record record;
  ASSERT_EQ(source->next(record), Pull::NeedMore);
  source->feed(Slice::copy_of(as_bytes("a\nb\n")));
  EXPECT_EQ(source->next(record), Pull::Record);
}

TEST(Batcher, ConsumesOneItemAndInsertsNoneForNZero) {
  ArgumentSourceOptions options = fill(0);
  options.fill = false;
  options.max_items = 0;
  EXPECT_THAT(letters(options, 3), ElementsAre("", "", ""));
}

TEST(Batcher, HasNoTaskWithoutInput) { EXPECT_THAT(letters(fill(3), 0), IsEmpty()); }

TEST(Batcher, FillsALineUpToItsLimit) {
  // "echo" and three times " a": 10 bytes.
  ArgumentSourceOptions options = fill(0, 10);
  options.line.base_bytes = 4;
  EXPECT_THAT(letters(options, 7), ElementsAre("[a][b][c]", "[d][e][f]", "[g]"));
}

TEST(Batcher, CountsWhatAValueCostsWhereverItStands) {
  // Every value stands twice in the command, with five bytes round both: 7 a value.
  ArgumentSourceOptions options = fill(0, 14);
  options.line.value_copies = 2;
  options.line.value_extra_bytes = 5;
  EXPECT_THAT(letters(options, 3), ElementsAre("[a][b]", "[c]"));
}

TEST(Batcher, PutsEveryItemOnOneLineWithoutLimit) {
  EXPECT_THAT(letters(fill(0), 4), ElementsAre("[a][b][c][d]"));
}

TEST(Batcher, SpreadsTheItemsEvenlyOverTheSlots) {
  EXPECT_THAT(letters(fill(2), 5), ElementsAre("[a][b][c]", "[d][e]"));
  EXPECT_THAT(letters(fill(3), 5), ElementsAre("[a][b]", "[c][d]", "[e]"));
  // GNU parallel leaves a slot idle here: [a][b] and [c][d].
  EXPECT_THAT(letters(fill(3), 4), ElementsAre("[a][b]", "[c]", "[d]"));
  EXPECT_THAT(letters(fill(4), 2), ElementsAre("[a]", "[b]"));
}

TEST(Batcher, SpreadsOnlyTheLastItemsOfALongInput) {
  // Four items a line. The first line is given when a third one begins; six items are left then.
  EXPECT_THAT(letters(fill(2, 8), 10), ElementsAre("[a][b][c][d]", "[e][f][g]", "[h][i][j]"));
}

TEST(Batcher, HoldsNoMoreThanALineForEverySlot) {
  auto source = *ArgumentSource::make(fill(2, 8));
  Record record;
  ASSERT_EQ(source->next(record), Pull::NeedMore);
  source->feed(Slice::copy_of(as_bytes("a\nb\nc\nd\ne\nf\ng\nh\n")));
  EXPECT_EQ(source->next(record), Pull::NeedMore);
  source->feed(Slice::copy_of(as_bytes("i\n")));
  EXPECT_EQ(source->next(record), Pull::Record);
  EXPECT_EQ(test::text_of(record.payload.body.view()), "[a][b][c][d]");
}

TEST(Batcher, SpreadsNoMoreThanTheMostItems) {
  ArgumentSourceOptions options = fill(2);
  options.max_items = 2;
  EXPECT_THAT(letters(options, 5), ElementsAre("[a][b]", "[c][d]", "[e]"));
}

TEST(Batcher, NeverMakesALineLongerThanItsLimitWhenItSpreads) {
  ArgumentSourceOptions options = fill(2, 10);
  EXPECT_THAT(test::tasks_of(options, {"a\nb\nc\n12345678\n"}),
              ElementsAre("[a][b]", "[c]", "[12345678]"));
}

TEST(Batcher, MakesAnItemBadThatFitsOnNoLine) {
  ArgumentSourceOptions options = fill(0, 10);
  options.line.base_bytes = 4;
  EXPECT_THAT(test::tasks_of(options, {"a\nabcdef\nb\n"}),
              ElementsAre("bad: in line 2: makes a command line of 11 bytes, but it may have 10",
                          "[a][b]"));
}

TEST(Batcher, HoldsSingleItemsAgainstTheLimitToo) {
  ArgumentSourceOptions options = fill(0, 3);
  options.fill = false;
  EXPECT_THAT(
      test::tasks_of(options, {"ab\nabc\n"}),
      ElementsAre("[ab]", "bad: in line 2: makes a command line of 4 bytes, but it may have 3"));
}

}  // namespace
}  // namespace spread
