// A worker that is no process: a SessionWorker on a pair of descriptors, the other ends of which
// this test holds. Both sides speak in the one thread, turn by turn of the loop.
#include "spread/workers/session_worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/posix.h"
#include "spread/io/channel.h"

namespace spread {
namespace {

struct Heard final : WorkerSink {
  void on_hello(const wire::Hello& hello) override {
    said.push_back("hello " + std::to_string(*hello.window));
  }
  void on_ready() override { said.push_back("ready"); }
  void on_answer(const wire::UpMessage& message) override {
    answers.push_back({number(message.id), message.value.empty() ? -1 : message.value[0]});
  }
  void on_progress(const wire::UpMessage&) override {}
  void on_log(const wire::UpMessage& message) override {
    said.push_back("log " + std::string(message.text));
  }
  void on_ask(const wire::UpMessage& question) override {
    said.push_back("ask " + std::string(question.text) + std::string(question.se));
  }
  void on_retires() override { said.push_back("retires"); }
  void on_stray(std::string_view text) override { said.push_back("stray " + std::string(text)); }
  void on_tail(std::string_view text) override { tail += text; }
  void on_warning(std::string message) override { said.push_back(message); }
  void on_stderr(std::string_view) override { ADD_FAILURE(); }
  void on_mismatch(std::string_view text) override { said.push_back(std::string(text)); }
  void on_unusable() override { unusable = true; }
  void on_ended(WorkerGone how, ExitStatus) override {
    EXPECT_FALSE(end);
    end = std::move(how);
  }

