#include "spread/history/damaged_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
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

/// Of several processes that hold it only one finds `file` in its place. Bounded, since the one that
/// has it may be stopped. Held as long as the descriptor, which must not be opened by a process that
/// has the database open: SQLite's locks would end with it.
Result<UniqueFd> lock(const std::string& file) {
  constexpr int kTries = 1000;  // of 1 ms; it is held for three renames
  UniqueFd opened = open_file(file.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (!opened && errno != ENOENT) return tl::unexpected(errno_error("open " + file));
  struct flock first_byte {};  // SQLite's locks begin at 1 GiB
  first_byte.l_type = F_WRLCK;
  first_byte.l_whence = SEEK_SET;
  first_byte.l_len = 1;
  for (int i = 0; opened && sys::fcntl(opened.get(), F_OFD_SETLK, &first_byte) != 0; ++i) {
    // Without locks, the runs of one user rarely find the same damage at the same moment.
    if (errno != EAGAIN && errno != EACCES) break;
    if (i == kTries) return fail("another run does so, and does not end");
    sys::poll(nullptr, 0, 1);
  }
  return opened;
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

std::uint64_t inode_of(const std::string& file) {
  struct stat status {};
  return sys::stat(file.c_str(), &status) == 0 ? status.st_ino : 0;
}

Result<std::string> move_aside(const std::string& file, std::uint64_t inode, int names_max) {
  const Result<UniqueFd> held = lock(file);
  if (!held) return tl::unexpected(held.error());
  if (inode_of(file) != inode) return std::string();
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
