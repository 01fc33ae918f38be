// Shards, lists of tasks, and prep items that come again, in the C++ SDK.
#include <gtest/gtest.h>

#include "golden_cases.h"
#include "worker_process.h"

namespace spread::test {
namespace {

using Environment = std::vector<std::string>;

std::string shard(const std::string& start, const std::string& stop, const std::string& more = "") {
  return R"({"index":1,"total":4,"start":)" + start + R"(,"stop":)" + stop +
         R"(,"max":9223372036854775807)" + more + "}";
}
std::string shard(int start, int stop) {
  return shard(std::to_string(start), std::to_string(stop));
}

class Shards {
 public:
  explicit Shards(const std::string& kind, const Environment& environment = {})
      : worker_(WorkerProcess::kind("shards: " + kind, environment)) {
    worker_.receive();  // the hello
  }
  /// What is said of task 7 up to its answer, without the id.
  std::string answer(const std::string& payload) {
    worker_.send("[7," + payload + "]");
    std::string all;
    for (;;) {
      const std::string message = worker_.receive();
      all +=
          (all.empty() ? "" : " ") + (message.rfind("[7,", 0) == 0 ? message.substr(3) : message);
      if (message.find("\"progress\"") == std::string::npos) return all;
    }
  }
  WorkerProcess& worker() { return worker_; }

