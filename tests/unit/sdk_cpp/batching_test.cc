// Many frames, big frames, broken frames; and answers that were held back.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "worker_process.h"

namespace spread::test {
namespace {

/// A fifo in a folder of its own: a handler waits for it until release().
class Fifo {
 public:
  Fifo() {
    std::string name = (std::filesystem::temp_directory_path() / "sdk_cpp.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
    if (mkfifo(path().c_str(), 0600) != 0) throw std::runtime_error("mkfifo " + path());
  }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  ~Fifo() { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/fifo"; }
  void release() const {
    const int fd = open(path().c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(write(fd, "!", 1), 1);
    close(fd);
  }

 private:
  std::string folder_;
};

std::string task(int id, const std::string& payload) {
  return WorkerProcess::frame("[" + std::to_string(id) + "," + payload + "]");
}

TEST(SdkBatching, AnswersDoNotWaitBehindASlowTask) {
  const Fifo fifo;
  WorkerProcess worker(WorkerProcess::kind("wait"));
  worker.receive();
  // One write, so one read: both answers are ready when the third handler is entered.
  worker.send_bytes(task(0, R"("a")") + task(1, R"("b")") + task(2, '"' + fifo.path() + '"'));
  EXPECT_EQ(worker.receive(), R"([0,"ok","a"])");
  EXPECT_EQ(worker.receive(), R"([1,"ok","b"])");
  fifo.release();
  EXPECT_EQ(worker.receive(), R"([2,"ok","!"])");
}

TEST(SdkBatching, TheWatchdogWakesUpAgain) {
  WorkerProcess worker(WorkerProcess::kind("wait"));
  worker.receive();
  for (int round = 0; round < 5; ++round) {
    const Fifo fifo;
    // Fast tasks before, so that the clock is looked at rarely when the slow one comes.
    std::string tasks;
    for (int i = 0; i < 40; ++i) tasks += task(i, R"("a")");
    worker.send_bytes(tasks + task(99, '"' + fifo.path() + '"'));
    for (int i = 0; i < 40; ++i) {
      ASSERT_EQ(worker.receive(), "[" + std::to_string(i) + R"(,"ok","a"])");
    }
    fifo.release();
    ASSERT_EQ(worker.receive(), R"([99,"ok","!"])");
  }
}

TEST(SdkBatching, TenThousandFramesAreAnsweredInOrder) {
  WorkerProcess worker(WorkerProcess::kind("view"));
  worker.receive();
  std::string tasks;
  for (int i = 0; i < 10000; ++i) tasks += task(i, R"("0123456789abcdef")");
  std::thread sender([&] { worker.send_bytes(tasks); });
  for (int i = 0; i < 10000; ++i) {
    const std::string expected = "[" + std::to_string(i) + R"(,"ok","0123456789abcdef"])";
    const std::string answer = worker.receive();
    EXPECT_EQ(answer, expected);
    if (answer != expected) break;
  }
  worker.close_output();  // or the sender could wait for ever after a failure
  sender.join();
}

TEST(SdkBatching, FramesMayBeCutAnywhere) {
  WorkerProcess worker(WorkerProcess::kind("raw"));
  worker.receive();
  const std::string tasks = task(1, "null") + task(300, R"("some text")") + task(2, "[1,2.5]");
  for (std::size_t cut = 1; cut < tasks.size(); ++cut) {
    worker.send_bytes(tasks.substr(0, cut));
    worker.wait_until_read();
    worker.send_bytes(tasks.substr(cut));
    ASSERT_EQ(worker.receive(), R"([1,"ok",null])") << "cut at " << cut;
    ASSERT_EQ(worker.receive(), R"([300,"ok","some text"])") << "cut at " << cut;
    ASSERT_EQ(worker.receive(), R"([2,"ok",[1,2.5]])") << "cut at " << cut;
  }
}

TEST(SdkBatching, FramesMayComeByteByByte) {
  WorkerProcess worker(WorkerProcess::kind("view"));
  worker.receive();
  for (const char byte : task(70000, R"("some text")")) {
    worker.send_bytes({&byte, 1});
    worker.wait_until_read();
  }
  EXPECT_EQ(worker.receive(), R"([70000,"ok","some text"])");
}

/// Sends text of these sizes to a worker of that kind, and expects it back.
void expect_echo(const std::string& kind, const std::vector<std::size_t>& sizes,
                 bool non_blocking = false) {
  Start start = WorkerProcess::kind(kind);
  start.non_blocking = non_blocking;
  WorkerProcess worker(start);
  worker.receive();
  std::string tasks;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    tasks +=
        task(static_cast<int>(i), '"' + std::string(sizes[i], static_cast<char>('a' + i)) + '"');
  }
  std::thread sender([&] { worker.send_bytes(tasks); });
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::string text(sizes[i], static_cast<char>('a' + i));
    const std::string answer =
        WorkerProcess::frame("[" + std::to_string(i) + R"(,"ok",")" + text + "\"]") + "\n";
    EXPECT_TRUE(worker.receive_bytes() == answer) << "size " << sizes[i];
  }
  worker.close_output();
  sender.join();
}

constexpr std::size_t kPipe = std::size_t{64} << 10;

TEST(SdkBatching, EightMebibytesComeBack) {
  expect_echo("raw", {8 << 20});
  expect_echo("view", {8 << 20});
  expect_echo("object", {8 << 20});
}

TEST(SdkBatching, BigAndSmallFramesMix) {
  expect_echo("view", {3, 1 << 20, 5, 0, 3 << 20, kPipe, 100, 20 << 20, 1, 200000, 16});
}

TEST(SdkBatching, NonBlockingDescriptorsAreWaitedFor) {
  expect_echo("view", {3, 1 << 20, 5, 100000}, true);
}

TEST(SdkBatching, SizesAroundTheBuffersComeBack) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = kPipe - 12; size <= kPipe + 4; ++size) sizes.push_back(size);
  expect_echo("view", sizes);
}

