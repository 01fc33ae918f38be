// Random records, random damage: what a reader returns was written, in order; what it says of the
// rest is what docs/journal.md says.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "journal_support.h"
#include "spread/base/random.h"
#include "spread/journal/repair.h"

namespace spread {
namespace {

std::uint64_t first_seed() {
  const char* const given = std::getenv("SPREAD_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
}

/// No byte is zero, so that zeros are lost pages, or padding.
Log random_log(Random& random) {
  Log log;
  const std::size_t size_max = random.below(4) == 0 ? 100'000 : random.below(2) == 0 ? 9'000 : 200;
  const std::uint64_t end = 1 + random.below(300'000);
  while (log.file.bytes.size() < end) {
    std::string record(1 + random.below(size_max), '\0');
    for (char& c : record) c = static_cast<char>(1 + random.below(255));
    log.append(record);
  }
  return log;
}

/// Those of them that lie wholly before or behind.
std::vector<Written> without(const std::vector<Written>& records, std::uint64_t begin,
                             std::uint64_t end) {
  std::vector<Written> kept;
  for (const Written& record : records) {
    if (record.end <= begin || record.at >= end) kept.push_back(record);
  }
  return kept;
}

/// All that were read were written, in this order.
void expect_written(const std::vector<Written>& read, const std::vector<Written>& written) {
  auto next = written.begin();
  for (const Written& record : read) {
    next = std::find(next, written.end(), record);
    ASSERT_NE(next, written.end()) << record.at;
    ++next;
  }
}

void check_cut(Log log, Random& random) {
  const std::size_t size =
      kJournalMagic.size() + random.below(log.file.bytes.size() - kJournalMagic.size() + 1);
  log.file.bytes.resize(size);
  const std::size_t zeros = random.below(2) == 0 ? 0 : random.below(100'000);
  log.file.bytes.append(zeros, '\0');
  const std::vector<Written> whole = without(log.records, size, UINT64_MAX);
  std::vector<Written> kept;
  for (const Written& record : whole) {
    if (record.end <= size) kept.push_back(record);
  }
  const std::uint64_t end = kept.empty() ? kJournalMagic.size() : kept.back().end;
  const Said said = read_all(log.file);
  EXPECT_EQ(said.records, kept);
  EXPECT_EQ(said.end_of_records, end);
  EXPECT_EQ(said.text.find("damaged"), std::string::npos);
  EXPECT_EQ(said.text.ends_with("end"), end == log.file.bytes.size());
}

/// A power cut: pages that were not written, and a size that was or not.
void check_pages(Log log, Random& random) {
  const std::size_t pages = log.file.bytes.size() / kPage;
  if (pages < 2) return;
  const std::vector<Written> written = log.records;
  for (std::uint64_t left = 1 + random.below(6); left > 0; --left) {
    const std::size_t page = 1 + random.below(pages - 1);
    log.file.bytes.replace(page * kPage, kPage, kPage, '\0');
  }
  if (random.below(2) == 0)
    log.file.bytes.resize(log.file.bytes.size() - random.below(kBlock) % log.file.bytes.size());
  const Said said = read_all(log.file);
  expect_written(said.records, written);
  EXPECT_EQ(said.text.find("damaged"), std::string::npos);
}

/// Where its fragments begin, and the padding.
std::vector<std::uint64_t> fragments_of(const Log& log) {
  std::vector<std::uint64_t> begins;
  for (std::uint64_t at = kJournalMagic.size(); at < log.file.bytes.size();) {
    begins.push_back(at);
    const std::size_t left = left_in_block(at);
    at += left < kFragmentBytesMin
              ? left
              : FragmentHead::read(as_bytes(log.file.bytes).data() + at).all_bytes();
  }
  return begins;
}

/// A bit is wrong: the record that has it is lost, and what begins behind it in its block.
void check_flip(Log log, Random& random) {
  const std::size_t size = log.file.bytes.size();
  const std::size_t at = kJournalMagic.size() + random.below(size - kJournalMagic.size());
  const std::vector<std::uint64_t> fragments = fragments_of(log);
  log.file.bytes[at] = static_cast<char>(log.file.bytes[at] ^ (1 << random.below(8)));
  const std::uint64_t block_end = at - at % kBlock + kBlock;
  std::vector<Written> kept;
  for (const Written& record : log.records) {
    const bool has_it = record.at <= at && at < record.end;
    const bool is_behind = record.at > at && record.at < block_end;
    if (!has_it && !is_behind) kept.push_back(record);
  }
  const Said said = read_all(log.file);
  EXPECT_EQ(said.records, kept);
  const auto next = std::upper_bound(fragments.begin(), fragments.end(), at);
  // Of padding there is none behind in its block; there is always something behind that.
  const bool in_the_middle = size > block_end || (next != fragments.end() && *next < block_end);
  const bool damaged =
      said.text.starts_with("damaged@" + std::to_string(*(next - 1))) ||
      said.text.find(" damaged@" + std::to_string(*(next - 1))) != std::string::npos;
  EXPECT_EQ(damaged, in_the_middle) << said.text;
}

/// Whatever was done to it, what is copied of it reads as it does, and clean.
void check_repair(Log log, Random& random) {
  for (std::uint64_t left = random.below(5); left > 0; --left) {
    const std::size_t at =
        kJournalMagic.size() + random.below(log.file.bytes.size() - kJournalMagic.size());
    const std::size_t size = std::min<std::size_t>(
        1 + random.below(random.below(2) == 0 ? 3 : 9000), log.file.bytes.size() - at);
    switch (random.below(3)) {
      case 0: log.file.bytes.replace(at, size, size, '\0'); break;
      case 1: log.file.bytes.replace(at, size, size, 'x'); break;
      default: log.file.bytes.erase(at, size); break;
    }
    if (log.file.bytes.size() <= kJournalMagic.size()) break;
  }
  const Said before = read_all(log.file);
  expect_written(before.records, log.records);
  MemoryJournal copy("");
  JournalCopier copier(log.file, [&](ByteView bytes) -> Status {
    copy.bytes += as_text(bytes);
    return {};
  });
  Result<LogRead> read = copier.copy();
  while (read && *read == LogRead::Damaged) read = copier.copy();
  ASSERT_TRUE(read.has_value());
  const Said after = read_all(copy);
  EXPECT_EQ(after.records, before.records);
  EXPECT_TRUE(after.text.ends_with("end")) << after.text;
  EXPECT_EQ(after.text.find("damaged"), std::string::npos);
  EXPECT_EQ(after.skipped.zero_bytes + after.skipped.damaged_bytes, 0u);
}

TEST(RecordLogProperty, ReturnsWhatWasWritten) {
  constexpr std::uint64_t kRuns = 150;
  const std::uint64_t first = first_seed();
  for (std::uint64_t seed = first; seed < first + kRuns && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
    Random random(seed);
    Log log = random_log(random);
    const Said said = read_all(log.file);
    EXPECT_EQ(said.records, log.records);
    EXPECT_TRUE(said.text.ends_with(" end"));
    check_cut(log, random);
    check_pages(log, random);
    check_flip(log, random);
    check_repair(log, random);
  }
}

}  // namespace
}  // namespace spread
