// BlockCutter and RangeFinder against the definition of docs/pipe.md, written down as plainly as it
// can be, on random inputs in random pieces.

#include <cstdlib>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "block_support.h"

namespace spread {
namespace {

constexpr std::size_t kNone = std::string::npos;

struct Definition {
  const BlockOptions& options;
  std::string text;
  std::string recend = options.recend ? *options.recend : options.recstart ? "" : "\n";
  std::string recstart = options.recstart.value_or("");
  std::optional<RecordPattern> pattern = compiled(options);

  static std::optional<RecordPattern> compiled(const BlockOptions& options) {
    if (!has_patterns(options)) return std::nullopt;
    return std::move(*RecordPattern::compile(options));
  }

  /// The recend of a record lies within it: no further to the front than `begin`.
  bool boundary(std::size_t begin, std::size_t at) const {
    return at > begin && at <= text.size() && at - begin >= recend.size() &&
           text.compare(at - recend.size(), recend.size(), recend) == 0 &&
           text.compare(at, recstart.size(), recstart) == 0;
  }
  std::size_t end_of_record(std::size_t begin) {
    if (pattern) {
      RecordPattern::Place place;
      const ByteView record = as_bytes(text).subspan(begin);
      return pattern->find_end(record, false, place) == Pattern::Found::Match ? begin + place.end
                                                                              : kNone;
    }
    for (std::size_t at = begin + 1; at <= text.size(); ++at) {
      if (boundary(begin, at)) return at;
    }
    return kNone;
  }
  std::size_t end_of_lines(std::size_t begin) const {
    for (std::size_t n = options.lines; n > 0; --n) {
      const std::size_t at = text.find('\n', begin);
      if (at == kNone) return kNone;
      begin = at + 1;
    }
    return begin;
  }
  std::size_t end_of_one(std::size_t begin) {
    return options.lines > 0 ? end_of_lines(begin) : end_of_record(begin);
  }
  std::size_t end_by_count(std::size_t at) {
    for (std::size_t n = options.records; n > 0 && at != kNone; --n) at = end_of_one(at);
    return at;
  }
  std::size_t end_by_size(std::size_t begin) {
    const std::size_t limit = begin + options.block_bytes;
    if (text.size() < limit) return text.size();
    if (options.lines > 0 || pattern) {
      std::size_t end = end_of_one(begin);
      for (std::size_t next = end; next != kNone && next <= limit; next = end_of_one(next)) {
        end = next;
      }
      return end;
    }
    for (std::size_t at = limit; at > begin; --at) {
      if (boundary(begin, at)) return at;
    }
    for (std::size_t at = limit + 1; at <= text.size(); ++at) {
      if (boundary(begin, at)) return at;
    }
    return kNone;
  }

