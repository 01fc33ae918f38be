// A worker of --wire pickle: answers belong to tasks by their order alone.

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "spread/workers/session.h"

namespace spread {
namespace {

struct PickledLife final : SessionSink {
  void on_hello(const wire::Hello&) override { said += "hello "; }
  void on_ready() override { said += "ready "; }
  void on_answer(const wire::UpMessage& message) override {
    said += (message.kind == wire::UpKind::Busy ? "busy " : "answer ") +
            std::to_string(number(message.id)) + " ";
  }
  void on_progress(const wire::UpMessage&) override { said += "progress "; }
  void on_log(const wire::UpMessage&) override { said += "log "; }
  void on_ask(const wire::UpMessage&) override { said += "ask "; }
  void on_retires() override { said += "retires "; }
  void on_stray(std::string_view) override { said += "stray "; }
  void on_tail(std::string_view text) override { tail += text; }
  void on_warning(std::string) override { said += "warning "; }

  std::string said, tail;
};

struct Pickled {
  explicit Pickled(SessionOptions options = {}) : session(with_wire(options), output) {}

  static SessionOptions with_wire(SessionOptions options) {
    options.wire = Wire::Pickle;
    return options;
  }
  void send(std::uint64_t id) {
    Value one;
    one.head[0] = 1;
    one.head_size = 1;
    EXPECT_TRUE(session.send_task(TaskId{id}, one));
  }
  /// Byte by byte.
  void says(std::string_view text, bool final = false) {
    for (const char byte : text) {
      unread += byte;
      unread.erase(0, session.receive(as_bytes(unread), false, heard));
    }
    if (final) unread.erase(0, session.receive(as_bytes(unread), true, heard));
  }

  OutputQueue output;
  Session session;
  PickledLife heard;
  std::string unread;
};

constexpr std::string_view kAnswer = "(I1\nNNt.";
constexpr std::string_view kBusy = "(cm\nTooBusy\n(I1\ntRNNt.";

TEST(SessionPickle, AnAnswerIsThatOfTheTaskThatItHas) {
  Pickled worker;
  worker.send(7);
  worker.says(kAnswer);
  worker.send(3);
  worker.says(kAnswer);
  EXPECT_EQ(worker.heard.said, "answer 7 answer 3 ");
  EXPECT_TRUE(worker.session.answered());
}

TEST(SessionPickle, ARefusalIsNoAnswer) {
  Pickled worker;
  worker.send(7);
  worker.says(kBusy);
  EXPECT_EQ(worker.heard.said, "busy 7 ");
  EXPECT_FALSE(worker.session.answered());
  EXPECT_EQ(worker.session.outstanding(), 0u);
}

TEST(SessionPickle, AnAnswerWithoutATaskEndsIt) {
  Pickled worker;
  worker.send(7);
  worker.says(std::string(kAnswer) + std::string(kAnswer));
  EXPECT_EQ(worker.heard.said, "answer 7 ");
  EXPECT_EQ(worker.session.problem_text(),
            "it wrote an answer while it had no task: more than one answer per task?");
}

TEST(SessionPickle, APrintEndsItAlsoBetweenAnswers) {
  Pickled worker;
  worker.send(7);
  worker.says(std::string(kAnswer) + "done\n");
  EXPECT_EQ(worker.session.problem(), Problem::Misbehaved);
  EXPECT_NE(worker.session.problem_text().find("\"done\""), std::string::npos);
}

TEST(SessionPickle, AfterTheCloseAllIsItsTailWhateverItLooksLike) {
  Pickled worker;
  worker.send(7);
  worker.says(kAnswer);
  worker.session.close();
  worker.says(std::string(kAnswer) + "\n[null,\"bye\"]", true);
  EXPECT_EQ(worker.heard.said, "answer 7 ");
  EXPECT_EQ(worker.heard.tail, std::string(kAnswer) + "\n[null,\"bye\"]");
}

TEST(SessionPickle, ATaskThatItStillHasIsAnsweredAfterTheClose) {
  Pickled worker;
  worker.send(7);
  worker.session.close();
  worker.says(std::string(kAnswer) + "tail", true);
  EXPECT_EQ(worker.heard.said, "answer 7 ");
  EXPECT_EQ(worker.heard.tail, "tail");
}

TEST(SessionPickle, OneThatHadNoTaskHasATailAndNoHello) {
  Pickled worker;
  worker.session.close();
  worker.says("N.", true);
  EXPECT_EQ(worker.heard.said, "");
  EXPECT_EQ(worker.heard.tail, "N.");
}

}  // namespace
}  // namespace spread
