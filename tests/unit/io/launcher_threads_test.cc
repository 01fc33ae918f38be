#include "spread/io/launcher_threads.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace spread {
namespace {

constexpr std::size_t kThreads = 2;

/// Calls, and the pool that they are given to; what was started is reaped.
class Launcher : public testing::Test {
 protected:
  Launcher() { open(kThreads); }
  ~Launcher() override {
    threads_->stop();
    for (const SpawnCall& call : calls_) {
      if (call.pid > 0) ::waitpid(call.pid, nullptr, 0);
    }
  }
  void open(std::size_t threads) {
    auto made = LauncherThreads::create(threads);
    ASSERT_TRUE(made);
    threads_ = std::move(*made);
  }
  SpawnCall& call(const std::string& program) {
    const std::vector<std::string> words = {program};
    SpawnCall& call = calls_.emplace_back();
    call.set_words(words);
    call.keep_words();
    call.environment.assign(1, nullptr);
    return call;
  }
  /// Waits until something is done.
  std::vector<SpawnCall*> take() {
    pollfd readable{threads_->fd(), POLLIN, 0};
    ::poll(&readable, 1, -1);
    std::vector<SpawnCall*> done;
    threads_->take_done(done);
    return done;
  }
  void take_all() {
    while (threads_->under_way() > 0) take();
  }

  std::deque<SpawnCall> calls_;
  std::unique_ptr<LauncherThreads> threads_;
};

TEST_F(Launcher, RunsWhatItIsGivenWithFailuresAmongIt) {
  for (int i = 0; i < 100; ++i) {
    SpawnCall& one = call(i % 3 == 0 ? "/nowhere/program" : "/bin/true");
    while (!threads_->submit(one)) take();
  }
  take_all();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(calls_[i].error, i % 3 == 0 ? ENOENT : 0);
    EXPECT_EQ(calls_[i].pid > 0, i % 3 != 0);
  }
}

TEST_F(Launcher, RefusesMoreThanItHasRoomFor) {
  for (std::size_t i = 0; i < LauncherThreads::kUnderWayMax; ++i) {
    ASSERT_TRUE(threads_->submit(call("/bin/true")));
  }
  SpawnCall& refused = call("/bin/true");
  EXPECT_FALSE(threads_->submit(refused));
  take_all();
  EXPECT_EQ(refused.pid, -1);
}

TEST_F(Launcher, LeavesTheCallToItsCallerWhereThereIsNoThread) {
  open(0);
  EXPECT_FALSE(threads_->submit(call("/bin/true")));
  EXPECT_EQ(threads_->under_way(), 0u);
}

TEST_F(Launcher, HandsBackAllCallsWhenItStops) {
  std::vector<SpawnCall*> submitted;
  for (std::size_t i = 0; i < LauncherThreads::kUnderWayMax; ++i) {
    ASSERT_TRUE(threads_->submit(*submitted.emplace_back(&call("/bin/true"))));
  }
  threads_->stop();
  std::vector<SpawnCall*> done;
  threads_->take_done(done);
  std::sort(done.begin(), done.end());
  std::sort(submitted.begin(), submitted.end());
  EXPECT_EQ(done, submitted);
}

/// Threads that block all signals which could be sent to them. A sanitizer may have one of its own.
int threads_without_signals() {
  int threads = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(entry.path() / "status");
    std::string word, blocked;
    while (status >> word && word != "SigBlk:") {
    }
    status >> blocked;
    const auto mask = std::stoull(blocked, nullptr, 16);
    const auto has = [mask](int number) { return ((mask >> (number - 1)) & 1) != 0; };
    const bool all = has(SIGINT) && has(SIGTERM) && has(SIGHUP) && has(SIGCHLD) && has(SIGTSTP);
    threads += all ? 1 : 0;
  }
  return threads;
}

TEST_F(Launcher, BlocksAllSignalsInItsThreads) {
  const int before = threads_without_signals();
  ASSERT_TRUE(threads_->submit(call("/bin/true")));
  take_all();
  EXPECT_EQ(threads_without_signals(), before + 1);
}

TEST_F(Launcher, GivesShAScriptWithoutAnInterpreter) {
  std::string file = std::filesystem::temp_directory_path() / "spread_script.XXXXXX";
  const int fd = ::mkstemp(file.data());
  ::fchmod(fd, 0700);
  ::close(fd);
  std::ofstream(file) << "exit 7\n";
  SpawnCall& script = call(file);
  ASSERT_TRUE(threads_->submit(script));
  take_all();
  int status = 0;
  EXPECT_EQ(::waitpid(script.pid, &status, 0), script.pid);
  script.pid = -1;
  EXPECT_EQ(WEXITSTATUS(status), 7);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace spread
