// The life of a child, on real processes. What a test waits for is always something that the child
// does, or a timer that an owner's demand has set; never a sleep.
#include "spread/io/child.h"
#include "spread/io/signals.h"

#include <fcntl.h>
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

struct ChildNews final : SharedSink {
  explicit ChildNews(ReadBuffer& shared) : SharedSink(shared) {}

  void on_bytes(bool errors, Slice bytes) override {
    EXPECT_FALSE(end);
    if (!wants) ++unwanted;
    (errors ? complained : said) += as_text(bytes.view());
    order += errors ? 'e' : 'o';
  }
  int bypass() override { return to; }
  void on_bypassed(std::size_t size) override { bypassed += size; }
  void on_bypass_failed() override { to = -1; }
  void on_output_end() override { output_ended = true; }
  bool wants_output(bool) const override { return wants; }
  void on_unread(bool now) override { unread = now; }
  void on_input_lost() override { ++lost; }
  void on_input_written() override { ++written; }
  void on_file_failed(int error) override { file_error = error; }
  void on_ended(const ChannelEnd& how) override {
    EXPECT_FALSE(end) << "told twice";
    end = how;
  }

  bool wants = true;
  bool unread = false, output_ended = false;
  int lost = 0, written = 0, unwanted = 0;
  int to = -1;  ///< where its output may go
  std::size_t bypassed = 0;
  std::optional<int> file_error;
  std::string said, complained, order;
  std::optional<ChannelEnd> end;
};

/// The third word of /proc/PID/stat; 0: there is no such process.
char state_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.empty() ? '\0' : text.at(text.rfind(')') + 2);
}

class OneChild : public testing::Test {
 protected:
  OneChild()
      : loop_(std::move(*EventLoop::create())),
        spawner_(Environment(environ), Streams{0, 1, 2}, nullptr, &loop_),
        child_(std::in_place, loop_, buffer_,
               ChildOptions{{{SIGTERM, std::chrono::hours(1)}}, true}) {
    child_->set_sink(told_);
  }
  void start(std::vector<std::string> words) {
    words_ = std::move(words);
    SpawnOptions how;
    how.arguments = words_;
    ASSERT_TRUE(child_->start(spawner_, how));
  }
  void shell(const std::string& script) { start({"/bin/sh", "-c", script}); }
  /// In the background, since another child runs. The loop has not turned when this returns.
  void start_soon(std::vector<std::string> words) {
    words_ = std::move(words);
    SpawnOptions how;
    how.arguments = cat_;
    if (!other_) other_.emplace(std::move(*spawner_.spawn(how)));
    how.arguments = words_;
    ASSERT_TRUE(child_->start_soon(spawner_, how));
    ASSERT_TRUE(child_->active());
    ASSERT_EQ(child_->pid(), 0);
  }
  template <typename F>
  void wait_until(F&& happened) {
    while (!happened()) loop_.wait(kForever);
  }
  const ChannelEnd& wait_for_end() {
    wait_until([&] { return told_.end.has_value(); });
    EXPECT_FALSE(child_->active());
    return *told_.end;
  }
  void wait_for_words(const std::string& words) {
    wait_until([&] { return told_.said == words; });
  }
  /// The loop has nothing to do.
  void expect_quiet() {
    loop_.wait(loop_.now());
    EXPECT_EQ(loop_.wait(loop_.now()), 0u);
  }

  const WriteSignalsBlocked failing_writes_;
  const std::vector<std::string> cat_ = {"/bin/cat"};
  std::vector<std::string> words_;
  EventLoop loop_;
  Spawner spawner_;
  std::optional<Subprocess> other_;
  ReadBuffer buffer_;
  ChildNews told_{buffer_};
  std::optional<Child> child_;
};
// ---------------------------------------------------------------- it ends by itself

TEST_F(OneChild, IsReadToTheEndAndEndsOnce) {
  shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(wait_for_end().status->code, 3);
  EXPECT_EQ(told_.said, "out\n");
  EXPECT_EQ(told_.complained, "err\n");
  EXPECT_TRUE(told_.output_ended);
  EXPECT_FALSE(told_.end->killed);
  expect_quiet();
}

