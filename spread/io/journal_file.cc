#include "spread/io/journal_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "spread/base/quote.h"
#include "spread/io/files.h"
#include "spread/io/system.h"
#include "spread/journal/record_log.h"
#include "spread/journal/repair.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

constexpr mode_t kMode = 0600;

struct ProcessFacts {
  char state = ' ';         ///< field 3 of /proc/PID/stat
  std::uint64_t start = 0;  ///< field 22; 0 if it cannot be read
};

ProcessFacts look_at_process(const std::string& pid) {
  ProcessFacts facts;
  const Result<std::string> stat = read_file("/proc/" + pid + "/stat");
  // The name, in parentheses, may hold anything. Behind it comes field 3.
  std::size_t at = stat ? stat->rfind(") ") : std::string::npos;
  if (at == std::string::npos || at + 2 >= stat->size()) return facts;
  facts.state = (*stat)[at + 2];
  constexpr int kFieldsBefore = 20;
  for (int field = 0; field < kFieldsBefore && at != std::string::npos; ++field) {
    at = stat->find(' ', at + 1);
  }
  if (at == std::string::npos) return facts;
  std::from_chars(stat->data() + at + 1, stat->data() + stat->size(), facts.start);
  return facts;
}

/// Of the boot and the space in which pids count: two containers of a machine have one boot, and
/// each its own pid 7.
std::string boot_id() {
  const Result<std::string> boot = read_file("/proc/sys/kernel/random/boot_id");
  struct stat space {};
  if (!boot || sys::stat("/proc/self/ns/pid", &space) != 0) return {};
  return boot->substr(0, boot->find('\n')) + " " + std::to_string(space.st_ino);
}

std::string without_links(const std::string& name) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::canonical(name, error);
  return error ? name : path.string();
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// "3 s", "5 min", "7 h", "2 d".
std::string format_age(std::int64_t seconds) {
  if (seconds < 120) return std::to_string(std::max<std::int64_t>(seconds, 0)) + " s";
  if (seconds < 120 * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / (24 * 3600)) + " d";
}

/// A writer that was killed while it started a process has left its descriptors to that one, until
/// the exec. True: the lock is had.
bool outwait_heirs(int fd) {
  constexpr int kHeirLooks = 200, kHeirLookEveryMs = 10;
  FileLock lock = FileLock::Theirs;
  for (int look = 0; lock == FileLock::Theirs && look < kHeirLooks; ++look) {
    sys::poll(nullptr, 0, kHeirLookEveryMs);
    lock = try_lock(fd, LockKind::Exclusive, 0);
  }
  return lock == FileLock::Ours;
}

/// A new file beside `path`, whose name cannot be guessed.
Result<std::pair<std::string, UniqueFd>> make_beside(const std::string& path) {
  std::string name = path + ".spread-XXXXXX";
  UniqueFd fd = make_named_file(name);
  if (!fd) return tl::unexpected(errno_error("cannot make a file beside " + path));
  return std::pair(std::move(name), std::move(fd));
}

}  // namespace

WriterIdentity own_identity() {
  return {host_name(), boot_id(), static_cast<std::uint64_t>(sys::getpid()),
          look_at_process("self").start};
}

bool is_provably_gone(const WriterIdentity& writer) {
  if (writer.boot.empty() || writer.boot != boot_id()) return false;
  const auto pid = static_cast<pid_t>(writer.pid);
  if (pid <= 0 || static_cast<std::uint64_t>(pid) != writer.pid) return false;
  // /proc may hide the processes of others; this does not.
  if (sys::kill(pid, 0) != 0 && errno == ESRCH) return true;
  const ProcessFacts now = look_at_process(std::to_string(pid));
  // One that has ended, and whose parent has not asked for its status yet.
  if (now.state == 'Z' || now.state == 'X') return true;
  return now.start != 0 && writer.pid_start != 0 && now.start != writer.pid_start;
}

JournalFile::JournalFile(std::string name, UniqueFd fd)
    : name_(std::move(name)), path_(without_links(name_)), fd_(std::move(fd)) {}

Error JournalFile::error(const char* what) const {
  const int number = errno;
  return Error{name_ + ": cannot " + what + ": " + errno_text(number), number};
}

Result<JournalFile> JournalFile::create(const std::string& name) {
  Result<JournalFile> file = create_bare(name);
  if (file) SPREAD_TRY(file->append(as_bytes(kJournalMagic)));
  return file;
}

