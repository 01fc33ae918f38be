#include "spread/io/signals.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace spread {
namespace {

/// With the dispositions that a program has by default: a signal would end the test.
class WriteSignals : public testing::Test {
 protected:
  WriteSignals() {
    sigemptyset(&both_);
    sigaddset(&both_, SIGPIPE);
    sigaddset(&both_, SIGXFSZ);
    before_pipe_ = ::signal(SIGPIPE, SIG_DFL);
    before_size_ = ::signal(SIGXFSZ, SIG_DFL);
  }
  ~WriteSignals() override {
    ::signal(SIGPIPE, before_pipe_);
    ::signal(SIGXFSZ, before_size_);
  }
  static void expect_blocked(bool blocked) {
    sigset_t now;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
    EXPECT_EQ(sigismember(&now, SIGPIPE), blocked ? 1 : 0);
    EXPECT_EQ(sigismember(&now, SIGXFSZ), blocked ? 1 : 0);
  }
  static void write_where_nobody_reads() {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    EXPECT_EQ(::write(ends[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
    ::close(ends[1]);
  }
  sigset_t both_;

 private:
  void (*before_pipe_)(int);
  void (*before_size_)(int);
};

TEST_F(WriteSignals, AWriteThatNobodyReadsIsAnErrorAndLeavesNothingBehind) {
  {
    const WriteSignalsBlocked blocked;
    expect_blocked(true);
    write_where_nobody_reads();
    write_where_nobody_reads();
  }
  // A signal that was left would have ended this.
  expect_blocked(false);
}

TEST_F(WriteSignals, AFileThatMayNotGrowIsAnError) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  char name[] = "/tmp/spread-write-signals-XXXXXX";
  const int file = ::mkstemp(name);
  ASSERT_GE(file, 0);
  {
    const WriteSignalsBlocked blocked;
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
    EXPECT_EQ(::write(file, "x", 1), -1);
    EXPECT_EQ(errno, EFBIG);
    ::setrlimit(RLIMIT_FSIZE, &before);
  }
  ::close(file);
  ::unlink(name);
  expect_blocked(false);
}

TEST_F(WriteSignals, WhatTheHostHasBlockedStaysSoAndWhatIsPendingThereIsItsOwn) {
  sigset_t before, pending;
  ::pthread_sigmask(SIG_BLOCK, &both_, &before);
  write_where_nobody_reads();
  { const WriteSignalsBlocked blocked; }
  expect_blocked(true);
  ::sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 1);
  const timespec at_once{};
  EXPECT_EQ(::sigtimedwait(&both_, nullptr, &at_once), SIGPIPE);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace spread
