#include "spread/io/wakeup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "spread/io/quiet_thread.h"

namespace spread {
namespace {

TEST(Wakeup, PostsBetweenTwoWaitsRingOnce) {
  Result<EventLoop> loop = EventLoop::create();
  ASSERT_TRUE(loop);
  int rings = 0;
  const auto wakeup = Wakeup::create(*loop, [&] { ++rings; });
  ASSERT_TRUE(wakeup);
  loop->wait(loop->now());
  EXPECT_EQ(rings, 0);
  (*wakeup)->post();
  (*wakeup)->post();
  loop->wait(kForever);
  EXPECT_EQ(rings, 1);
  loop->wait(loop->now());
  EXPECT_EQ(rings, 1);
}

TEST(Wakeup, PostsFromWithinAreHeardAtTheNextWait) {
  Result<EventLoop> loop = EventLoop::create();
  ASSERT_TRUE(loop);
  int rings = 0;
  std::unique_ptr<Wakeup> wakeup;
  auto made = Wakeup::create(*loop, [&] {
    if (++rings < 3) wakeup->post();
  });
  ASSERT_TRUE(made);
  wakeup = std::move(*made);
  wakeup->post();
  for (int wait = 1; wait <= 3; ++wait) {
    loop->wait(kForever);
    EXPECT_EQ(rings, wait);
  }
}

TEST(Wakeup, NothingThatFourThreadsPostIsMissed) {
  constexpr int kThreads = 4, kEach = 20000;
  Result<EventLoop> loop = EventLoop::create();
  ASSERT_TRUE(loop);
  std::mutex mutex;
  std::vector<int> box;
  int taken = 0;
  const auto wakeup = Wakeup::create(*loop, [&] {
    const std::lock_guard lock(mutex);
    taken += static_cast<int>(box.size());
    box.clear();
  });
  ASSERT_TRUE(wakeup);
  std::vector<QuietThread> threads;
  for (int i = 0; i < kThreads; ++i) {
    auto thread = QuietThread::start([&] {
      for (int n = 0; n < kEach; ++n) {
        {
          const std::lock_guard lock(mutex);
          box.push_back(n);
        }
        (*wakeup)->post();
      }
    });
    ASSERT_TRUE(thread);
    threads.push_back(std::move(*thread));
  }
  // A post that is missed is a wait that never ends.
  while (taken < kThreads * kEach) loop->wait(kForever);
  for (QuietThread& thread : threads) thread.join();
  EXPECT_EQ(taken, kThreads * kEach);
}

}  // namespace
}  // namespace spread