TEST_F(OneChild, MayHaveItsOutputGoWhereItIsNotLookedAt) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  told_.to = ends[1];
  shell("echo out; echo err >&2");
  EXPECT_EQ(wait_for_end().status->code, 0);
  EXPECT_EQ(told_.bypassed, 4u);
  EXPECT_EQ(told_.said, "");
  EXPECT_EQ(told_.complained, "err\n");
  EXPECT_TRUE(told_.output_ended);
  char text[8];
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(read(ends[0], text, sizeof text))), "out\n");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(OneChild, IsReadWhereItsOutputFindsNoRoom) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  const std::string full(static_cast<std::size_t>(fcntl(ends[1], F_GETPIPE_SZ)), 'x');
  ASSERT_EQ(write(ends[1], full.data(), full.size()), static_cast<ssize_t>(full.size()));
  told_.to = ends[1];
  shell("echo out");
  wait_for_end();
  EXPECT_EQ(told_.bypassed, 0u);
  EXPECT_EQ(told_.said, "out\n");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(OneChild, IsReadWhereNothingCanBeMovedTo) {
  char name[] = "/tmp/spread-child-XXXXXX";
  const int file = mkostemp(name, O_APPEND | O_CLOEXEC);
  unlink(name);
  told_.to = file;
  shell("echo out");
  wait_for_end();
  EXPECT_EQ(told_.to, -1);
  EXPECT_EQ(told_.said, "out\n");
  close(file);
}

TEST_F(OneChild, MayBeFollowedByAnother) {
  for (const char* word : {"a", "b"}) {
    told_.said.clear();
    told_.end.reset();
    start({"/bin/echo", word});
    wait_for_end();
    EXPECT_EQ(told_.said, std::string(word) + "\n");
  }
}

TEST_F(OneChild, TellsStdoutBeforeTheStderrThatFollowedIt) {
  shell("echo out; echo err >&2; read wait");
  wait_until([&] { return !told_.complained.empty(); });
  EXPECT_EQ(told_.order, "oe");
  child_->kill();
  wait_for_end();
}

TEST_F(OneChild, ThatClosesItsOutputLivesOn) {
  shell("exec >&- 2>&-; read word; exit $word");
  wait_until([&] { return told_.output_ended; });
  EXPECT_TRUE(child_->active());
  child_->send(Slice::literal("7\n"));
  EXPECT_EQ(wait_for_end().status->code, 7);
}

TEST_F(OneChild, WhosePipeAGrandchildKeepsEndsAllTheSame) {
  shell("sleep 1000 & echo $!");
  EXPECT_TRUE(wait_for_end().status->clean());
  EXPECT_FALSE(told_.output_ended);
  ::kill(std::stoi(told_.said), SIGKILL);
}

TEST_F(OneChild, WhosePipeAGrandchildKeepsIsNotWaitedForWhenToldToEnd) {
  shell("sleep 1000 & echo $!");
  wait_until([&] { return child_->exited(); });
  const TimePoint exited = loop_.now();
  child_->terminate();
  wait_for_end();
  EXPECT_LT(loop_.now() - exited, kAfterExit);
  ::kill(std::stoi(told_.said), SIGKILL);
}

// ---------------------------------------------------------------- its input

TEST_F(OneChild, IsToldThatAllHasBeenWritten) {
  start({"/bin/cat"});
  child_->send(Slice::literal("abc"));
  EXPECT_EQ(told_.written, 0);  // not from within the call
  wait_until([&] { return told_.written == 1; });
  wait_for_words("abc");
  child_->close_input();
  wait_for_end();
}

TEST_F(OneChild, ThatReadsSlowlyIsWaitedFor) {
  shell("kill -STOP $$; wc -c");
  while (state_of(child_->pid()) != 'T') ASSERT_FALSE(told_.end);
  child_->send(Slice::copy_of(as_bytes(std::string(3 << 20, 'x'))));
  child_->close_input();
  EXPECT_GT(child_->waiting(), 0u);
  expect_quiet();
  child_->suspend(false);
  wait_for_end();
  EXPECT_EQ(told_.said, "3145728\n");
  EXPECT_EQ(told_.written, 1);
}