  std::vector<std::string> said;
  std::vector<std::pair<std::uint64_t, int>> answers;
  std::string tail;
  bool unusable = false;
  std::optional<WorkerGone> end;
};

enum class Kind { Pipes, Socket };

class OnDescriptors : public testing::TestWithParam<Kind> {
 protected:
  OnDescriptors() : loop_(std::move(*EventLoop::create())) {
    ::signal(SIGPIPE, SIG_IGN);  // as in the program
    UniqueFd input, output;      // spread's
    if (GetParam() == Kind::Pipes) {
      int down[2], up[2];
      EXPECT_EQ(::pipe2(down, O_CLOEXEC | O_NONBLOCK), 0);
      EXPECT_EQ(::pipe2(up, O_CLOEXEC | O_NONBLOCK), 0);
      input = UniqueFd(down[1]);
      output = UniqueFd(up[0]);
      reads_ = UniqueFd(down[0]);
      writes_ = UniqueFd(up[1]);
    } else {
      int ends[2];
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
      output = UniqueFd(ends[0]);
      input = UniqueFd(::fcntl(ends[0], F_DUPFD_CLOEXEC, 3));
      reads_ = UniqueFd(ends[1]);
      writes_ = UniqueFd(::fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
    }
    channel_ = std::make_unique<DescriptorChannel>(loop_, std::move(input), std::move(output));
  }
  void begin(Duration shutdown_timeout = std::chrono::hours(1),
             std::size_t max_frame = SessionOptions().max_frame) {
    SessionOptions session;
    session.wire = Wire::Json;
    session.max_frame = max_frame;
    SessionWorkerOptions how;
    how.shutdown_timeout = shutdown_timeout;
    worker_ = std::make_unique<SessionWorker>(WorkerId{3}, session, std::move(channel_), loop_,
                                              buffer_, heard_, how);
  }
  void send_task(std::uint64_t id, Byte payload) {
    Value value;
    value.head[0] = payload;
    value.head_size = 1;
    ASSERT_TRUE(worker_->session().send_task(TaskId{id}, value));
    worker_->flush();
  }
  /// What has come to the worker.
  std::string read() {
    Byte room[65536];
    const IoResult got = read_some(reads_.get(), room, sizeof(room));
    if (got.state == IoState::End) return "(end)";
    return got.state == IoState::Done ? std::string(as_text({room, got.size})) : "";
  }
  void say(std::string_view text) {
    const ByteView bytes = as_bytes(text);
    ASSERT_EQ(write_some(writes_.get(), {&bytes, 1}).size, text.size());
  }
  void leave() {
    reads_.reset();
    writes_.reset();
  }
  template <typename F>
  void wait_until(F&& happened) {
    while (!happened()) loop_.wait(kForever);
  }
  void wait_for_end() {
    wait_until([&] { return heard_.end.has_value(); });
    EXPECT_TRUE(worker_->ended());
  }

  EventLoop loop_;
  ReadBuffer buffer_;
  Heard heard_;
  UniqueFd reads_, writes_;  ///< the worker's
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<SessionWorker> worker_;
};

TEST_P(OnDescriptors, SpeaksTheProtocolToItsEnd) {
  begin();
  say("[null,\"hello\",{\"wire\":1,\"window\":7}]\n");
  wait_until([&] { return !heard_.said.empty(); });
  EXPECT_EQ(heard_.said.front(), "hello 7");
  send_task(0, 5);
  send_task(1, 6);
  EXPECT_EQ(read(), "[0,5]\n[1,6]\n");
  say("[1,\"ok\",9]\n[0,\"ok\"");
  wait_until([&] { return heard_.answers.size() == 1; });
  say(",8]\n");
  wait_until([&] { return heard_.answers.size() == 2; });
  EXPECT_EQ(heard_.answers, (std::vector<std::pair<std::uint64_t, int>>{{1, 9}, {0, 8}}));
  worker_->close_input();
  EXPECT_EQ(read(), "(end)");
  EXPECT_FALSE(heard_.end);
  say("the tail");
  leave();
  wait_for_end();
  EXPECT_EQ(heard_.tail, "the tail");
  EXPECT_TRUE(heard_.end->clean);
  EXPECT_EQ(heard_.end->worker, WorkerId{3});
}

TEST_P(OnDescriptors, ThatSaysByeIsGivenNothingMoreAndWritesItsTail) {
  begin();
  send_task(0, 5);
  send_task(1, 6);
  EXPECT_EQ(read(), "[0,5]\n[1,6]\n");
  say("[0,\"ok\",1]\n[null,\"bye\"]\n[1,\"ok\",2]\n");
  wait_until([&] { return !heard_.tail.empty(); });
  EXPECT_EQ(heard_.answers.size(), 1u);
  EXPECT_EQ(heard_.said, std::vector<std::string>{"retires"});
  EXPECT_EQ(heard_.tail, "[1,\"ok\",2]\n") << "no frame follows a bye";
  EXPECT_EQ(worker_->session().outstanding(), 0u);
  EXPECT_EQ(read(), "(end)");
  leave();
  wait_for_end();
  EXPECT_TRUE(heard_.end->clean);
}

TEST_P(OnDescriptors, HasItsQuestionsAnsweredBetweenTasks) {
  begin();
  send_task(0, 5);
  say("[null,\"ask\",7,\"sing\",0,\"la\"]\n");
  wait_until([&] { return !heard_.said.empty(); });
  EXPECT_EQ(heard_.said, std::vector<std::string>{"ask sing"});
  worker_->session().reply(7, wire::make_refusal(7, "UnknownOp", "no"));
  send_task(1, 6);
  EXPECT_EQ(read(),
            "[0,5]\n[null,\"refused\",7,{\"type\":\"UnknownOp\",\"message\":\"no\"}]\n[1,6]\n");
}

TEST_P(OnDescriptors, IsAnsweredLater) {
  begin();
  send_task(0, 5);
  say("[null,\"ask\",7,\"sing\",0]\n");
  wait_until([&] { return !heard_.said.empty(); });
  EXPECT_EQ(read(), "[0,5]\n");
  worker_->answer(7, std::vector<Slice>{Slice::literal("\x92\x01"), Slice::literal("\x02")});
  worker_->flush();
  EXPECT_EQ(read(), "[null,\"answer\",7,[1,2]]\n");
  say("[0,\"ok\",1]\n");
  wait_until([&] { return !heard_.answers.empty(); });
  worker_->close_input();
  worker_->reply(8, wire::make_answer(8, as_bytes("\xc0")));
  worker_->flush();
  EXPECT_EQ(read(), "(end)") << "nothing is written behind its end";
}

TEST_P(OnDescriptors, ThatCannotBeSentALateAnswerIsEnded) {
  begin(std::chrono::hours(1), 64);
  send_task(0, 5);
  say("[null,\"ask\",7,\"sing\",0]\n");
  wait_until([&] { return !heard_.said.empty(); });
  const std::string text = "\xd9\x40" + std::string(64, 'x');
  worker_->answer(7, std::vector<Slice>{Slice::copy_of(as_bytes(text))});
  EXPECT_TRUE(heard_.unusable);
  wait_for_end();
  EXPECT_EQ(heard_.end->cause, EndCause::Misbehaved);
  EXPECT_EQ(heard_.end->reason, "the answer to its question is longer than --max-frame permits");
}

TEST_P(OnDescriptors, WhatIsWrongWithAQuestionIsTold) {
  begin();
  send_task(0, 5);
  say("[null,\"ask\",1,\"sing\",3]\n[null,\"ask\",2,\"sing\",\"0\"]\n[0,\"ok\",1]\n");
  wait_until([&] { return !heard_.answers.empty(); });
  EXPECT_EQ(heard_.said,
            (std::vector<std::string>{"ask singit asks for id 3, which it is not working on",
                                      "ask singits task is no id"}));
}

// An answer with a right id in between (here a refusal) does not make the wrong ones right: the
// first task may be waited for without an end.
TEST_P(OnDescriptors, ThatAnswersWithWrongIdsMayThinkThatItIsDone) {
  begin();
  for (std::uint64_t id = 6; id <= 7; ++id) send_task(id, 5);
  say("[1006,\"ok\",1]\n[7,\"busy\",0.1]\n");
  wait_until([&] { return heard_.answers.size() == 1; });
  EXPECT_FALSE(heard_.unusable) << "it may still answer the first";
  EXPECT_TRUE(worker_->session().may_think_it_is_done());
  send_task(8, 5);
  EXPECT_FALSE(worker_->session().may_think_it_is_done());
  say("[6,\"ok\",1]\n[8,\"ok\",1]\n");
  wait_until([&] { return heard_.answers.size() == 3; });
  EXPECT_FALSE(worker_->session().may_think_it_is_done());
}

TEST_P(OnDescriptors, ThatIsClosedWithTasksUnansweredSaysSo) {
  begin();
  send_task(0, 5);
  leave();
  wait_for_end();
  EXPECT_TRUE(heard_.unusable);
  EXPECT_FALSE(heard_.end->clean);
  EXPECT_EQ(heard_.end->reason, "it ended with 1 task unanswered, the connection to it was closed");
}

TEST_P(OnDescriptors, IsClosedWhenItDoesNotEndInTime) {
  begin(Duration(1));
  send_task(0, 5);
  worker_->close_input();
  say("[0,\"ok\",1]\n");
  wait_for_end();
  EXPECT_EQ(heard_.answers.size(), 1u);
  EXPECT_TRUE(worker_->overdue());
  EXPECT_EQ(read(), "[0,5]\n");
  EXPECT_EQ(read(), "(end)");
}

TEST_P(OnDescriptors, IsClosedWhenItIsKilled) {
  begin();
  send_task(0, 5);
  worker_->kill("so it was asked");
  EXPECT_FALSE(heard_.end);
  wait_for_end();
  EXPECT_EQ(heard_.end->reason, "so it was asked, the connection to it was closed");
}

TEST_P(OnDescriptors, IsNotReadWhileThatIsNotWanted) {
  begin();
  worker_->leave_unread(true);
  send_task(0, 5);
  say("[0,\"ok\",1]\n");
  loop_.wait(loop_.now());
  EXPECT_EQ(loop_.wait(loop_.now()), 0u);
  EXPECT_TRUE(heard_.answers.empty());
  worker_->leave_unread(false);
  wait_until([&] { return heard_.answers.size() == 1; });
}

TEST_P(OnDescriptors, GetsWhatDoesNotFitIntoThePipeLater) {
  begin();
  Value value;
  value.body = Slice::copy_of(as_bytes(std::string(3 << 20, 'x')));
  value.head = {0xdb, 0x00, 0x30, 0x00, 0x00};
  value.head_size = 5;
  ASSERT_TRUE(worker_->session().send_task(TaskId{0}, value));
  worker_->close_input();
  std::string all;
  for (std::string part; part != "(end)"; part = read()) {
    all += part;
    loop_.wait(loop_.now());
  }
  EXPECT_EQ(all.size(), (3u << 20) + std::string("[0,\"\"]\n").size());
}

INSTANTIATE_TEST_SUITE_P(Both, OnDescriptors, testing::Values(Kind::Pipes, Kind::Socket),
                         [](const auto& each) {
                           return each.param == Kind::Pipes ? "Pipes" : "Socket";
                         });

}  // namespace
}  // namespace spread
