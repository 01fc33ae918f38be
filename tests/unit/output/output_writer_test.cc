// Bytes on their way to a pipe or a file, and what is asked before they are written.
#include "spread/output/output_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
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

class FileWriter : public testing::Test {
 protected:
  FileWriter() : loop_(std::move(*EventLoop::create(8))) { close(mkstemp(name_)); }
  ~FileWriter() override { unlink(name_); }

  void open_with(const std::string& old) {
    std::ofstream(name_, std::ios::binary) << old;
    const UniqueFd file(open(name_, O_RDWR | O_CLOEXEC));
    auto output = open_output(file.get());
    ASSERT_TRUE(output);
    fd_ = output->fd.get();
    writer_ = std::make_unique<OutputWriter>(loop_, std::move(*output));
  }
  void write(const std::string& text) {
    writer_->queue().tail().append(text);
    writer_->flush();
  }
  std::string content() const {
    std::ifstream file(name_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  char name_[40] = "/tmp/spread-output-XXXXXX";
  EventLoop loop_;
  int fd_ = -1;  ///< the writer's
  std::unique_ptr<OutputWriter> writer_;
};

TEST_F(FileWriter, ContinuesAFileInPlace) {
  open_with("a\nb\nhalf of a");
  writer_->continue_file(13);
  write("a\n");
  EXPECT_EQ(content(), "a\nb\nhalf of a");
  EXPECT_EQ(writer_->written(), 2u);  // the place of what follows
  write("b\nc\n");
  EXPECT_EQ(content(), "a\nb\nc\n");
  EXPECT_EQ(writer_->written(), 6u);
  EXPECT_EQ(writer_->kept(), 4u);
  EXPECT_FALSE(writer_->in_line());
}

TEST_F(FileWriter, CutsWhatAContinuedFileHasMoreWhenAllIsDone) {
  open_with("a\nb\nc\n");
  writer_->continue_file(6);
  write("a\n");
  writer_->finish(true);
  EXPECT_FALSE(writer_->closed());
  EXPECT_EQ(content(), "a\n");
}

TEST_F(FileWriter, LeavesItForALaterRunWhenNotAllIsDone) {
  open_with("a\nb\nc\n");
  writer_->continue_file(6);
  write("a\n");
  writer_->finish(false);
  EXPECT_FALSE(writer_->closed());
  EXPECT_EQ(content(), "a\nb\nc\n");
}

TEST_F(FileWriter, ClosesItsFileAtTheEnd) {
  open_with("");
  write("a\n");
  writer_->finish(true);
  EXPECT_FALSE(writer_->closed());
  EXPECT_EQ(fcntl(fd_, F_GETFD), -1);
  writer_->finish(true);
  EXPECT_FALSE(writer_->failed());
}

TEST_F(FileWriter, AnErrorOfClosingIsOneOfWriting) {
  open_with("");
  write("a\n");
  close(fd_);  // which makes the next one fail, as that of a file of NFS does without room
  writer_->finish(true);
  EXPECT_TRUE(writer_->closed());
  EXPECT_EQ(writer_->error(), "Bad file descriptor");
}

TEST_F(FileWriter, ItsGateIsAskedOnceMoreWhenAllOfItIsThere) {
  struct AtTheEnd final : WriteGate {
    explicit AtTheEnd(std::function<std::string()> look) : look_(std::move(look)) {}
    Status before_write() override { return {}; }
    Status before_close() override { return fail("no room for " + look_()); }
    std::function<std::string()> look_;
  };
  open_with("");
  AtTheEnd gate([this] { return fcntl(fd_, F_GETFD) == -1 ? "what is closed" : content(); });
  writer_->set_gate(gate);
  writer_->queue().tail().append("a\n");
  writer_->finish(true);
  EXPECT_EQ(writer_->error(), "no room for a\n");
}

TEST_F(FileWriter, AnErrorOfCuttingIsOneOfWriting) {
  open_with("a\nb\n");
  writer_->continue_file(4);
  write("a\n");
  close(fd_);
  writer_->finish(true);
  EXPECT_TRUE(writer_->failed());
}

TEST_F(Writer, KeepsAPipeOpenToTheLastWord) {
  writer_->finish(true);
  put("a\n");
  writer_->flush();
  EXPECT_EQ(read_all(), "a\n");
}

}  // namespace
}  // namespace spread
