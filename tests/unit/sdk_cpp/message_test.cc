// What a worker made with the SDK answers, over real pipes.

#include <gtest/gtest.h>

#include "worker_process.h"

namespace spread::test {
namespace {

/// A worker whose hello has been read.
struct Running : WorkerProcess {
  explicit Running(const std::string& name, const std::vector<std::string>& environment = {})
      : WorkerProcess(kind(name, environment)), hello(receive()) {}

  /// The answer to a task with this payload.
  std::string ask(const std::string& payload) {
    send("[1," + payload + "]");
    return receive();
  }

  std::string hello;
};

TEST(SdkMessages, HelloComesFirst) {
  EXPECT_EQ(
      Running("square").hello,
      R"([null,"hello",{"features":["batch"],"lang":"c++","prep":0,"window":1024,"wire":1}])");
}

TEST(SdkMessages, HelloNamesTheWindowThatWasAskedFor) {
  EXPECT_NE(Running("window").hello.find(R"("window":3)"), std::string::npos);
}

TEST(SdkMessages, ResultIsOk) { EXPECT_EQ(Running("square").ask("3.0"), R"([1,"ok",9.0])"); }

TEST(SdkMessages, FloatsStayFloats) {
  EXPECT_EQ(Running("floats").ask("3"), R"([1,"ok",[-0.0,3.0]])");
}

TEST(SdkMessages, VoidIsNil) { EXPECT_EQ(Running("void").ask("3"), R"([1,"ok",null])"); }

TEST(SdkMessages, EmptyOptionalIsNil) {
  Running worker("nothing or half");
  EXPECT_EQ(worker.ask("3"), R"([1,"ok",null])");
  EXPECT_EQ(worker.ask("4"), R"([1,"ok",2])");
}

TEST(SdkMessages, IdsComeBackInTheirOwnEncoding) {
  Running worker("raw");
  for (const std::string& id :
       {std::string("\x7f"), std::string("\xcc\x07"), std::string("\xcd\x00\x07", 3),
        std::string("\xce\x00\x01\x00\x00", 5),
        std::string("\xcf\x00\x00\x00\x00\x00\x00\x00\x07", 9), std::string("\xd0\x07"),
        std::string("\xd1\x00\x07", 3), std::string("\xd2\x00\x00\x00\x07", 5),
        std::string("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff", 9)}) {
    const std::string body = "\x92" + id + "\xc0";
    worker.send_bytes(std::string("\xc6\0\0\0", 4) + static_cast<char>(body.size()) + body);
    const std::string answer = "\x93" + id + "\xa2ok\xc0";
    EXPECT_EQ(worker.receive_bytes(),
              std::string("\xc6\0\0\0", 4) + static_cast<char>(answer.size()) + answer + "\n");
  }
}

TEST(SdkMessages, ElementsBehindThePayloadAreIgnored) {
  Running worker("text");
  worker.send(R"([5,"a",{"later":[1,2]}])");
  EXPECT_EQ(worker.receive(), R"([5,"ok","a!"])");
}

TEST(SdkMessages, LongArrayHeadersAreRead) {
  Running worker("square");
  worker.send_bytes(std::string("\xc6\0\0\0\5\xdc\0\2\x05\x03", 10));
  EXPECT_EQ(worker.receive(), R"([5,"ok",9.0])");
  worker.send_bytes(std::string("\xc6\0\0\0\7\xdd\0\0\0\2\x06\x04", 12));
  EXPECT_EQ(worker.receive(), R"([6,"ok",16.0])");
}

TEST(SdkMessages, AnExceptionIsAnErrorWithItsType) {
  EXPECT_EQ(Running("throw").ask(R"("runtime")"),
            R"([1,"error",{"message":"it broke","type":"std::runtime_error"}])");
}

TEST(SdkMessages, TaskErrorNamesItsOwnType) {
  EXPECT_EQ(Running("throw").ask(R"("task_error")"),
            R"([1,"error",{"message":"too far","trace":"line 1\nline 2","type":"range"}])");
}

TEST(SdkMessages, ThrownTextIsTheMessage) {
  Running worker("throw");
  EXPECT_EQ(worker.ask(R"("text")"),
            R"([1,"error",{"message":"thrown text","type":"std::string"}])");
  EXPECT_EQ(worker.ask(R"("literal")"),
            R"([1,"error",{"message":"a literal","type":"const char*"}])");
}

TEST(SdkMessages, AnUnknownExceptionIsAnErrorToo) {
  EXPECT_EQ(
      Running("throw").ask(R"("stranger")"),
      R"([1,"error",{"message":"threw a (anonymous namespace)::Stranger","type":"(anonymous namespace)::Stranger"}])");
}

TEST(SdkMessages, AThrownNumberIsNamedByItsType) {
  EXPECT_EQ(Running("throw").ask(R"("int")"),
            R"([1,"error",{"message":"threw an int","type":"int"}])");
}

TEST(SdkMessages, BytesOfAMessageThatAreNoUtf8AreEscaped) {
  EXPECT_EQ(Running("throw").ask(R"("bytes")"),
            "[1,\"error\",{\"message\":\"bad \\\\xff\\\\xfe text "
            "\xe2\x82\xac\",\"type\":\"std::runtime_error\"}]");
}

TEST(SdkMessages, TheWorkerGoesOnAfterAnError) {
  Running worker("throw");
  worker.ask(R"("runtime")");
  EXPECT_EQ(worker.ask(R"("none")"), R"([1,"ok","nothing thrown"])");
}

TEST(SdkMessages, Fatal) {
  EXPECT_EQ(Running("throw").ask(R"("fatal")"),
            R"([1,"fatal",{"message":"wrong model","type":"model"}])");
}

TEST(SdkMessages, BusyWithAndWithoutReason) {
  Running worker("throw");
  EXPECT_EQ(worker.ask(R"("busy")"), R"([1,"busy",2.5])");
  EXPECT_EQ(worker.ask(R"("busy why")"), R"([1,"busy",2.0,"load average 14"])");
}

TEST(SdkMessages, ProgressAndLogComeBeforeTheAnswer) {
  Running worker("notify");
  EXPECT_EQ(worker.ask(R"("half")"), R"([1,"progress",0.25])");
  EXPECT_EQ(worker.receive(), R"([1,"progress",0.5,"half"])");
  EXPECT_EQ(worker.receive(), R"([1,"log","half"])");
  EXPECT_EQ(worker.receive(), R"([1,"ok","half"])");
}

TEST(SdkMessages, FramesOfSeveralThreadsDoNotMix) {
  Running worker("notify from threads");
  worker.send("[1,4]");
  for (int i = 0; i < 400; ++i) {
    const std::string message = worker.receive();
    ASSERT_EQ(message.substr(0, 9), R"([1,"log",)");
    ASSERT_EQ(message.substr(11), std::string(100, '.') + "\"]");
  }
  EXPECT_EQ(worker.receive(), R"([1,"ok","done"])");
}

TEST(SdkMessages, PrepItemsAreReadBeforeTheFirstTask) {
  Running worker("prep all", {"SPREAD_PREP=2"});
  worker.send(R"("alpha")");
  worker.send(R"("beta")");
  EXPECT_EQ(worker.ask(R"("x")"), R"([1,"ok","alpha beta x1"])");
  EXPECT_EQ(worker.ask(R"("y")"), R"([1,"ok","alpha beta y2"])");
}

TEST(SdkMessages, HelloSaysHowManyPrepItemsAreRead) {
  EXPECT_NE(Running("prep all", {"SPREAD_PREP=2"}).hello.find(R"("prep":2)"), std::string::npos);
}

TEST(SdkMessages, PrepItemsHaveTypes) {
  Running worker("prep two", {"SPREAD_PREP=2"});
  worker.send(R"("name")");
  worker.send(R"("40")");
  EXPECT_EQ(worker.ask("2"), R"([1,"ok",42])");
}

TEST(SdkMessages, ReadyIsSaidOnceBetweenPrepAndTheFirstAnswer) {
  Running worker("prep two", {"SPREAD_PREP=2"});
  worker.send(R"("name")");
  worker.send(R"("40")");
  EXPECT_EQ(worker.ready(), 0);
  EXPECT_EQ(worker.ask("2"), R"([1,"ok",42])");
  EXPECT_EQ(worker.ready(), 1);
  worker.close_input();
  EXPECT_EQ(worker.receive(), "end");
  EXPECT_EQ(worker.ready(), 1);
}

TEST(SdkMessages, AnotherNumberOfPrepItemsFails) {
  Running worker("prep two", {"SPREAD_PREP=3"});
  EXPECT_NE(worker.hello.find(R"("prep":2)"), std::string::npos);
  EXPECT_EQ(
      worker.receive(),
      R"([null,"error",{"message":"this worker takes 2 prep items, SPREAD_PREP says 3","type":"prep"}])");
  EXPECT_EQ(worker.wait(), 1);
}

TEST(SdkMessages, PrepItemsForAWorkerThatTakesNoneFail) {
  Running worker("square", {"SPREAD_PREP=1"});
  EXPECT_NE(worker.receive().find("takes 0 prep items"), std::string::npos);
  EXPECT_EQ(worker.wait(), 1);
}

TEST(SdkMessages, AFailingPrepSaysWhy) {
  Running worker("prep fails");
  EXPECT_EQ(
      worker.receive(),
      R"([null,"error",{"message":"model.bin: No such file or directory","type":"std::runtime_error"}])");
  EXPECT_EQ(worker.wait(), 1);
}

TEST(SdkMessages, APrepItemOfTheWrongTypeFails) {
  Running worker("prep two", {"SPREAD_PREP=2"});
  worker.send(R"("name")");
  worker.send(R"("many")");
  EXPECT_EQ(worker.receive(),
            R"([null,"error",{"message":"'many' is not an integer","type":"payload"}])");
}

TEST(SdkMessages, TextIsANumberWhereOneIsWanted) {
  Running worker("square");
  EXPECT_EQ(worker.ask(R"("-1.5")"), R"([1,"ok",2.25])");
  EXPECT_EQ(worker.ask(R"("1e3")"), R"([1,"ok",1000000.0])");
}

TEST(SdkMessages, TextThatIsNoNumberIsNamed) {
  Running worker("square");
  EXPECT_EQ(worker.ask(R"("12 apples")"),
            R"([1,"error",{"message":"'12 apples' is not a number","type":"payload"}])");
  EXPECT_EQ(worker.ask(R"("3\r")"),
            R"([1,"error",{"message":"'3\\x0d' is not a number","type":"payload"}])");
  EXPECT_EQ(worker.ask(R"("")"),
            R"([1,"error",{"message":"'' is not a number","type":"payload"}])");
}

TEST(SdkMessages, ANumberThatDoesNotFitIsNamed) {
  Running worker("byte");
  EXPECT_EQ(worker.ask("255"), R"([1,"ok",255])");
  EXPECT_EQ(worker.ask("256"),
            R"([1,"error",{"message":"256 does not fit in unsigned char","type":"payload"}])");
  EXPECT_EQ(worker.ask(R"("-1")"),
            R"([1,"error",{"message":"'-1' is not an integer","type":"payload"}])");
  EXPECT_EQ(worker.ask(R"("300")"),
            R"([1,"error",{"message":"'300' does not fit in unsigned char","type":"payload"}])");
}

TEST(SdkMessages, AnIntegralFloatIsAnInteger) {
  Running worker("byte");
  EXPECT_EQ(worker.ask("7.0"), R"([1,"ok",7])");
  EXPECT_NE(worker.ask("7.5").find("7.500000 does not fit in unsigned char"), std::string::npos);
}

TEST(SdkMessages, APayloadOfAnotherKindIsNamed) {
  EXPECT_EQ(
      Running("text").ask("{\"a\":1}"),
      R"([1,"error",{"message":"the payload is a map, this worker takes text","type":"payload"}])");
  EXPECT_EQ(
      Running("square").ask("null"),
      R"([1,"error",{"message":"the payload is nil, this worker takes a number","type":"payload"}])");
  EXPECT_NE(Running("map").ask("3").find("the payload is an integer, this worker takes std::map<"),
            std::string::npos);
}

TEST(SdkMessages, AStructIsAMap) {
  EXPECT_EQ(Running("mirror").ask(R"({"x":1.5,"y":2.5})"), R"([1,"ok",{"x":2.5,"y":1.5}])");
}

TEST(SdkMessages, ContainersAreConverted) {
  EXPECT_EQ(Running("map").ask(R"({"a":[1,2],"b":[]})"), R"([1,"ok",{"a":[1,2],"b":[]}])");
}

TEST(SdkMessages, ObjectsPassThrough) {
  Running worker("object");
  EXPECT_EQ(worker.ask(R"([1,{"a":[null,true,-5]},"text"])"),
            R"([1,"ok",[1,{"a":[null,true,-5]},"text"]])");
}

TEST(SdkMessages, BytesAreTakenAsTextAndTextAsBytes) {
  // bin 8 of two bytes, and what comes back as text, as bytes
  const std::string task("\xc6\0\0\0\6\x92\1\xc4\2\xff\xfe", 11);
  Running text("view");
  text.send_bytes(task);
  EXPECT_EQ(text.receive_bytes(), std::string("\xc6\0\0\0\x08\x93\1\xa2ok\xa2\xff\xfe\n", 14));
  Running bytes("bytes");
  bytes.send_bytes(task);
  EXPECT_EQ(bytes.receive_bytes(), std::string("\xc6\0\0\0\x09\x93\1\xa2ok\xc4\2\xff\xfe\n", 15));
}

TEST(SdkMessages, AClaimOfBillionsOfElementsIsAFailedTask) {
  Running worker("object");
  worker.send_bytes(std::string("\xc6\0\0\0\7\x92\1\xdd\xff\xff\xff\xff", 12));
  EXPECT_EQ(worker.receive(),
            R"([1,"error",{"message":"the payload is not one msgpack value","type":"payload"}])");
}

TEST(SdkMessages, ANestingBombIsAFailedTask) {
  Running worker("object");
  const std::string body = std::string("\x92\x01", 2) + std::string(100000, '\x91') + "\xc0";
  worker.send_bytes(std::string("\xc6\x00\x01\x86\xa3", 5) + body);
  EXPECT_EQ(worker.receive(),
            R"([1,"error",{"message":"the payload is nested deeper than 512","type":"payload"}])");
}

TEST(SdkMessages, AHandlerMayBeMoveOnlyAndMutable) {
  EXPECT_EQ(Running("move only").ask("2"), R"([1,"ok",42])");
}

}  // namespace
}  // namespace spread::test
