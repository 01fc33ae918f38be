// A worker that answers tasks which it was not given: while it has others, it will not answer
// these.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "session_testing.h"

namespace spread {
namespace {

class SessionForeign : public testing::Test {
 protected:
  SessionForeign() { options_.wire = Wire::Json; }
  void SetUp() override { session_.emplace(options_, output_); }
  void send(std::uint64_t id) {
    Value one;
    one.head[0] = 1;
    one.head_size = 1;
    ASSERT_TRUE(session_->send_task(TaskId{id}, one));
  }
  void hear(const std::string& line) { session_->receive(as_bytes(line + "\n"), false, sink_); }
  bool broken() const { return session_->state() == SessionState::Broken; }

  SessionOptions options_;
  OutputQueue output_;
  std::optional<Session> session_;
  test::DeafSink sink_;
};

TEST_F(SessionForeign, AsManyAsItHasInARowEndIt) {
  send(1);
  send(2);
  hear(R"([901,"ok",1])");
  EXPECT_FALSE(broken());
  hear(R"([902,"ok",1])");
  EXPECT_TRUE(broken());
}

TEST_F(SessionForeign, ARightAnswerBetweenThemStartsTheCountAgain) {
  send(1);
  send(2);
  hear(R"([901,"ok",1])");
  hear(R"([1,"ok",1])");
  EXPECT_FALSE(broken());
  EXPECT_TRUE(session_->may_think_it_is_done()) << "one is left, and one it may take for that";
}

TEST_F(SessionForeign, WhatWaitsForAReplyIsNotWhatItAnswers) {
  send(1);
  hear(R"([null,"ask",5,"fetch",1,[4503599627370496]])");
  send(4503599627370496);
  hear(R"([901,"ok",1])");
  EXPECT_TRUE(broken());
  EXPECT_EQ(session_->problem_text(),
            "it answered id 901, which it was not given, instead of id 4503599627370496");
}

TEST_F(SessionForeign, NorIsWhatLiesBehindThat) {
  send(1);
  send(2);
  send(3);
  hear(R"([null,"ask",5,"fetch",1,[4503599627370496]])");
  send(4503599627370496);
  hear(R"([901,"ok",1])");
  EXPECT_TRUE(broken());
}

TEST_F(SessionForeign, WhatHasItsReplyIs) {
  send(1);
  hear(R"([null,"ask",5,"ready",1,[]])");
  session_->answer(5, std::vector<Slice>{Slice::literal("\xc0")});
  send(2);
  hear(R"([901,"ok",1])");
  EXPECT_FALSE(broken());
}

TEST_F(SessionForeign, WhatWasAnsweredWithoutItsReplyWaitsForNothingWhenItComesAgain) {
  send(1);
  hear(R"([null,"ask",5,"fetch",1,[4503599627370496]])");
  hear(R"([1,"error","it did not wait"])");
  send(1);
  hear(R"([901,"ok",1])");
  EXPECT_TRUE(broken());
}

TEST_F(SessionForeign, WhereAllThatItHasWaitsItIsOnlyDropped) {
  send(1);
  hear(R"([null,"ask",5,"fetch",1,[4503599627370496]])");
  hear(R"([901,"ok",1])");
  EXPECT_FALSE(broken());
  EXPECT_FALSE(session_->may_think_it_is_done());
}

}  // namespace
}  // namespace spread
