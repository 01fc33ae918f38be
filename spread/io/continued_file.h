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
/// written from there on. A program that is killed before that leaves the file untouched. Of what
/// is still needed from the file nothing is cut: there what differs is written over.
class ContinuedFile {
 public:
  static constexpr std::size_t kPieceBytes = 64 * 1024;

  /// `fd`, which stays the caller's, is open for reading and writing. What is behind the first
  /// `old_bytes` of the file is not worth comparing; a file that is shorter ends where it ends. The
  /// first `needed` bytes will be read by others until they have been compared.
  ContinuedFile(int fd, std::uint64_t old_bytes, std::uint64_t needed = 0)
      : fd_(fd), old_bytes_(old_bytes), needed_(needed) {}

  /// As write_some(): how many bytes are in the file now, from the first piece's first one on,
  /// whether they have been there or not. No piece is empty.
  IoResult write(std::span<const ByteView> pieces);

  /// Nothing has been written so far: all of it was there.
  bool compares() const { return compares_; }
  /// So many bytes at the start of the file have been left as they are, or mended.
  std::uint64_t kept() const { return kept_; }

  /// The output has ended: what the file has behind it, of a longer one, goes.
  Status cut();

 private:
  int fd_;
  std::uint64_t old_bytes_, needed_;
  std::uint64_t kept_ = 0;
  bool compares_ = true;
};

}  // namespace spread
