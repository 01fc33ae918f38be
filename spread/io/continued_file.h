#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"

namespace spread {

/// A regular file that a run before has begun, and that is written from its start again, mostly
/// with the same bytes. What is there already is compared and left as it is, in pieces of
/// kPieceBytes; at the first byte that differs, or where the old ones end, the file is cut, and
/// written from there on. A program that is killed before that leaves the file untouched.
class ContinuedFile {
 public:
  static constexpr std::size_t kPieceBytes = 64 * 1024;

  /// `fd`, which stays the caller's, is open for reading and writing. What is behind the first
  /// `old_bytes` of the file is not worth comparing; a file that is shorter ends where it ends.
  ContinuedFile(int fd, std::uint64_t old_bytes) : fd_(fd), old_bytes_(old_bytes) {}

  /// As write_some(): how many bytes are in the file now, from the first piece's first one on,
  /// whether they have been there or not. No piece is empty.
  IoResult write(std::span<const ByteView> pieces);

  /// Nothing has been written so far: all of it was there.
  bool compares() const { return compares_; }
  /// So many bytes at the start of the file have been left as they are.
  std::uint64_t kept() const { return kept_; }

  /// The output has ended: what the file has behind it, of a longer one, goes.
  Status cut();

 private:
  int fd_;
  std::uint64_t old_bytes_;
  std::uint64_t kept_ = 0;
  bool compares_ = true;
};

}  // namespace spread