TEST_F(OneChild, ThatDiesWhileItsInputWaitsLosesItOnce) {
  shell("read word; echo $word; kill -9 $$");
  child_->send(Slice::literal("word\n"));
  child_->send(Slice::copy_of(as_bytes(std::string(3 << 20, 'x'))));
  EXPECT_EQ(wait_for_end().status->signal, SIGKILL);
  EXPECT_EQ(told_.lost, 1);
  EXPECT_EQ(told_.said, "word\n");
  EXPECT_EQ(child_->waiting(), 0u);
  EXPECT_FALSE(told_.end->killed);  // by spread
}

TEST_F(OneChild, ThatClosesItsInputIsToldOnceAndLivesOn) {
  shell("exec <&-; echo closed; kill -STOP $$; echo after");
  wait_for_words("closed\n");
  wait_until([&] { return told_.lost == 1; });
  // What nothing reads is not kept.
  child_->send(Slice::literal("x"));
  EXPECT_EQ(child_->waiting(), 0u);
  while (state_of(child_->pid()) != 'T') ASSERT_FALSE(told_.end);
  expect_quiet();
  child_->suspend(false);
  wait_for_end();
  EXPECT_EQ(told_.said, "closed\nafter\n");
  EXPECT_EQ(told_.lost, 1);
  EXPECT_EQ(told_.written, 0);
}

TEST_F(OneChild, IsGivenAFileBehindTheBytes) {
  const std::string name = testing::TempDir() + "child_test.file";
  std::ofstream(name) << "0123456789";
  const UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  start({"/bin/cat"});
  child_->send(Slice::literal("head "));
  child_->send_file(file.get(), 2, 5);
  child_->close_input();
  wait_for_end();
  EXPECT_EQ(told_.said, "head 23456");
  EXPECT_FALSE(told_.file_error);
}

TEST_F(OneChild, IsToldOfAFileThatBecameShorter) {
  const std::string name = testing::TempDir() + "child_test.short";
  std::ofstream(name) << "0123456789";
  const UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  start({"/bin/cat"});
  child_->send_file(file.get(), 5, 20);
  wait_for_end();
  EXPECT_EQ(told_.said, "56789");
  EXPECT_EQ(told_.file_error, 0);
}

// ---------------------------------------------------------------- output that is not wanted

TEST_F(OneChild, TellsWhileItsOutputIsNotRead) {
  start({"/bin/cat"});
  told_.wants = false;
  child_->send(Slice::literal("x"));
  wait_until([&] { return told_.unread; });
  expect_quiet();
  told_.wants = true;
  child_->reconsider();
  EXPECT_FALSE(told_.unread);
  child_->close_input();
  wait_for_end();
  EXPECT_EQ(told_.said, "x");
  EXPECT_EQ(told_.unwanted, 0);
}

// epoll tells of the end of a pipe whether it is asked to or not.
TEST_F(OneChild, ThatHasEndedDoesNotWakeTheLoopWhileItsOutputIsNotWanted) {
  told_.wants = false;
  start({"/bin/echo", "x"});
  wait_until([&] { return child_->exited(); });
  EXPECT_TRUE(told_.unread);
  expect_quiet();
  told_.wants = true;
  child_->reconsider();
  wait_for_end();
  EXPECT_EQ(told_.said, "x\n");
}

TEST_F(OneChild, KeepsWhatIsNotWantedLongerThanTheTimeForItsPipes) {
  told_.wants = false;
  shell("sleep 1000 & echo $!");
  wait_until([&] { return child_->exited(); });
  // The timer for its pipes: nothing else is to come.
  const TimePoint exited = loop_.now();
  loop_.wait(kForever);
  EXPECT_GE(loop_.now() - exited, kAfterExit);
  EXPECT_FALSE(told_.end);
  expect_quiet();
  told_.wants = true;
  child_->reconsider();
  wait_until([&] { return told_.said.ends_with('\n'); });
  EXPECT_FALSE(told_.end);  // the time begins now
  child_->kill();
  wait_for_end();
  ::kill(std::stoi(told_.said), SIGKILL);
}

