#pragma once

#include <cstdint>
#include <string>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/unique_fd.h"

namespace spread {

/// A temporary file without a name (O_TMPFILE, or unlinked at once), made at the first write. It is
/// gone when spread ends, however that happens.
class TempFile {
 public:
  TempFile(std::string directory, std::uint64_t size_max);

  /// Whether a file can be made there.
  Status check() { return open(); }
  /// Appends all of `bytes`, or nothing.
  Result<std::uint64_t> append(ByteView bytes);
  Status read(std::uint64_t offset, std::span<Byte> into);
  /// Gives back the disk space before `offset`, where the file system can.
  void discard_before(std::uint64_t offset);

 private:
  Status open();

  std::string directory_;
  std::uint64_t size_max_;
  UniqueFd fd_;
  std::uint64_t end_ = 0;
  std::uint64_t discarded_ = 0;
};

}  // namespace spread
