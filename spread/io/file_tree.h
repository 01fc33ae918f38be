#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "spread/api/file_status.h"
#include "spread/api/result.h"

namespace spread {

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
  /// Moves all that is in it to `folder`, its parent. A file replaces one of its name in one step,
  /// so that no program sees half of it; folders are joined.
  Status move_out(const std::string& folder);
  /// It stays, with what is in it still. Its path.
  std::string keep() { return std::exchange(path_, {}); }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace spread
