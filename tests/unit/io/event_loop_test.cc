#include "spread/io/event_loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

namespace spread {
namespace {

int write_end = -1;

void write_a_byte(int) { static_cast<void>(::write(write_end, "x", 1)); }

struct Handler final : ReadyHandler {
  void on_ready(int, bool, bool) override { ++calls; }
  int calls = 0;
};

// As after a stop: what has happened must come before the deadlines that have passed.
TEST(EventLoop, TellsWhatHasHappenedWhenASignalHasEndedTheWait) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  write_end = ends[1];
  struct sigaction act {
  }, before{};
  act.sa_handler = write_a_byte;
  ASSERT_EQ(::sigaction(SIGALRM, &act, &before), 0);
  Handler handler;
  loop->add(ends[0], true, false, &handler);

  // The handler runs when the wait has been ended, and not before.
  const itimerval soon{{0, 0}, {0, 10'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &soon, nullptr), 0);
  EXPECT_EQ(loop->wait(kForever), 1u);
  EXPECT_EQ(handler.calls, 1);

  loop->remove(ends[0]);
  ::sigaction(SIGALRM, &before, nullptr);
  ::close(ends[0]);
  ::close(ends[1]);
}

/// Once told of one of two descriptors, it does not wait for the other one any more.
struct OneOfTwo final : ReadyHandler {
  OneOfTwo(EventLoop& its_loop, int one, int other) : loop(its_loop), fds{one, other} {}
  void on_ready(int fd, bool, bool) override {
    ++calls;
    loop.change(fd == fds[0] ? fds[1] : fds[0], false, false);
  }
  EventLoop& loop;
  int fds[2];
  int calls = 0;
};

// What has been written to its end meanwhile is no end of its reader.
TEST(EventLoop, DoesNotTellOfWhatAHandlerBeforeHasStoppedWaitingFor) {
  for (const std::size_t room : {std::size_t{0}, SIZE_MAX}) {
    auto loop = EventLoop::create(room);
    ASSERT_TRUE(loop);
    int one[2], other[2];
    ASSERT_EQ(::pipe(one), 0);
    ASSERT_EQ(::pipe(other), 0);
    OneOfTwo handler(*loop, one[1], other[1]);
    loop->add(one[1], false, true, &handler);
    loop->add(other[1], false, true, &handler);
    EXPECT_EQ(loop->wait(kForever), 1u);
    EXPECT_EQ(handler.calls, 1);
    loop->remove(one[1]);
    loop->remove(other[1]);
    for (const int fd : {one[0], one[1], other[0], other[1]}) ::close(fd);
  }
}

/// A loop whose epoll set is full, and a pipe.
class FullSet : public testing::Test {
 protected:
  FullSet() : loop_(std::move(*EventLoop::create(0))) { EXPECT_EQ(::pipe(ends_), 0); }
  ~FullSet() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  EventLoop loop_;
  int ends_[2];
  Handler handler_;
};

TEST_F(FullSet, TellsOfADescriptorThatEpollHasNoRoomFor) {
  loop_.add(ends_[0], true, false, &handler_);
  EXPECT_EQ(loop_.wait(loop_.now()), 0u);
  ASSERT_EQ(::write(ends_[1], "x", 1), 1);
  while (handler_.calls == 0) loop_.wait(kForever);
  loop_.remove(ends_[0]);
  EXPECT_EQ(loop_.wait(loop_.now()), 0u);
}

TEST_F(FullSet, TellsOfTheOtherSidesEndUnlessItPauses) {
  loop_.add(ends_[1], false, false, &handler_);
  EXPECT_EQ(loop_.wait(loop_.now()), 0u);
  loop_.pause(ends_[1]);
  ::close(ends_[0]);
  EXPECT_EQ(loop_.wait(loop_.now()), 0u);
  loop_.change(ends_[1], false, true);
  EXPECT_EQ(loop_.wait(kForever), 1u);
  loop_.remove(ends_[1]);
}

}  // namespace
}  // namespace spread
