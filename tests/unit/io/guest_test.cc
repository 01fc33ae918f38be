// Children of a process that is another program's, which has closed its standard streams, reaps all
// children or ignores their ends, and opens descriptors as it likes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "spread/base/posix.h"
#include "spread/io/event_loop.h"
#include "spread/io/guard.h"
#include "spread/io/subprocess.h"
#include "spread/io/wakeup.h"

namespace spread {
namespace {

/// What `host` says in a process of its own; "" if that ends in another way.
std::string in_host(const std::function<std::string()>& host) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const int high = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 100);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string said = host();
    ::_exit(::write(high, said.data(), said.size()) < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  ::close(high);
  std::string said;
  char piece[4096];
  for (ssize_t size; (size = ::read(ends[0], piece, sizeof piece)) > 0;) {
    said.append(piece, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0 ? said : "";
}

void close_standard() {
  for (int fd = 0; fd <= 2; ++fd) ::close(fd);
}

std::string open_standard() {
  std::string open;
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) open += std::to_string(fd);
  }
  return open.empty() ? "none" : open;
}

Streams guest_streams() {
  Streams streams;
  streams.guest = true;
  return streams;
}

/// A shell that runs `script`, what it prints, and how it has ended.
struct Ran {
  std::string out, status;
};
Ran run_shell(Spawner& spawner, const std::string& script, Connect errors = Connect::Pipe) {
  const std::vector<std::string> words = {"/bin/sh", "-c", script};
  SpawnOptions how;
  how.arguments = words;
  how.errors = errors;
  how.inherits = true;
  Result<Subprocess> child = spawner.spawn(how);
  if (!child) return {"", child.error().message};
  child->input.reset();
  Ran ran;
  for (UniqueFd* fd : {&child->output, &child->errors}) {
    if (!*fd) continue;
    Byte piece[4096];
    pollfd wait{fd->get(), POLLIN, 0};
    while (::poll(&wait, 1, -1) > 0) {
      const IoResult got = read_some(fd->get(), piece, sizeof piece);
      if (got.state != IoState::Done) break;
      ran.out += as_text({piece, got.size});
    }
  }
  std::optional<ExitStatus> status;
  while (!(status = child->try_wait())) {
    pollfd end{child->exit_fd(), POLLIN, 0};
    ::poll(&end, 1, -1);
  }
  ran.status = status->text();
  return ran;
}

// ---------------------------------------------------------------- descriptors

TEST(Guest, HasNoDescriptorWithTheNumberOfAStream) {
  EXPECT_EQ(in_host([]() -> std::string {
              close_standard();
              Result<EventLoop> loop = EventLoop::create();
              if (!loop) return "no loop";
              const auto wakeup = Wakeup::create(*loop, [] {});
              UniqueFd read, write;
              if (!wakeup || !open_pipe(read, write)) return "no pipe";
              if (::fcntl(read.get(), F_GETFD) != FD_CLOEXEC) return "not close-on-exec";
              const UniqueFd file = open_file("/dev/null", O_RDONLY | O_CLOEXEC);
              Result<Guard> guard = Guard::start(std::chrono::seconds(1), "/tmp");
              if (!guard || !guard->missing().empty()) return "no guard";
              Spawner spawner(Environment(environ), guest_streams(), &*guard);
              const std::vector<std::string> words = {"/bin/sleep", "1000"};
              SpawnOptions how;
              how.arguments = words;
              const Result<Subprocess> child = spawner.spawn(how);
              return child ? open_standard() : child.error().message;
            }),
            "none");
}

TEST(Guest, ChildrenHaveTheirStreamsWhereTheHostHasNone) {
  EXPECT_EQ(in_host([] {
              close_standard();
              Spawner spawner(Environment(environ), guest_streams());
              return run_shell(spawner, "cat; echo out; echo err >&2").out;
            }),
            "out\nerr\n");
}

TEST(Guest, WhatWouldBeAStreamThatIsNotThereIsNull) {
  EXPECT_EQ(in_host([] {
              Spawner spawner(Environment(environ), guest_streams());
              return run_shell(spawner, "readlink /proc/$$/fd/2", Connect::Inherit).out;
            }),
            "/dev/null\n");
}

TEST(Guest, ChildrenHaveNoDescriptorsOfTheHost) {
  EXPECT_EQ(in_host([] {
              Spawner spawner(Environment(environ), guest_streams());
              // Later, as another thread may, and not close-on-exec.
              for (const int fd : {9, 50, 300}) ::dup2(2, fd);
              return run_shell(spawner,
                               "for n in 0 1 2 3 4 5 9 50 300; do [ -e /proc/$$/fd/$n ] && echo "
                               "$n; done")
                  .out;
            }),
            "0\n1\n2\n");
}

TEST(Guest, ChildrenIgnoreAndBlockNoSignals) {
  EXPECT_EQ(in_host([] {
              Spawner spawner(Environment(environ), guest_streams());
              sigset_t all;
              sigfillset(&all);
              ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
              run_shell(spawner, ":");  // what is known of signals may have been kept
              for (int signal = 1; signal < SIGRTMAX; ++signal) ::signal(signal, SIG_IGN);
              // A shell blocks some while it waits for another process.
              return run_shell(spawner, "exec grep -E 'Sig(Blk|Ign)' /proc/self/status").out;
            }),
            "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

// ---------------------------------------------------------------- the ends of children

TEST(Guest, AHostThatIgnoresTheEndsOfChildrenLeavesTheStatusUnknown) {
  for (const std::string script : {"exit 0", "exit 3", "kill -9 $$"}) {
    EXPECT_EQ(in_host([&] {
                ::signal(SIGCHLD, SIG_IGN);
                Spawner spawner(Environment(environ), guest_streams());
                return run_shell(spawner, script).status;
              }),
              "exit status unknown")
        << script;
  }
}

TEST(Guest, AHostThatReapsAllChildrenLeavesTheStatusUnknown) {
  EXPECT_EQ(in_host([]() -> std::string {
              Spawner spawner(Environment(environ), guest_streams());
              const std::vector<std::string> words = {"/bin/true"};
              SpawnOptions how;
              how.arguments = words;
              how.output = how.errors = Connect::Null;
              Result<Subprocess> child = spawner.spawn(how);
              if (!child || ::waitpid(-1, nullptr, 0) != child->pid()) return "not reaped";
              // It is there, and is read, and nothing is left that could be signalled.
              child->signal_group(SIGTERM);
              pollfd end{child->exit_fd(), POLLIN, 0};
              ::poll(&end, 1, -1);
              const bool failed = child->has_failed();
              const auto status = child->try_wait();
              return status ? status->text() + (failed ? ", perhaps a failure" : "") : "runs";
            }),
            "exit status unknown, perhaps a failure");
}

/// As fork(), but with a number that is free.
pid_t fork_as(pid_t number) {
  clone_args how{};
  how.exit_signal = SIGCHLD;
  how.set_tid = reinterpret_cast<std::uint64_t>(&number);
  how.set_tid_size = 1;
  return static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
}

TEST(Guest, AStrangerThatHasTheNumberOfAChildIsNotSignalled) {
  const std::string said = in_host([]() -> std::string {
    Spawner spawner(Environment(environ), guest_streams());
    const std::vector<std::string> words = {"/bin/true"};
    SpawnOptions how;
    how.arguments = words;
    how.output = how.errors = Connect::Null;
    Result<Subprocess> child = spawner.spawn(how);
    if (!child || ::waitpid(-1, nullptr, 0) != child->pid()) return "not reaped";
    int ready[2];
    if (::pipe(ready) != 0) return "no pipe";
    const pid_t stranger = fork_as(child->pid());
    if (stranger < 0) return errno == EPERM ? "not permitted" : "no such number";
    if (stranger == 0) {
      ::setpgid(0, 0);
      const bool told = ::write(ready[1], "x", 1) == 1;
      while (told) ::pause();
      ::_exit(1);
    }
    char byte;
    if (::read(ready[0], &byte, 1) != 1) return "no stranger";
    child->kill_group();
    const auto status = child->try_wait();
    ::kill(stranger, SIGTERM);
    int how_it_ended = 0;
    ::waitpid(stranger, &how_it_ended, 0);
    return (status ? status->text() : "taken for the child") +
           (how_it_ended == SIGTERM ? ", not signalled" : ", signalled");
  });
  if (said == "not permitted") GTEST_SKIP() << "only root may choose a number";
  EXPECT_EQ(said, "exit status unknown, not signalled");
}

TEST(Guest, WhatAnEndedChildHasLeftInItsGroupIsEndedThoughTheHostHasReapedIt) {
  EXPECT_EQ(in_host([]() -> std::string {
              Spawner spawner(Environment(environ), guest_streams());
              const std::vector<std::string> words = {"/bin/sh", "-c", "sleep 1000 & exit 0"};
              SpawnOptions how;
              how.arguments = words;
              how.errors = Connect::Null;
              Result<Subprocess> child = spawner.spawn(how);
              if (!child || ::waitpid(-1, nullptr, 0) != child->pid()) return "not reaped";
              child->kill_group();
              // Which the rest of its group has open, too.
              Byte byte;
              pollfd wait{child->output.get(), POLLIN, 0};
              ::poll(&wait, 1, -1);
              return read_some(wait.fd, &byte, 1).state == IoState::End ? "ended" : "?";
            }),
            "ended");
}

TEST(Guest, TheGuardIsWaitedForOrHasBeenReaped) {
  for (const bool ignored : {true, false}) {
    EXPECT_EQ(in_host([&]() -> std::string {
                if (ignored) ::signal(SIGCHLD, SIG_IGN);
                Result<Guard> guard = Guard::start(std::chrono::seconds(1), "/tmp");
                if (!guard || !guard->missing().empty()) return "no guard";
                guard = fail("over");
                return ::waitpid(-1, nullptr, 0) < 0 ? "none left" : "left";
              }),
              "none left");
  }
}

TEST(Guest, AProgramThatIsMissingIsToldWhoeverReaps) {
  EXPECT_EQ(in_host([] {
              ::signal(SIGCHLD, SIG_IGN);
              Spawner spawner(Environment(environ), guest_streams());
              const std::vector<std::string> words = {"/nowhere/x"};
              SpawnOptions how;
              how.arguments = words;
              const Result<Subprocess> child = spawner.spawn(how);
              return child ? "" : child.error().message;
            }),
            "cannot start /nowhere/x: No such file or directory");
}

}  // namespace
}  // namespace spread
