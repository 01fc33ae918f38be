#include "spread/journal/record_log.h"

#include <gtest/gtest.h>

#include <string>

#include "journal_support.h"

namespace spread {
namespace {

void zero(Log& log, std::size_t begin, std::size_t end) {
  std::fill(log.file.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
            log.file.bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
}
void flip(Log& log, std::size_t at) {
  log.file.bytes[at] = static_cast<char>(log.file.bytes[at] ^ 4);
}
std::string said(Log& log) { return read_all(log.file).text; }

TEST(RecordLog, ReadsWhatWasWritten) {
  Log log;
  log.append("one");
  log.append("two");
  EXPECT_EQ(said(log), "16:one 26:two end");
  EXPECT_EQ(read_all(log.file).end_of_records, log.file.bytes.size());
}

TEST(RecordLog, WithoutRecordsIsAtItsEnd) {
  Log log;
  EXPECT_EQ(said(log), "end");
  log.file.bytes.clear();
  EXPECT_EQ(said(log), "end");
}

TEST(RecordLog, HasRecordsOfAllSizesAtAllPlacesInABlock) {
  for (std::size_t left = 0; left <= 20; ++left) {
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{12}, kBlock - 7, kBlock - 6, 3 * kBlock}) {
      Log log;
      log.append_up_to(kBlock - left);
      log.append(std::string(size, 'x'));
      log.append("end");
      EXPECT_EQ(read_all(log.file).records, log.records) << left << ' ' << size;
    }
  }
}

TEST(RecordLog, PadsWithZerosWhereNoFragmentFits) {
  Log log;
  log.append_up_to(kBlock - 7);
  EXPECT_EQ(log.append("x"), kBlock);
  EXPECT_EQ(log.file.bytes.substr(kBlock - 7, 7), std::string(7, '\0'));
  Log other;
  other.append_up_to(kBlock - 8);
  EXPECT_EQ(other.append("xy"), kBlock - 8);
}

TEST(RecordLog, TakesARecordInPieces) {
  const std::string text(100'000, 'v');
  ByteBuffer whole, pieces;
  RecordLogWriter(16).append(as_bytes("head" + text), whole);
  RecordLogWriter writer(16);
  writer.append({as_bytes("he"), ByteView(), as_bytes("ad"), as_bytes(text), ByteView()}, pieces);
  EXPECT_EQ(as_text(whole.view()), as_text(pieces.view()));
  EXPECT_EQ(writer.end(), 16 + pieces.size());
}

TEST(RecordLog, SeeksARecord) {
  Log log;
  for (int i = 0; i < 200; ++i) log.append(std::string(3000, static_cast<char>('a' + i % 26)));
  RecordLogReader reader(log.file);
  for (const std::size_t i : {150u, 3u, 199u, 0u, 0u, 151u}) {
    reader.seek(log.records[i].at);
    ASSERT_EQ(reader.next(), LogRead::Record);
    EXPECT_EQ(as_text(reader.record()), log.records[i].record);
    EXPECT_EQ(reader.record_at(), log.records[i].at);
  }
}

TEST(RecordLog, ReadsOneBlockForARecordThatIsSought) {
  Log log;
  for (int i = 0; i < 200; ++i) log.append(std::string(3000, 'a'));
  RecordLogReader reader(log.file, log.records[100].at);
  ASSERT_EQ(reader.next(), LogRead::Record);
  EXPECT_LE(log.file.read_bytes, 2 * kBlock + kBlock);
}

TEST(RecordLog, SaysThatItCannotBeRead) {
  Log log;
  log.append("one");
  log.file.failing = true;
  RecordLogReader reader(log.file);
  EXPECT_EQ(reader.next(), LogRead::Failed);
  EXPECT_EQ(reader.error().message, "read: no");
  log.file.failing = false;
  EXPECT_EQ(reader.next(), LogRead::Record);
}

// ---- the end

TEST(RecordLog, IsTornWhereverItIsCutWithinARecord) {
  Log log;
  log.append("first");
  log.append(std::string(40'000, 'x'));
  const std::string all = log.file.bytes;
  const std::size_t end = log.records[0].end;
  for (std::size_t size = end + 1; size < all.size(); size += size % 50 == 0 ? 997 : 1) {
    MemoryJournal cut(all.substr(0, size));
    EXPECT_EQ(read_all(cut).text,
              "16:first torn " + std::to_string(size - end) + "@" + std::to_string(end));
  }
}

TEST(RecordLog, IsTornWhereZerosGoToItsEnd) {
  for (const std::size_t zeros : {std::size_t{1}, std::size_t{100}, kBlock, 3 * kBlock}) {
    Log log;
    log.append("first");
    const std::size_t end = log.file.bytes.size();
    log.file.bytes.append(zeros, '\0');
    EXPECT_EQ(said(log), "16:first torn " + std::to_string(zeros) + "@" + std::to_string(end));
  }
}

TEST(RecordLog, IsTornWhereItsLastFragmentIsBad) {
  Log log;
  log.append("first");
  log.append("second");
  flip(log, log.file.bytes.size() - 1);
  EXPECT_EQ(said(log), "16:first torn 13@28");
}

TEST(RecordLog, IsTornBehindABadFragmentWithZeros) {
  Log log;
  log.append("first");
  log.append("second");
  flip(log, log.file.bytes.size() - 1);
  log.file.bytes.append(5 * kBlock, '\0');
  EXPECT_EQ(said(log), "16:first torn " + std::to_string(13 + 5 * kBlock) + "@28");
}

TEST(RecordLog, IsTornWithoutTheLastFragmentOfARecord) {
  Log log;
  log.append("first");
  log.append(std::string(2 * kBlock, 'x'));
  log.file.bytes.resize(kBlock);
  EXPECT_EQ(said(log), "16:first torn " + std::to_string(kBlock - 28) + "@28");
}

TEST(RecordLog, MayBeTornInThePadding) {
  Log log;
  log.append_up_to(kBlock - 5);
  log.file.bytes.append(3, '\0');
  EXPECT_EQ(said(log), "16:f*32740 torn 3@32763");
}

// A journal in a value of a record that is torn is not taken for records behind it.
TEST(RecordLog, IsTornWithAJournalInTheTornRecord) {
  Log inner;
  inner.append("task");
  Log log;
  log.append("first");
  log.append(inner.file.bytes + inner.file.bytes.substr(16) + std::string(100, 'x'));
  log.file.bytes.resize(log.file.bytes.size() - 20);
  EXPECT_EQ(said(log).substr(0, 14), "16:first torn ");
}

// ---- a reader while it is written

TEST(RecordLog, GoesOnWhenTheFileHasGrown) {
  Log log;
  log.append("one");
  log.append(std::string(100'000, 'x'));
  log.append("three");
  MemoryJournal growing(log.file.bytes.substr(0, 16));
  RecordLogReader reader(growing);
  std::vector<Written> records;
  for (std::size_t size = 16; size <= log.file.bytes.size(); size += size < 40 ? 1 : 777) {
    growing.bytes = log.file.bytes.substr(0, size);
    // What is not there yet is zeros for some readers.
    if (size % 3 == 0) growing.bytes.append(5000, '\0');
    for (const Written& record : read_on(reader).records) records.push_back(record);
  }
  growing.bytes = log.file.bytes;
  for (const Written& record : read_on(reader).records) records.push_back(record);
  EXPECT_EQ(records, log.records);
}

TEST(RecordLog, ReadsAnewWhatWasCutOffAndWrittenAgain) {
  Log log;
  log.append("one");
  const Log begun = log;
  log.append(std::string(3 * kBlock, 'x'));
  MemoryJournal file(log.file.bytes.substr(0, 2 * kBlock));
  RecordLogReader reader(file);
  EXPECT_EQ(read_on(reader).text.substr(0, 12), "16:one torn ");
  Log resumed = begun;
  resumed.append(std::string(3 * kBlock, 'y'));
  file.bytes = resumed.file.bytes;
  EXPECT_EQ(read_on(reader).text, "26:y*98304 end");
}

// ---- zeros with records behind

struct Filled : testing::Test {
  Filled() {
    for (int i = 0; i < 300; ++i) log.append(std::string(1000, static_cast<char>('a' + i % 26)));
  }
  /// Those that were not written in these blocks, whole or in part.
  std::vector<Written> outside(std::size_t begin, std::size_t end) {
    std::vector<Written> kept;
    for (const Written& record : log.records) {
      if (record.end <= begin || record.at >= end) kept.push_back(record);
    }
    return kept;
  }
  Log log;
};

TEST_F(Filled, SkipsAPageOfZerosUpToTheNextBlock) {
  zero(log, kBlock + 2 * kPage, kBlock + 3 * kPage);
  const Said read = read_all(log.file);
  EXPECT_EQ(read.records, outside(kBlock + 2 * kPage, 2 * kBlock));
  EXPECT_EQ(read.text.find("damaged"), std::string::npos);
  EXPECT_EQ(read.skipped.zero_pages, 1u);
  EXPECT_GT(read.skipped.zero_bytes, 6 * kPage - 2000);
  EXPECT_LT(read.skipped.zero_bytes, 6 * kPage + 2000);
  EXPECT_EQ(read.skipped.damaged_bytes, 0u);
}

TEST_F(Filled, SkipsAPageOfWhichTheFrontWasThere) {
  const std::size_t begin = log.records[40].at;
  zero(log, begin, begin - begin % kPage + kPage);
  const Said read = read_all(log.file);
  EXPECT_EQ(read.records, outside(begin, begin - begin % kBlock + kBlock));
  EXPECT_EQ(read.skipped.zero_pages, 1u);
}

TEST_F(Filled, SkipsEveryPageThatIsLost) {
  const std::size_t pages = log.file.bytes.size() / kPage;
  for (std::size_t page = 1; page < pages - kBlock / kPage; ++page) {
    Log lost = log;
    zero(lost, page * kPage, (page + 1) * kPage);
    const Said read = read_all(lost.file);
    EXPECT_EQ(read.text.find("damaged"), std::string::npos) << page;
    EXPECT_EQ(read.skipped.zero_pages, 1u) << page;
    EXPECT_TRUE(read.text.ends_with(" end")) << page;
  }
}

TEST_F(Filled, SkipsManyBlocksOfZeros) {
  zero(log, kBlock, 4 * kBlock);
  const Said read = read_all(log.file);
  EXPECT_EQ(read.records, outside(kBlock, 4 * kBlock));
  EXPECT_EQ(read.skipped.zero_pages, 3 * kBlock / kPage);
}

// ---- damage

TEST_F(Filled, IsDamagedWhereAByteIsWrong) {
  const Written& wrong = log.records[50];
  for (const std::size_t place :
       {std::size_t{0}, std::size_t{4}, std::size_t{5}, std::size_t{6}, std::size_t{500}}) {
    Log damaged = log;
    flip(damaged, wrong.at + place);
    const Said read = read_all(damaged.file);
    EXPECT_NE(read.text.find("damaged@" + std::to_string(wrong.at)), std::string::npos) << place;
    EXPECT_EQ(read.records, outside(wrong.at, wrong.at - wrong.at % kBlock + kBlock)) << place;
    EXPECT_GT(read.skipped.damaged_bytes, 0u);
    EXPECT_EQ(read.skipped.zero_pages, 0u);
  }
}

TEST(RecordLog, IsDamagedInTheLastBlockIfARecordFollows) {
  // The length, too: as if the fragment reached beyond the end.
  for (const std::size_t place :
       {std::size_t{0}, std::size_t{4}, std::size_t{5}, std::size_t{6}, std::size_t{8}}) {
    Log log;
    log.append("first");
    log.append("second");
    log.append("third");
    log.file.bytes[28 + place] = static_cast<char>(log.file.bytes[28 + place] ^ 0x40);
    EXPECT_EQ(said(log), "16:first damaged@28 torn 25@28") << place;
  }
}

// The zeros are another record's.
TEST(RecordLog, IsDamagedInFrontOfAPageOfZerosThatWasWritten) {
  Log log;
  log.append("first");
  log.append("second");
  log.append(std::string(2 * kPage, '\0'));
  log.append_up_to(kBlock);
  log.append("next");
  flip(log, 28 + 9);
  EXPECT_EQ(said(log), "16:first damaged@28 32768:next end");
}

TEST_F(Filled, IsDamagedWhereAPieceIsMissing) {
  log.file.bytes.erase(2 * kBlock + 100, 50);
  const Said read = read_all(log.file);
  EXPECT_NE(read.text.find("damaged@"), std::string::npos);
  EXPECT_TRUE(read.text.find("torn") != std::string::npos);
  EXPECT_EQ(read.records, outside(2 * kBlock, log.file.bytes.size() + 50));
}

TEST_F(Filled, IsDamagedWhereBlocksAreExchanged) {
  std::string& bytes = log.file.bytes;
  std::swap_ranges(bytes.begin() + kBlock, bytes.begin() + 2 * kBlock, bytes.begin() + 3 * kBlock);
  EXPECT_NE(said(log).find("damaged@" + std::to_string(kBlock)), std::string::npos);
}

TEST(RecordLog, IsDamagedInThePadding) {
  Log log;
  log.append_up_to(kBlock - 5);
  log.append("next");
  log.file.bytes[kBlock - 3] = 'x';
  EXPECT_EQ(said(log), "16:f*32740 damaged@32763 32768:next end");
}

/// A fragment by hand.
void append_fragment(Log& log, FragmentType type, std::string_view data) {
  std::string bytes = std::string(kFragmentHeadBytes, '\0') + std::string(data);
  seal_fragment(reinterpret_cast<Byte*>(bytes.data()), log.file.bytes.size(), type, data.size());
  log.file.bytes += bytes;
}

TEST(RecordLog, IsDamagedWhereFragmentsAreInNoOrder) {
  Log log;
  append_fragment(log, FragmentType::Last, "a");
  append_fragment(log, FragmentType::Whole, "b");
  append_fragment(log, FragmentType::First, "c");
  append_fragment(log, FragmentType::Whole, "d");
  append_fragment(log, FragmentType::First, "e");
  append_fragment(log, FragmentType::First, "f");
  append_fragment(log, FragmentType::Last, "g");
  append_fragment(log, FragmentType::Middle, "h");
  append_fragment(log, FragmentType::Whole, "i");
  EXPECT_EQ(said(log), "damaged@16 24:b damaged@40 40:d damaged@56 56:fg damaged@72 80:i end");
}

TEST(RecordLog, StepsOverAVoid) {
  Log log;
  append_fragment(log, FragmentType::First, "lost");
  append_fragment(log, FragmentType::Void, std::string(5, '\0'));
  append_fragment(log, FragmentType::Last, "lost");
  append_fragment(log, FragmentType::Whole, "kept");
  const Said read = read_all(log.file);
  EXPECT_EQ(read.text, "50:kept end");
  EXPECT_EQ(read.skipped.void_bytes, 34u);
  EXPECT_EQ(read.skipped.damaged_bytes, 0u);
}

// ---- limits

TEST(RecordLog, ReadsALargeRecordAndThoseBehindIt) {
  Log log;
  log.append(std::string(8 << 20, 'x'));
  for (int i = 0; i < 1000; ++i) log.append(std::string(3000, 'y'));
  RecordLogReader reader(log.file);
  ASSERT_EQ(reader.next(), LogRead::Record);
  EXPECT_EQ(reader.record().size(), std::size_t{8} << 20);
  while (reader.next() == LogRead::Record) {
  }
  EXPECT_EQ(read_all(log.file).records, log.records);
}

// Whatever it holds: each part is read a bounded number of times.
TEST(RecordLog, RefusesARecordThatIsTooLong) {
  Log log;
  log.append("small");
  log.append(std::string(3 * kBlock, 'x'));
  RecordLogReader reader(log.file, kJournalMagic.size(), 2 * kBlock);
  EXPECT_EQ(reader.next(), LogRead::Record);
  EXPECT_EQ(reader.next(), LogRead::Failed);
}

TEST(RecordLog, IsReadInLinearTime) {
  Log log;
  for (int i = 0; i < 40; ++i) {
    log.append(std::string(20'000, 'x'));
    flip(log, log.file.bytes.size() - 1);
    log.file.bytes.resize(log.file.bytes.size() / kBlock * kBlock + kBlock + 20 * kBlock, '\0');
  }
  log.append("end");
  const Said read = read_all(log.file);
  EXPECT_TRUE(read.text.ends_with(":end end"));
  EXPECT_LT(log.file.read_bytes, 4 * log.file.bytes.size());
}

// Every third byte begins what may be a fragment of half a block.
TEST(RecordLog, LooksOnceForRecordsBehindATornEnd) {
  Log log;
  log.append("first");
  while (log.file.bytes.size() < kBlock - 10) log.file.bytes += "\x40\x40\x01";
  EXPECT_EQ(said(log).substr(0, 14), "16:first torn ");
  EXPECT_LE(log.file.read_bytes, 2 * kBlock);
}

}  // namespace
}  // namespace spread
