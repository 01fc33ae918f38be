#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/file_status.h"
#include "spread/api/result.h"
#include "spread/launch/launch_plan.h"

namespace spread {

// Files that jobs on another machine need and make (--basefile, --transferfile, --return): names,
// and the requests to a job agent that move them as a tar archive through the login that the jobs
// use. Why not scp or rsync: docs/decisions/0011-files-through-the-login.md. Pure.

/// Where a file lies: at `base`/`name`, here and there. `name` is relative and has no `..`.
struct FilePlace {
  std::string here;   ///< base on this machine: "." is the current directory
  std::string there;  ///< base on the other one: "." is the job's directory
  std::string name;

  /// Begins with "/" or ".", so no program takes it for an option.
  std::string path_here() const { return here + "/" + name; }
  std::string path_there() const { return there + "/" + name; }
};

/// As GNU parallel has it: an absolute name is the same on both sides, a relative one stands below
/// the current directory here and the job's there; what is in front of `/./` is cut off, as
/// `rsync --relative` does: of `data/./a/b` the job sees `a/b`. Leading `../` are kept. An Error:
/// nothing is named, or `..` stands elsewhere.
Result<FilePlace> file_place(std::string_view name);

/// Asks what is there already: a line for each file.
std::string format_look(const std::vector<FilePlace>& files, std::string_view directory);
/// The answer: for each file its status; none where there is no file.
struct RemoteFile {
  bool exists = false;
  std::optional<FileStatus> status;  ///< none where the other side cannot tell
};
/// An Error: it is not the answer to that many files.
Result<std::vector<RemoteFile>> parse_look(std::string_view text, std::size_t files);

/// Unpacks the archive that follows as chunks into `base`; directories are made as needed.
std::string format_receive(std::string_view base, std::string_view directory);
/// Packs those of the files that are there, all of one base, to stdout. Its status is kSomeMissing
/// where a file is not there; stderr names it.
std::string format_send(const std::vector<FilePlace>& files, std::string_view directory);
inline constexpr int kSomeMissing = 3;
/// Removes them, and the directories above them that are empty then, up to the job's own.
std::string format_remove(const std::vector<FilePlace>& files, std::string_view directory);

/// The same on this side. `current_directory` is that of spread, absolute.
ArgumentList pack_here(const std::vector<FilePlace>& files, std::string_view current_directory);
ArgumentList unpack_here(std::string_view folder);

}  // namespace spread
