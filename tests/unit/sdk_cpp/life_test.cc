// How a worker ends, and when it does not even begin.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "worker_process.h"

namespace spread::test {
namespace {

TEST(SdkLife, TheEndOfInputEndsIt) {
  WorkerProcess worker(WorkerProcess::kind("square"));
  worker.close_input();
  worker.receive();
  EXPECT_EQ(worker.receive(), "end");
  EXPECT_EQ(worker.wait(), 0);
  EXPECT_EQ(worker.errors(), "");
}

TEST(SdkLife, WhatWasReadIsFinishedAfterTheEndOfInput) {
  WorkerProcess worker(WorkerProcess::kind("square"));
  worker.receive();
  worker.send("[0,3]");
  worker.send("[1,4]");
  worker.close_input();
  EXPECT_EQ(worker.receive(), R"([0,"ok",9.0])");
  EXPECT_EQ(worker.receive(), R"([1,"ok",16.0])");
  EXPECT_EQ(worker.wait(), 0);
}

TEST(SdkLife, AComputingWorkerEndsWhenItsMasterIsGone) {
  for (const bool sockets : {false, true}) {
    Start start = WorkerProcess::kind("pause", {"SPREAD_GRACE=0.01"});
    start.sockets = sockets;
    WorkerProcess worker(start);
    worker.receive();
    worker.send("[0,1]");
    EXPECT_EQ(worker.receive(), R"([0,"progress",0])");  // it computes
    worker.close_input();
    worker.close_output();
    EXPECT_EQ(worker.wait(), 143) << (sockets ? "sockets" : "pipes");
  }
}

TEST(SdkLife, TheOrderInWhichTheEndsCloseDoesNotMatter) {
  WorkerProcess worker(WorkerProcess::kind("pause", {"SPREAD_GRACE=0"}));
  worker.receive();
  worker.send("[0,1]");
  worker.receive();
  worker.close_output();
  worker.close_input();
  EXPECT_EQ(worker.wait(), 143);
}

TEST(SdkLife, AnswersThatNobodyReadsEndItQuietly) {
  WorkerProcess worker(WorkerProcess::kind("square"));
  worker.receive();
  worker.close_output();
  worker.send("[0,1]");
  EXPECT_EQ(worker.wait(), 1);
  EXPECT_EQ(worker.errors(), "");
}

TEST(SdkLife, AMasterThatDiesInsideAFrameIsNoNews) {
  WorkerProcess worker(WorkerProcess::kind("square"));
  worker.receive();
  worker.send_bytes(std::string("\xc6\0\0\0", 4));
  worker.close_output();
  worker.close_input();
  EXPECT_EQ(worker.wait(), 1);
  EXPECT_EQ(worker.errors(), "");
}

TEST(SdkLife, InputThatEndsInsideAFrameIsTold) {
  WorkerProcess worker(WorkerProcess::kind("square"));
  worker.receive();
  worker.send_bytes(std::string("\xc6\0\0\0\5\x92", 6));
  worker.close_input();
  EXPECT_EQ(worker.wait(), 3);
  EXPECT_EQ(worker.errors(), "sdk_worker: stdin ended inside a frame\n");
}

TEST(SdkLife, InputThatEndsInsideABigFrameIsTold) {
  const std::string begin = std::string("\xc6\0\4\x93\xe0", 5) + std::string(1'000, 'x');
  WorkerProcess task(WorkerProcess::kind("square"));
  task.receive();
  task.send_bytes(begin);
  task.close_input();
  EXPECT_EQ(task.wait(), 3);
  EXPECT_EQ(task.errors(), "sdk_worker: stdin ended inside a frame\n");
  WorkerProcess prep(WorkerProcess::kind("prep all", {"SPREAD_PREP=1"}));
  prep.send_bytes(begin);
  prep.close_input();
  EXPECT_EQ(prep.wait(), 3);
  EXPECT_EQ(prep.errors(), "sdk_worker: stdin ended after 0 of 1 prep items\n");
}

TEST(SdkLife, InputThatEndsInsideThePrepItemsIsTold) {
  WorkerProcess worker(WorkerProcess::kind("prep all", {"SPREAD_PREP=2"}));
  worker.send(R"("one")");
  worker.close_input();
  EXPECT_EQ(worker.wait(), 3);
  EXPECT_EQ(worker.errors(), "sdk_worker: stdin ended after 1 of 2 prep items\n");
}

TEST(SdkLife, InputThatIsNoFramesIsTold) {
  WorkerProcess worker(WorkerProcess::kind("square"));
  worker.receive();
  worker.send_bytes("12\n13\n");
  EXPECT_EQ(worker.wait(), 3);
  EXPECT_EQ(worker.errors(),
            "sdk_worker: stdin is no stream of frames (docs/protocol.md): found 31 32 0a 31 33\n");
}

TEST(SdkLife, FramesThatAreNoTasksAreTold) {
  for (const char* json : {R"("text")", "[1]", "[-1,2]", R"(["x",2])", "[]", "{}"}) {
    WorkerProcess worker(WorkerProcess::kind("square"));
    worker.receive();
    worker.send(json);
    EXPECT_EQ(worker.wait(), 3) << json;
    EXPECT_EQ(worker.errors().substr(0, 24), "sdk_worker: not a task: ") << json;
  }
}

TEST(SdkLife, AnswersBeforeABrokenFrameAreSent) {
  WorkerProcess worker(WorkerProcess::kind("square"));
  worker.receive();
  worker.send_bytes(WorkerProcess::frame("[0,3]") + WorkerProcess::frame("[]"));
  EXPECT_EQ(worker.receive(), R"([0,"ok",9.0])");
  EXPECT_EQ(worker.wait(), 3);
}

TEST(SdkLife, AnotherWireIsRefusedInThatWire) {
  WorkerProcess json(WorkerProcess::kind("square", {"SPREAD_WIRE=json"}));
  EXPECT_EQ(
      json.tail(),
      "[null,\"error\",{\"type\":\"wire\",\"message\":\"a worker made with the C++ SDK speaks "
      "--wire msgpack only, not json\"}]\n");
  EXPECT_EQ(json.wait(), 2);
  WorkerProcess lines(WorkerProcess::kind("square", {"SPREAD_WIRE=lines"}));
  EXPECT_EQ(lines.tail(), "");
  EXPECT_EQ(lines.wait(), 2);
  EXPECT_EQ(lines.errors(),
            "sdk_worker: a worker made with the C++ SDK speaks --wire msgpack only, not lines\n");
}

TEST(SdkLife, ATerminalIsRefused) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(grantpt(terminal), 0);
  ASSERT_EQ(unlockpt(terminal), 0);
  // The shell opens the terminal as stdin; nothing else of it matters.
  const std::string command = std::string("exec '") + SDK_WORKER + "' square <" + ptsname(terminal);
  WorkerProcess worker(Start{"/bin/sh", {"-c", command}, {}, false, false});
  EXPECT_EQ(worker.wait(), 2);
  EXPECT_NE(worker.errors().find("sdk_worker: stdin is a terminal, and this is a worker: try"),
            std::string::npos);
  EXPECT_EQ(worker.tail(), "");
  close(terminal);
}

TEST(SdkLife, AClosedStdinOrStdoutIsTold) {
  for (const char* closed : {"<&-", ">&-"}) {
    const std::string command = std::string("exec '") + SDK_WORKER + "' square " + closed;
    WorkerProcess worker(Start{"/bin/sh", {"-c", command}, {}, false, false});
    EXPECT_EQ(worker.wait(), 2) << closed;
    EXPECT_NE(worker.errors().find("Bad file descriptor"), std::string::npos) << closed;
  }
}

TEST(SdkLife, AFullDiskBehindStdoutIsTold) {
  const std::string command = std::string("exec '") + SDK_WORKER + "' square >/dev/full";
  WorkerProcess worker(Start{"/bin/sh", {"-c", command}, {}, false, false});
  EXPECT_EQ(worker.wait(), 1);
  EXPECT_EQ(worker.errors(), "sdk_worker: write answers: No space left on device\n");
}

}  // namespace
}  // namespace spread::test
