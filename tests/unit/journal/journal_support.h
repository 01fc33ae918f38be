// Journals in memory, for the tests of spread/journal.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "spread/base/buffers.h"
#include "spread/journal/record_log.h"

namespace spread {

inline constexpr std::size_t kBlock = kJournalBlockBytes, kPage = kJournalPageBytes;

/// The bytes of a file. It counts what is read of it.
class MemoryJournal final : public JournalBytes {
 public:
  explicit MemoryJournal(std::string bytes = std::string(kJournalMagic))
      : bytes(std::move(bytes)) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<Byte> into) override {
    if (failing) return fail("read: no");
    const std::size_t at = std::min<std::size_t>(offset, bytes.size());
    const std::size_t size = std::min(into.size(), bytes.size() - at);
    if (size > 0) std::memcpy(into.data(), bytes.data() + at, size);
    read_bytes += size;
    return size;
  }

  std::string bytes;
  std::uint64_t read_bytes = 0;
  bool failing = false;
};

struct Written {
  std::uint64_t at, end;
  std::string record;
  bool operator==(const Written&) const = default;
};

/// A journal that is written to, and what was.
struct Log {
  MemoryJournal file;
  std::vector<Written> records;

  std::uint64_t append(std::string_view record) {
    ByteBuffer out;
    RecordLogWriter writer(file.bytes.size());
    const std::uint64_t at = writer.append(as_bytes(record), out);
    file.bytes += as_text(out.view());
    records.push_back({at, writer.end(), std::string(record)});
    return at;
  }
  /// A record that makes the file end at `end`, in the same block.
  std::uint64_t append_up_to(std::uint64_t end) {
    return append(std::string(end - file.bytes.size() - kFragmentHeadBytes, 'f'));
  }
};

/// What a reader says up to the end of the file: "16:one 30:two torn 4@50".
struct Said {
  std::string text;
  std::vector<Written> records;
  LogSkipped skipped;
  std::uint64_t end_of_records = 0;
};

inline Said read_on(RecordLogReader& reader) {
  Said said;
  while (true) {
    const LogRead read = reader.next();
    if (!said.text.empty()) said.text += ' ';
    if (read == LogRead::Record) {
      const std::string record(as_text(reader.record()));
      said.records.push_back({reader.record_at(), reader.end_of_records(), record});
      said.text +=
          std::to_string(reader.record_at()) + ':' +
          (record.size() > 10 ? record.substr(0, 1) + '*' + std::to_string(record.size()) : record);
    } else if (read == LogRead::Damaged) {
      said.text += "damaged@" + std::to_string(reader.damaged_at());
    } else {
      said.text += read == LogRead::End ? "end" : read == LogRead::Failed ? "failed" : "torn ";
      if (read == LogRead::Torn) {
        said.text +=
            std::to_string(reader.torn_bytes()) + '@' + std::to_string(reader.end_of_records());
      }
      said.skipped = reader.skipped();
      said.end_of_records = reader.end_of_records();
      return said;
    }
  }
}

inline Said read_all(JournalBytes& bytes) {
  RecordLogReader reader(bytes);
  return read_on(reader);
}

}  // namespace spread
