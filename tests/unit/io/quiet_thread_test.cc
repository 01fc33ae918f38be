#include "spread/io/quiet_thread.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace spread {
namespace {

std::vector<int> blocked_here() {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  std::vector<int> blocked;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (sigismember(&mask, signal) == 1) blocked.push_back(signal);
  }
  return blocked;
}

TEST(QuietThread, BlocksAllSignalsAndLeavesThoseOfOthersAlone) {
  const std::vector<int> before = blocked_here();
  std::vector<int> inside;
  {
    auto thread = QuietThread::start([&] { inside = blocked_here(); });
    ASSERT_TRUE(thread);
  }
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    // KILL and STOP cannot be, and two are the C library's own.
    const bool cannot =
        signal == SIGKILL || signal == SIGSTOP || (signal > 31 && signal < SIGRTMIN);
    const bool is = std::find(inside.begin(), inside.end(), signal) != inside.end();
    EXPECT_EQ(is, !cannot) << signal;
  }
  EXPECT_EQ(blocked_here(), before);
}

volatile sig_atomic_t handled = 0;

TEST(QuietThread, APipeWithoutAReaderIsAnErrorThereAndNoMatterOfTheHosts) {
  struct sigaction theirs {
  }, before{};
  theirs.sa_handler = [](int) { handled = handled + 1; };
  ::sigaction(SIGPIPE, &theirs, &before);
  int error = 0;
  {
    auto thread = QuietThread::start([&] {
      int ends[2];
      if (::pipe(ends) != 0) return;
      ::close(ends[0]);
      for (int i = 0; i < 2; ++i) error = ::write(ends[1], "x", 1) < 0 ? errno : 0;
      ::close(ends[1]);
    });
    ASSERT_TRUE(thread);
  }
  EXPECT_EQ(error, EPIPE);
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  EXPECT_EQ(handled, 0);
  struct sigaction after {};
  ::sigaction(SIGPIPE, &before, &after);
  EXPECT_EQ(after.sa_handler, theirs.sa_handler);
}

TEST(QuietThread, CanBeMovedAndIsJoinedOnce) {
  int runs = 0;
  auto thread = QuietThread::start([&] { ++runs; });
  ASSERT_TRUE(thread);
  QuietThread moved = std::move(*thread);
  moved.join();
  EXPECT_EQ(runs, 1);
  moved.join();
}

}  // namespace
}  // namespace spread
