#include "spread/journal/repair.h"

#include <gtest/gtest.h>

#include <string>

#include "journal_support.h"
#include "spread/base/random.h"

namespace spread {
namespace {

struct Repaired {
  MemoryJournal file{""};
  std::uint64_t records = 0;
  int damaged = 0;
};

Repaired repair(JournalBytes& from) {
  Repaired repaired;
  JournalCopier copier(from, [&](ByteView bytes) -> Status {
    repaired.file.bytes += as_text(bytes);
    return {};
  });
  Result<LogRead> read = copier.copy();
  for (; read && *read == LogRead::Damaged; read = copier.copy()) ++repaired.damaged;
  EXPECT_TRUE(read.has_value());
  EXPECT_EQ(copier.size(), repaired.file.bytes.size());
  repaired.records = copier.records();
  return repaired;
}

Log filled() {
  Log log;
  Random random(3);
  for (int i = 0; i < 100; ++i) {
    log.append(
        std::string(1 + random.below(i % 10 == 0 ? 90'000 : 900), static_cast<char>('a' + i % 26)));
  }
  return log;
}

TEST(Repair, CopiesASoundJournalByteForByte) {
  Log log = filled();
  const Repaired repaired = repair(log.file);
  EXPECT_EQ(repaired.file.bytes, log.file.bytes);
  EXPECT_EQ(repaired.records, log.records.size());
}

TEST(Repair, LeavesOutATornEnd) {
  Log log = filled();
  const std::size_t end = log.file.bytes.size();
  log.file.bytes += "torn";
  EXPECT_EQ(repair(log.file).file.bytes, log.file.bytes.substr(0, end));
}

TEST(Repair, OfAnEmptyFileIsAnEmptyJournal) {
  MemoryJournal empty("");
  EXPECT_EQ(repair(empty).file.bytes, kJournalMagic);
}

TEST(Repair, KeepsSoundRecordsWhereTheyAreAndReadsClean) {
  for (const bool zeros : {false, true}) {
    Log log = filled();
    Random random(4);
    for (int i = 0; i < 5; ++i) {
      const std::size_t page = 1 + random.below(log.file.bytes.size() / kPage - 1);
      if (zeros) {
        log.file.bytes.replace(page * kPage, kPage, kPage, '\0');
      } else {
        log.file.bytes[page * kPage + 7] ^= 1;
      }
    }
    const Said before = read_all(log.file);
    Repaired repaired = repair(log.file);
    EXPECT_EQ(repaired.damaged > 0, !zeros);
    const Said after = read_all(repaired.file);
    EXPECT_EQ(after.records, before.records);
    EXPECT_EQ(after.text.find("damaged"), std::string::npos);
    EXPECT_TRUE(after.text.ends_with(" end"));
    EXPECT_EQ(after.skipped.zero_bytes + after.skipped.damaged_bytes, 0u);
    EXPECT_EQ(after.skipped.void_bytes, before.skipped.zero_bytes + before.skipped.damaged_bytes);
    EXPECT_EQ(repair(repaired.file).file.bytes, repaired.file.bytes);
  }
}

TEST(Repair, CleansPadding) {
  Log log;
  log.append_up_to(kBlock - 5);
  log.append("next");
  const std::string sound = log.file.bytes;
  log.file.bytes[kBlock - 3] = 'x';
  EXPECT_EQ(repair(log.file).file.bytes, sound);
}

TEST(Repair, GoesOnWhenTheFileHasGrown) {
  const Log log = filled();
  MemoryJournal growing(log.file.bytes.substr(0, 50'000));
  std::string copied;
  JournalCopier copier(growing, [&](ByteView bytes) -> Status {
    copied += as_text(bytes);
    return {};
  });
  EXPECT_EQ(*copier.copy(), LogRead::Torn);
  growing.bytes = log.file.bytes;
  EXPECT_EQ(*copier.copy(), LogRead::End);
  EXPECT_EQ(copied, log.file.bytes);
}

TEST(Repair, EndsWhereItCannotWrite) {
  Log log = filled();
  JournalCopier copier(log.file, [](ByteView) -> Status { return fail("the disk is full"); });
  EXPECT_EQ(copier.copy().error().message, "the disk is full");
}

}  // namespace
}  // namespace spread
