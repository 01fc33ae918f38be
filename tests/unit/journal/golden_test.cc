// tests/golden/journals.json: files that a program of its own has written, and what is in them.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "journal_support.h"
#include "spread/journal/part_record.h"

namespace spread {
namespace {

using Json = nlohmann::json;

/// "6162(78*3)" is abxxx.
std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size();) {
    if (hex[at] == '(') {
      const std::size_t star = hex.find('*', at), end = hex.find(')', at);
      const std::string unit = from_hex(hex.substr(at + 1, star - at - 1));
      const std::string times(hex.substr(star + 1, end - star - 1));
      for (int left = std::stoi(times); left > 0; --left) bytes += unit;
      at = end + 1;
    } else {
      bytes += static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
      at += 2;
    }
  }
  return bytes;
}

Json golden() {
  std::ifstream file(std::string(SPREAD_SOURCE_DIR) + "/tests/golden/journals.json");
  return Json::parse(file);
}

/// As `reads` of a case, with the bytes themselves.
std::vector<Json> reads_of(JournalBytes& bytes, LogSkipped& skipped) {
  RecordLogReader reader(bytes);
  std::vector<Json> reads;
  while (true) {
    switch (reader.next()) {
      case LogRead::Record: {
        const auto record = std::vector<Byte>(reader.record().begin(), reader.record().end());
        reads.push_back({"record", reader.record_at(), reader.end_of_records(), record});
        continue;
      }
      case LogRead::Damaged: reads.push_back({"damaged", reader.damaged_at()}); continue;
      case LogRead::End: reads.push_back({"end", reader.end_of_records()}); break;
      case LogRead::Torn:
        reads.push_back({"torn", reader.end_of_records(), reader.torn_bytes()});
        break;
      case LogRead::Failed: ADD_FAILURE() << reader.error().message; break;
    }
    skipped = reader.skipped();
    return reads;
  }
}

std::vector<Json> expected_reads(const Json& entry) {
  std::vector<Json> reads;
  for (Json read : entry.at("reads")) {
    if (read.at(0) == "record") {
      const std::string record = from_hex(read.at(3).get<std::string>());
      read.at(3) = std::vector<Byte>(record.begin(), record.end());
    }
    reads.push_back(read);
  }
  return reads;
}

TEST(GoldenJournals, AreReadAsTheyAre) {
  int count = 0;
  const Json all = golden();
  for (const Json& entry : all.at("cases")) {
    SCOPED_TRACE(entry.at("name").get<std::string>());
    MemoryJournal file(from_hex(entry.at("hex").get<std::string>()));
    LogSkipped skipped;
    const std::vector<Json> reads = reads_of(file, skipped);
    const std::vector<Json> expected = expected_reads(entry);
    ASSERT_EQ(reads.size(), expected.size());
    for (std::size_t i = 0; i < reads.size(); ++i) EXPECT_TRUE(reads[i] == expected[i]) << i;
    const Json counts = {skipped.zero_pages, skipped.zero_bytes, skipped.damaged_bytes,
                         skipped.void_bytes};
    EXPECT_EQ(counts, entry.at("skipped"));
    ++count;
  }
  EXPECT_GT(count, 40);
}

TEST(GoldenJournals, AreWrittenAsTheyAre) {
  const Json all = golden();
  for (const Json& entry : all.at("cases")) {
    if (entry.at("kind") != "sound") continue;
    Log log;
    for (const Json& read : expected_reads(entry)) {
      if (read.at(0) == "record") {
        const auto record = read.at(3).get<std::vector<Byte>>();
        log.append(as_text(record));
      }
    }
    EXPECT_TRUE(log.file.bytes == from_hex(entry.at("hex").get<std::string>())) << entry.at("name");
  }
}

TEST(GoldenJournals, HaveThePartThatTheySay) {
  const std::string record = from_hex(golden().at("part").get<std::string>());
  const auto part = parse_part(as_bytes(record));
  ASSERT_TRUE(part.has_value()) << part.error().message;
  JournalPart expected;
  expected.spread = "1.2.3";
  expected.epoch = 4;
  expected.writer = {"n3", "0f1e 4026531836", 4711, 123'456'789'012};
  expected.time = 1'790'000'000;
  expected.subcommand = "run";
  expected.words = {"spread", "run", "", "\xff"};
  expected.identity = {{"command", "./square"}, {"digest", std::string("\0\xfe", 2)}};
  expected.renumbers = true;
  EXPECT_TRUE(*part == expected);
  ByteBuffer out;
  append_part(expected, out);
  EXPECT_TRUE(as_text(out.view()) == record);
}

}  // namespace
}  // namespace spread
