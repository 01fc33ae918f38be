// Answers of several pieces to a worker's questions: what is written, and what is not copied.
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/workers/session.h"

namespace spread {
namespace {

class SessionAnswer : public testing::Test {
 protected:
  std::string written(OutputQueue& output) {
    std::array<ByteView, 16> pieces;
    const std::size_t count = output.gather(pieces);
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += as_text(pieces[i]);
    return bytes;
  }
  static Slice text(std::string_view bytes) { return Slice::copy_of(as_bytes(bytes)); }

  SessionOptions options_;
  OutputQueue output_;
};

TEST_F(SessionAnswer, IsTheBytesOfAnAnswerInOnePiece) {
  for (const Wire wire : {Wire::Msgpack, Wire::Json}) {
    options_.wire = wire;
    OutputQueue whole;
    Session one(options_, whole);
    one.reply(300, wire::make_answer(300, as_bytes("\x92\x01\xa3xyz")));
    OutputQueue pieces;
    Session many(options_, pieces);
    many.answer(300, std::vector<Slice>{text("\x92\x01"), Slice::literal("\xa3"), text("xyz")});
    EXPECT_EQ(written(pieces), written(whole));
    EXPECT_FALSE(written(pieces).empty());
  }
}

TEST_F(SessionAnswer, LargePiecesAreNotCopied) {
  Session session(options_, output_);
  const Slice large = text("\xc6\x00\x01\x86\xa0" + std::string(100'000, 'x'));
  session.answer(1, std::vector<Slice>{text("\x92"), large, large});
  std::array<ByteView, 16> pieces;
  ASSERT_EQ(output_.gather(pieces), 3u);
  EXPECT_EQ(pieces[1].data(), large.view().data());
  EXPECT_EQ(pieces[2].data(), large.view().data());
}

TEST_F(SessionAnswer, OneMayBeLargerThanWhatMayLieUnread) {
  Session session(options_, output_);
  const Slice large = text(std::string(std::size_t{65} << 20, 'x'));
  session.answer(1, std::vector<Slice>{large});
  EXPECT_EQ(session.state(), SessionState::Running);
  session.answer(2, std::vector<Slice>{Slice::literal("\xc0")});
  EXPECT_EQ(session.problem_text(), "it asks, and does not read the answers");
}

TEST_F(SessionAnswer, OneThatIsTooLongForAFrameIsARefusal) {
  for (const Wire wire : {Wire::Msgpack, Wire::Json}) {
    options_.wire = wire;
    options_.max_frame = 256;
    OutputQueue output;
    Session session(options_, output);
    session.answer(1, std::vector<Slice>{text("\xda\x01\x00" + std::string(256, 'x'))});
    EXPECT_NE(written(output).find("TooLarge"), std::string::npos);
    EXPECT_EQ(session.state(), SessionState::Running);
  }
}

TEST_F(SessionAnswer, OneForWhichThereIsNotEvenRoomForARefusalEndsTheWorker) {
  for (const Wire wire : {Wire::Msgpack, Wire::Json}) {
    options_.wire = wire;
    options_.max_frame = 64;
    OutputQueue output;
    Session session(options_, output);
    session.answer(1, std::vector<Slice>{text("\xd9\x40" + std::string(64, 'x'))});
    EXPECT_EQ(session.problem_text(),
              "the answer to its question is longer than --max-frame permits");
    EXPECT_TRUE(output.empty());
  }
}

}  // namespace
}  // namespace spread
