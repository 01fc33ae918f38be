// What a worker says and asks beside its answers: bye, questions, levels, the third element.
#include <gtest/gtest.h>

#include "worker_process.h"

namespace spread::test {
namespace {

Start asks(const std::string& features = "ready,bye,ask,meta") {
  return WorkerProcess::kind("asks", {"SPREAD_FEATURES=" + features});
}

TEST(SdkAsking, ItLeavesBehindItsAnswerAndWritesItsTail) {
  WorkerProcess worker(asks());
  worker.receive();
  // At once: it may be gone before another write.
  worker.send_bytes(WorkerProcess::frame(R"([0,"a"])") + WorkerProcess::frame(R"([1,"leave"])") +
                    WorkerProcess::frame(R"([2,"not read"])"));
  EXPECT_EQ(worker.receive(), R"([0,"ok","a"])");
  EXPECT_EQ(worker.receive(), R"([1,"ok","leave"])");
  EXPECT_EQ(worker.receive(), R"([null,"bye"])");
  EXPECT_EQ(worker.tail(), "tail\n");
  EXPECT_EQ(worker.wait(), 0);
}

TEST(SdkAsking, OneThatHasMoreMemoryThanItMayHaveLeavesBehindItsAnswer) {
  WorkerProcess worker(WorkerProcess::kind("grows", {"SPREAD_MAX_RSS=50000000"}));
  worker.receive();
  worker.send_bytes(WorkerProcess::frame(R"([0,"grow"])") +
                    WorkerProcess::frame(R"([1,"not done"])"));
  EXPECT_EQ(worker.receive(), R"([0,"ok",1])");
  EXPECT_EQ(worker.receive(), R"([null,"bye"])");
  EXPECT_EQ(worker.wait(), 0);
}

TEST(SdkAsking, OneThatHasLessOrMayHaveAnyStays) {
  for (const char* limit : {"SPREAD_MAX_RSS=1000000000", "SPREAD_MAX_RSS="}) {
    WorkerProcess worker(WorkerProcess::kind("grows", {limit}));
    worker.receive();
    worker.send(R"([0,"grow"])");
    worker.send(R"([1,"stay"])");
    EXPECT_EQ(worker.receive(), R"([0,"ok",1])");
    EXPECT_EQ(worker.receive(), R"([1,"ok",1])");
    worker.close_input();
    EXPECT_EQ(worker.wait(), 0);
  }
}

TEST(SdkAsking, ARefusalIsNoAnswerToLeaveBehind) {
  WorkerProcess worker(WorkerProcess::kind("grows", {"SPREAD_MAX_RSS=1"}));
  worker.receive();
  worker.send(R"([0,"busy"])");
  EXPECT_EQ(worker.receive(), R"([0,"busy",1.0])");
  worker.send(R"([1,"stay"])");
  EXPECT_EQ(worker.receive(), R"([1,"ok",0])");
  EXPECT_EQ(worker.receive(), R"([null,"bye"])");
}

TEST(SdkAsking, TasksThatComeInFrontOfTheReplyAreDoneBehindIt) {
  WorkerProcess worker(asks());
  worker.receive();
  worker.send_bytes(WorkerProcess::frame(R"([0,"sing"])") + WorkerProcess::frame(R"([1,"b"])"));
  EXPECT_EQ(worker.receive(), R"([null,"ask",1,"sing",0,8,"la"])");
  worker.send(R"([2,"c"])");
  worker.send(R"([3,"sing"])");
  // In pieces, and together with a part of the next task.
  const std::string reply = WorkerProcess::frame(R"([null,"answer",1,"do re"])");
  const std::string task = WorkerProcess::frame(R"([4,"d"])");
  worker.send_bytes(reply.substr(0, 7));
  worker.wait_until_read();
  worker.send_bytes(reply.substr(7) + task.substr(0, 6));
  EXPECT_EQ(worker.receive(), R"([0,"ok","sing do re"])");
  EXPECT_EQ(worker.receive(), R"([1,"ok","b"])");
  EXPECT_EQ(worker.receive(), R"([2,"ok","c"])");
  EXPECT_EQ(worker.receive(), R"([null,"ask",2,"sing",3,8,"la"])");
  worker.send_bytes(task.substr(6));
  worker.send(R"([null,"answer",2,"mi"])");
  EXPECT_EQ(worker.receive(), R"([3,"ok","sing mi"])");
  EXPECT_EQ(worker.receive(), R"([4,"ok","d"])");
  worker.close_input();
  EXPECT_EQ(worker.wait(), 0);
}

TEST(SdkAsking, WhatIsRefusedFailsTheTask) {
  WorkerProcess worker(asks());
  worker.receive();
  worker.send(R"([7,"sing"])");
  worker.receive();
  worker.send(R"([null,"refused",1,{"type":"UnknownOp","message":"no such op"}])");
  EXPECT_EQ(worker.receive(), R"([7,"error",{"message":"no such op","type":"UnknownOp"}])");
}

TEST(SdkAsking, AReplyThatCannotComeAnyMoreIsNotWaitedFor) {
  WorkerProcess worker(asks());
  worker.receive();
  worker.send(R"([7,"sing"])");
  worker.receive();
  worker.close_input();
  EXPECT_EQ(
      worker.receive(),
      R"([7,"error",{"message":"spread has closed the input and will not answer","type":"Gone"}])");
  EXPECT_EQ(worker.wait(), 0);
}

TEST(SdkAsking, AnOlderMasterIsAskedNothing) {
  WorkerProcess worker(asks("ready"));
  worker.receive();
  for (const auto& [what, ability] : {std::pair("leave", "bye"), std::pair("sing", "ask")}) {
    worker.send(std::string("[7,\"") + what + "\"]");
    EXPECT_EQ(worker.receive(),
              std::string(R"([7,"error",{"message":"this spread is too old: it does not know \")") +
                  ability + R"(\"","type":"spread::too_old"}])");
  }
}

TEST(SdkAsking, LevelsAndTheThirdElement) {
  WorkerProcess worker(asks());
  worker.receive();
  worker.send(R"([0,"debug"])");
  EXPECT_EQ(worker.receive(), R"([0,"log","to the authors","debug"])");
  worker.receive();
  worker.send(R"([1,"meta"])");
  EXPECT_EQ(worker.receive(), R"([1,"ok","0"])");
  worker.send(R"([2,"meta",{"attempt":2,"later":[1]}])");
  EXPECT_EQ(worker.receive(), R"([2,"ok","2"])");
}

}  // namespace
}  // namespace spread::test
