#include "spread/io/forked_copies.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spread {
namespace {

/// A child that lives on with all that it has.
class Lives {
 public:
  Lives() : pid_(::fork()) {
    while (pid_ == 0) ::pause();
  }
  ~Lives() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Lives(const Lives&) = delete;
  Lives& operator=(const Lives&) = delete;

 private:
  const pid_t pid_;
};

TEST(ForkedCopies, APipeEndsThoughAForkedChildLives) {
  UniqueFd read, write;
  ASSERT_TRUE(open_pipe(read, write));
  keep_here(write.get());
  const Lives child;
  close_kept_here(write);
  EXPECT_FALSE(write);
  Byte byte;
  EXPECT_EQ(read_some(read.get(), &byte, 1).state, IoState::End);
}

TEST(ForkedCopies, WhatHasTheNumberNextIsNotClosed) {
  UniqueFd read, write;
  ASSERT_TRUE(open_pipe(read, write));
  const int number = write.get();
  keep_here(number);
  close_kept_here(write);
  ASSERT_EQ(::dup2(read.get(), number), number);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::fcntl(number, F_GETFD) < 0 ? 1 : 0);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  ::close(number);
}

}  // namespace
}  // namespace spread
