// The sub-tasks of the C++ SDK: what is asked, what runs while a task waits, hooks, and the same
// without a master.
#include <gtest/gtest.h>

#include "worker_process.h"

namespace spread::test {
namespace {

class SdkSubtasks : public testing::Test {
 protected:
  explicit SdkSubtasks(const std::string& kind = "subtasks",
                       const std::string& features = "ask,meta,subtasks")
      : worker_(WorkerProcess::kind(kind, {"SPREAD_FEATURES=" + features})) {
    worker_.receive();
  }

  void expect_question(const std::string& question) {
    EXPECT_EQ(worker_.receive(), "[null,\"ask\"," + std::to_string(++seq_) + "," + question + "]");
  }
  void reply(const std::string& value, const std::string& kind = "answer") {
    reply_to(seq_, value, kind);
  }
  void reply_to(int seq, const std::string& value, const std::string& kind = "answer") {
    worker_.send("[null,\"" + kind + "\"," + std::to_string(seq) + "," + value + "]");
  }
  /// The answer to a task that asks once.
  std::string call(const std::string& what, const std::string& question, const std::string& value,
                   const std::string& kind = "answer") {
    worker_.send("[7,\"" + what + "\"]");
    expect_question(question);
    reply(value, kind);
    return worker_.receive();
  }

  WorkerProcess worker_;
  int seq_ = 0;
};

class SdkCapturedSubtasks : public SdkSubtasks {
 protected:
  SdkCapturedSubtasks() : SdkSubtasks("captured subtasks") {}
};

TEST_F(SdkSubtasks, EachCallIsAQuestion) {
  EXPECT_EQ(call("submit", R"("submit",7,["a","b"])", "[1,2]"), R"([7,"ok","1 2"])");
  EXPECT_EQ(call("submit common", R"("submit",7,[1.0,2.5],"c")", "[4611686018427387904]"),
            R"([7,"ok","4611686018427387904"])");
  EXPECT_EQ(call("ready", R"("ready",7,[1,2])", "[2]"), R"([7,"ok","2"])");
  EXPECT_EQ(call("subpool", R"("subpool",7,3)", "2"), R"([7,"ok","2"])");
  worker_.send(R"([7,"wait"])");
  expect_question(R"("wait",7,[1,2],2)");
  reply("[1,2]");
  expect_question(R"("wait",7,[2,1],1)");
  reply("[2]");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","1 2,2"])");
  worker_.send(R"([7,"map"])");
  expect_question(R"("submit",7,["x","y"],"c")");
  reply("[1,2]");
  expect_question(R"("fetch",7,[1,2])");
  reply(R"([["ok","r"],["ok","s"]])");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","s"])");
}

TEST_F(SdkSubtasks, AFailureIsAValueOrAnException) {
  const std::string lost = R"(["error",{"type":"NoResponse","message":"killed"}])";
  EXPECT_EQ(call("fetch", R"("fetch",7,[2,1])", R"([["ok","r"],)" + lost + "]"),
            R"([7,"ok","r;NoResponse: killed;"])");
  EXPECT_EQ(call("get", R"("fetch",7,[1])", "[" + lost + "]"),
            R"([7,"error",{"message":"killed","type":"NoResponse"}])");
  EXPECT_EQ(
      call("wrong type", R"("fetch",7,[1])", R"([["ok","x"]])"),
      R"([7,"error",{"message":"a sub-task's result is of another type than int","type":"value"}])");
  EXPECT_EQ(
      call("wrong type", R"("fetch",7,[1])", R"([["ok",3000000000]])"),
      R"([7,"error",{"message":"a sub-task's result: 3000000000 does not fit in int","type":"value"}])");
}

TEST_F(SdkSubtasks, WhatIsRefusedFailsTheTaskAndAnOlderMasterIsAskedNothing) {
  const std::string why = R"({"type":"UnknownSubtask","message":"fetch names 1"})";
  EXPECT_EQ(call("get", R"("fetch",7,[1])", why, "refused"),
            R"([7,"error",{"message":"fetch names 1","type":"UnknownSubtask"}])");
  WorkerProcess old(WorkerProcess::kind("subtasks", {"SPREAD_FEATURES=ask,meta"}));
  old.receive();
  for (const char* what : {"submit", "ready", "wait", "fetch", "subpool"}) {
    old.send(std::string("[7,\"") + what + "\"]");
    EXPECT_EQ(old.receive(),
              R"([7,"error",{"message":"this spread is too old: it does not know \"subtasks\"",)"
              R"("type":"spread::too_old"}])");
  }
}

TEST_F(SdkSubtasks, OneRunsWhileItsParentWaitsAndAllElseLater) {
  worker_.send(R"([7,"place around a wait"])");
  expect_question(R"("wait",7,[1],1)");
  worker_.send(R"([8,"later"])");
  worker_.send(R"([null,"common",40,"c"])");
  worker_.send(R"([1,"place",{"attempt":1,"parent":7,"depth":1,"common":40}])");
  EXPECT_EQ(worker_.receive(), R"([1,"ok","7 c"])");
  worker_.send(R"([1,"fail",{"attempt":2,"parent":7,"depth":1,"common":40}])");
  EXPECT_EQ(worker_.receive(), R"([1,"error",{"message":"no","type":"Own"}])");
  worker_.send(R"([null,"common",40])");
  worker_.send(R"([3,"place",{"attempt":1,"parent":2,"depth":2,"common":40}])");
  EXPECT_EQ(worker_.receive(), R"([3,"ok","2 none"])");
  reply("[1]");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","none none,1,none none"])");
  EXPECT_EQ(worker_.receive(), R"([8,"ok","later"])");
  worker_.send(R"([null,"common",41,"d"])");
  worker_.send(R"([9,"place",{"attempt":1,"parent":2,"depth":2,"common":41}])");
  EXPECT_EQ(worker_.receive(), R"([9,"ok","2 d"])");
}

