#include "spread/future.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace {

using spread::Future;
using spread::Promise;
using namespace std::chrono_literals;

TEST(Future, IsReadyWhenItsValueWasGiven) {
  Promise<int> promise;
  Future<int> future = promise.future();
  EXPECT_FALSE(future.ready());
  promise.give(3);
  EXPECT_TRUE(future.ready());
  EXPECT_EQ(future.get(), 3);
}

TEST(Future, GivesItsValueOnce) {
  Promise<int> promise;
  Future<int> future = promise.future();
  promise.give(3);
  future.get();
  EXPECT_FALSE(future.valid());
  EXPECT_THROW(future.get(), spread::StateError);
  EXPECT_THROW(static_cast<void>(future.ready()), spread::StateError);
  EXPECT_THROW(Future<int>().wait(), spread::StateError);
}

TEST(Future, HasNothingWhileThereIsNothing) {
  Promise<int> promise;
  Future<int> future = promise.future();
  EXPECT_EQ(future.wait_for(0s), std::nullopt);
  EXPECT_TRUE(future.valid());
  promise.give(0);
  EXPECT_EQ(future.wait_for(0s), 0);
  EXPECT_FALSE(future.valid());
}

TEST(Future, OfAPromiseThatHasGoneIsBroken) {
  Future<int> future = Promise<int>().future();
  EXPECT_TRUE(future.ready());
  EXPECT_THROW(future.get(), spread::BrokenPromise);
}

TEST(Future, OfAPromiseThatIsReplacedIsBroken) {
  Promise<int> promise;
  Future<int> future = promise.future();
  promise = Promise<int>();
  EXPECT_THROW(future.wait_for(0s), spread::BrokenPromise);
}

TEST(Future, ThrowsWhatWasGivenInTheValuesPlace) {
  Promise<int> promise;
  Future<int> future = promise.future();
  promise.give_error(std::make_exception_ptr(spread::PoolError("no")));
  EXPECT_THROW(future.get(), spread::PoolError);
}

TEST(Future, CarriesWhatCannotBeCopied) {
  Promise<std::unique_ptr<int>> promise;
  auto future = promise.future();
  promise.give(std::make_unique<int>(3));
  EXPECT_EQ(*future.get(), 3);
}

TEST(Future, IsWaitedForInAnotherThread) {
  Promise<std::string> promise;
  Future<std::string> future = promise.future();
  std::string got;
  std::thread waiter([&got, mine = std::move(future)]() mutable { got = mine.get(); });
  promise.give("value");
  waiter.join();
  EXPECT_EQ(got, "value");
}

struct Refuses final : spread::pool_detail::WaitGuard {
  void check_process() const override {}
  void check_wait() const override { throw spread::StateError("not here"); }
};

TEST(Future, IsNotWaitedForWhereItsGuardForbidsIt) {
  Promise<int> promise(std::make_shared<Refuses>());
  Future<int> future = promise.future();
  EXPECT_FALSE(future.ready());
  EXPECT_THROW(future.get(), spread::StateError);
  EXPECT_THROW(future.wait_for(1h), spread::StateError);
  EXPECT_TRUE(future.valid());
}

}  // namespace
