#include "spread/arguments/argument_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../sources/reader_support.h"

namespace spread {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

InputOptions::Group items(std::vector<std::string> words) { return {false, std::move(words)}; }
InputOptions::Group files(std::vector<std::string> words) { return {true, std::move(words)}; }

ArgumentReader reader_of(std::vector<InputOptions::Group> groups,
                         const std::vector<std::string>& texts = {}, char delimiter = '\n') {
  InputOptions options;
  options.groups = std::move(groups);
  RecordOptions records;
  records.delimiter = delimiter;
  std::vector<Slice> slices;
  for (const std::string& text : texts) slices.push_back(Slice::copy_of(as_bytes(text)));
  return ArgumentReader(options, records, slices);
}

std::vector<std::string> tasks(std::vector<InputOptions::Group> groups,
                               const std::vector<std::string>& texts = {}, char delimiter = '\n') {
  ArgumentReader reader = reader_of(std::move(groups), texts, delimiter);
  const std::uint64_t size = reader.size();
  std::vector<std::string> records = test::read_all(reader, "", 1);
  EXPECT_EQ(records.size(), size);
  return records;
}

TEST(ArgumentReader, MakesEveryItemATask) {
  EXPECT_THAT(tasks({items({"a", "", "b\nc"})}), ElementsAre("\"a\"", "\"\"", "\"b\\nc\""));
}

TEST(ArgumentReader, CrossesListsWithTheFirstChangingSlowest) {
  EXPECT_THAT(tasks({items({"A", "B"}), items({"1", "2"})}),
              ElementsAre(R"(["A","1"])", R"(["A","2"])", R"(["B","1"])", R"(["B","2"])"));
}

TEST(ArgumentReader, ReadsTheLinesOfAFile) {
  EXPECT_THAT(tasks({files({"f"})}, {"x\n\ny"}), ElementsAre("\"x\"", "\"\"", "\"y\""));
}

TEST(ArgumentReader, CutsFilesAtTheDelimiter) {
  EXPECT_THAT(tasks({files({"f"})}, {std::string("x\ny\0z", 5)}, '\0'),
              ElementsAre("\"x\\ny\"", "\"z\""));
}

TEST(ArgumentReader, MakesEveryFileAList) {
  EXPECT_THAT(tasks({files({"f", "g"}), items({"1"})}, {"x\ny\n", "p\n"}),
              ElementsAre(R"(["x","p","1"])", R"(["y","p","1"])"));
}

TEST(ArgumentReader, HasNoTasksIfAListIsEmpty) {
  EXPECT_THAT(tasks({items({})}), IsEmpty());
  EXPECT_THAT(tasks({items({"a"}), files({"f"})}, {""}), IsEmpty());
}

TEST(ArgumentReader, DoesNotHoldItsCombinations) {
  const std::vector<std::string> many(1000, "x");
  ArgumentReader reader = reader_of(
      {items(many), items(many), items(many), items(many), items(many), items(many), items(many)});
  EXPECT_EQ(reader.size(), UINT64_MAX);
  Record record;
  EXPECT_EQ(reader.next(record), Pull::Record);
}

TEST(ArgumentFiles, AreNamedInOrder) {
  InputOptions options;
  options.groups = {items({"a"}), files({"f", "g"}), items({}), files({"h"})};
  EXPECT_THAT(argument_files(options), ElementsAre("f", "g", "h"));
}

}  // namespace
}  // namespace spread