TEST_F(SdkSubtasks, OneRunsWhileItsParentAsksWhatIsReady) {
  worker_.send(R"([7,"place around a ready"])");
  expect_question(R"("ready",7,[1])");
  worker_.send(R"([8,"later"])");
  worker_.send(R"([1,"place around a ready",{"attempt":1,"parent":7,"depth":1}])");
  expect_question(R"("ready",1,[1])");
  worker_.send(R"([2,"place",{"attempt":1,"parent":1,"depth":2}])");
  EXPECT_EQ(worker_.receive(), R"([2,"ok","1 none"])");
  reply("[]");
  EXPECT_EQ(worker_.receive(), R"([1,"ok","7 none,,7 none"])");
  reply_to(1, "[1]");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","none none,1,none none"])");
  EXPECT_EQ(worker_.receive(), R"([8,"ok","later"])");
}

TEST_F(SdkSubtasks, TheReplyToAParentMayComeWhileItsSubtaskAsks) {
  worker_.send(R"([7,"wait"])");
  expect_question(R"("wait",7,[1,2],2)");
  worker_.send(R"([1,"ask and wait",{"attempt":1,"parent":7,"depth":1}])");
  expect_question(R"("subpool",1,1)");
  reply_to(1, "[1,2]");
  reply_to(2, "4");
  expect_question(R"("wait",1,[1],1)");
  worker_.send(R"([5,"place",{"attempt":1,"parent":1,"depth":2}])");
  EXPECT_EQ(worker_.receive(), R"([5,"ok","1 none"])");
  reply("[1]");
  EXPECT_EQ(worker_.receive(), R"([1,"ok","4,1"])");
  expect_question(R"("wait",7,[2,1],1)");
  reply("[2]");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","1 2,2"])");
}

TEST_F(SdkSubtasks, OneThatCameTooEarlyRunsWhenItsParentWaits) {
  worker_.send(R"([7,"ask and wait"])");
  expect_question(R"("subpool",7,1)");
  worker_.send(R"([1,"early",{"attempt":1,"parent":7,"depth":1}])");
  reply("4");
  expect_question(R"("wait",7,[1],1)");
  EXPECT_EQ(worker_.receive(), R"([1,"ok","early"])");
  reply("[1]");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","4,1"])");
}

TEST_F(SdkSubtasks, TheEndOfTheInputEndsTheWait) {
  worker_.send(R"([7,"get"])");
  expect_question(R"("fetch",7,[1])");
  worker_.close_input();
  EXPECT_NE(worker_.receive().find("spread has closed the input"), std::string::npos);
  EXPECT_EQ(worker_.wait(), 0);
}

TEST_F(SdkCapturedSubtasks, WhatIsPrintedBelongsToTheTaskThatPrintsIt) {
  worker_.send(R"([7,"pa"])");
  expect_question(R"("wait",7,[1],1)");
  worker_.send(R"([1,"pb",{"attempt":1,"parent":7,"depth":1}])");
  expect_question(R"("wait",1,[1],1)");
  reply_to(2, "[1]");
  EXPECT_EQ(worker_.receive(), R"([1,"ok","pb","pb1\npb2\n",""])");
  reply_to(1, "[1]");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","pa","pa1\npa2\n",""])");
  worker_.send(R"([8,"quiet"])");
  EXPECT_EQ(worker_.receive(), R"([8,"ok","quiet","",""])");
}

