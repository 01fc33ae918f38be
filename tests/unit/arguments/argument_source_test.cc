#include "spread/arguments/argument_source.h"

#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "argument_support.h"

namespace spread {
namespace {

std::uint64_t seed() {
  const char* given = std::getenv("SPREAD_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

class ArgumentDice {
 public:
  explicit ArgumentDice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  std::string text(std::size_t most) {
    std::string text;
    for (std::size_t left = below(most); left > 0; --left) text += "ab ,\"\n\n\t\r\0"[below(10)];
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

ArgumentSourceOptions random_options(ArgumentDice& dice) {
  ArgumentSourceOptions options;
  for (std::size_t i = dice.below(3) + 1; i > 0; --i) {
    const bool linked = !options.sources.empty() && dice.below(3) == 0;
    if (dice.below(4) == 0) {
      options.sources.push_back(test::list({"x", "y z", "p,q"}, linked));
    } else {
      options.sources.push_back(test::file("f" + std::to_string(i), linked));
    }
  }
  options.link_all = dice.below(4) == 0;
  options.delimiter = "\n\n\0,"[dice.below(4)];
  options.continue_lines = dice.below(4) == 0;
  options.csv = dice.below(3) == 0;
  if (dice.below(2) == 0) options.colsep = options.csv ? " " : dice.below(2) == 0 ? "," : " *,";
  options.header = dice.below(4) == 0;
  if (dice.below(3) == 0) options.max_items = dice.below(4);
  options.fill = dice.below(3) == 0;
  options.spread_slots = dice.below(4);
  if (dice.below(3) == 0) options.line.max_bytes = 5 + dice.below(20);
  if (dice.below(3) == 0) options.max_record_bytes = 1 + dice.below(10);
  return options;
}

TEST(ArgumentSource, EndsAtAnItemThatIsTooLongIfToldSo) {
  ArgumentSourceOptions options;
  options.sources = {test::file()};
  options.line.max_bytes = 5;
  options.exit_if_long = true;
  for (const bool fill : {false, true}) {
    options.fill = fill;
    const auto tasks = test::tasks_of(options, {"a\nbb\nlonger\nc\n"});
    ASSERT_FALSE(tasks.empty());
    EXPECT_NE(tasks.back().find("broken: in line 3: makes a command line of"), std::string::npos)
        << tasks.back();
    EXPECT_EQ(tasks[0], fill ? "[a][bb]" : "[a]");
    EXPECT_EQ(tasks.size(), fill ? 2u : 3u);
  }
}

TEST(ArgumentSource, MakesTheSameTasksWhateverThePieces) {
  const std::uint64_t first = seed();
  for (std::uint64_t run = first; run < first + 1500; ++run) {
    SCOPED_TRACE("SPREAD_SEED=" + std::to_string(run));
    ArgumentDice dice(run);
    const ArgumentSourceOptions options = random_options(dice);
    const std::string texts[] = {dice.text(60), dice.text(20), dice.text(20)};
    const std::vector<std::string_view> views(std::begin(texts),
                                              std::begin(texts) + options.sources.size());
    const std::vector<std::string> whole = test::read_tasks(options, views, 100);
    for (int i = 0; i < 4; ++i) {
      ASSERT_EQ(test::read_tasks(options, views, dice.below(9) + 1), whole);
    }
  }
}

TEST(ArgumentSource, KeepsAMillionLinesFlat) {
  ArgumentSourceOptions options;
  options.sources = {test::file()};
  auto source = *ArgumentSource::make(options);
  const Slice piece = Slice::copy_of(as_bytes("some/file/name.txt\nanother/file/name.txt\n"));
  Record record;
  std::size_t tasks = 0;
  const Block* block = nullptr;
  std::size_t blocks = 0;
  while (tasks < 1000000) {
    if (source->next(record) == Pull::NeedMore) {
      source->feed(piece);
      continue;
    }
    ++tasks;
    // When no payload refers to a block any more, it is filled again.
    if (record.payload.body.block() != block) ++blocks;
    block = record.payload.body.block();
    if (tasks % 100 == 0) record = {};
  }
  EXPECT_LE(blocks, 1000u);
}

TEST(ArgumentSource, GivesPayloadsThatOutliveIt) {
  ArgumentSourceOptions options;
  options.sources = {test::list({"a", "b"}), test::list({"1"})};
  std::vector<Record> records(2);
  {
    auto source = *ArgumentSource::make(options);
    for (Record& record : records) ASSERT_EQ(source->next(record), Pull::Record);
  }
  EXPECT_EQ(test::text_of(records[0].payload.body.view()), "[a][1]");
  EXPECT_EQ(test::text_of(records[1].payload.body.view()), "[b][1]");
}

TEST(ArgumentSource, TakesLargeItems) {
  ArgumentSourceOptions options;
  options.sources = {test::file()};
  const std::string large(300000, 'x'), middle(20000, 'y');
  const std::string text = "a\n" + large + "\n" + middle + "\nb\n" + large + "\n";
  const std::vector<std::string> expected = {"[a]", "[" + large + "]", "[" + middle + "]", "[b]",
                                             "[" + large + "]"};
  EXPECT_TRUE(test::read_tasks(options, {text}, 65536) == expected);
  EXPECT_TRUE(test::read_tasks(options, {text}, 1000) == expected);
}

}  // namespace
}  // namespace spread
