#include "spread/directory/spec.h"

#include <string>

#include <gtest/gtest.h>

namespace spread {
namespace {

std::string text_of(const RunSpec& spec) {
  ByteBuffer out;
  EXPECT_TRUE(format_spec(spec, out).has_value());
  return std::string(as_text(out.view()));
}

RunSpec some_spec() {
  RunSpec spec;
  spec.spread = "0.1.0";
  spec.words = {"run", "--dir", "d", "--", "./w", "", "ä \"x\""};
  spec.directory = "/home/u";
  InputFile file;
  file.name = "-";
  file.path = "/data/tasks";
  file.offset = 7;
  file.size = 5000000000;
  file.digest = "0123456789abcdef";
  spec.input = {file};
  return spec;
}

TEST(Spec, IsReadAsItWasWritten) {
  const auto read = parse_spec(text_of(some_spec()));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, some_spec());
}

TEST(Spec, SaysThatItsInputIsBeingCopied) {
  EXPECT_EQ(text_of(some_spec()).find("copying"), std::string::npos);
  RunSpec spec = some_spec();
  spec.copying = true;
  const auto read = parse_spec(text_of(spec));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_TRUE(read->copying);
}

TEST(Spec, HasWordsThatAreNoText) {
  RunSpec spec = some_spec();
  spec.words.push_back("\xff\xfe");
  const auto read = parse_spec(text_of(spec));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->words.back(), "\xff\xfe");
}

TEST(Spec, PassesOverWhatItDoesNotKnow) {
  const auto read = parse_spec(
      R"({"format":1,"new":{"a":[1,2]},"words":["run"],"directory":"/","input":[{"name":"x","of":[]}]})");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->input.at(0).name, "x");
}

TEST(Spec, OfANewerFormatIsRefused) {
  const auto read = parse_spec(R"({"format":2,"words":["run"],"directory":"/"})");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message, "it was written by a newer spread");
}

TEST(Spec, IsNothingElse) {
  for (const char* text :
       {"", "[]", "{}", "17", R"({"format":1})", R"({"format":1,"words":[]})",
        R"({"format":1,"words":["run"]})", R"({"format":1,"words":"run"})",
        R"({"words":["run"],"directory":"/"})", R"({"format":-1,"words":["run"],"directory":"/"})",
        R"({"format":1,"words":["run",5],"directory":"/"})"}) {
    EXPECT_FALSE(parse_spec(text).has_value()) << text;
  }
}

TEST(Spec, NamesTheFilesOfARun) {
  for (const char* name :
       {"spec.json", "journal", "out", "log", "pid", "stop", "input", "input.1",
        "out.spread-aZ09bc", "journal.spread-abcdef", "spec.json.spread-abcdef"}) {
    EXPECT_TRUE(is_file_of_run(name)) << name;
  }
  for (const char* name :
       {"", "tails", "input.", "input.x", "journal.bak", "out2", "../out", "out.spread-abc",
        "log.spread-abcdef", "x.spread-abcdef", ".spread-abcdef"}) {
    EXPECT_FALSE(is_file_of_run(name)) << name;
  }
  EXPECT_TRUE(is_tail_of_run("12"));
  EXPECT_FALSE(is_tail_of_run("12x"));
  EXPECT_FALSE(is_tail_of_run(""));
}

}  // namespace
}  // namespace spread
