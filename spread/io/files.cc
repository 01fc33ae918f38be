#include "spread/io/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "spread/base/posix.h"
#include "spread/base/quote.h"
#include "spread/io/system.h"
#include "spread/io/terminal.h"
#include "spread/sys/calls.h"

namespace spread {

bool file_is_empty(int fd) {
  struct stat status {};
  return sys::fstat(fd, &status) != 0 || status.st_size == 0;
}

std::optional<std::uint64_t> file_size(int fd) {
  struct stat status {};
  if (sys::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

std::optional<std::uint64_t> file_size(const std::string& name) {
  struct stat status {};
  if (sys::stat(name.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

namespace {

bool takes_output(const struct stat& status) {
  constexpr unsigned kMemoryDevices = 1, kNull = 3;  // of Linux
  return S_ISREG(status.st_mode) ||
         (S_ISCHR(status.st_mode) && status.st_rdev == makedev(kMemoryDevices, kNull));
}

}  // namespace

Result<UniqueFd> open_output_file(const std::string& name, bool to_be_read) {
  const std::string failed = "cannot write " + name;
  if (named_descriptor(name)) return fail(failed + ": it is a descriptor, and no file by its name");
  struct stat status {};
  // Before it is opened, too: the reader of a pipe would take that for a writer.
  bool good = sys::stat(name.c_str(), &status) != 0 || takes_output(status);
  const int how = (to_be_read ? O_RDWR : O_WRONLY) | O_CREAT | O_CLOEXEC | O_NONBLOCK;
  UniqueFd fd = good ? open_file(name.c_str(), how, 0666) : UniqueFd();
  if (good && !fd) return tl::unexpected(errno_error(failed));
  if (good && sys::fstat(fd.get(), &status) != 0) return tl::unexpected(errno_error(failed));
  if (!good || !takes_output(status)) return fail(failed + ": it is no regular file");
  return fd;
}

Status empty_file(int fd) {
  struct stat status {};
  const bool known = sys::fstat(fd, &status) == 0;
  if (known && (!S_ISREG(status.st_mode) || status.st_size == 0 || cut_file(fd, 0))) return {};
  return tl::unexpected(errno_error("cannot be emptied"));
}

std::optional<std::uint64_t> bytes_left(int fd) {
  const auto size = file_size(fd);
  const off_t at = size ? sys::lseek(fd, 0, SEEK_CUR) : -1;
  if (at < 0) return std::nullopt;
  return *size - std::min(*size, static_cast<std::uint64_t>(at));
}

bool skip_to(int fd, std::uint64_t offset) {
  return sys::lseek(fd, static_cast<off_t>(offset), SEEK_SET) >= 0;
}

Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<Byte> to) {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t n =
        sys::pread(fd, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected(errno_error("read"));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

namespace {

/// For file systems that cannot be spliced from.
IoResult copy_from_file(int file, std::uint64_t offset, std::uint64_t size, int pipe) {
  std::array<Byte, 64 * 1024> piece;
  const auto read =
      read_at(file, offset, {piece.data(), std::min<std::uint64_t>(size, piece.size())});
  if (!read) return {IoState::Failed, 0, read.error().number};
  if (*read == 0) return {IoState::Failed, 0, 0};
  const ByteView bytes(piece.data(), *read);
  return write_some(pipe, {&bytes, 1});
}

}  // namespace

IoResult move_from_file(int file, std::uint64_t offset, std::uint64_t size, int pipe) {
  off_t from = static_cast<off_t>(offset);
  const ssize_t moved = sys::splice(file, &from, pipe, size, SPLICE_F_NONBLOCK);
  if (moved < 0 && (errno == EINVAL || errno == ENOSYS)) {
    return copy_from_file(file, offset, size, pipe);
  }
  IoResult result;
  if (moved > 0) {
    result.state = IoState::Done;
    result.size = static_cast<std::size_t>(moved);
  } else if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
    result.state = IoState::WouldBlock;
  } else if (moved < 0 && errno == EPIPE) {
    result.state = IoState::End;
  } else {
    result.state = IoState::Failed;
    result.error = moved == 0 ? 0 : errno;
  }
  return result;
}

IoResult move_from_pipe(int pipe, int to, std::size_t most) {
  const ssize_t moved = sys::splice(pipe, nullptr, to, most, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  if (moved > 0) return {IoState::Done, static_cast<std::size_t>(moved), 0};
  if (moved == 0) return {IoState::End, 0, 0};
  const bool later = errno == EAGAIN || errno == EINTR;
  return {later ? IoState::WouldBlock : IoState::Failed, 0, errno};
}

Status drop_torn_line(const std::string& name, bool (*is_ours)(std::string_view)) {
  const auto file = open_for_reading(name);
  struct stat status {};
  if (!file) return {};
  if (sys::fstat(file->get(), &status) != 0) return tl::unexpected(errno_error(name));
  if (!S_ISREG(status.st_mode)) return {};
  const auto size = static_cast<std::uint64_t>(status.st_size);
  // From its end: a joblog may be large, and its last line is not.
  std::array<char, 64 * 1024> piece;
  std::uint64_t kept = size;
  while (kept > 0) {
    const std::uint64_t begin = kept - std::min<std::uint64_t>(kept, piece.size());
    const auto got =
        read_at(file->get(), begin,
                {reinterpret_cast<Byte*>(piece.data()), static_cast<std::size_t>(kept - begin)});
    if (!got) return tl::unexpected(got.error());
    const std::size_t newline = std::string_view(piece.data(), *got).rfind('\n');
    kept = newline == std::string_view::npos ? begin : begin + newline + 1;
    if (newline != std::string_view::npos) break;
  }
  if (kept == size) return {};
  const auto begun =
      read_at(file->get(), kept, {reinterpret_cast<Byte*>(piece.data()), piece.size()});
  if (!begun) return tl::unexpected(begun.error());
  if (!is_ours(std::string_view(piece.data(), *begun))) {
    return fail(name + ": the last line is no line of a joblog, and is not cut off");
  }
  int cut;
  do {
    cut = sys::truncate(name.c_str(), static_cast<off_t>(kept));
  } while (cut != 0 && errno == EINTR);
  if (cut != 0) {
    return tl::unexpected(errno_error("truncate " + name));
  }
  return {};
}

namespace {

std::optional<struct stat> regular_file(const std::string& name) {
  struct stat status {};
  const int done = sys::stat(name.c_str(), &status);
  return done == 0 && S_ISREG(status.st_mode) ? std::optional(status) : std::nullopt;
}

std::optional<struct stat> regular_file(int fd) {
  struct stat status {};
  const int done = sys::fstat(fd, &status);
  return done == 0 && S_ISREG(status.st_mode) ? std::optional(status) : std::nullopt;
}

bool is_same(const std::optional<struct stat>& one, const std::optional<struct stat>& two) {
  return one && two && one->st_dev == two->st_dev && one->st_ino == two->st_ino;
}

}  // namespace

bool are_one_file(const std::string& name, const std::string& other) {
  return is_same(regular_file(name), regular_file(other));
}
bool is_file(int fd, const std::string& name) {
  return is_same(regular_file(fd), regular_file(name));
}
bool are_one_file(int fd, int other) { return is_same(regular_file(fd), regular_file(other)); }

std::string file_tail(const std::string& name, std::size_t lines) {
  constexpr std::uint64_t kBytes = 2048;
  const auto fd = open_for_reading(name);
  const auto size = fd ? file_size(fd->get()) : std::nullopt;
  if (!size) return {};
  std::string text(std::min(*size, kBytes), '\0');
  const auto got =
      read_at(fd->get(), *size - text.size(), {reinterpret_cast<Byte*>(text.data()), text.size()});
  text.resize(got.value_or(0));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t begin = text.size();
  for (; lines > 0; --lines) {
    begin = begin == 0 ? std::string::npos : text.rfind('\n', begin - 1);
    if (begin == std::string::npos) return text;
  }
  return text.substr(begin + 1);
}

Status make_directories(const std::string& name) {
  constexpr mode_t kAll = 0777;
  std::size_t end = 0;
  do {
    end = name.find('/', end + 1);
    const std::string part = name.substr(0, end);
    if (sys::mkdir(part.c_str(), kAll) == 0) continue;
    Error why{errno_text(errno), errno};
    struct stat status {};
    if (sys::stat(part.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) continue;
      why = {errno_text(ENOTDIR), ENOTDIR};
    } else if (why.number == EEXIST && errno != ENOENT) {
      why = {errno_text(errno), errno};  // it may be a folder, and cannot be looked at
    }
    return tl::unexpected(why);
  } while (end != std::string::npos);
  return {};
}

Status open_result_files(const std::string& folder, UniqueFd (&files)[2]) {
  if (const Status made = make_directories(folder); !made) {
    return fail("cannot make " + show_text(folder) + ": " + made.error().message);
  }
  for (int i = 0; i < 2; ++i) {
    const std::string name = folder + (i == 0 ? "/stdout" : "/stderr");
    files[i] = open_file(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (!files[i]) return tl::unexpected(errno_error("open " + name));
  }
  return {};
}

TempFile::TempFile(std::string directory, std::uint64_t size_max)
    : directory_(std::move(directory)), size_max_(size_max) {}

Status TempFile::open() {
  fd_ = open_file(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_) return {};
  // NFS and a few others have no O_TMPFILE.
  std::string name = directory_ + "/spread-XXXXXX";
  fd_ = make_named_file(name);
  if (!fd_) return tl::unexpected(errno_error("cannot make a spill file in " + directory_));
  sys::unlink(name.c_str());
  return {};
}

Result<std::uint64_t> TempFile::append(ByteView bytes) {
  if (!fd_) SPREAD_TRY(open());
  if (end_ - discarded_ + bytes.size() > size_max_) {
    return fail("the spill file in " + directory_ + " has reached --spill-max");
  }
  std::size_t written = 0;
  if (Status done = write_all(end_, bytes, written); !done) {
    if (sys::ftruncate(fd_.get(), static_cast<off_t>(end_)) != 0) end_ += written;
    return tl::unexpected(std::move(done.error()));
  }
  const std::uint64_t at = end_;
  end_ += bytes.size();
  return at;
}

Status TempFile::write(std::uint64_t offset, ByteView bytes) {
  if (!fd_) SPREAD_TRY(open());
  std::size_t written = 0;
  return write_all(offset, bytes, written);
}

Status TempFile::write_all(std::uint64_t offset, ByteView bytes, std::size_t& written) {
  while (written < bytes.size()) {
    const ssize_t n = sys::pwrite(fd_.get(), bytes.data() + written, bytes.size() - written,
                                  static_cast<off_t>(offset + written));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return tl::unexpected(errno_error("cannot write the spill file in " + directory_));
    written += static_cast<std::size_t>(n);
  }
  return {};
}

Status TempFile::read(std::uint64_t offset, std::span<Byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = sys::pread(fd_.get(), into.data() + done, into.size() - done,
                                 static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected(errno_error("cannot read the spill file in " + directory_));
    if (n == 0) return fail("the spill file in " + directory_ + " is shorter than it was written");
    done += static_cast<std::size_t>(n);
  }
  return {};
}

void TempFile::discard_before(std::uint64_t offset) {
  // Punching small holes costs more than it gives back.
  constexpr std::uint64_t kWorthIt = 1 << 20;
  if (!fd_ || offset < discarded_ + kWorthIt) return;
  if (sys::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     static_cast<off_t>(discarded_),
                     static_cast<off_t>(offset - discarded_)) == 0) {
    discarded_ = offset;
  }
}

namespace {

namespace fs = std::filesystem;

Status cannot_place(const fs::path& path, std::error_code why) {
  return fail("cannot put " + path.string() + " into place: " + why.message());
}

Status move_entry(const fs::path& from, const fs::path& to) {
  std::error_code error;
  const bool join =
      fs::is_directory(fs::symlink_status(from, error)) && fs::is_directory(to, error);
  if (!join) {
    fs::rename(from, to, error);
    return error ? cannot_place(to, error) : Status{};
  }
  for (fs::directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    SPREAD_TRY(move_entry(entry->path(), to / entry->path().filename()));
  }
  if (error) return fail("cannot read " + from.string() + ": " + error.message());
  return {};
}

/// Whether `path` is one of `names` or lies below one; `leads`: or one lies below it.
bool belongs_to(const std::string& path, const std::vector<std::string>& names, bool leads) {
  const auto below = [](const std::string& one, const std::string& other) {
    return one.size() > other.size() && one.compare(0, other.size(), other) == 0 &&
           one[other.size()] == '/';
  };
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return path == name || below(path, name) || (leads && below(name, path));
  });
}

/// See ScratchFolder::move_out(). `inside`: of `root`; empty = itself.
Status check_contents(const std::string& root, const std::string& inside,
                      const std::vector<std::string>& names) {
  std::error_code error;
  for (fs::directory_iterator entry(fs::path(root) / inside, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string base = entry->path().filename().string();
    const std::string name = inside.empty() ? base : inside + "/" + base;
    const fs::file_status status = entry->symlink_status(error);
    if (error) break;
    const bool folder = fs::is_directory(status);
    if (!belongs_to(name, names, folder)) {
      return fail("the other side sent " + show_text(name) + ", which it was not asked for");
    }
    if (folder) {
      SPREAD_TRY(check_contents(root, name, names));
      continue;
    }
    if (!fs::is_regular_file(status)) {
      return fail("the other side sent " + show_text(name) + ", which is no file and no folder");
    }
    constexpr fs::perms kSetId = fs::perms::set_uid | fs::perms::set_gid;
    if ((status.permissions() & kSetId) != fs::perms::none) {
      fs::permissions(entry->path(), kSetId, fs::perm_options::remove, error);
    }
    if (error) break;
  }
  if (error) return fail("cannot read " + root + ": " + error.message());
  return {};
}

}  // namespace

Result<FileStatus> file_status(const std::string& name) {
  struct stat found;
  if (sys::stat(name.c_str(), &found) != 0) return tl::unexpected(errno_error(name));
  return FileStatus{static_cast<std::uint64_t>(found.st_size), found.st_mtim.tv_sec,
                    static_cast<std::uint64_t>(found.st_ino), S_ISDIR(found.st_mode)};
}

Result<ScratchFolder> ScratchFolder::create(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail("cannot make " + folder + ": " + error.message());
  std::string path = folder + "/.spread-XXXXXX";
  if (sys::mkdtemp(path.data()) == nullptr) {
    return tl::unexpected(errno_error("cannot make a folder in " + folder));
  }
  return ScratchFolder(std::move(path));
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Status ScratchFolder::move_out(const std::string& folder, const std::vector<std::string>& names) {
  SPREAD_TRY(check_contents(path_, {}, names));
  Status first;
  for (const std::string& name : names) {
    const fs::path from = fs::path(path_) / name, to = fs::path(folder) / name;
    std::error_code error;
    if (!fs::exists(fs::symlink_status(from, error))) continue;
    fs::create_directories(to.parent_path(), error);
    const Status moved = error ? cannot_place(to.parent_path(), error) : move_entry(from, to);
    if (first) first = moved;
  }
  return first;
}

}  // namespace spread
