#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/posix.h"
#include "spread/io/event_loop.h"
#include "spread/io/subprocess.h"

namespace spread {
namespace {

/// Keeps what it is told.
struct Starting final : StartHandler {
  void on_started(Result<Subprocess> process) override {
    ASSERT_FALSE(told);
    told.emplace(std::move(process));
  }
  std::optional<Result<Subprocess>> told;
};

/// All of it; waits for its end.
std::string read_all(int fd) {
  std::string text;
  std::array<Byte, 4096> piece;
  while (true) {
    pollfd readable{fd, POLLIN, 0};
    ::poll(&readable, 1, -1);
    const IoResult result = read_some(fd, piece.data(), piece.size());
    if (result.state == IoState::WouldBlock) continue;
    if (result.state != IoState::Done) return text;
    text += as_text({piece.data(), result.size});
  }
}

class Background : public testing::Test {
 protected:
  Background() : loop_(std::move(*EventLoop::create())) {
    spawner_ = std::make_unique<Spawner>(Environment(environ), Streams{0, 1, 2}, nullptr, &loop_);
  }

  /// Something that runs meanwhile, until its input ends.
  void run_another() { another_.emplace(std::move(*spawner_->spawn(options({"/bin/cat"})))); }
  SpawnOptions options(std::vector<std::string> words) {
    SpawnOptions options;
    options.arguments = words_.emplace_back(std::move(words));
    return options;
  }
  bool start(const SpawnOptions& options, Starting& handler) {
    auto begun = spawner_->start(options, handler);
    EXPECT_TRUE(begun);
    const bool later = !*begun;
    if (!later) handler.on_started(std::move(**begun));
    return later;
  }
  void wait_for(const Starting& handler) {
    while (!handler.told) loop_.wait(kForever);
  }
  /// A process whose output is a pipe, of which the read end is returned: it ends with the last
  /// process that has it.
  UniqueFd start_with_pipe(StartHandler& handler) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd write(ends[1]);
    SpawnOptions how = options({"/bin/sh", "-c", "sleep 1000"});
    how.input = Connect::Null;
    how.output = Connect::File;
    how.files[1] = write.get();
    auto begun = spawner_->start(how, handler);
    EXPECT_TRUE(begun && !*begun);
    return UniqueFd(ends[0]);
  }

  std::deque<std::vector<std::string>> words_;
  EventLoop loop_;
  std::unique_ptr<Spawner> spawner_;
  std::optional<Subprocess> another_;
};

TEST_F(Background, IsNotUsedForALoneProcess) {
  Starting first, second;
  EXPECT_FALSE(start(options({"/bin/true"}), first));
  EXPECT_TRUE(start(options({"/bin/true"}), second));
  wait_for(second);
}

TEST_F(Background, IsNotUsedWithoutALoop) {
  spawner_ = std::make_unique<Spawner>(Environment(environ), Streams{0, 1, 2});
  Starting first, second;
  EXPECT_FALSE(start(options({"/bin/true"}), first));
  EXPECT_FALSE(start(options({"/bin/true"}), second));
}

TEST(SpawnerStreams, AreWhatAChildHasAsOurs) {
  int input[2], output[2];
  ASSERT_EQ(::pipe2(input, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(output, O_CLOEXEC), 0);
  const UniqueFd in_read(input[0]), out_read(output[0]);
  UniqueFd in_write(input[1]), out_write(output[1]);
  Spawner spawner(Environment(environ), Streams{in_read.get(), out_write.get(), 2});
  const std::vector<std::string> words = {"/bin/cat"};
  SpawnOptions how;
  how.arguments = words;
  how.input = how.output = how.errors = Connect::Inherit;
  const Result<Subprocess> child = spawner.spawn(how);
  ASSERT_TRUE(child);
  out_write.reset();
  ASSERT_EQ(::write(in_write.get(), "text", 4), 4);
  in_write.reset();
  EXPECT_EQ(read_all(out_read.get()), "text");
}

TEST(SpawnerNiceness, IsAChildsAndNotOurs) {
  const int own = ::getpriority(PRIO_PROCESS, 0);
  if (own > 16) GTEST_SKIP() << "nothing is nicer";
  Spawner spawner(Environment(environ), Streams{0, 1, 2});
  ASSERT_TRUE(spawner.give_niceness(3));
  // And that of what it starts at once.
  const std::vector<std::string> words = {"/bin/sh", "-c", "nice"};
  SpawnOptions options;
  options.arguments = words;
  options.output = Connect::Pipe;
  const auto child = spawner.spawn(options);
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_EQ(read_all(child->output.get()), std::to_string(own + 3) + "\n");
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), own);
}

