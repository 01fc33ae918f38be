#include "spread/io/guard.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "spread/base/posix.h"
#include "spread/guard/guard_table.h"
#include "spread/io/subprocess.h"

namespace spread {
namespace {

constexpr Duration kLong = std::chrono::seconds(60);

TEST(Guard, WatchesWhatItIsToldUntilItIsToldToForget) {
  Result<Guard> guard = Guard::start(kLong, "/tmp");
  ASSERT_TRUE(guard);
  ASSERT_EQ(guard->missing(), "");
  guard->watch(1'000'000'001);
  guard->watch(-1'000'000'002);
  EXPECT_TRUE(guard->watches(1'000'000'001));
  EXPECT_TRUE(guard->watches(-1'000'000'002));
  guard->forget(1'000'000'001);
  EXPECT_FALSE(guard->watches(1'000'000'001));
  EXPECT_TRUE(guard->watches(-1'000'000'002));
}

TEST(Guard, WatchesNoMoreThanItsTableHolds) {
  Result<Guard> guard = Guard::start(kLong, "/tmp");
  ASSERT_TRUE(guard);
  ASSERT_EQ(guard->missing(), "");
  constexpr int kFirst = 1'000'000'000, kMost = GuardTable::kGroupsMax;
  for (int i = 0; i <= kMost; ++i) guard->watch(kFirst + i);
  EXPECT_TRUE(guard->watches(kFirst + kMost - 1));
  EXPECT_FALSE(guard->watches(kFirst + kMost));
  guard->forget(kFirst);
  guard->watch(kFirst + kMost);
  EXPECT_TRUE(guard->watches(kFirst + kMost));
}

/// A forked master, which does `begin` and is killed in it.
class GuardOfTheDead : public testing::Test {
 protected:
  GuardOfTheDead() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~GuardOfTheDead() override { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }

  /// How those have ended that it has left behind, its guard among them: status -> how many.
  template <typename Begin>
  std::map<int, int> ends_after(Begin begin) {
    const pid_t master = ::fork();
    if (master == 0) {
      begin();
      ::_exit(3);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(master, &status, 0), master);
    EXPECT_EQ(status, SIGKILL);
    std::map<int, int> ends;
    while (::waitpid(-1, &status, 0) > 0) ++ends[status];
    return ends;
  }
  using Ends = std::map<int, int>;
};

using Commands = std::vector<std::vector<std::string>>;

/// `then` is told the last one's pid.
template <typename Then>
void spawn_and(Duration grace, const Commands& commands, Then then) {
  Result<Guard> guard = Guard::start(grace, "/tmp");
  if (!guard || !guard->missing().empty()) return;
  Spawner spawner(Environment(environ), Streams{0, 1, 2}, &*guard);
  std::vector<Subprocess> children;
  for (const std::vector<std::string>& words : commands) {
    SpawnOptions how;
    how.arguments = words;
    how.input = how.errors = Connect::Null;
    Result<Subprocess> child = spawner.spawn(how);
    if (!child) return;
    // It has come as far as that.
    Byte byte;
    while (words.size() > 2 && read_some(child->output.get(), &byte, 1).state != IoState::Done) {
    }
    children.push_back(std::move(*child));
  }
  then(children.back().pid());
}

void spawn_and_die(Duration grace, const Commands& commands) {
  spawn_and(grace, commands, [](pid_t) { ::raise(SIGKILL); });
}

TEST_F(GuardOfTheDead, EndsEveryGroupWithTerm) {
  const std::vector<std::string> sleep = {"/bin/sleep", "1000"};
  EXPECT_EQ(ends_after([&] {
              spawn_and_die(kLong, {sleep, sleep, sleep});
            }),
            (Ends{{0, 1}, {SIGTERM, 3}}));
}

TEST_F(GuardOfTheDead, KillsAfterTheGraceTimeWhoIgnoresTerm) {
  const std::vector<std::string> stubborn = {"/bin/sh", "-c",
                                             "trap '' TERM; echo; exec sleep 1000"};
  EXPECT_EQ(ends_after([&] { spawn_and_die(std::chrono::milliseconds(1), {stubborn}); }),
            (Ends{{0, 1}, {SIGKILL, 1}}));
}

TEST_F(GuardOfTheDead, ContinuesWhoWasStoppedSoThatTermReachesIt) {
  const std::vector<std::string> stopped = {"/bin/sh", "-c", "echo; kill -STOP $$"};
  EXPECT_EQ(ends_after([&] { spawn_and_die(kLong, {stopped}); }), (Ends{{0, 1}, {SIGTERM, 1}}));
}

TEST_F(GuardOfTheDead, IsStartedWhereDescriptorsZeroToTwoAreFree) {
  EXPECT_EQ(ends_after([] {
              for (int fd = 0; fd <= 2; ++fd) ::close(fd);
              Result<Guard> guard = Guard::start(kLong, "/tmp");
              if (!guard || !guard->missing().empty()) return;
              const pid_t child = ::fork();
              if (child == 0) {
                ::setpgid(0, 0);
                for (int fd = 0; fd <= 9; ++fd) ::close(fd);
                while (true) ::pause();
              }
              ::setpgid(child, child);
              guard->watch(child);
              ::raise(SIGKILL);
            }),
            (Ends{{0, 1}, {SIGTERM, 1}}));
}

void wait_for_end_of(pid_t process) {
  pollfd end{static_cast<int>(::syscall(SYS_pidfd_open, process, 0)), POLLIN, 0};
  while (end.fd >= 0 && ::poll(&end, 1, -1) <= 0) {
  }
}

constexpr int kLivedLonger = 5;

TEST_F(GuardOfTheDead, ActsThoughAForkedChildOfTheMasterHasItsPipeAndLivesOn) {
  const auto fork_and_die = [](pid_t child) {
    if (::fork() == 0) {
      wait_for_end_of(child);
      ::_exit(kLivedLonger);
    }
    ::raise(SIGKILL);
  };
  EXPECT_EQ(ends_after([&] {
              spawn_and(kLong, {{"/bin/sleep", "1000"}}, fork_and_die);
            }),
            (Ends{{0, 1}, {SIGTERM, 1}, {kLivedLonger << 8, 1}}));
}

TEST_F(GuardOfTheDead, ActsWhereTheMasterHasBecomeAnotherProgram) {
  const auto become_another = [](pid_t child) {
    const pid_t master = ::getpid();
    if (::fork() == 0) {
      ::close_range(3, ~0u, 0);
      wait_for_end_of(child);
      ::kill(master, SIGKILL);
      ::_exit(kLivedLonger);
    }
    ::execl("/bin/sleep", "sleep", "1000", nullptr);
  };
  EXPECT_EQ(ends_after([&] {
              spawn_and(kLong, {{"/bin/sleep", "1000"}}, become_another);
            }),
            (Ends{{0, 1}, {SIGTERM, 1}, {kLivedLonger << 8, 1}}));
}

TEST(Guard, TakesAGoodbyeThoughAForkedChildHasItsPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Result<Guard> guard = Guard::start(kLong, "/tmp");
  ASSERT_TRUE(guard);
  ASSERT_EQ(guard->missing(), "");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[1]);
    char byte;
    ::_exit(::read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  guard = fail("over");  // waits for the end of the guard
  ::close(ends[1]);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
}

TEST_F(GuardOfTheDead, EndsAProcessAlone) {
  EXPECT_EQ(ends_after([] {
              Result<Guard> guard = Guard::start(kLong, "/tmp");
              if (!guard || !guard->missing().empty()) return;
              Spawner spawner(Environment(environ), Streams{0, 1, 2}, &*guard);
              const std::vector<std::string> words = {"/bin/sleep", "1000"};
              SpawnOptions how;
              how.arguments = words;
              how.input = how.output = how.errors = Connect::Null;
              how.own_group = false;
              const Result<Subprocess> child = spawner.spawn(how);
              if (child) ::raise(SIGKILL);
            }),
            (Ends{{0, 1}, {SIGTERM, 1}}));
}

}  // namespace
}  // namespace spread
