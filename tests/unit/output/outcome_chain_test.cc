// The chain that outcomes flow through, on a real pipe.
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
#include "spread/output/output_writer.h"
#include "spread/output/sinks.h"
#include "spread/results/reorder_buffer.h"
#include "spread/wire/json.h"

namespace spread {
namespace {

/// A spill file that takes all and gives nothing back.
class LosingSpill final : public SpillFile {
 public:
  Result<std::uint64_t> append(ByteView bytes) override {
    return std::exchange(end_, end_ + bytes.size());
  }
  Status read(std::uint64_t, std::span<Byte>) override { return fail("it is gone"); }
  void discard_before(std::uint64_t) override {}

 private:
  std::uint64_t end_ = 0;
};

class OutcomeChain : public testing::Test {
 protected:
  OutcomeChain() : loop_(std::move(*EventLoop::create(8))) {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0);
    pipe_bytes_ = static_cast<std::size_t>(fcntl(ends_[1], F_SETPIPE_SZ, 4096));
    writer_ = std::make_unique<OutputWriter>(loop_, std::move(*open_output(ends_[1])));
    close(ends_[1]);
    auto format = std::make_unique<FormatSink>(OutputOptions(), *writer_, hosts_, nullptr);
    chain_ =
        std::make_unique<ReorderSink>(kMemory, std::make_unique<LosingSpill>(), std::move(format));
  }
  ~OutcomeChain() override {
    if (ends_[0] >= 0) close(ends_[0]);
  }

  void take(std::uint64_t id, const std::string& text) {
    TaskResult result;
    result.id = TaskId{id};
    result.value = wire::text_value(Slice::copy_of(as_bytes(text)));
    chain_->take(std::move(result));
  }
  std::string read_all() {
    std::string text(pipe_bytes_, '\0');
    const ssize_t size = read(ends_[0], text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }
  void leave() { close(std::exchange(ends_[0], -1)); }

  static constexpr std::size_t kMemory = 64 * 1024;

  EventLoop loop_;
  int ends_[2] = {-1, -1};
  std::size_t pipe_bytes_ = 0;
  std::vector<std::string> hosts_;
  std::unique_ptr<OutputWriter> writer_;
  std::unique_ptr<OutcomeSink> chain_;
};

TEST_F(OutcomeChain, AcceptsInAnyOrderAndWritesInThatOfTasks) {
  take(1, "b");
  take(2, "c");
  EXPECT_FALSE(chain_->empty());
  EXPECT_EQ(chain_->marks(), (OutcomeMarks{2, 0}));
  take(0, "a");
  EXPECT_TRUE(chain_->empty());
  EXPECT_EQ(chain_->marks(), (OutcomeMarks{3, 0}));
  writer_->flush();
  EXPECT_EQ(chain_->marks(), (OutcomeMarks{3, 3}));
  EXPECT_EQ(read_all(), "a\nb\nc\n");
}

TEST_F(OutcomeChain, IsDurableWhenThePipeHasAllBytes) {
  const std::string text(pipe_bytes_ * 3 / 4 - 1, 'x');
  take(0, text);
  EXPECT_EQ(chain_->marks().durable, 0u);
  take(1, text);
  writer_->flush();
  EXPECT_TRUE(writer_->stalled());
  EXPECT_EQ(chain_->marks(), (OutcomeMarks{2, 1}));
  EXPECT_EQ(read_all().size(), pipe_bytes_);
  writer_->flush();
  EXPECT_EQ(chain_->marks(), (OutcomeMarks{2, 2}));
}

TEST_F(OutcomeChain, WhatNoOneReadsAnyMoreCounts) {
  leave();
  take(0, "a");
  EXPECT_EQ(chain_->marks().durable, 0u);
  writer_->flush();
  EXPECT_TRUE(writer_->closed());
  EXPECT_EQ(chain_->marks(), (OutcomeMarks{1, 1}));
}

TEST_F(OutcomeChain, IsFullWhileTheReaderDoesNotRead) {
  const std::string text(OutputWriter::kFull, 'x');
  take(0, text);
  EXPECT_TRUE(chain_->full());
  take(2, "c");
  take(1, "b");  // is passed on as it comes; the next waits
  EXPECT_FALSE(chain_->empty());
  EXPECT_TRUE(chain_->pump());
  EXPECT_FALSE(chain_->empty());
}

TEST_F(OutcomeChain, WhatCannotBeReadBackIsAnErrorThatStays) {
  const std::string text(kMemory / 4, 'x');
  for (std::uint64_t id = 1; id < 40; ++id) take(id, text);
  take(0, "a");
  for (int i = 0; i < 2; ++i) {
    const Status lost = chain_->pump();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().message, "it is gone");
  }
  EXPECT_LT(chain_->marks().durable, chain_->marks().accepted);
}

}  // namespace
}  // namespace spread
