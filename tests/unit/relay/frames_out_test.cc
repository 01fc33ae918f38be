// What a relay says, on a real pipe.
#include "spread/relay/frames_out.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "spread/io/event_loop.h"
#include "spread/io/system.h"

namespace spread {
namespace {

class FramesOutTest : public testing::Test {
 protected:
  FramesOutTest() : loop_(std::move(*EventLoop::create(8))) {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0);
    writer_ = std::make_unique<OutputWriter>(loop_, std::move(*open_output(ends_[1])));
    close(ends_[1]);
    out_ = std::make_unique<FramesOut>(*writer_);
  }
  ~FramesOutTest() override {
    out_.reset();
    writer_.reset();
    close(ends_[0]);
  }

  void pass(std::size_t bytes) {
    out_->pass(wire::RelayKind::Out, 1, Slice::copy_of(as_bytes(std::string(bytes, 'x'))));
  }
  void fill() {
    while (out_->has_room()) pass(wire::kRelayPieceMax);
  }
  /// Reads until no more than so many bytes wait.
  void drain_to(std::size_t waiting) {
    std::string text(64 * 1024, '\0');
    writer_->flush();
    while (writer_->waiting() > waiting) {
      ASSERT_GT(read(ends_[0], text.data(), text.size()), 0);
      writer_->flush();
    }
  }

  EventLoop loop_;
  int ends_[2] = {-1, -1};
  std::unique_ptr<OutputWriter> writer_;
  std::unique_ptr<FramesOut> out_;
};

TEST_F(FramesOutTest, HasNoRoomFromAMebibyteOn) {
  pass(100);
  EXPECT_TRUE(out_->has_room());
  fill();
  EXPECT_GE(writer_->waiting(), OutputWriter::kFull);
  EXPECT_LT(writer_->waiting(), OutputWriter::kFull + wire::kRelayPieceMax + 100);
}

TEST_F(FramesOutTest, HasRoomAgainWhenHalfOfItIsGone) {
  fill();
  EXPECT_FALSE(out_->take_room());
  drain_to(OutputWriter::kFull - 1);
  EXPECT_FALSE(out_->take_room());
  EXPECT_FALSE(out_->has_room());
  drain_to(OutputWriter::kFull / 2);
  EXPECT_TRUE(out_->take_room());
  EXPECT_TRUE(out_->has_room());
  EXPECT_FALSE(out_->take_room());
}

TEST_F(FramesOutTest, TellsOfRoomAlsoWhereItWasFullForATurnOnly) {
  fill();
  drain_to(0);
  EXPECT_TRUE(out_->take_room());
}

}  // namespace
}  // namespace spread
