// Bytes on their way to a pipe, and what is asked before they are written.
#include "spread/output/output_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "spread/io/event_loop.h"
#include "spread/io/system.h"

namespace spread {
namespace {

class Writer : public testing::Test {
 protected:
  Writer() : loop_(std::move(*EventLoop::create(8))) {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0);
    pipe_bytes_ = static_cast<std::size_t>(fcntl(ends_[1], F_SETPIPE_SZ, 4096));
    writer_ = std::make_unique<OutputWriter>(loop_, std::move(*open_output(ends_[1])));
    close(ends_[1]);
  }
  ~Writer() override {
    writer_.reset();
    close(ends_[0]);
  }

  void put(const std::string& text) { writer_->queue().tail().append(text); }
  std::string read_all() {
    std::string text(pipe_bytes_, '\0');
    const ssize_t size = read(ends_[0], text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

  EventLoop loop_;
  int ends_[2] = {-1, -1};
  std::size_t pipe_bytes_ = 0;
  std::unique_ptr<OutputWriter> writer_;
};

/// Notes what had been written each time that it was asked.
class NotingGate final : public WriteGate {
 public:
  explicit NotingGate(const OutputWriter& writer) : writer_(writer) {}
  Status before_write() override {
    written.push_back(writer_.written());
    return error.empty() ? Status() : fail(error);
  }

  std::vector<std::uint64_t> written;
  std::string error;

 private:
  const OutputWriter& writer_;
};

TEST_F(Writer, AsksItsGateBeforeTheFirstByteOfEachFlush) {
  NotingGate gate(*writer_);
  writer_->set_gate(gate);
  put("a\n");
  writer_->flush();
  put("bc\n");
  writer_->flush();
  EXPECT_EQ(gate.written, (std::vector<std::uint64_t>{0, 2}));
  EXPECT_EQ(read_all(), "a\nbc\n");
}

TEST_F(Writer, AsksItsGateOnceThoughAFlushIsSeveralWrites) {
  NotingGate gate(*writer_);
  writer_->set_gate(gate);
  constexpr int kMoreThanOneWriteTakes = 40;
  for (int i = 0; i < kMoreThanOneWriteTakes; ++i) {
    writer_->queue().append(Slice::copy_of(as_bytes(std::string_view("0123456789"))));
  }
  writer_->flush();
  EXPECT_EQ(gate.written, (std::vector<std::uint64_t>{0}));
  EXPECT_EQ(writer_->written(), 10u * kMoreThanOneWriteTakes);
}

TEST_F(Writer, AsksItsGateForNothingWhereNothingWaits) {
  NotingGate gate(*writer_);
  writer_->set_gate(gate);
  writer_->flush();
  writer_->flush_if_due();
  EXPECT_TRUE(gate.written.empty());
}

TEST_F(Writer, AsksItsGateAgainWhenTheReaderReadsOn) {
  NotingGate gate(*writer_);
  writer_->set_gate(gate);
  put(std::string(pipe_bytes_ + 1, 'x'));
  writer_->flush();
  EXPECT_TRUE(writer_->stalled());
  EXPECT_EQ(read_all().size(), pipe_bytes_);
  loop_.wait(kForever);
  EXPECT_EQ(gate.written, (std::vector<std::uint64_t>{0, pipe_bytes_}));
  EXPECT_EQ(read_all(), "x");
}

TEST_F(Writer, AGateThatFailsEndsItAsAFailedWriteDoes) {
  NotingGate gate(*writer_);
  writer_->set_gate(gate);
  put("a\n");
  writer_->flush();
  gate.error = "the journal is full";
  put("b\n");
  writer_->flush();
  EXPECT_TRUE(writer_->closed());
  EXPECT_TRUE(writer_->failed());
  EXPECT_EQ(writer_->error(), "the journal is full");
  EXPECT_TRUE(writer_->queue_empty());
  put("c\n");
  writer_->flush();
  EXPECT_EQ(gate.written.size(), 2u);
  EXPECT_EQ(read_all(), "a\n");
}

TEST_F(Writer, MovesNothingPastItsGate) {
  EXPECT_GE(writer_->bypass(), 0);
  NotingGate gate(*writer_);
  writer_->set_gate(gate);
  EXPECT_EQ(writer_->bypass(), -1);
}

}  // namespace
}  // namespace spread