TEST_F(OneChild, IsReadWhereItIsWantedAgainWhenTheTimeForItsPipesIsOver) {
  told_.wants = false;
  start({"/bin/echo", "x"});
  wait_until([&] { return child_->exited(); });
  expect_quiet();
  // There is room, of which it is told with the next turn. Only its timer is to come.
  told_.wants = true;
  loop_.wait(kForever);
  EXPECT_FALSE(told_.end);
  wait_for_end();
  EXPECT_EQ(told_.said, "x\n");
}

TEST_F(OneChild, LeavesNothingUnreadWhenItIsKilled) {
  told_.wants = false;
  start({"/bin/cat"});
  child_->send(Slice::literal("x"));
  wait_until([&] { return told_.unread; });
  child_->kill();
  EXPECT_TRUE(wait_for_end().killed);
  EXPECT_FALSE(told_.unread);
  EXPECT_EQ(told_.unwanted, 0);
}

TEST_F(OneChild, ThatHasEndedUnreadIsGivenUpWhenItIsKilled) {
  told_.wants = false;
  start({"/bin/echo", "x"});
  wait_until([&] { return child_->exited(); });
  child_->kill();
  EXPECT_FALSE(told_.end);  // not from within the call
  EXPECT_TRUE(wait_for_end().status->clean());
  EXPECT_EQ(told_.said, "");
  EXPECT_FALSE(told_.unread);
}

// ---------------------------------------------------------------- it is told to end

TEST_F(OneChild, IsToldToEndBySignalsInTurn) {
  child_.emplace(loop_, buffer_,
                 ChildOptions{{{SIGUSR1, Duration(1)}, {SIGTERM, std::chrono::hours(1)}}});
  child_->set_sink(told_);
  shell(
      "trap 'echo usr1' USR1; trap 'echo term; exit 4' TERM; echo ready; while :; do read x; done");
  wait_for_words("ready\n");
  child_->terminate();
  child_->terminate();
  EXPECT_EQ(wait_for_end().status->code, 4);
  EXPECT_NE(told_.said.find("term\n"), std::string::npos);
  EXPECT_FALSE(told_.end->killed);
}

TEST_F(OneChild, IsKilledAfterTheLastStep) {
  child_.emplace(loop_, buffer_, ChildOptions{{{SIGTERM, Duration(1)}}});
  child_->set_sink(told_);
  shell("trap '' TERM; echo ready; while :; do sleep 1000; done");
  wait_for_words("ready\n");
  child_->terminate();
  EXPECT_EQ(wait_for_end().status->signal, SIGKILL);
  EXPECT_TRUE(told_.end->killed);
}

TEST_F(OneChild, IsKilledAtOnceThoughItWasAskedToEndBefore) {
  shell("trap '' TERM; echo; while :; do sleep 1000; done");
  wait_for_words("\n");
  child_->terminate();
  child_->kill();
  EXPECT_EQ(wait_for_end().status->signal, SIGKILL);
}

TEST_F(OneChild, ThatIsStoppedIsToldToEnd) {
  start({"/bin/sleep", "1000"});
  child_->suspend(true);
  while (state_of(child_->pid()) != 'T') ASSERT_FALSE(told_.end);
  child_->terminate();
  EXPECT_EQ(wait_for_end().status->signal, SIGTERM);
}

TEST_F(OneChild, TakesItsGroupWithItWhenItDiesIfItIsToldSo) {
  ChildOptions options;
  options.ends_dead_group = true;
  child_.emplace(loop_, buffer_, options);
  child_->set_sink(told_);
  // Not stdout, which would hold the end back.
  shell("sleep 1000 >/dev/null 2>&1 & echo $!; exit 3");
  EXPECT_EQ(wait_for_end().status->code, 3);
  const int pid = std::stoi(told_.said);
  while (state_of(pid) != '\0' && state_of(pid) != 'Z') {
  }
}

