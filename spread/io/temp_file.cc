#include "spread/io/temp_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {

TempFile::TempFile(std::string directory, std::uint64_t size_max)
    : directory_(std::move(directory)), size_max_(size_max) {}

Status TempFile::open() {
  fd_ = UniqueFd(sys::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd_) return {};
  // NFS and a few others have no O_TMPFILE.
  std::string name = directory_ + "/spread-XXXXXX";
  fd_ = UniqueFd(sys::mkostemp(name.data(), O_CLOEXEC));
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
  while (written < bytes.size()) {
    const ssize_t n = sys::pwrite(fd_.get(), bytes.data() + written, bytes.size() - written,
                                  static_cast<off_t>(end_ + written));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      Error why = errno_error("cannot write the spill file in " + directory_);
      if (sys::ftruncate(fd_.get(), static_cast<off_t>(end_)) != 0) end_ += written;
      return tl::unexpected(why);
    }
    written += static_cast<std::size_t>(n);
  }
  const std::uint64_t at = end_;
  end_ += bytes.size();
  return at;
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

}  // namespace spread
