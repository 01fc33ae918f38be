#include "spread/io/owner_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spread/io/quiet_thread.h"

namespace spread {
namespace {

/// What a forked child says of it.
int asked_in_child(const OwnerProcess& owner) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(owner.is_here() ? 1 : 0);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(OwnerProcess, IsHereInEveryThreadOfIt) {
  const OwnerProcess owner;
  EXPECT_TRUE(owner.is_here());
  bool there = false;
  {
    auto thread = QuietThread::start([&] { there = owner.is_here(); });
    ASSERT_TRUE(thread);
  }
  EXPECT_TRUE(there);
}

TEST(OwnerProcess, IsNotInAForkedChildNorInItsChild) {
  const OwnerProcess owner;
  EXPECT_EQ(asked_in_child(owner), 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(asked_in_child(owner) == 0 ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(owner.is_here());
}

TEST(OwnerProcess, OneThatTheChildMakesIsItsOwn) {
  const pid_t child = ::fork();
  if (child == 0) {
    const OwnerProcess own;
    ::_exit(own.is_here() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace spread
