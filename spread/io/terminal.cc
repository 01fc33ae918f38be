#include "spread/io/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
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

bool is_in_foreground(const Streams& streams) {
  const auto terminal = open_terminal(streams);
  return terminal && sys::tcgetpgrp(terminal->get()) == sys::getpgrp();
}

Result<UniqueFd> open_terminal(const Streams& streams) {
  if (streams.terminal == nullptr) return fail("there is no terminal");
  UniqueFd terminal = open_file(streams.terminal, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (!terminal) return tl::unexpected(errno_error(std::string("cannot open ") + streams.terminal));
  return terminal;
}

Result<std::optional<std::string>> read_typed_line(int terminal) {
  sigset_t ending, before;
  ::sigemptyset(&ending);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGTSTP}) ::sigaddset(&ending, signal);
  sys::pthread_sigmask(SIG_UNBLOCK, &ending, &before);
  std::string line;
  std::optional<std::string> typed;
  Status status;
  while (true) {
    Byte byte = 0;
    const IoResult result = read_some(terminal, &byte, 1);
    if (result.state == IoState::Failed) {
      status = fail("cannot read the terminal: " + errno_text(result.error));
      break;
    }
    if (result.state != IoState::Done) break;
    if (byte == '\n') {
      typed = std::move(line);
      break;
    }
    line += static_cast<char>(byte);
  }
  sys::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!status) return tl::unexpected(status.error());
  return typed;
}

void give_back(int fd, std::size_t bytes) {
  if (bytes > 0) static_cast<void>(sys::lseek(fd, -static_cast<off_t>(bytes), SEEK_CUR));
}

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
