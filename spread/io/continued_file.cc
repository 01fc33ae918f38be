#include "spread/io/continued_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "spread/base/assert.h"
#include "spread/base/posix.h"
#include "spread/io/files.h"
#include "spread/sys/calls.h"

namespace spread {

IoResult ContinuedFile::write(std::span<const ByteView> pieces) {
  if (!compares_) return write_some(fd_, pieces);
  SPREAD_ASSERT(!pieces.front().empty());
  std::array<Byte, kPieceBytes> old;
  const ByteView fresh = pieces.front().first(static_cast<std::size_t>(
      std::min<std::uint64_t>({pieces.front().size(), old.size(), old_bytes_ - kept_})));
  const auto got = read_at(fd_, kept_, {old.data(), fresh.size()});
  if (!got) return {IoState::Failed, 0, got.error().number};
  const auto end = old.begin() + static_cast<std::ptrdiff_t>(*got);
  const auto same =
      static_cast<std::size_t>(std::mismatch(old.begin(), end, fresh.begin()).first - old.begin());
  kept_ += same;
  if (same < fresh.size() && kept_ < needed_) {
    const ByteView other = fresh.subspan(same);
    const ssize_t mended = sys::pwrite(fd_, other.data(), other.size(), static_cast<off_t>(kept_));
    if (mended < 0 && errno != EINTR) return {IoState::Failed, 0, errno};
    kept_ += static_cast<std::uint64_t>(std::max<ssize_t>(mended, 0));
    return {IoState::Done, same + static_cast<std::size_t>(std::max<ssize_t>(mended, 0)), 0};
  }
  if (same < fresh.size() || kept_ == old_bytes_) {
    if (const Status done = cut(); !done) return {IoState::Failed, 0, done.error().number};
  }
  if (same > 0) return {IoState::Done, same, 0};
  return write_some(fd_, pieces);
}

Status ContinuedFile::cut() {
  if (!compares_) return {};
  if (!cut_file(fd_, kept_) || !skip_to(fd_, kept_)) {
    return tl::unexpected(errno_error("cut off what is behind the output"));
  }
  compares_ = false;
  return {};
}

}  // namespace spread
