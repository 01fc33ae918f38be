// What becomes of a child where something fails, or kills spread, between its start and its end.
// Some functions of the C library are this program's own here: so a process can be killed between
// two system calls, which no signal from outside could hit.
#include "spread/io/subprocess.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/io/guard.h"

namespace spread {
namespace {

enum class Answer { None, Runs, Reaped };

/// In memory that a test shares with the processes that it forks.
struct Watched {
  std::atomic<int> child;             ///< the one of which the master was told
  std::atomic<bool> was_reaped;       ///< so its number may be a stranger's
  std::atomic<bool> group_was_ended;  ///< it was sent a TERM
};
Watched* watched = nullptr;
/// This process is killed when it is told so of a child.
Answer dies_at = Answer::None;

void told(pid_t child, Answer answer) {
  if (dies_at != answer) return;
  watched->child = child;
  watched->was_reaped = answer == Answer::Reaped;
  ::raise(SIGKILL);
}

}  // namespace
}  // namespace spread

extern "C" pid_t waitpid(pid_t pid, int* status, int options) {
  const auto got = static_cast<pid_t>(::syscall(SYS_wait4, pid, status, options, nullptr));
  if (got >= 0) {
    spread::told(pid, got == 0 ? spread::Answer::Runs : spread::Answer::Reaped);
  }
  return got;
}

extern "C" int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  const auto got = static_cast<int>(::syscall(SYS_waitid, type, id, info, options, nullptr));
  if (got == 0 && info->si_pid == 0) {
    spread::told(static_cast<pid_t>(id), spread::Answer::Runs);
  } else if (got == 0 && (options & WNOWAIT) == 0) {
    spread::told(info->si_pid, spread::Answer::Reaped);
  }
  return got;
}

extern "C" int kill(pid_t pid, int signal) noexcept {
  if (spread::watched != nullptr && pid == -spread::watched->child && signal == SIGTERM) {
    spread::watched->group_was_ended = true;
    if (spread::watched->was_reaped) {
      errno = ESRCH;
      return -1;
    }
  }
  return static_cast<int>(::syscall(SYS_kill, pid, signal));
}

namespace spread {
namespace {

/// A master that is killed right after the kernel has told it this of its child.
class Killed : public testing::Test {
 protected:
  Killed() {
    void* memory =
        ::mmap(nullptr, sizeof(Watched), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    watched = new (memory) Watched{};
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  ~Killed() override {
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    ::munmap(std::exchange(watched, nullptr), sizeof(Watched));
  }

  /// Returns when the master is dead, and its guard has done what it does. True: the guard has
  /// ended the child.
  static bool guard_ends(const std::vector<std::string>& words, Answer when) {
    const pid_t master = ::fork();
    if (master == 0) be_master(words, when);
    int status = 0;
    EXPECT_EQ(::waitpid(master, &status, 0), master);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    // The guard, and the child if it was not reaped.
    bool child_is_ours = !watched->was_reaped;
    for (pid_t ended; (ended = ::waitpid(-1, nullptr, 0)) > 0;) {
      if (ended == watched->child) child_is_ours = false;
      if (child_is_ours) ::kill(watched->child, SIGKILL);  // it would sleep on
    }
    return watched->group_was_ended;
  }

 private:
  [[noreturn]] static void be_master(const std::vector<std::string>& words, Answer when) {
    Result<Guard> guard = Guard::start(std::chrono::seconds(60));
    if (!guard) ::_exit(2);
    Spawner spawner(&*guard);
    SpawnOptions how;
    how.arguments = words;
    Result<Subprocess> child = spawner.spawn(how);
    if (!child) ::_exit(3);
    dies_at = when;
    while (!child->try_wait()) {
      pollfd end{child->exit_fd(), POLLIN, 0};
      ::poll(&end, 1, -1);
    }
    ::_exit(4);
  }
};

TEST_F(Killed, AfterItHasReapedAChildItsGuardKnowsThatNumberNoMore) {
  EXPECT_FALSE(guard_ends({"/bin/true"}, Answer::Reaped));
}

TEST_F(Killed, WhileItLooksAtAChildThatRunsItsGuardEndsThat) {
  EXPECT_TRUE(guard_ends({"/bin/sleep", "1000"}, Answer::Runs));
}

/// A lower limit of descriptors, for as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = limit;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// Descriptors are too few by one more each time: so each call that needs one fails once.
TEST(Spawner, LeavesNoProcessAndNoDescriptorWhereDescriptorsAreTooFew) {
  const std::vector<std::string> words = {"/bin/cat"};
  SpawnOptions how;
  how.arguments = words;
  // The one end that is given back after the clone is less than Asio's epoll set takes.
  how.output = how.errors = Connect::Ours;
  const auto lowest_free = static_cast<rlim_t>(UniqueFd(::dup(0)).get());
  const auto open_before = open_descriptors();
  constexpr rlim_t kNeeded = 16;  // and more
  int ended = 0;
  for (rlim_t limit = lowest_free; limit < lowest_free + kNeeded; ++limit) {
    std::optional<Spawner> spawner(std::in_place);
    std::optional<DescriptorLimit> few(std::in_place, limit);
    const Result<Subprocess> child = spawner->spawn(how);
    few.reset();
    if (child) break;
    EXPECT_NE(child.error().message.find("Too many open files"), std::string::npos)
        << child.error().message;
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0) {
      // Not by the end of its input.
      EXPECT_EQ(info.si_code, CLD_KILLED);
      ++ended;
    }
    EXPECT_TRUE(spawner->idle());
    spawner.reset();
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "it was not reaped";
    EXPECT_EQ(open_descriptors(), open_before);
  }
  EXPECT_GT(ended, 0) << "no call after the clone failed";
}

}  // namespace
}  // namespace spread