 private:
  WorkerProcess worker_;
};

class Lists : public Shards {
 public:
  explicit Lists(const std::string& kind, Environment environment = {})
      : Shards(kind, (environment.push_back("SPREAD_CHUNK=4"), environment)) {}
};

std::string failure(const std::string& type, const std::string& message) {
  return R"("error",{"message":")" + message + R"(","type":")" + type + R"("}])";
}

/// What a handler tells that goes through 0 to 3.
const std::string kQuarters = R"("progress",0.25] "progress",0.5] "progress",0.75] "progress",1])";

TEST(SdkShards, AreWhatThePayloadSays) {
  for (const char* kind : {"shard", "piece"}) {
    Shards worker(kind);
    EXPECT_EQ(worker.answer(shard("4611686018427387904", "4611686018427387909")),
              R"("ok","1 4 4611686018427387904 4611686018427387909 9223372036854775807 0"])");
  }
  EXPECT_EQ(Shards("parts").answer(shard("0", "2", R"(,"parts":[["a","b"],[3]])")),
            R"("ok","1 4 0 2 9223372036854775807 2 a b 3"])");
}

TEST(SdkShards, WhatIsNoneFailsAndSaysWhy) {
  const std::pair<std::string, std::string> cases[] = {
      {"null", "its payload is no map"},
      {"[1]", "its payload is no map"},
      {"{}", "its 'index' is missing"},
      {R"({"index":0,"total":1,"start":0,"max":3})", "its 'stop' is missing"},
      {shard("0", "1.5"), "its 'stop' is no integer"},
      {shard("true", "1"), "its 'start' is no integer"},
      {shard("0", "9223372036854775808"), "its 'stop' is above 2^63-1"},
      {shard(3, 2), "its 'start' is above its 'stop'"},
      {shard("0", "2", R"(,"parts":3)"), "its 'parts' are no list"}};
  for (const char* kind : {"shard", "piece"}) {
    Shards worker(kind);
    for (const auto& [payload, why] : cases) {
      EXPECT_EQ(worker.answer(payload), failure("NoShard", "the task is no shard: " + why));
    }
  }
  Shards worker("parts");
  EXPECT_EQ(worker.answer(shard(0, 2)), failure("NoShard", "the shard has 0 parts, and no part 0"));
  EXPECT_EQ(worker.answer(shard("0", "2", R"(,"parts":[["a"],["b"]])")),
            failure("payload", "part 1 is no list of int"));
}

TEST(SdkShards, WorkWithoutAWorker) {
  WorkerProcess worker(WorkerProcess::kind("shards: no worker"));
  EXPECT_EQ(worker.tail(), "18\nshard() outside of a task\n7 24\n");
  EXPECT_EQ(worker.wait(), 0);
}

TEST(SdkRange, GivesTheNumbersAndTellsHowFarItIs) {
  EXPECT_EQ(Shards("quarters").answer(shard(0, 4)), kQuarters + R"( "ok",6])");
  EXPECT_EQ(Shards("sum").answer(shard(10, 13)), R"("progress",1] "ok",33])");
  EXPECT_EQ(Shards("sum").answer(shard(3, 3)), R"("progress",1] "ok",0])");
}

TEST(SdkRange, TellsItFiveTimesASecondAndAtItsEnd) {
  EXPECT_EQ(Shards("sixteenths").answer(shard(0, 16)),
            R"("progress",0.25] "progress",0.5] "progress",0.75] "progress",1] "ok",120])");
}

TEST(SdkRange, LooksAtTheClockBehindEvery16thOfTinyOnes) {
  // A look takes 0.5 ms here. At the beginning, behind 1, 2, 4 and 8 numbers, and each 16.
  EXPECT_EQ(Shards("looks").answer(shard(0, 15 + 16 * 100)), R"("progress",1] "ok",104])");
}

TEST(SdkRange, IsLazy) {
  EXPECT_EQ(Shards("first two").answer(shard("0", "9223372036854775807")),
            R"("ok",[9223372036854775807,1]])");
}

TEST(SdkRange, ThatIsLeftTellsNothingMore) {
  EXPECT_EQ(Shards("left").answer(shard(10, 18)),
            R"("progress",0.125] "progress",0.25] "progress",0.375] "ok",13])");
}

TEST(SdkRange, TheFirstOneTells) {
  EXPECT_EQ(Shards("twice").answer(shard(0, 4)), kQuarters + R"( "ok",18])");
  EXPECT_EQ(Shards("nested").answer(shard(0, 4)), kQuarters + R"( "ok",16])");
}

TEST(SdkRange, OfAPieceTellsWhereThatIsTheTask) {
  EXPECT_EQ(Shards("own").answer(shard(0, 4)), R"("progress",1] "ok",6])");
  EXPECT_EQ(Shards("another").answer(shard(0, 4)), R"("ok",3])");
}

TEST(SdkRange, ThatIsGoneOnWithInALaterTaskTellsNothingThere) {
  Shards worker("kept");
  EXPECT_EQ(worker.answer(shard(0, 3)), R"("ok",0])");
  EXPECT_EQ(worker.answer(shard(0, 3)), R"("ok",3])");
}

TEST(SdkRange, OfASubtaskLeavesThatOfItsParentAlone) {
  Shards shards("waits", {"SPREAD_FEATURES=ask,subtasks"});
  WorkerProcess& worker = shards.worker();
  worker.send("[4," + shard(0, 2) + "]");
  EXPECT_EQ(worker.receive(), R"([null,"ask",1,"wait",4,[5],1])");
  worker.send("[5," + shard(7, 9) + R"(,{"parent":4}])");
  worker.send(R"([null,"answer",1,[5]])");
  for (const char* expected : {R"([5,"progress",0.5])", R"([5,"progress",1])", R"([5,"ok",15])",
                               R"([4,"progress",0.5])", R"([4,"progress",1])", R"([4,"ok",1])"}) {
    EXPECT_EQ(worker.receive(), expected);
  }
}

TEST(SdkLists, AHandlerIsCalledForEach) {
  Lists worker("each");
  EXPECT_EQ(worker.answer(R"([1,2,"3",1.5])"), R"("ok",[1.0,4.0,9.0,2.25]])");
  EXPECT_EQ(worker.answer("[]"), R"("ok",[]])");
  EXPECT_EQ(Lists("each void").answer("[1,2]"), R"("ok",[null,null]])");
}

TEST(SdkLists, HaveTheGoldenBytes) {
  for (const char* kind : {"each raw", "list raw"}) {
    Lists worker(kind);
    for (const char* name : {"list of a chunk", "list of a chunk of one"}) {
      worker.worker().send_bytes(golden_bytes("down", std::string("task ") + name));
      EXPECT_EQ(worker.worker().receive_bytes(), golden_bytes("up", std::string("ok ") + name));
    }
  }
}

TEST(SdkLists, LongOnesAreReadAndWritten) {
  std::string list = "[0";
  for (int i = 1; i < 70'000; ++i) list += "," + std::to_string(i);
  list += "]";
  EXPECT_EQ(Lists("each raw").answer(list), "\"ok\"," + list + "]");
  EXPECT_EQ(Lists("list raw").answer(list.substr(0, 5000) + "]"),
            "\"ok\"," + list.substr(0, 5000) + "]]");
}

TEST(SdkLists, AHandlerForListsIsGivenThemAndElsewhereListsOfOne) {
  EXPECT_EQ(Lists("list").answer(R"([1,"2.5"])"), R"("ok",[2.0,5.0]])");
  for (const Environment& environment : {Environment{}, Environment{"SPREAD_CHUNK="}}) {
    EXPECT_EQ(Shards("list", environment).answer("1.5"), R"("ok",1.5])");
  }
  Lists worker("list, prep", {"SPREAD_PREP=2"});
  worker.worker().send("3");
  worker.worker().send("4");
  EXPECT_EQ(worker.answer("[1,2]"), R"("ok",[13,14]])");
}

TEST(SdkLists, BytesAndBoolsAreNumbersAndBools) {
  EXPECT_EQ(Lists("list of bytes").answer("[1,255]"), R"("ok",[1,255]])");
  EXPECT_EQ(Lists("list of bools").answer("[1,2]"), R"("ok",[true,false]])");
}

TEST(SdkLists, ResultsAreCounted) {
  Lists worker("list counts");
  EXPECT_EQ(worker.answer("[3,0,0]"), R"("ok",[0,0,0]])");
  EXPECT_EQ(worker.answer("[2,0,0]"), failure("BadResult", "2 results for 3 payloads"));
  EXPECT_EQ(worker.answer("[1,0,0]"), failure("BadResult", "1 result for 3 payloads"));
  EXPECT_EQ(Shards("list counts").answer("0"), failure("BadResult", "0 results for 1 payload"));
}

TEST(SdkLists, AnExceptionIsThatOfTheList) {
  for (const char* kind : {"each fails", "list fails"}) {
    Lists worker(kind);
    EXPECT_EQ(worker.answer(R"(["a","fail","b"])"), failure("std::runtime_error", "no"));
    EXPECT_EQ(worker.answer(R"(["a","busy"])"), R"("busy",2.5,"load"])");
    EXPECT_EQ(worker.answer(R"(["fatal"])"), R"("fatal",{"message":"none","type":"model"}])");
    EXPECT_EQ(worker.answer(R"(["a",1])"),
              failure("payload", "the payload is an integer, this worker takes text"));
    EXPECT_EQ(worker.answer(R"(["a","b"])"), R"("ok",["a","b"]])");
  }
}

TEST(SdkLists, WhatIsNoListFails) {
  for (const char* kind : {"each", "list"}) {
    Lists worker(kind);
    EXPECT_EQ(
        worker.answer("3"),
        failure("payload",
                "SPREAD_CHUNK is set, and the payload is an integer, and no list of payloads"));
    EXPECT_EQ(worker.answer("[1]"), R"("ok",[1.0]])");
  }
}

TEST(SdkLists, HooksAreAroundEachCall) {
  Lists each("each traced");
  EXPECT_EQ(each.answer(R"(["a","b"])"), R"("ok",["<a","<a><b"]])");
  EXPECT_EQ(each.answer(R"(["c"])"), R"("ok",["<a><b><c"]])");
  Lists list("list traced");
  EXPECT_EQ(list.answer(R"(["a","b"])"), R"("ok",["<a","<ab"]])");
  EXPECT_EQ(list.answer(R"(["c"])"), R"("ok",["<ab><c"]])");
}

TEST(SdkLists, WhatIsPrintedIsThatOfTheList) {
  EXPECT_EQ(Lists("each prints").answer(R"(["a","b"])"), R"("ok",[null,null],"a\nb\n",""])");
}

TEST(SdkLists, EachOfThemMayBeAShardAndNoneTellsProgress) {
  EXPECT_EQ(Lists("sum").answer("[" + shard(0, 3) + "," + shard(3, 6) + "]"), R"("ok",[3,12]])");
}

TEST(SdkAgain, PreparesAnewFromTheGoldenBytesAndLetsGoOfTheOldFirst) {
  Shards worker("model", {"SPREAD_PREP=2"});
  worker.worker().send(R"("a")");
  worker.worker().send(R"("b")");
  EXPECT_EQ(worker.answer(R"("x")"), R"("ok","a b 1 1"])");
  worker.worker().send_bytes(golden_bytes("down", "prepare again of nothing"));
  EXPECT_EQ(worker.answer(R"("x")"), R"("ok","2 1"])");
  worker.worker().send(R"([null,"prep",["c","d","e"]])");
  EXPECT_EQ(worker.answer(R"("x")"), R"("ok","c d e 3 1"])");
  EXPECT_EQ(worker.answer(R"("y")"), R"("ok","c d e 3 1"])");
  EXPECT_EQ(worker.worker().ready(), 1);
}

TEST(SdkAgain, APrepWithoutAResultIsCalledAgain) {
  Shards worker("void prep", {"SPREAD_PREP=1"});
  worker.worker().send("5");
  EXPECT_EQ(worker.answer("1"), R"("ok",5])");
  worker.worker().send(R"([null,"prep",[5]])");
  EXPECT_EQ(worker.answer("1"), R"("ok",10])");
  worker.worker().send_bytes(golden_bytes("down", "prepare again"));
  EXPECT_EQ(
      worker.worker().receive(),
      R"([null,"error",{"message":"this worker takes 1 prep items, and is sent 3","type":"prep"}])");
  EXPECT_EQ(worker.worker().receive(), "end");
  EXPECT_EQ(worker.worker().wait(), 1);
}

TEST(SdkAgain, AWorkerThatPreparesNothingGoesOn) {
  Shards worker("sum");
  worker.worker().send_bytes(golden_bytes("down", "prepare again of nothing"));
  EXPECT_EQ(worker.answer(shard(0, 2)), R"("progress",1] "ok",1])");
}

TEST(SdkAgain, AFailureIsToldAndEndsTheWorker) {
  for (const char* kind : {"model", "captured model"}) {
    Shards shards(kind);
    WorkerProcess& worker = shards.worker();
    worker.send(R"([1,"x"])");
    for (int i = 0; i < 3; ++i) worker.send(R"([null,"prep",[]])");
    worker.send(R"([2,"x"])");
    // With capture two texts follow, which are empty: what prep prints is no task's.
    const std::string end = std::string(kind) == "model" ? "]" : R"(,"",""])";
    EXPECT_EQ(worker.receive(), R"([1,"ok","1 1")" + end);
    EXPECT_EQ(worker.receive(),
              R"([null,"error",{"message":"no model","type":"std::runtime_error"})" + end);
    EXPECT_EQ(worker.receive(), "end");
    EXPECT_EQ(worker.wait(), 1);
    EXPECT_EQ(worker.errors(), "made 1\nmade 2\nmade 3\nmade 4\n");
  }
}

TEST(SdkAgain, WaitsForTheEndOfATaskThatWaits) {
  Shards shards("model", {"SPREAD_FEATURES=ask,subtasks"});
  WorkerProcess& worker = shards.worker();
  worker.send(R"([4,"wait"])");
  EXPECT_EQ(worker.receive(), R"([null,"ask",1,"wait",4,[5],1])");
  worker.send(R"([null,"prep",[]])");
  worker.send(R"([5,"s",{"parent":4}])");
  EXPECT_EQ(worker.receive(), R"([5,"ok","1 1"])");
  worker.send(R"([null,"answer",1,[5]])");
  EXPECT_EQ(worker.receive(), R"([4,"ok","1 1,1 1"])");
  worker.send(R"([6,"s"])");
  EXPECT_EQ(worker.receive(), R"([6,"ok","2 1"])");
}

}  // namespace
}  // namespace spread::test
