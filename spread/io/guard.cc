#include "spread/io/guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "spread/base/posix.h"

namespace spread {
namespace {

// The pipe carries ints: a process group to watch, its negative to forget it, 0 for goodbye.
// An int is smaller than PIPE_BUF, so it arrives whole or not at all.
constexpr int kGoodbye = 0;

void signal_groups(std::vector<int>& groups, int signal) {
  std::erase_if(groups, [&](int group) { return ::kill(-group, signal) != 0 && errno == ESRCH; });
}

void end_groups(std::vector<int> groups, Duration grace) {
  constexpr int kLookEveryMs = 20;
  signal_groups(groups, SIGTERM);
  // A stopped process (Ctrl-Z) would keep its TERM for later.
  signal_groups(groups, SIGCONT);
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(grace).count();
  for (; left > 0 && !groups.empty(); left -= kLookEveryMs) {
    ::poll(nullptr, 0, kLookEveryMs);
    signal_groups(groups, 0);
  }
  signal_groups(groups, SIGKILL);
}

[[noreturn]] void guard_main(int pipe, Duration grace) {
  // Its own session: a Ctrl-C at the terminal, or a kill of the master's group, is not for it.
  ::setsid();
  ::prctl(PR_SET_NAME, "spread-guard");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  // It must not hold anybody's pipe open, nor keep a file system busy.
  if (pipe != 3) {
    ::dup2(pipe, 3);
  }
  ::close_range(4, ~0u, 0);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null, fd);
  if (::chdir("/") != 0) ::_exit(1);
  std::vector<int> groups;
  for (;;) {
    int message;
    const IoResult read = read_some(3, reinterpret_cast<Byte*>(&message), sizeof message);
    if (read.state != IoState::Done || read.size != sizeof message) break;
    if (message == kGoodbye) ::_exit(0);
    if (message > 0) groups.push_back(message);
    if (message < 0) std::erase(groups, -message);
  }
  end_groups(std::move(groups), grace);
  ::_exit(0);
}

}  // namespace

Result<Guard> Guard::start(Duration grace) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(errno_error("pipe2"));
  UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return tl::unexpected(errno_error("fork"));
  if (pid == 0) guard_main(read.get(), grace);
  return Guard(std::move(write), pid);
}

Guard::~Guard() {
  if (!pipe_) return;
  send(kGoodbye);
  pipe_.reset();
  int status;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

void Guard::watch(int process_group) { send(process_group); }
void Guard::forget(int process_group) { send(-process_group); }

void Guard::send(int process_group) {
  const ByteView bytes(reinterpret_cast<const Byte*>(&process_group), sizeof process_group);
  // A guard that was killed protects nobody any more, but that is no reason to end the run.
  static_cast<void>(write_some(pipe_.get(), {&bytes, 1}));
}

}  // namespace spread
