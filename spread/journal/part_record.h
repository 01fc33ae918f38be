#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"
#include "spread/journal/journal_format.h"

namespace spread {

/// The first byte of a record (docs/journal.md).
inline constexpr Byte kPartRecord = 'P';
inline constexpr Byte kEndRecord = 'X';
/// The newest that is understood.
inline constexpr std::uint64_t kJournalFormat = 1;

/// A process, so that another can tell whether it is still there.
struct WriterIdentity {
  std::string host;
  std::string boot;  ///< of the boot, and of the space of pids; empty: not known
  std::uint64_t pid = 0;
  std::uint64_t pid_start = 0;  ///< in clock ticks since the boot; 0: not known
  bool operator==(const WriterIdentity&) const = default;
};

/// A run begins, or goes on, in a journal. Texts are any bytes.
struct JournalPart {
  std::uint64_t format = kJournalFormat;
  std::string spread;  ///< its version
  std::uint64_t epoch = 1;
  WriterIdentity writer;
  std::uint64_t time = 0;  ///< seconds since 1970
  std::string subcommand;
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>>
      identity;  ///< in the order in which it is compared
  bool renumbers = false;
  std::string output;  ///< -o, without symbolic links or `.`; empty: standard output
  bool operator==(const JournalPart&) const = default;
};

/// Appends a record.
void append_part(const JournalPart& part, ByteBuffer& out);

/// Of a whole record that begins with kPartRecord. What it does not know is passed over, what is
/// missing is as it is in JournalPart; but `format` and `epoch` must be there, and a newer format
/// is refused.
Result<JournalPart> parse_part(ByteView record);

/// Who has written a journal last.
struct LastWriter {
  JournalPart part;
  bool has_ended = false;  ///< it said so
};

/// Reads all of a journal; what is damaged is passed over. None: there is no part, or none that is
/// understood.
Result<std::optional<LastWriter>> find_last_writer(JournalBytes& journal);

}  // namespace spread
