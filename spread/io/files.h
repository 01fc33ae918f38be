#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/file_status.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"

namespace spread {

bool file_is_empty(int fd);

/// The size of a regular file; none for anything else.
std::optional<std::uint64_t> file_size(int fd);
std::optional<std::uint64_t> file_size(const std::string& name);
/// What is left to be read of a regular file from where the descriptor stands.
std::optional<std::uint64_t> bytes_left(int fd);
/// As if a file had been read up to there; false where that cannot be done.
bool skip_to(int fd, std::uint64_t offset);

/// Moves at most `most` bytes from a pipe to where they go, which are not copied where the kernel
/// can do without. WouldBlock: one of the two cannot now. Failed, with nothing lost: it must be
/// read and written, or shows there what is wrong.
IoResult move_from_pipe(int pipe, int to, std::size_t most);

/// Reads all of `to` from `offset` on; fewer bytes only where the file ends.
Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<Byte> to);

/// Moves up to `size` bytes of a file to a pipe, not through spread's memory where the kernel can
/// do that. End: no process reads the pipe. Failed without an errno: the file is shorter.
IoResult move_from_file(int file, std::uint64_t offset, std::uint64_t size, int pipe);

/// Removes what a run that was killed left behind the last newline of a file, if `is_ours` says
/// that it is the start of a line of spread; an Error if not. A file that does not exist is no
/// error.
Status drop_torn_line(const std::string& name, bool (*is_ours)(std::string_view));
/// A file for output: a regular one, made if it is not there and else as it is, or /dev/null.
/// Nothing else is opened: neither what could block nor what a descriptor of spread stands for.
/// `to_be_read`: for reading, too.
Result<UniqueFd> open_output_file(const std::string& name, bool to_be_read = false);
/// Of an open file: nothing is in it any more. No error where there is nothing to empty.
Status empty_file(int fd);
/// Whether both are one regular file that exists.
bool are_one_file(const std::string& name, const std::string& other);
bool is_file(int fd, const std::string& name);
bool are_one_file(int fd, int other);

/// The last lines of a file, at most the last 2 KiB of it; empty if it cannot be read.
std::string file_tail(const std::string& name, std::size_t lines);

/// The directory `name`, and those above it that are missing.
Status make_directories(const std::string& name);
/// Makes `folder`, and in it the files "stdout" and "stderr", empty: a job's, of --results.
Status open_result_files(const std::string& folder, UniqueFd (&files)[2]);

/// A temporary file without a name (O_TMPFILE, or unlinked at once), made at the first write. It is
/// gone when spread ends, however that happens.
class TempFile {
 public:
  TempFile(std::string directory, std::uint64_t size_max);

  /// Whether a file can be made there.
  Status check() { return open(); }
  /// Appends all of `bytes`, or nothing.
  Result<std::uint64_t> append(ByteView bytes);
  /// Anywhere, also beyond the end; then append() must not be used.
  Status write(std::uint64_t offset, ByteView bytes);
  Status read(std::uint64_t offset, std::span<Byte> into);
  /// Gives back the disk space before `offset`, where the file system can.
  void discard_before(std::uint64_t offset);

 private:
  Status open();
  Status write_all(std::uint64_t offset, ByteView bytes, std::size_t& written);

  std::string directory_;
  std::uint64_t size_max_;
  UniqueFd fd_;
  std::uint64_t end_ = 0;
  std::uint64_t discarded_ = 0;
};

/// An Error names the file and why it cannot be reached.
Result<FileStatus> file_status(const std::string& name);

/// A new, empty folder in `folder`, which is made where it is not there; gone with this object,
/// with all that is in it.
class ScratchFolder {
 public:
  static Result<ScratchFolder> create(const std::string& folder);
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;

  const std::string& path() const { return path_; }
  /// Moves `names`, as far as they are in it, to `folder`, its parent. A file replaces one of its
  /// name in one step, so that no program sees half of it; folders are joined. The
  /// first that cannot be moved is told, and the others are moved. What is in it comes
  /// from another machine, which is not trusted to send what it was asked for: an Error, and
  /// nothing is moved, if there is anything else, or anything but files and folders; a link could
  /// lead what comes later out of `folder`. Files lose their set-user-ID and set-group-ID bits.
  Status move_out(const std::string& folder, const std::vector<std::string>& names);
  /// It stays, with what is in it still. Its path.
  std::string keep() { return std::exchange(path_, {}); }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace spread
