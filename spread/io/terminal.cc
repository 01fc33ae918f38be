#include "spread/io/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {

bool is_in_foreground(const Streams& streams) {
  const auto terminal = open_terminal(streams);
  return terminal && sys::tcgetpgrp(terminal->get()) == sys::getpgrp();
}

Result<UniqueFd> open_terminal(const Streams& streams) {
  if (streams.terminal == nullptr) return fail("there is no terminal");
  UniqueFd terminal(sys::open(streams.terminal, O_RDONLY | O_CLOEXEC | O_NOCTTY));
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

}  // namespace spread
