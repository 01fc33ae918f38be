#include "spread/history/damaged_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

// https://sqlite.org/fileformat.html: the header begins with 16 bytes of text; the number of the
// application stands at 68, the highest byte first.
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kMagicBytes = 16;
constexpr std::size_t kReadVersionAt = 19;
constexpr std::size_t kApplicationAt = 68;
constexpr Byte kWalVersion = 2;

using Header = std::array<Byte, kHeaderBytes>;

/// False: there is no such file, it is empty, or it cannot be read.
bool read_header(const std::string& file, Header& header) {
  const UniqueFd opened = open_file(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  return opened && sys::pread(opened.get(), header.data(), header.size(), 0) > 0;
}

/// A name that was free, as an empty file. O_EXCL: also of two processes only one gets it.
Result<std::string> reserve(const std::string& file, int names_max) {
  std::string name = file + ".damaged";
  for (int i = 2;; ++i) {
    const UniqueFd made = open_file(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made) return name;
    const Error why = errno_error("create " + name);
    if (why.number != EEXIST) return tl::unexpected(why);
    if (i > names_max) {
      return fail("there are " + std::to_string(names_max) + " files such as " + name);
    }
    name = file + ".damaged-" + std::to_string(i);
  }
}

/// Whether the file that is open has the name.
bool is_in_place(const std::string& file, const UniqueFd& held) {
  struct stat ours {};
  struct stat named {};
  return held && sys::fstat(held.get(), &ours) == 0 && sys::stat(file.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/// Bounded, since the one that has it may be stopped. Where the file system has no locks, it is as
/// if it were had: that several runs find the same damage at the same moment is rare.
Status lock(const UniqueFd& held, LockKind kind) {
  constexpr int kTries = 1000;  // of 1 ms; a move takes four renames, a look at a damaged file less
  constexpr std::uint64_t kBytes = 1;  // SQLite's locks begin at 1 GiB
  for (int i = 0; i < kTries; ++i) {
    switch (try_lock(held.get(), kind, kBytes)) {
      case FileLock::Ours:
      case FileLock::NotOffered: return {};
      case FileLock::Theirs: break;
      case FileLock::Failed: return tl::unexpected(errno_error("lock it"));
    }
    sys::poll(nullptr, 0, 1);
  }
  return fail("another run has it open");
}

}  // namespace

bool is_written_by(const std::string& file, std::uint32_t application) {
  Header header{};
  if (!read_header(file, header)) return false;
  if (std::all_of(header.begin(), header.begin() + kMagicBytes,
                  [](Byte byte) { return byte == 0; })) {
    return true;
  }
  std::uint32_t written = 0;
  for (std::size_t i = 0; i < 4; ++i) written = written << 8 | header[kApplicationAt + i];
  return written == application;
}

bool has_wal(const std::string& file) {
  Header header{};
  return read_header(file, header) && header[kReadVersionAt] == kWalVersion;
}

Result<UniqueFd> keep_in_place(const std::string& file, bool create) {
  for (;;) {
    const int made = create ? O_CREAT : 0;
    UniqueFd held = open_file(file.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | made, 0600);
    if (!held) held = open_file(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (!held) return held;  // SQLite says why
    SPREAD_TRY(lock(held, LockKind::Shared));
    if (is_in_place(file, held)) return held;
  }
}

Result<std::string> move_aside(const std::string& file, UniqueFd held, int names_max) {
  // First it is given up: two that both kept it while they wait for each other would wait in vain.
  try_lock(held.get(), LockKind::None, 0);
  if (!is_in_place(file, held)) return std::string();
  const Status alone = lock(held, LockKind::Exclusive);
  if (!is_in_place(file, held)) return std::string();
  if (!alone) return tl::unexpected(alone.error());
  const Result<std::string> aside = reserve(file, names_max);
  if (!aside) return aside;
  std::error_code failed;
  // First what belongs to it: a new database must never be seen beside the journal of the old one.
  for (const char* suffix : {"-journal", "-wal", "-shm"}) {
    std::filesystem::rename(file + suffix, *aside + suffix, failed);
  }
  std::filesystem::rename(file, *aside, failed);
  if (!failed) return aside;
  sys::unlink(aside->c_str());
  return fail("rename " + file + ": " + failed.message());
}

}  // namespace spread
