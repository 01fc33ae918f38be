// worker_on(): a worker on two descriptors of this very process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <spread/worker.hpp>

#include <nlohmann/json.hpp>

#include "worker_process.h"

namespace spread::test {
namespace {

/// A file of memory that holds `bytes`, to be read from its start.
int file_with(const std::string& bytes) {
  const int fd = memfd_create("streams", MFD_CLOEXEC);
  EXPECT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  lseek(fd, 0, SEEK_SET);
  return fd;
}

class WorkerOn : public testing::Test {
 protected:
  ~WorkerOn() override {
    close(in_);
    close(out_);
  }
  void give(std::initializer_list<const char*> values) {
    std::string bytes;
    for (const char* value : values) bytes += WorkerProcess::frame(value);
    in_ = file_with(bytes);
  }
  /// What was answered, behind the hello and the ready.
  std::vector<std::string> answers() {
    std::string text(1 << 16, '\0');
    text.resize(static_cast<std::size_t>(pread(out_, text.data(), text.size(), 0)));
    std::vector<std::string> found;
    for (std::size_t at = 0; at + 5 < text.size();) {
      std::size_t size = 0;
      for (int i = 1; i < 5; ++i) size = size << 8 | static_cast<unsigned char>(text[at + i]);
      found.push_back(nlohmann::json::from_msgpack(text.substr(at + 5, size)).dump());
      at += 5 + size + 1;
    }
    EXPECT_GE(found.size(), 2u);
    EXPECT_EQ(found[1], R"([null,"ready"])");
    found.erase(found.begin(), found.begin() + 2);
    return found;
  }

  int in_ = -1;
  int out_ = file_with("");
};

TEST_F(WorkerOn, AnswersWhatItReadsThere) {
  give({"[0,3]", "[1,0]", "[2,4]"});
  const auto half = [](int x) {
    if (x == 0) throw task_error("Zero", "no half");
    return x * 0.5;
  };
  EXPECT_EQ(worker_on(in_, out_, half), 0);
  EXPECT_EQ(answers(), (std::vector<std::string>{
                           R"([0,"ok",1.5])", R"([1,"error",{"message":"no half","type":"Zero"}])",
                           R"([2,"ok",2.0])"}));
}

TEST_F(WorkerOn, ReadsAsManyPrepItemsAsThePrepTakes) {
  give({R"("a")", "7", "[0,1]"});
  const prep load{[](std::string a, int b) { return a + std::to_string(b); }};
  EXPECT_EQ(worker_on(
                in_, out_, [](std::string& c, int x) { return c + std::to_string(x); }, load),
            0);
  EXPECT_EQ(answers(), std::vector<std::string>{R"([0,"ok","a71"])"});
}

TEST_F(WorkerOn, OrAsManyAsItIsTold) {
  give({R"("a")", R"("b")", "[0,1]"});
  const prep load{[](std::vector<std::string> all) { return all.size(); }};
  EXPECT_EQ(worker_on(in_, out_, [](std::size_t n, int) { return n; }, load, {.items = 2}), 0);
  EXPECT_EQ(answers(), std::vector<std::string>{R"([0,"ok",2])"});
}

TEST_F(WorkerOn, LeavesTheDescriptorsOfTheProcessAlone) {
  give({"[0,1]"});
  testing::internal::CaptureStdout();
  int flags = -1;
  const auto handler = [&](int) {
    flags = fcntl(STDIN_FILENO, F_GETFD);
    std::printf("printed\n");
  };
  EXPECT_EQ(worker_on(in_, out_, handler), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "printed\n");
  EXPECT_EQ(answers(), std::vector<std::string>{R"([0,"ok",null])"});
  EXPECT_GE(fcntl(in_, F_GETFD), 0);
  EXPECT_GE(fcntl(out_, F_GETFD), 0);
}

TEST_F(WorkerOn, CanBeDoneAgain) {
  for (int i = 0; i < 3; ++i) {
    give({"[0,1]"});
    close(out_);
    out_ = file_with("");
    EXPECT_EQ(worker_on(in_, out_, [](int x) { return x; }), 0);
    EXPECT_EQ(answers(), std::vector<std::string>{R"([0,"ok",1])"});
    close(in_);
  }
  in_ = -1;
}

TEST_F(WorkerOn, SaysWhatIsNotTheProtocol) {
  in_ = file_with("hello, world\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(worker_on(in_, out_, [](int x) { return x; }), 3);
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace spread::test