Result<JournalFile> JournalFile::create_bare(const std::string& name) {
  UniqueFd fd = open_file(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (!fd) {
    const int number = errno;
    return tl::unexpected(Error{name + ": cannot make it: " + errno_text(number), number});
  }
  JournalFile file(name, std::move(fd));
  SPREAD_TRY(file.lock());
  return file;
}

Result<JournalFile> JournalFile::open_to_append(const std::string& name) {
  UniqueFd fd = open_file(name.c_str(), O_RDWR | O_CLOEXEC);
  if (!fd) return tl::unexpected(errno_error(name + ": cannot open it"));
  JournalFile file(name, std::move(fd));
  SPREAD_TRY(file.begin_or_check());
  SPREAD_TRY(file.lock());
  // The process that had the lock may have written on, or have begun an empty file.
  SPREAD_TRY(file.begin_or_check());
  if (file.end_ == 0) SPREAD_TRY(file.append(as_bytes(kJournalMagic)));
  // Before there was the lock, the file may have been taken over.
  SPREAD_TRY(file.check_ours());
  return file;
}

Result<JournalFile> JournalFile::open_to_read(const std::string& name) {
  // A FIFO would wait for its writer, and is refused below.
  UniqueFd fd = open_file(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (!fd) return tl::unexpected(errno_error(name + ": cannot open it"));
  JournalFile file(name, std::move(fd));
  SPREAD_TRY(file.begin_or_check());
  return file;
}

/// Looks whether it is a journal. end_ is its size, and 0 if it has no whole magic.
Status JournalFile::begin_or_check() {
  struct stat status {};
  if (sys::fstat(fd_.get(), &status) != 0) return tl::unexpected(error("look at it"));
  if (S_ISDIR(status.st_mode)) return fail(name_ + ": it is a directory");
  if (!S_ISREG(status.st_mode)) return fail(name_ + ": it is no regular file");
  std::array<Byte, kJournalMagic.size()> first;
  const Result<std::size_t> size = read_at(0, first);
  if (!size) return tl::unexpected(size.error());
  const JournalKind kind = journal_kind(ByteView(first).first(*size));
  end_ = kind == JournalKind::Empty ? 0 : static_cast<std::uint64_t>(status.st_size);
  return check_kind(kind);
}

Status JournalFile::check_kind(JournalKind kind) const {
  switch (kind) {
    case JournalKind::Journal:
    case JournalKind::Empty: return {};
    case JournalKind::Zeros:
      return fail(name_ +
                  ": it begins with zeros: either no journal, or one that a power cut has taken");
    case JournalKind::Newer: return fail(name_ + ": it is the journal of a newer spread");
    case JournalKind::Foreign: break;
  }
  return fail(name_ + ": it is no journal of spread");
}

Status JournalFile::lock() {
  const FileLock lock = try_lock(fd_.get(), LockKind::Exclusive, 0);
  if (lock == FileLock::Ours) return {};
  if (lock == FileLock::Failed) return tl::unexpected(error("lock it"));
  // Just made, or without a record.
  if (lock == FileLock::NotOffered && end_ <= kJournalMagic.size()) return {};
  return lock_after_others(lock == FileLock::Theirs);
}

/// No lock was had: another has it, or the file system has none, and then the last writer must be
/// gone.
Status JournalFile::lock_after_others(bool is_locked) {
  const Result<std::optional<LastWriter>> last = find_last_writer(*this);
  if (!last) return tl::unexpected(last.error());
  std::string who = "another process";
  if (*last) {
    const LastWriter& writer = **last;
    const bool is_gone = writer.has_ended || is_provably_gone(writer.part.writer);
    if (is_gone && (!is_locked || outwait_heirs(fd_.get()))) return {};
    if (!is_gone) {
      who = "pid " + std::to_string(writer.part.writer.pid) + " on " +
            printable_line(writer.part.writer.host, 64);
    }
  }
  struct stat status {};
  if (sys::fstat(fd_.get(), &status) != 0) return tl::unexpected(error("look at it"));
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t age = sys::realtime_ns() / kSecond - status.st_mtim.tv_sec;
  const char* const what =
      is_locked ? " is writing it" : " may be writing it, and its file system has no locks to tell";
  return fail(name_ + ": " + who + what + " (last record " + format_age(age) +
              " ago); --take-over continues in its place");
}

Result<std::size_t> JournalFile::read_at(std::uint64_t offset, std::span<Byte> into) {
  Result<std::size_t> read = spread::read_at(fd_.get(), offset, into);
  if (!read) read.error().message = name_ + ": " + read.error().message;
  return read;
}

Status JournalFile::append(ByteView bytes) {
  std::uint64_t at = end_;
  for (ByteView rest = bytes; !rest.empty();) {
    const ssize_t n = sys::pwrite(fd_.get(), rest.data(), rest.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      Error why = n < 0 ? error("write it") : Error{name_ + ": cannot write it", 0};
      // The next resume cuts it off, where this fails.
      static_cast<void>(cut_file(fd_.get(), end_));
      return tl::unexpected(std::move(why));
    }
    at += static_cast<std::size_t>(n);
    rest = rest.subspan(static_cast<std::size_t>(n));
  }
  end_ = at;
  return {};
}

Status JournalFile::sync() {
  // An error has taken the pages, and is not told again.
  if (!sync_file(fd_.get())) return tl::unexpected(error("sync it"));
  return name_is_synced_ ? Status() : sync_name();
}

/// A new name is in its folder for certain only when that is synced.
Status JournalFile::sync_name() {
  const UniqueFd folder = open_file(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // Some folders may be written to and not read.
  if (!folder && errno != EACCES) return tl::unexpected(error("sync its folder"));
  // Some file systems have no sync of a folder.
  if (folder && !sync_file(folder.get()) && errno != EINVAL) {
    return tl::unexpected(error("sync its folder"));
  }
  name_is_synced_ = true;
  return {};
}

Status JournalFile::truncate_to(std::uint64_t end) {
  if (!cut_file(fd_.get(), end)) return tl::unexpected(error("cut it back"));
  end_ = end;
  return {};
}

Status JournalFile::close() {
  const int number = fd_.close();
  if (number == 0) return {};
  errno = number;
  return tl::unexpected(error("close it"));
}

Status JournalFile::check_ours() const {
  struct stat ours {
  }, named{};
  if (sys::fstat(fd_.get(), &ours) != 0) return tl::unexpected(error("look at it"));
  if (sys::stat(path_.c_str(), &named) != 0) {
    if (errno == ENOENT) return fail(name_ + ": it was removed or renamed while it was written");
    return tl::unexpected(error("look at it"));
  }
  if (ours.st_dev == named.st_dev && ours.st_ino == named.st_ino) return {};
  return fail(name_ + ": it has been taken over by another run");
}

JournalFile::LockSeen JournalFile::lock_seen() const {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (sys::fcntl(fd_.get(), F_OFD_GETLK, &whole) != 0) return LockSeen::Unknown;
  return whole.l_type == F_UNLCK ? LockSeen::Free : LockSeen::Held;
}

std::int64_t JournalFile::modified() const {
  struct stat status {};
  return sys::fstat(fd_.get(), &status) == 0 ? status.st_mtim.tv_sec : 0;
}

Result<JournalFile> JournalFile::take_over(const std::string& name) {
  Result<JournalFile> old = open_to_read(name);
  if (!old) return old;
  auto made = make_beside(old->path_);
  if (!made) return tl::unexpected(made.error());
  const std::string beside = made->first;
  const auto give_up = [&](Error why) {
    sys::unlink(beside.c_str());
    return tl::unexpected(std::move(why));
  };
  JournalFile file(name, std::move(made->second));
  file.path_ = old->path_;
  JournalCopier copier(*old, [&file](ByteView bytes) { return file.append(bytes); });
  const auto copy = [&]() -> Status {
    const Result<LogRead> read = copier.copy();
    if (!read) return tl::unexpected(read.error());
    if (*read != LogRead::Damaged) return {};
    return fail(name + ": damaged at byte " + std::to_string(copier.reader().damaged_at()));
  };
  if (const Status locked = file.lock(); !locked) return give_up(locked.error());
  if (const Status copied = copy(); !copied) return give_up(copied.error());
  if (const Status synced = file.sync(); !synced) return give_up(synced.error());
  if (sys::rename(beside.c_str(), file.path_.c_str()) != 0) {
    return give_up(errno_error(name + ": cannot replace it"));
  }
  file.name_is_synced_ = false;
  // What the old writer has appended before the rename. It looks before it writes again.
  SPREAD_TRY(copy());
  SPREAD_TRY(file.sync());
  return file;
}

Result<RepairedJournal> repair_journal(const std::string& from, const std::string& to) {
  Result<JournalFile> in = JournalFile::open_to_read(from);
  if (!in) return tl::unexpected(in.error());
  if (in->end() == 0) return fail(from + ": there is nothing in it");
  Result<JournalFile> out = JournalFile::create_bare(to);
  if (!out) {
    if (out.error().number != EEXIST) return tl::unexpected(out.error());
    return fail(to + ": it is there already; a repair makes a new file");
  }
  JournalCopier copier(*in, [&out](ByteView bytes) { return out->append(bytes); });
  Result<LogRead> read = LogRead::Damaged;
  while (read && *read == LogRead::Damaged) read = copier.copy();
  Status done = read ? out->sync() : tl::unexpected(read.error());
  if (done) done = out->close();
  if (!done) {
    sys::unlink(to.c_str());
    return tl::unexpected(done.error());
  }
  const RecordLogReader& reader = copier.reader();
  return RepairedJournal{copier.records(), reader.skipped().damaged_bytes,
                         reader.skipped().zero_bytes, reader.torn_bytes()};
}

}  // namespace spread