TEST(SdkBatching, ABigResultOfASmallTask) {
  WorkerProcess worker(WorkerProcess::kind("big"));
  worker.receive();
  worker.send("[1,8388608]");
  EXPECT_TRUE(worker.receive_bytes() ==
              WorkerProcess::frame(R"([1,"ok",")" + std::string(8388608, 'x') + "\"]") + "\n");
  WorkerProcess list(WorkerProcess::kind("big list"));
  list.receive();
  list.send("[1,1000000]");
  EXPECT_EQ(list.receive().size(), 2000000 - 1 + std::string(R"([1,"ok",[]])").size());
}

TEST(SdkBatching, AResultThatFitsNoFrameIsAFailedTask) {
  WorkerProcess worker(WorkerProcess::kind("claim"));
  worker.receive();
  worker.send("[1,2147483648]");
  EXPECT_EQ(
      worker.receive(),
      R"([1,"error",{"message":"the result is longer than a frame can be","type":"std::length_error"}])");
}

TEST(SdkBatching, HeldAnswersAreSentByExit) {
  WorkerProcess worker(WorkerProcess::kind("exit"));
  worker.receive();
  worker.send_bytes(task(0, "5") + task(1, "6") + task(2, "-1"));
  EXPECT_EQ(worker.receive(), R"([0,"ok",5])");
  EXPECT_EQ(worker.receive(), R"([1,"ok",6])");
  EXPECT_EQ(worker.receive(), "end");
  EXPECT_EQ(worker.wait(), 7);
}

TEST(SdkBatching, AForkedChildThatExitsSendsNothingTwice) {
  WorkerProcess worker(WorkerProcess::kind("fork"));
  worker.receive();
  worker.send_bytes(task(0, "5") + task(1, "-1") + task(2, "6"));
  worker.close_input();
  EXPECT_EQ(worker.receive(), R"([0,"ok",5])");
  EXPECT_EQ(worker.receive(), R"([1,"ok",-1])");
  EXPECT_EQ(worker.receive(), R"([2,"ok",6])");
  EXPECT_EQ(worker.receive(), "end");
}

}  // namespace
}  // namespace spread::test