TEST_F(OneChild, WhatItLeavesBehindLivesOnWhenItEndsWell) {
  ChildOptions options;
  options.ends_dead_group = true;
  child_.emplace(loop_, buffer_, options);
  child_->set_sink(told_);
  shell("sleep 1000 >/dev/null 2>&1 & echo $!");
  EXPECT_EQ(wait_for_end().status->code, 0);
  const int pid = std::stoi(told_.said);
  EXPECT_NE(state_of(pid), '\0');
  EXPECT_EQ(::kill(pid, SIGKILL), 0);
}

TEST_F(OneChild, TakesItsGroupWithItWhenItWasToldToEnd) {
  shell("(trap '' TERM; echo in; while :; do sleep 1000; done) & echo $!; wait");
  wait_until([&] {
    return told_.said.size() > 4 && told_.said.back() == '\n' &&
           told_.said.find("in\n") != std::string::npos;
  });
  std::string number = told_.said;
  number.erase(number.find("in\n"), 3);
  child_->terminate();
  EXPECT_EQ(wait_for_end().status->signal, SIGTERM);
  EXPECT_TRUE(told_.output_ended);  // nothing holds its pipe
}

TEST_F(OneChild, TakesItsGroupWithItWhereThatIsAskedFor) {
  child_.emplace(loop_, buffer_, ChildOptions{{}, false, true});
  child_->set_sink(told_);
  shell("sleep 1000 & echo $!");
  EXPECT_TRUE(wait_for_end().status->clean());
  EXPECT_TRUE(told_.output_ended);  // nothing holds its pipe
}

TEST_F(OneChild, ThatIsDestroyedTakesItsGroupWithIt) {
  start({"/bin/sleep", "1000"});
  const int pid = child_->pid();
  child_.reset();
  while (state_of(pid) != '\0' && state_of(pid) != 'Z') {
  }
  EXPECT_FALSE(told_.end);
}

// ---------------------------------------------------------------- while it is being started

TEST_F(OneChild, IsGivenWhatWasSentWhileItWasBeingStarted) {
  start_soon({"/bin/cat"});
  child_->send(Slice::literal("abc"));
  child_->close_input();
  EXPECT_TRUE(wait_for_end().status->clean());
  EXPECT_EQ(told_.said, "abc");
}

TEST_F(OneChild, IsToldToEndThoughItWasStillBeingStarted) {
  start_soon({"/bin/sleep", "1000"});
  child_->terminate();
  EXPECT_EQ(wait_for_end().status->signal, SIGTERM);
}

TEST_F(OneChild, IsStoppedThoughItWasStillBeingStarted) {
  start_soon({"/bin/sleep", "1000"});
  child_->suspend(true);
  spawner_.settle();
  while (state_of(child_->pid()) != 'T') ASSERT_FALSE(told_.end);
  child_->suspend(false);
  while (state_of(child_->pid()) == 'T') ASSERT_FALSE(told_.end);
  child_->kill();
  wait_for_end();
}

TEST_F(OneChild, IsKilledThoughItWasStillBeingStarted) {
  start_soon({"/bin/sleep", "1000"});
  child_->kill();
  EXPECT_EQ(wait_for_end().status->signal, SIGKILL);
}

TEST_F(OneChild, ThatCannotBeExecdEndsOnceAndAnotherMayFollow) {
  start_soon({"/nowhere/program"});
  child_->send(Slice::literal("abc"));
  child_->kill();
  EXPECT_EQ(wait_for_end().not_started->number, ENOENT);
  EXPECT_FALSE(told_.end->status);
  told_.end.reset();
  start_soon({"/bin/cat"});
  child_->close_input();
  wait_for_end();
  EXPECT_EQ(told_.said, "");  // nothing of the one before
}

TEST_F(OneChild, MayBeGivenUpWhileItIsBeingStarted) {
  start_soon({"/bin/sleep", "1000"});
  child_.reset();
  // The handler of its start would be gone.
  ChildNews other(buffer_);
  Child last(loop_, buffer_, {});
  last.set_sink(other);
  SpawnOptions how;
  how.arguments = words_ = {"/bin/true"};
  ASSERT_TRUE(last.start_soon(spawner_, how));
  wait_until([&] { return other.end.has_value(); });
  EXPECT_FALSE(told_.end);
}

}  // namespace
}  // namespace spread
