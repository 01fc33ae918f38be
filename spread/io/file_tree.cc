#include "spread/io/file_tree.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

namespace fs = std::filesystem;

Status move_entry(const fs::path& from, const fs::path& to) {
  std::error_code error;
  const bool join =
      fs::is_directory(fs::symlink_status(from, error)) && fs::is_directory(to, error);
  if (!join) {
    fs::rename(from, to, error);
    if (error) return fail("cannot put " + to.string() + " into place: " + error.message());
    return {};
  }
  for (fs::directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    SPREAD_TRY(move_entry(entry->path(), to / entry->path().filename()));
  }
  if (error) return fail("cannot read " + from.string() + ": " + error.message());
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

Status ScratchFolder::move_out(const std::string& folder) { return move_entry(path_, folder); }

}  // namespace spread
