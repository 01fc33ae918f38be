#include "spread/workers/command_worker.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spread {
namespace {

struct Sink final : CommandSink {
  void on_job_output(bool errors, Slice bytes) override {
    if (!errors) output += as_text(bytes.view());
  }
  bool wants_job_output(bool) const override { return wants; }
  void on_output_unread(bool now) override { unread = now; }
  void on_job_not_started(const Error& error) override { not_started = error; }
  void on_job_ended(ExitStatus status) override { ended = status; }

  bool wants = true;
  bool unread = false;
  std::string output;
  std::optional<Error> not_started;
  std::optional<ExitStatus> ended;
};

/// A job, and another one that runs meanwhile, so that it is started in the background.
class Job : public testing::Test {
 protected:
  Job()
      : loop_(std::move(*EventLoop::create())),
        spawner_(Environment(environ), Streams{0, 1, 2}, nullptr, &loop_) {
    SpawnOptions how;
    how.arguments = cat_;
    other_.emplace(std::move(*spawner_.spawn(how)));
    worker_.emplace(loop_, buffer_, sink_, end_sequence_);
  }
  void start(std::vector<std::string> words) {
    words_ = std::move(words);
    SpawnOptions how;
    how.arguments = words_;
    ASSERT_TRUE(worker_->start_soon(spawner_, how));
    // The loop has not turned since.
    ASSERT_TRUE(worker_->running());
  }
  /// One that has printed "x", which is not wanted.
  void start_unread() {
    start({"/bin/cat"});
    worker_->send(Slice::literal("x"));
    sink_.wants = false;
    while (!sink_.unread) loop_.wait(kForever);
  }
  void wait() {
    while (!sink_.ended && !sink_.not_started) {
      loop_.wait(kForever);
    }
  }

  const std::vector<std::string> cat_ = {"/bin/cat"};
  const std::vector<MapOptions::Step> end_sequence_ = {{SIGTERM, std::chrono::hours(1)}};
  std::vector<std::string> words_;
  EventLoop loop_;
  Spawner spawner_;
  std::optional<Subprocess> other_;
  ReadBuffer buffer_;
  Sink sink_;
  std::optional<CommandWorker> worker_;
};

TEST_F(Job, IsGivenWhatWasSentWhileItWasBeingStarted) {
  start({"/bin/cat"});
  worker_->send(Slice::literal("abc"));
  worker_->close_input();
  wait();
  EXPECT_EQ(sink_.output, "abc");
  EXPECT_TRUE(sink_.ended->clean());
}

// epoll tells of the end of a pipe whether it is asked to or not.
TEST_F(Job, ThatHasEndedDoesNotWakeTheLoopWhileItsOutputIsNotWanted) {
  start({"/bin/echo", "x"});
  sink_.wants = false;
  while (!worker_->exited()) loop_.wait(kForever);
  loop_.wait(loop_.now());
  EXPECT_EQ(loop_.wait(loop_.now()), 0u);
  sink_.wants = true;
  worker_->reconsider();
  wait();
  EXPECT_EQ(sink_.output, "x\n");
}

TEST_F(Job, TellsWhileItsOutputIsNotRead) {
  start_unread();
  sink_.wants = true;
  worker_->reconsider();
  EXPECT_FALSE(sink_.unread);
  worker_->close_input();
  wait();
  EXPECT_EQ(sink_.output, "x");
}

TEST_F(Job, LeavesNothingUnreadWhenItIsKilled) {
  start_unread();
  worker_->kill();
  wait();
  EXPECT_FALSE(sink_.unread);
}

TEST_F(Job, IsTerminatedThoughItWasStillBeingStarted) {
  start({"/bin/sleep", "1000"});
  worker_->terminate();
  wait();
  EXPECT_EQ(sink_.ended->signal, SIGTERM);
}

/// The third word of /proc/PID/stat.
char state_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.at(text.rfind(')') + 2);
}

TEST_F(Job, IsStoppedThoughItWasStillBeingStarted) {
  start({"/bin/sleep", "1000"});
  worker_->suspend(true);
  spawner_.settle();
  while (state_of(worker_->pid()) != 'T') ASSERT_FALSE(sink_.ended);
  worker_->suspend(false);
  while (state_of(worker_->pid()) == 'T') ASSERT_FALSE(sink_.ended);
  worker_->kill();
  wait();
}

TEST_F(Job, IsKilledThoughItWasStillBeingStarted) {
  start({"/bin/sleep", "1000"});
  worker_->kill();
  wait();
  EXPECT_EQ(sink_.ended->signal, SIGKILL);
}

TEST_F(Job, IsKilledWhenItWasToBeTerminatedBefore) {
  // The end sequence alone would wait for an hour.
  start({"/bin/sh", "-c", "trap '' TERM; echo; while :; do sleep 1000; done"});
  worker_->terminate();
  worker_->kill();
  wait();
  EXPECT_EQ(sink_.ended->signal, SIGKILL);
}

TEST_F(Job, ThatCannotBeExecdIsToldOfOnceAndAnotherMayFollow) {
  start({"/nowhere/program"});
  worker_->kill();
  wait();
  EXPECT_EQ(sink_.not_started->number, ENOENT);
  EXPECT_FALSE(sink_.ended);
  EXPECT_FALSE(worker_->running());
  sink_.not_started.reset();
  start({"/bin/echo", "after"});
  wait();
  EXPECT_EQ(sink_.output, "after\n");
}

TEST_F(Job, MayBeGivenUpWhileItIsBeingStarted) {
  start({"/bin/sleep", "1000"});
  worker_.reset();
  // The handler of its start would be gone.
  Sink other;
  CommandWorker last(loop_, buffer_, other, end_sequence_);
  SpawnOptions how;
  how.arguments = words_ = {"/bin/true"};
  ASSERT_TRUE(last.start_soon(spawner_, how));
  while (!other.ended) loop_.wait(kForever);
  EXPECT_FALSE(sink_.ended);
}

}  // namespace
}  // namespace spread
