#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"
#include "spread/journal/journal_format.h"
#include "spread/journal/part_record.h"

namespace spread {

/// What a journal says of this process.
WriterIdentity own_identity();
/// It is sure that the process is gone: it was one of this boot, and it is not there, or another
/// has its pid.
bool is_provably_gone(const WriterIdentity& writer);

/// A journal on a disk: read by any number of processes, written by one at a time (docs/journal.md,
/// "Who writes"). Errors begin with the file's name. A resource: closing it gives up its lock.
class JournalFile final : public JournalBytes {
 public:
  /// A file that is not there yet (Error::number is EEXIST if it is), 0600, locked, with its magic.
  static Result<JournalFile> create(const std::string& name);
  /// To go on with one that is there: locked; an empty one gets its magic. Refused if another
  /// process may be writing it: then the error names it. Where the file system has no locks, all of
  /// the file is read to find its last writer. end() is that of the file: it is for the caller to
  /// find the last record, and to truncate_to() behind it.
  static Result<JournalFile> open_to_append(const std::string& name);
  /// Without a lock. Refused is what is no journal; an empty one has end() 0.
  static Result<JournalFile> open_to_read(const std::string& name);
  /// The same without the magic, for a copy of another journal.
  static Result<JournalFile> create_bare(const std::string& name);
  /// Copies what is sound to a new file, locked, which takes the place of the one of this name:
  /// a process that writes that one finds out by check_ours(). What it appends until then is
  /// copied as well. A damaged file is refused.
  static Result<JournalFile> take_over(const std::string& name);

  Result<std::size_t> read_at(std::uint64_t offset, std::span<Byte> into) override;

  /// Writes all of `bytes` at end(), or nothing: after an error the file is as it was, if it can be
  /// cut back.
  Status append(ByteView bytes);
  /// Returns when what was appended is on the disk, and the file's name, too. After an error it is
  /// not known what is: do not go on.
  Status sync();
  /// Cuts off what is behind `end`.
  Status truncate_to(std::uint64_t end);
  /// Nothing follows. An Error if what was appended is not there, which NFS tells only now. The
  /// lock is given up in any case.
  Status close();
  /// An Error if its name is no longer that of this file: another run has taken it over, or it was
  /// moved.
  Status check_ours() const;

  /// Whether a process writes it, as far as its lock says; the file system may have none.
  enum class LockSeen : std::uint8_t { Free, Held, Unknown };
  LockSeen lock_seen() const;
  /// When it was written last, in seconds since 1970.
  std::int64_t modified() const;
  /// Its name is still that of this file: no other run has taken it over.
  bool is_named() const { return check_ours().has_value(); }

  std::uint64_t end() const { return end_; }
  const std::string& name() const { return name_; }

 private:
  JournalFile(std::string name, UniqueFd fd);

  Error error(const char* what) const;
  Status lock();
  Status begin_or_check();
  Status check_kind(JournalKind kind) const;
  Status lock_after_others(bool is_locked);
  Status sync_name();

  std::string name_;  // as the user gave it
  std::string path_;  // without symbolic links
  UniqueFd fd_;
  std::uint64_t end_ = 0;
  bool name_is_synced_ = false;
};

/// What a repair has copied, and what it has left out.
struct RepairedJournal {
  std::uint64_t records = 0;
  std::uint64_t damaged_bytes = 0, zero_bytes = 0, torn_bytes = 0;
  std::uint64_t left_out() const { return damaged_bytes + zero_bytes + torn_bytes; }
};
/// `spread journal repair`: what is sound of one file to another, which is not there yet, 0600, and
/// is on the disk when this returns. After an error it is not there.
Result<RepairedJournal> repair_journal(const std::string& from, const std::string& to);

}  // namespace spread
