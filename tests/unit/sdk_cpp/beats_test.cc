// Signs of life: what a worker of a master that asks for them says beside its answers.
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "worker_process.h"

namespace spread::test {
namespace {

constexpr std::string_view kBeat = R"([null,"beat"])";

Start beating(const std::string& kind) {
  return WorkerProcess::kind(kind, {"SPREAD_BEAT=0.00005"});
}

/// The next frame that is no beat; how many beats stood in front of it.
std::string receive(WorkerProcess& worker, int* beats = nullptr) {
  for (;;) {
    std::string frame = worker.receive();
    if (frame != kBeat) return frame;
    if (beats != nullptr) ++*beats;
  }
}

TEST(SdkBeats, AreSentAndPromisedOnlyWhereTheyAreAskedFor) {
  for (const char* const none : {"SPREAD_BEAT=", "SPREAD_BEAT=0", "SPREAD_BEAT=x"}) {
    WorkerProcess worker(WorkerProcess::kind("square", {none}));
    EXPECT_NE(worker.receive().find(R"("features":["batch"])"), std::string::npos);
    worker.close_input();
    EXPECT_EQ(worker.receive(), "end") << "not even a bye";
  }
}

TEST(SdkBeats, FollowTheHelloWhileATaskComputes) {
  char folder[] = "/tmp/spread-beats-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string fifo = folder + std::string("/fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  WorkerProcess worker(beating("wait"));
  EXPECT_NE(worker.receive().find(R"("features":["batch","beat"])"), std::string::npos);
  worker.send("[0,\"" + fifo + "\"]");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(worker.receive(), kBeat);
  std::ofstream(fifo) << "!";
  EXPECT_EQ(receive(worker), R"([0,"ok","!"])");
  EXPECT_EQ(worker.receive(), kBeat);
  worker.close_input();
  EXPECT_EQ(receive(worker), R"([null,"bye"])");
  EXPECT_EQ(worker.receive(), "end");
  EXPECT_EQ(worker.wait(), 0);
  std::remove(fifo.c_str());
  std::remove(folder);
}

TEST(SdkBeats, StandBetweenFramesHoweverLargeTheseAre) {
  WorkerProcess worker(beating("big"));
  receive(worker);
  int beats = 0;
  for (const int size : {10, 100'000, 3'000'000, 10, 300'000, 8'000'000}) {
    worker.send("[1," + std::to_string(size) + "]");
    const std::string answer = receive(worker, &beats);
    EXPECT_EQ(answer, "[1,\"ok\",\"" + std::string(static_cast<std::size_t>(size), 'x') + "\"]");
  }
  while (beats == 0) beats += worker.receive() == kBeat ? 1 : 0;
  worker.close_input();
  EXPECT_EQ(receive(worker), R"([null,"bye"])");
}

TEST(SdkBeats, EndBeforeTheTail) {
  for (int i = 0; i < 50; ++i) {
    WorkerProcess worker(beating("tail"));
    receive(worker);
    worker.send("[0,7]");
    EXPECT_EQ(receive(worker), R"([0,"ok",1])");
    worker.close_input();
    EXPECT_EQ(receive(worker), R"([null,"bye"])");
    EXPECT_EQ(worker.tail(), "1 tasks");
    EXPECT_EQ(worker.wait(), 0);
  }
}

TEST(SdkBeats, EndBeforeTheByeOfOneThatLeaves) {
  WorkerProcess worker(WorkerProcess::kind("asks", {"SPREAD_FEATURES=bye", "SPREAD_BEAT=0.00005"}));
  receive(worker);
  worker.send(R"([0,"leave"])");
  EXPECT_EQ(receive(worker), R"([0,"ok","leave"])");
  EXPECT_EQ(receive(worker), R"([null,"bye"])");
  EXPECT_EQ(worker.tail(), "tail\n");
}

}  // namespace
}  // namespace spread::test