TEST(SpawnerNiceness, ThatIsNotPermittedIsAnErrorBeforeAnythingIsStarted) {
  const int own = ::getpriority(PRIO_PROCESS, 0);
  const bool permitted = ::setpriority(PRIO_PROCESS, 0, own - 1) == 0;
  if (permitted) ::setpriority(PRIO_PROCESS, 0, own);
  Spawner spawner(Environment(environ), Streams{0, 1, 2});
  const Status given = spawner.give_niceness(-1);
  EXPECT_EQ(given.has_value(), permitted);
  if (!given) {
    EXPECT_EQ(given.error().message, "--nice -1: Permission denied");
  }
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), own);
}

TEST_F(Background, HasNoMoreUnderWayThanItMay) {
  spawner_->limit_background(5);
  run_another();
  Starting first, second;
  EXPECT_TRUE(start(options({"/bin/true"}), first));
  EXPECT_FALSE(start(options({"/bin/true"}), second));
  wait_for(first);
}

TEST_F(Background, StartsManyAtOnceEachWithItsOwnDescriptorsOnly) {
  run_another();
  std::deque<Starting> starting(40);
  for (Starting& each : starting) start(options({"/bin/ls", "/proc/self/fd"}), each);
  for (Starting& each : starting) {
    wait_for(each);
    ASSERT_TRUE(*each.told);
    // The last is ls's own, of the directory.
    EXPECT_EQ(read_all((*each.told)->output.get()), "0\n1\n2\n3\n");
  }
}

TEST_F(Background, KeepsWhatItsCallerThrowsAway) {
  run_another();
  Starting starting;
  {
    std::string word = "/bin/sh";
    std::vector<std::string> rest = {"-c", "echo $0 $NAME", std::string(1000, 'x')};
    char* argv[] = {word.data(), rest[0].data(), rest[1].data(), rest[2].data(), nullptr};
    std::vector<std::pair<std::string, std::string>> environment = {
        {"NAME", std::string(100, 'y')}};
    SpawnOptions how;
    how.argv = argv;
    how.environment = environment;
    EXPECT_TRUE(start(how, starting));
    std::fill(word.begin(), word.end(), '?');
    for (std::string& each : rest) std::fill(each.begin(), each.end(), '?');
    environment.clear();
  }
  wait_for(starting);
  EXPECT_EQ(read_all((*starting.told)->output.get()),
            std::string(1000, 'x') + " " + std::string(100, 'y') + "\n");
}

TEST_F(Background, GivesChildrenAnEmptySignalMask) {
  run_another();
  Starting starting;
  EXPECT_TRUE(start(options({"/bin/grep", "SigBlk", "/proc/self/status"}), starting));
  wait_for(starting);
  EXPECT_EQ(read_all((*starting.told)->output.get()), "SigBlk:\t0000000000000000\n");
}

TEST_F(Background, TellsOfAFailedExecAsTheForegroundDoes) {
  const SpawnOptions how = options({"/nowhere/program"});
  const auto foreground = spawner_->spawn(how);
  ASSERT_FALSE(foreground);
  run_another();
  Starting starting;
  EXPECT_TRUE(start(how, starting));
  wait_for(starting);
  ASSERT_FALSE(*starting.told);
  EXPECT_EQ(starting.told->error().message, foreground.error().message);
  EXPECT_EQ(starting.told->error().number, ENOENT);
}

TEST_F(Background, EndsWhatWasAbandoned) {
  run_another();
  Starting abandoned, other;
  const UniqueFd pipe = start_with_pipe(abandoned);
  spawner_->abandon(abandoned);
  // Those that are started behind it are told of when it is there, or later.
  start(options({"/bin/true"}), other);
  pollfd ended{pipe.get(), POLLIN, 0};
  while (::poll(&ended, 1, 0) == 0) {
    loop_.wait(loop_.now() + std::chrono::milliseconds(1));
  }
  EXPECT_EQ(read_all(pipe.get()), "");
  EXPECT_FALSE(abandoned.told);
}

TEST_F(Background, LeavesNothingBehindWhenItEndsWhileItStarts) {
  run_another();
  Starting starting;
  std::vector<UniqueFd> pipes;
  for (int i = 0; i < 3; ++i) pipes.push_back(start_with_pipe(starting));
  another_.reset();
  spawner_.reset();
  for (const UniqueFd& pipe : pipes) EXPECT_EQ(read_all(pipe.get()), "");
  EXPECT_FALSE(starting.told);
}

}  // namespace
}  // namespace spread
