#include "spread/io/local_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "spread/base/quote.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

constexpr mode_t kFolderMode = 0700, kSocketMode = 0600;
/// More than that connect at the same moment in no user's life.
constexpr int kBacklog = 128;

Result<sockaddr_un> address_of(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) {
    return fail(show_text(name) + ": the name is too long for a socket (at most " +
                std::to_string(sizeof address.sun_path - 1) +
                " bytes); let XDG_RUNTIME_DIR name a shorter one");
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  return address;
}

struct FolderFacts {
  bool folder = false;
  std::uint32_t owner = 0, mode = 0;
};

/// Not what a link leads to.
Result<FolderFacts> facts_of(const std::string& name) {
  const UniqueFd fd =
      open_file(name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat status {};
  if (!fd && (errno == ENOTDIR || errno == ELOOP)) return FolderFacts();
  if (!fd || sys::fstat(fd.get(), &status) != 0) {
    return tl::unexpected(errno_error("cannot use " + name));
  }
  return FolderFacts{true, status.st_uid, status.st_mode};
}

/// Of the process at the other end of a socket.
bool is_own(int fd) {
  ucred peer{};
  return sys::socket_peer(fd, &peer) == 0 && peer.uid == sys::geteuid();
}

}  // namespace

std::uint32_t own_user() { return sys::geteuid(); }
std::uint64_t own_pid() { return static_cast<std::uint64_t>(sys::getpid()); }

bool is_own_folder(const std::string& name) {
  const auto facts = facts_of(name);
  return facts && facts->folder && facts->owner == own_user();
}

Status make_own_folder(const std::string& name) {
  if (sys::mkdir(name.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return tl::unexpected(errno_error("cannot make " + name));
  }
  const auto facts = facts_of(name);
  if (!facts) return tl::unexpected(facts.error());
  const std::string what = "cannot use " + show_text(name) + ": ";
  if (!facts->folder) return fail(what + "it is no directory");
  if (facts->owner != own_user()) {
    return fail(what + "it belongs to user " + std::to_string(facts->owner));
  }
  constexpr std::uint32_t kOthers = 077;
  if ((facts->mode & kOthers) == 0) return {};
  return fail(what + "others may use it; chmod 700 takes that from them");
}

Result<UniqueFd> listen_at(const std::string& name) {
  const auto address = address_of(name);
  if (!address) return tl::unexpected(address.error());
  UniqueFd fd(sys::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return tl::unexpected(errno_error("cannot make a socket"));
  sys::unlink(name.c_str());
  // The mode is that of the file when it is made, so that there is no moment between.
  if (sys::fchmod(fd.get(), kSocketMode) != 0 || sys::bind(fd.get(), &*address) != 0 ||
      sys::listen(fd.get(), kBacklog) != 0) {
    return tl::unexpected(errno_error("cannot listen at " + name));
  }
  return fd;
}

UniqueFd accept_own(int listener) {
  while (true) {
    UniqueFd fd(sys::accept4(listener, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!fd || is_own(fd.get())) return fd;
  }
}

Result<UniqueFd> connect_to(const std::string& name) {
  const auto address = address_of(name);
  if (!address) return tl::unexpected(address.error());
  UniqueFd fd(sys::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC));
  if (!fd) return tl::unexpected(errno_error("cannot make a socket"));
  if (sys::connect(fd.get(), &*address) != 0) {
    return tl::unexpected(errno_error("cannot connect to " + name));
  }
  if (!is_own(fd.get())) return fail("cannot use " + show_text(name) + ": it is another user's");
  return fd;
}

Status read_exactly(int fd, std::span<Byte> into, Duration patience) {
  const int patience_ms =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(patience).count());
  while (!into.empty()) {
    pollfd wait{fd, POLLIN, 0};
    // What interrupts it (Ctrl-Z) begins the patience anew.
    const int ready = sys::poll(&wait, 1, patience_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail("it does not answer");
    const IoResult result = read_some(fd, into.data(), into.size());
    if (result.state != IoState::Done) return tl::unexpected(Error{"it has ended", EPIPE});
    into = into.subspan(result.size);
  }
  return {};
}

Status set_nonblocking(int fd) {
  const int flags = sys::fcntl(fd, F_GETFL);
  if (flags < 0 || sys::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    return tl::unexpected(errno_error("cannot use a socket"));
  }
  return {};
}

UniqueFd duplicate(int fd) { return UniqueFd(sys::fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

}  // namespace spread
