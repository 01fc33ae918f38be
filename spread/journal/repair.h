#pragma once

#include <cstdint>
#include <functional>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"
#include "spread/journal/record_log.h"

namespace spread {

/// Copies what is sound of a journal. A record stays at its offset, since others name it; what lies
/// between records and is none becomes void fragments, over which a reader steps without a word.
/// What is behind the last record is left out.
class JournalCopier {
 public:
  /// The bytes of the copy, in order.
  using Sink = std::function<Status(ByteView)>;

  /// `from` must outlive it, and begins with the magic.
  JournalCopier(JournalBytes& from, Sink sink);

  /// End, Torn or Damaged, of RecordLogReader::next(): the next call goes on behind a damaged
  /// place, or with what was appended meanwhile. An Error is that of the reading or of the sink,
  /// and final.
  Result<LogRead> copy();

  std::uint64_t records() const { return records_; }
  /// Bytes of the copy so far.
  std::uint64_t size() const { return size_; }
  /// What was left out before size(), damaged_at() and torn_bytes().
  const RecordLogReader& reader() const { return reader_; }

 private:
  Status fill_up_to(std::uint64_t offset);
  Status copy_up_to(std::uint64_t offset);
  Status put(ByteView bytes);

  JournalBytes& from_;
  Sink sink_;
  RecordLogReader reader_;
  ByteBuffer piece_;
  std::uint64_t records_ = 0, size_ = 0;
};

}  // namespace spread