TEST_F(SdkSubtasks, HooksAreCalledAroundEachTaskAndSubtask) {
  worker_.send(R"([7,"get"])");
  expect_question(R"("fetch",7,[1])");
  worker_.send(R"([1,"fail",{"attempt":1,"parent":7,"depth":1}])");
  worker_.receive();
  reply(R"([["ok","r"]])");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","r"])");
  worker_.send(R"([8,"trace"])");
  EXPECT_EQ(worker_.receive(), R"([8,"ok","before none none;before 7 none;after 7 none;)"
                               R"(after none none;before none none;"])");
  worker_.send(R"([9,"called",{"attempt":1}])");
  EXPECT_EQ(worker_.receive(), R"([9,"error",{"message":"not this one","type":"Picky"}])");
  worker_.send(R"([10,"trace"])");
  const std::string trace = worker_.receive();
  EXPECT_EQ(trace.find("called"), std::string::npos);
  worker_.close_input();
  EXPECT_EQ(worker_.tail(), "first\nsecond\nlast\n");
  EXPECT_EQ(worker_.wait(), 0);
  EXPECT_NE(worker_.errors().find("told"), std::string::npos);
}

class SdkTwoHandlers : public SdkSubtasks {
 protected:
  SdkTwoHandlers() : SdkSubtasks("two handlers") {}
};

TEST_F(SdkTwoHandlers, SubtasksHaveTheirOwn) {
  worker_.send(R"([null,"common",40,5])");
  worker_.send(R"([1,"x",{"attempt":1,"parent":7,"depth":1,"common":40}])");
  EXPECT_EQ(worker_.receive(), R"([1,"ok","x 5"])");
  worker_.send(R"([1,"x",{"attempt":1,"parent":7,"depth":1}])");
  EXPECT_EQ(worker_.receive(), R"([1,"ok","x none"])");
  worker_.send(R"([7,"x",{"attempt":1}])");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","x"])");
  worker_.send(R"([7,"x"])");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","x"])");
}

TEST_F(SdkTwoHandlers, OneRunsInsideTheOther) {
  worker_.send(R"([7,"place around a wait"])");
  expect_question(R"("wait",7,[1],1)");
  worker_.send(R"([1,"wait",{"attempt":1,"parent":7,"depth":1}])");
  expect_question(R"("wait",1,[1],1)");
  worker_.send(R"([2,"x",{"attempt":1,"parent":1,"depth":2}])");
  EXPECT_EQ(worker_.receive(), R"([2,"ok","x none"])");
  reply("[1]");
  EXPECT_EQ(worker_.receive(), R"([1,"ok","1"])");
  reply_to(1, "[1]");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","none none,1,none none"])");
}

class SdkTwoHandlersWithPrep : public SdkSubtasks {
 protected:
  SdkTwoHandlersWithPrep() : SdkSubtasks("two handlers, prep") {}
};

TEST_F(SdkTwoHandlersWithPrep, BothHaveWhatItReturns) {
  worker_.send(R"([null,"common",40,5])");
  for (const char* answer : {R"([1,"ok","x5"])", R"([1,"ok","x10"])"}) {
    worker_.send(R"([1,"x",{"attempt":1,"parent":7,"depth":1,"common":40}])");
    EXPECT_EQ(worker_.receive(), answer);
  }
  worker_.send(R"([7,"x"])");
  EXPECT_EQ(worker_.receive(), R"([7,"ok","task x"])");
  worker_.send(R"([1,"x",{"attempt":1,"parent":7,"depth":1}])");
  EXPECT_EQ(worker_.receive(),
            R"([1,"error",{"message":"this sub-task has no common part","type":"common"}])");
}

TEST(SdkSubtasksWithoutMaster, MayHaveAHandlerOfTheirOwn) {
  WorkerProcess process(WorkerProcess::kind("two local handlers"));
  EXPECT_EQ(process.tail(), "a 5\ncommon: this sub-task has no common part;\nc\n");
  EXPECT_EQ(process.wait(), 0);
}

TEST(SdkSubtasksWithoutMaster, ALoopThatAsksWhatIsReadyComesToAnEnd) {
  WorkerProcess process(WorkerProcess::kind("polled local subtasks"));
  EXPECT_EQ(process.tail(), "run 5\n1\nrun 6\n2\nrun 7\n3\n1 2 3,\nrun 9\nrun 8\n4 5\n");
  EXPECT_EQ(process.wait(), 0);
}

TEST(SdkSubtasksWithoutMaster, RunInTheProcessWhenTheyAreWaitedFor) {
  WorkerProcess process(WorkerProcess::kind("local subtasks"));
  std::string expected =
      "none none\nbefore\n1\nbefore\nbefore\na 0 c;Own: no;b 0 c;\nUnknownSubtask\n";
  for (int depth = 0; depth < 16; ++depth) expected += "before\n";
  expected += "TooDeep a sub-task of depth 16 submits no others 3\n";
  EXPECT_EQ(process.tail(), expected);
  EXPECT_EQ(process.wait(), 0);
}

}  // namespace
}  // namespace spread::test