  test::Blocks blocks() {
    test::Blocks result;
    std::size_t at = 0;
    for (std::size_t n = options.header_lines; n > 0 && at < text.size(); --n) {
      const std::size_t end = text.find('\n', at);
      at = end == kNone ? text.size() : end + 1;
    }
    result.header = text.substr(0, at);
    while (at < text.size()) {
      const std::size_t end = options.records > 0 ? end_by_count(at) : end_by_size(at);
      result.blocks.push_back(text.substr(at, end == kNone ? kNone : end - at));
      if (end == kNone) break;
      at = end;
    }
    return result;
  }
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool chance() { return below(2) == 0; }
  std::string text(std::size_t size, std::size_t letters) {
    std::string text(size, ' ');
    for (char& byte : text) byte = "\n>ab"[below(letters)];
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

BlockOptions random_options(Dice& dice) {
  BlockOptions options;
  options.block_bytes = 1 + dice.below(20);
  const std::size_t letters = 1 + dice.below(3);
  if (dice.below(4) == 0) {
    options.lines = 1 + dice.below(4);
  } else {
    if (dice.chance()) options.recstart = dice.text(dice.below(4), letters);
    if (dice.chance()) options.recend = dice.text(dice.below(4), letters);
  }
  if (dice.below(3) == 0) options.records = 1 + dice.below(4);
  if (dice.below(3) == 0) options.header_lines = 1 + dice.below(3);
  return options;
}

/// What --pipepart can do.
BlockOptions without_counts(BlockOptions options) {
  options.records = options.lines = 0;
  return options;
}

std::string described(const BlockOptions& options) {
  return testing::PrintToString(options.recstart.value_or("(unset)")) + " " +
         testing::PrintToString(options.recend.value_or("(unset)")) + " --block " +
         std::to_string(options.block_bytes) + " -N " + std::to_string(options.records) + " -L " +
         std::to_string(options.lines) + " --header " + std::to_string(options.header_lines);
}

std::uint64_t seed_of_this_run() {
  const char* given = std::getenv("SPREAD_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

template <typename Check>
void for_random_inputs(int rounds, Check&& check) {
  const std::uint64_t seed = seed_of_this_run();
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Dice dice(seed);
  for (int round = 0; round < rounds; ++round) {
    const BlockOptions options = random_options(dice);
    const std::string text = dice.text(dice.below(80), 1 + dice.below(4));
    SCOPED_TRACE(described(options) + " of " + testing::PrintToString(text));
    check(dice, options, text);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(BlockProperties, BlocksAreThoseOfTheDefinitionWhateverThePieces) {
  for_random_inputs(20000, [](Dice& dice, const BlockOptions& options, const std::string& text) {
    const test::Blocks expected = Definition{options, text}.blocks();
    const test::Way way = dice.chance() ? test::Way::Feed : test::Way::Spare;
    EXPECT_EQ(test::cut(options, text, 1 + dice.below(30), way).blocks, expected.blocks);
    const test::Blocks whole = test::cut(options, text, text.size() + 1, way);
    EXPECT_EQ(whole.blocks, expected.blocks);
    EXPECT_EQ(whole.header, expected.header);
    EXPECT_EQ(whole.joined(), text);
  });
}

TEST(BlockProperties, BlocksOfPatternsAreThoseOfTheDefinitionToo) {
  constexpr const char* kPatterns[] = {"a",       "\n+",        "a|>b",      "[ab]+", "b*",
                                       "^>",      "$",          "(?s)>.*?a", "a$",    "\\Ba",
                                       "(?<=a)b", "(?i)B(?!A)", "(a|ab)+\n", "\\b>",  "\\R+",
                                       "\n(?!^)", "a(?!\n)",    "(?<!a)\n"};
  for_random_inputs(10000, [&](Dice& dice, const BlockOptions& given, const std::string& text) {
    BlockOptions options = given;
    options.lines = 0;
    options.patterns = true;
    options.recend = kPatterns[dice.below(std::size(kPatterns))];
    options.recstart.reset();
    if (dice.chance()) options.recstart = kPatterns[dice.below(std::size(kPatterns))];
    if (dice.chance()) options.recstart.swap(options.recend);
    SCOPED_TRACE(described(options));
    const test::Blocks expected = Definition{options, text}.blocks();
    const test::Way way = dice.chance() ? test::Way::Feed : test::Way::Spare;
    EXPECT_EQ(test::cut(options, text, 1 + dice.below(30), way).blocks, expected.blocks);
    const test::Blocks whole = test::cut(options, text, text.size() + 1, way);
    EXPECT_EQ(whole.blocks, expected.blocks);
    EXPECT_EQ(whole.joined(), text);
  });
}

TEST(BlockProperties, RangesBySizeAreTheBlocksOfTheStream) {
  for_random_inputs(20000, [](Dice&, const BlockOptions& given, const std::string& text) {
    const BlockOptions options = without_counts(given);
    EXPECT_EQ(test::cut_ranges(options, text).blocks, Definition({options, text}).blocks().blocks);
  });
}

TEST(BlockProperties, RangesByNumberEndAtBoundariesAndAreNeverMore) {
  for_random_inputs(20000, [](Dice& dice, const BlockOptions& given, const std::string& text) {
    const BlockOptions options = without_counts(given);
    const std::uint64_t number = 1 + dice.below(9);
    const test::Blocks ranges = test::cut_ranges(options, text, number);
    EXPECT_EQ(ranges.joined(), text);
    EXPECT_LE(ranges.blocks.size(), number);
    const Definition definition{options, text};
    std::size_t begin = ranges.header.size();
    for (const std::string& block : ranges.blocks) {
      const std::size_t end = begin + block.size();
      EXPECT_TRUE(end == text.size() || definition.boundary(begin, end)) << "at " << end;
      begin = end;
    }
  });
}

TEST(BlockProperties, NothingIsLostBesidesSeparators) {
  for_random_inputs(5000, [](Dice&, const BlockOptions& given, const std::string& text) {
    BlockOptions options;
    options.block_bytes = given.block_bytes;
    options.records = given.records;
    options.lines = given.lines;
    options.header_lines = given.header_lines;
    options.remove_separators = true;
    const test::Blocks stripped = test::cut(options, text, text.size() + 1, test::Way::Feed);
    std::string expected = text.substr(stripped.header.size());
    std::erase(expected, '\n');
    EXPECT_EQ(stripped.joined().substr(stripped.header.size()), expected);
  });
}

}  // namespace
}  // namespace spread
