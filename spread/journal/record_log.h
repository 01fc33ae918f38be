// Records in a file, cut into fragments that lie in blocks: docs/journal.md, "Blocks, fragments,
// records".
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"
#include "spread/journal/journal_format.h"

namespace spread {

/// Makes of each record the bytes that come next in the file.
class RecordLogWriter {
 public:
  /// `end`: where the file ends, behind a whole record or behind the magic.
  explicit RecordLogWriter(std::uint64_t end = kJournalMagic.size()) : end_(end) {}

  /// Appends to `out` what belongs at end() of the file. Returns the offset in the file at which
  /// the record begins. It has at least one byte, and at most kRecordBytesMax.
  std::uint64_t append(ByteView record, ByteBuffer& out) { return append({record}, out); }
  /// The same of a record in pieces, which need not be put together first.
  std::uint64_t append(std::initializer_list<ByteView> pieces, ByteBuffer& out);
  /// Where the file ends when all that was appended is in it.
  std::uint64_t end() const { return end_; }

 private:
  std::uint64_t end_;
};

enum class LogRead : std::uint8_t {
  Record,
  End,   ///< of the file, behind a whole record
  Torn,  ///< the end of the file, and something behind the last whole record that is none
  /// Neither a torn end nor lost pages explain what is at damaged_at(). The next call goes on
  /// behind it.
  Damaged,
  Failed,  ///< the file cannot be read: error()
};

/// What lay between records and is none. What is behind the last record is not in it.
struct LogSkipped {
  std::uint64_t zero_pages = 0;     ///< of kJournalPageBytes: a power cut
  std::uint64_t zero_bytes = 0;     ///< these pages, and what could not be read for them
  std::uint64_t damaged_bytes = 0;  ///< around what Damaged was said of
  std::uint64_t void_bytes = 0;     ///< left out by a repair
};

/// Reads the records of a journal in order; the rules of what is wrong are in docs/journal.md, "Who
/// reads". Holds kPieceBlocks blocks, and the record. Any number of readers may look at a journal
/// while it is written: End and Torn are "not yet" then, and the next call looks again, from
/// end_of_records() on.
class RecordLogReader {
 public:
  /// From `begin` on, where a record begins. `bytes` must outlive the reader.
  explicit RecordLogReader(JournalBytes& bytes, std::uint64_t begin = kJournalMagic.size(),
                           std::uint64_t record_bytes_max = kRecordBytesMax);

  /// Goes on at a record whose offset is known, as record_at() or RecordLogWriter::append() said
  /// it.
  void seek(std::uint64_t offset);
  LogRead next();

  /// After Record, until the next call that is not const.
  ByteView record() const { return record_; }
  /// The offset in the file at which that begins.
  std::uint64_t record_at() const { return record_at_; }
  /// The offset behind the last record that was read: behind a Torn end a file is cut back to it.
  std::uint64_t end_of_records() const { return end_of_records_; }
  /// After Torn: how many bytes are behind it.
  std::uint64_t torn_bytes() const { return torn_bytes_; }
  std::uint64_t damaged_at() const { return damaged_at_; }
  const LogSkipped& skipped() const { return skipped_; }
  const Error& error() const { return error_; }

  /// Blocks that are read at once. It begins with one, since a record that is sought may be all
  /// that is wanted.
  static constexpr std::size_t kPieceBlocks = 8;

 private:
  using Reading = std::optional<LogRead>;  // nothing: go on

  Result<ByteView> rest_of_block(std::uint64_t at);
  Reading step();
  Reading take(FragmentType type, ByteView data);
  Reading take_part(FragmentType type, ByteView data);
  Reading pass_bad(ByteView rest);
  Result<std::optional<std::uint64_t>> torn_end(ByteView rest);
  LogRead deliver(std::uint64_t at, ByteView record);
  LogRead damaged();
  LogRead failed(Error error);
  LogRead finish(std::uint64_t file_end);
  void begin_gap();

  JournalBytes& bytes_;
  std::uint64_t record_bytes_max_;
  std::vector<Byte> piece_;
  std::uint64_t piece_begin_ = 0;  // of the file; the begin of a block
  std::size_t piece_size_ = 0;
  std::size_t piece_blocks_ = 0;  // that were asked for last
  bool piece_is_last_ = false;    // the file ended in it
  bool piece_is_good_ = false;

  std::uint64_t at_;                      // of the file, where a fragment is expected
  std::optional<std::uint64_t> open_at_;  // a record begins here whose last fragment is to come
  ByteBuffer parts_;                      // of that record
  bool gap_ = false;    // something was lost: ends of records may follow that have no begin
  LogSkipped pending_;  // belongs to the gap, if a record follows it
  bool gap_is_damage_ = false;

  ByteView record_;
  std::uint64_t record_at_ = 0, end_of_records_, damaged_at_ = 0, torn_bytes_ = 0;
  LogSkipped skipped_;
  Error error_;
};

}  // namespace spread
