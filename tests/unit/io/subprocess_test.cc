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
struct Told {
  std::atomic<int> child;         ///< the one of which the master was told
  std::atomic<bool> was_watched;  ///< by the guard, at that moment
};
Told* shared = nullptr;
/// This process is killed when it is told so of a child.
Answer dies_at = Answer::None;
const Guard* its_guard = nullptr;
pid_t its_child = -1;

void told(Answer answer) {
  if (dies_at != answer) return;
  shared->child = its_child;
  shared->was_watched = its_guard->watches(its_child);
  ::raise(SIGKILL);
}

}  // namespace
}  // namespace spread

extern "C" int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  const auto got = static_cast<int>(::syscall(SYS_waitid, type, id, info, options, nullptr));
  if (got == 0 && info->si_pid == 0) {
    spread::told(spread::Answer::Runs);
  } else if (got == 0 && (options & WNOWAIT) == 0) {
    spread::told(spread::Answer::Reaped);
  }
  return got;
}

namespace spread {
namespace {

/// A master that is killed right after the kernel has told it this of its child.
class Killed : public testing::Test {
 protected:
  Killed() {
    void* memory =
        ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared = new (memory) Told{};
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  ~Killed() override {
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    ::munmap(std::exchange(shared, nullptr), sizeof(Told));
  }

  /// Returns when the master is dead, and its guard has done what it does. The signal that has
  /// ended the child; 0: it had ended and was reaped.
  static int run_master(const std::vector<std::string>& words, Answer when) {
    const pid_t master = ::fork();
    if (master == 0) be_master(words, when);
    int status = 0;
    EXPECT_EQ(::waitpid(master, &status, 0), master);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    int ended_by = 0;
    // The guard, and the child if it was not reaped.
    for (pid_t ended; (ended = ::waitpid(-1, &status, 0)) > 0;) {
      if (ended == shared->child && WIFSIGNALED(status)) ended_by = WTERMSIG(status);
    }
    return ended_by;
  }

 private:
  [[noreturn]] static void be_master(const std::vector<std::string>& words, Answer when) {
    Result<Guard> guard = Guard::start(std::chrono::seconds(60), "/tmp");
    if (!guard || !guard->missing().empty()) ::_exit(2);
    Spawner spawner(Environment(environ), Streams{0, 1, 2}, &*guard);
    SpawnOptions how;
    how.arguments = words;
    Result<Subprocess> child = spawner.spawn(how);
    if (!child) ::_exit(3);
    its_guard = &*guard;
    its_child = child->pid();
    dies_at = when;
    while (!child->try_wait()) {
      pollfd end{child->exit_fd(), POLLIN, 0};
      ::poll(&end, 1, -1);
    }
    ::_exit(4);
  }
};

TEST_F(Killed, AfterItHasReapedAChildItsGuardKnowsThatNumberNoMore) {
  EXPECT_EQ(run_master({"/bin/true"}, Answer::Reaped), 0);
  EXPECT_FALSE(shared->was_watched);
}

TEST_F(Killed, WhileItLooksAtAChildThatRunsItsGuardEndsThat) {
  EXPECT_EQ(run_master({"/bin/sleep", "1000"}, Answer::Runs), SIGTERM);
  EXPECT_TRUE(shared->was_watched);
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
  how.output = how.errors = Connect::Inherit;
  const auto lowest_free = static_cast<rlim_t>(UniqueFd(::dup(0)).get());
  const auto open_before = open_descriptors();
  constexpr rlim_t kNeeded = 16;  // and more
  int failed = 0;
  for (rlim_t limit = lowest_free; limit < lowest_free + kNeeded; ++limit) {
    std::optional<Spawner> spawner(std::in_place, Environment(environ), Streams{0, 1, 2});
    std::optional<DescriptorLimit> few(std::in_place, limit);
    const Result<Subprocess> child = spawner->spawn(how);
    few.reset();
    if (child) break;
    EXPECT_NE(child.error().message.find("Too many open files"), std::string::npos)
        << child.error().message;
    ++failed;
    // The last descriptor that is needed comes with the child itself: without it none has begun.
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
    EXPECT_TRUE(spawner->idle());
    spawner.reset();
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "it was not reaped";
    EXPECT_EQ(open_descriptors(), open_before);
  }
  EXPECT_EQ(failed, 3) << "two ends of a pipe, the pidfd";
}

}  // namespace
}  // namespace spread
