// What is printed, where it goes, and what is left of stdin and stdout for the handlers.

#include <gtest/gtest.h>

#include "worker_process.h"

namespace spread::test {
namespace {

std::string hello_then(WorkerProcess& worker, const std::string& payload) {
  worker.receive();
  worker.send("[1," + payload + "]");
  return worker.receive();
}

TEST(SdkStdio, PrintsGoToStderr) {
  WorkerProcess worker(WorkerProcess::kind("print"));
  EXPECT_EQ(hello_then(worker, R"("word")"), R"([1,"ok",0])");
  worker.close_input();
  EXPECT_EQ(worker.tail(), "");
  EXPECT_EQ(worker.wait(), 0);
  EXPECT_EQ(worker.errors(), "word from printfword from coutword from a child\nword on stderr\n");
}

TEST(SdkStdio, PrintsAreAttachedWhereThatIsWanted) {
  WorkerProcess worker(WorkerProcess::kind("captured print"));
  EXPECT_EQ(hello_then(worker, R"("one")"),
            R"([1,"ok",0,"one from printfone from coutone from a child\n","one on stderr\n"])");
  worker.send(R"([2,"two"])");
  EXPECT_EQ(worker.receive(),
            R"([2,"ok",0,"two from printftwo from couttwo from a child\n","two on stderr\n"])");
  worker.close_input();
  worker.wait();
  EXPECT_EQ(worker.errors(), "");
}

TEST(SdkStdio, PrintsOfAFailedTaskAreAttached) {
  WorkerProcess worker(WorkerProcess::kind("captured throw"));
  EXPECT_EQ(
      hello_then(worker, R"("runtime")"),
      R"([1,"error",{"message":"it broke","type":"std::runtime_error"},"before runtime\n",""])");
}

TEST(SdkStdio, PrintsOfABusyTaskGoToStderr) {
  WorkerProcess worker(WorkerProcess::kind("captured throw"));
  EXPECT_EQ(hello_then(worker, R"("busy")"), R"([1,"busy",2.5])");
  worker.close_input();
  worker.wait();
  EXPECT_EQ(worker.errors(), "before busy\n");
}

TEST(SdkStdio, WhatIsPrintedAfterwardsIsTheTail) {
  WorkerProcess worker(WorkerProcess::kind("tail"));
  EXPECT_EQ(hello_then(worker, "null"), R"([1,"ok",1])");
  worker.close_input();
  EXPECT_EQ(worker.tail(), "1 tasks");
  EXPECT_EQ(worker.wait(), 0);
  EXPECT_EQ(worker.errors(), "printed before");
}

TEST(SdkStdio, DestructorsOfWhatPrepLoadedPrintIntoTheTail) {
  WorkerProcess worker(WorkerProcess::kind("prep all"));
  hello_then(worker, R"("x")");
  worker.close_input();
  EXPECT_EQ(worker.tail(), "1 calls\n");
}

TEST(SdkStdio, HandlersFindAnEmptyStdin) {
  WorkerProcess worker(WorkerProcess::kind("descriptors"));
  EXPECT_EQ(hello_then(worker, R"("stdin")"), R"([1,"ok","-1"])");
  worker.send(R"([2,"0"])");
  EXPECT_EQ(worker.receive(), R"([2,"ok","/dev/null"])");
}

TEST(SdkStdio, EarlyKeepsThePrintsOfLibrariesAway) {
  WorkerProcess worker(WorkerProcess::kind("early"));
  EXPECT_EQ(hello_then(worker, "5"), R"([1,"ok",5])");
  worker.close_input();
  EXPECT_EQ(worker.wait(), 0);
  EXPECT_EQ(worker.errors(), "a library says hello\n");
}

TEST(SdkStdio, EarlyWithoutAWorkerPutsStdoutBack) {
  WorkerProcess worker(WorkerProcess::kind("early, no worker"));
  EXPECT_EQ(worker.tail(), "usage: ...\n");
  EXPECT_EQ(worker.wait(), 0);
  EXPECT_EQ(worker.errors(), "a library says hello\n");
}

TEST(SdkStdio, ChildProcessesFindSigpipeAsItAlwaysIs) {
  WorkerProcess worker(WorkerProcess::kind("child that breaks a pipe"));
  EXPECT_EQ(hello_then(worker, "0"), R"([1,"ok",13])");
}

}  // namespace
}  // namespace spread::test
