#include "spread/io/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

std::optional<int> parse_descriptor(std::string_view digits) {
  int fd = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
  if (error != std::errc() || end != digits.data() + digits.size() || fd < 0) return std::nullopt;
  return fd;
}

bool is_inherited(int fd) {
  const int flags = sys::fcntl(fd, F_GETFD);
  return fd > 2 && flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

}  // namespace

std::vector<int> inherited_descriptors() {
  std::vector<int> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error)) {
    const auto fd = parse_descriptor(entry->path().filename().string());
    if (fd && is_inherited(*fd)) found.push_back(*fd);
  }
  if (error) {
    // Without /proc. Shells give no higher number to a descriptor.
    constexpr int kMost = 1024;
    found.clear();
    for (int fd = 3; fd < kMost; ++fd) {
      if (is_inherited(fd)) found.push_back(fd);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<int> named_descriptor(std::string_view name) {
  if (name == "/dev/stdin") return 0;
  if (name == "/dev/stdout") return 1;
  if (name == "/dev/stderr") return 2;
  for (const std::string_view before : {"fd:", "/dev/fd/", "/proc/self/fd/"}) {
    if (name.substr(0, before.size()) == before) {
      return parse_descriptor(name.substr(before.size()));
    }
  }
  return std::nullopt;
}

Status claim_descriptor(int fd) {
  const int flags = sys::fcntl(fd, F_GETFD);
  if (flags < 0) return fail("there is no descriptor " + std::to_string(fd));
  if (fd > 2 && sys::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0) {
    return tl::unexpected(errno_error("fcntl(F_SETFD)"));
  }
  return {};
}

}  // namespace spread
