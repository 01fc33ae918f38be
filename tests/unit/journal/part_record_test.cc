#include "spread/journal/part_record.h"

#include <gtest/gtest.h>

#include <string>

#include "journal_support.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

JournalPart a_part() {
  JournalPart part;
  part.spread = "1.2.3";
  part.epoch = 4;
  part.writer = {"n3", "0f1e 4026531836", 4711, 123'456'789'012};
  part.time = 1'790'000'000;
  part.subcommand = "run";
  part.words = {"spread", "run", "", "not UTF-8: \xff", std::string(300, 'w')};
  part.identity = {
      {"command", "./square"}, {"wire", "msgpack"}, {"bytes", std::string("\0\xfe", 2)}};
  part.renumbers = true;
  return part;
}

std::string record_of(const JournalPart& part) {
  ByteBuffer out;
  append_part(part, out);
  return std::string(as_text(out.view()));
}

std::string error_of(std::string_view record) {
  const auto part = parse_part(as_bytes(record));
  return part ? "" : part.error().message;
}

/// A record of keys and numbers.
std::string record_with(std::initializer_list<std::pair<std::string_view, std::uint64_t>> fields) {
  ByteBuffer out;
  out.push_back(kPartRecord);
  wire::ValueWriter writer(out);
  writer.map(fields.size());
  for (const auto& [key, value] : fields) {
    writer.text(key);
    writer.number(value);
  }
  return std::string(as_text(out.view()));
}

TEST(PartRecord, IsReadAsItWasWritten) {
  const auto part = parse_part(as_bytes(record_of(a_part())));
  ASSERT_TRUE(part.has_value());
  EXPECT_TRUE(*part == a_part());
  EXPECT_TRUE(*parse_part(as_bytes(record_of({}))) == JournalPart{});
}

TEST(PartRecord, PassesOverWhatItDoesNotKnow) {
  const auto part = parse_part(as_bytes(record_with({{"format", 1}, {"later", 5}, {"epoch", 2}})));
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->epoch, 2u);
}

TEST(PartRecord, OfANewerFormatIsRefused) {
  EXPECT_EQ(error_of(record_with({{"format", 2}, {"epoch", 1}})),
            "written by a newer spread (format 2)");
  // Whatever else it may be.
  EXPECT_EQ(error_of(record_with({{"format", 2}, {"host", 1}})),
            "written by a newer spread (format 2)");
}

TEST(PartRecord, IsRefusedWhereItIsNone) {
  EXPECT_EQ(error_of(""), "the record of a part is no map");
  EXPECT_EQ(error_of("P"), "the record of a part is no map");
  EXPECT_EQ(error_of("P\x05"), "the record of a part is no map");
  EXPECT_EQ(error_of(record_of(a_part()) + "x"), "the record of a part is no map");
  EXPECT_EQ(error_of(record_with({{"epoch", 1}})), "the record of a part has no format");
  EXPECT_EQ(error_of(record_with({{"format", 1}})), "the record of a part has no epoch");
  EXPECT_EQ(error_of(record_with({{"format", 1}, {"host", 1}})),
            "the record of a part has a bad 'host'");
  EXPECT_EQ(error_of(record_with({{"words", 1}})), "the record of a part has a bad 'words'");
}

TEST(PartRecord, IsRefusedWhereverItIsCutOff) {
  const std::string whole = record_of(a_part());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(error_of(whole.substr(0, size)), "") << size;
  }
}

TEST(LastWriter, IsThatOfTheLastPart) {
  Log log;
  EXPECT_FALSE(find_last_writer(log.file)->has_value());
  JournalPart part = a_part();
  log.append(record_of(part));
  log.append("Astuff");
  log.append("X");
  EXPECT_TRUE((*find_last_writer(log.file))->has_ended);
  part.writer.pid = 4712;
  log.append(record_of(part));
  log.append("Astuff");
  const auto last = find_last_writer(log.file);
  ASSERT_TRUE(last.has_value());
  EXPECT_FALSE((*last)->has_ended);
  EXPECT_EQ((*last)->part.writer.pid, 4712u);
}

}  // namespace
}  // namespace spread
