#pragma once

#include <cstdint>

namespace spread {

/// What stat(2) says of a file, links followed.
struct FileStatus {
  std::uint64_t size = 0;
  std::int64_t modified = 0;  ///< seconds since 1970
  std::uint64_t inode = 0;
  bool folder = false;

  /// Whether it is the same here and there: rsync's quick check; of a folder that is on a shared
  /// file system only the number is evidence.
  bool same_as(const FileStatus& other) const {
    return size == other.size && modified == other.modified && (!folder || inode == other.inode);
  }
};

}  // namespace spread
