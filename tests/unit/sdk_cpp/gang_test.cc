// The collectives of the C++ SDK: what is asked, and what is made of the replies.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "worker_process.h"

namespace spread::test {
namespace {

using nlohmann::json;

constexpr const char* kRankOne = R"({"rank":1,"size":3})";
constexpr const char* kRoot = R"({"rank":0,"size":3})";

class SdkGang : public testing::Test {
 protected:
  SdkGang() : worker_(WorkerProcess::kind("gang", {"SPREAD_FEATURES=ask,meta"})) {
    worker_.receive();
  }

  /// What the call is answered; it asks the question `asked` (behind its seq) and gets `reply`.
  std::string call(const std::string& name, const std::string& asked, const json& reply,
                   const std::string& meta = kRankOne, const std::string& kind = "answer") {
    worker_.send("[7,\"" + name + "\"," + meta + "]");
    EXPECT_EQ(worker_.receive(), "[null,\"ask\"," + std::to_string(++seq_) + "," + asked + "]");
    send_reply(kind, reply);
    return result();
  }
  std::string collective(const std::string& name, const std::string& asked, const json& reply,
                         const std::string& meta = kRankOne) {
    return call(name, "\"collective\",7,0," + asked, reply, meta);
  }
  std::string reply_frame(const std::string& kind, const json& reply) const {
    const std::vector<std::uint8_t> body =
        json::to_msgpack(json::array({nullptr, kind, seq_, reply}));
    const auto size = static_cast<std::uint32_t>(body.size());
    std::string frame = "\xc6";
    for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
    return frame + std::string(body.begin(), body.end());
  }
  void send_reply(const std::string& kind, const json& reply) {
    worker_.send_bytes(reply_frame(kind, reply));
  }
  /// Calls it; the value that it asks with.
  json asks_with(const std::string& name, const std::string& meta) {
    worker_.send("[7,\"" + name + "\"," + meta + "]");
    ++seq_;
    return json::parse(worker_.receive()).at(7);
  }
  std::string result() {
    const json answer = json::parse(worker_.receive());
    return answer[1] == "ok" ? answer[2].get<std::string>() : answer[2].dump();
  }
  template <class T>
  static json typed(const std::string& dtype, const std::vector<T>& items) {
    std::vector<std::uint8_t> bytes(items.size() * sizeof(T));
    std::memcpy(bytes.data(), items.data(), bytes.size());
    return {{"dtype", dtype}, {"shape", {items.size()}}, {"data", json::binary(bytes)}};
  }
  template <class T>
  void check_items(const std::string& dtype, const std::string& shown) {
    const json mine = typed<T>(dtype, {1, 2});
    const json sent = json::array({"sum", mine});
    worker_.send("[7,\"" + dtype + "\"," + kRankOne + "]");
    const json asked = json::parse(worker_.receive());
    ++seq_;
    EXPECT_EQ(asked.at(7).at(1).at("dtype"), dtype);
    EXPECT_EQ(asked.at(7).dump(), json::parse(sent.dump()).dump());
    send_reply("answer", typed<T>(dtype, {3, 4}));
    EXPECT_EQ(result(), shown) << dtype;
  }

  WorkerProcess worker_;
  std::uint64_t seq_ = 0;
};

TEST_F(SdkGang, AMemberKnowsItsPlace) {
  worker_.send(R"([7,"place",{"rank":1,"size":3}])");
  EXPECT_EQ(result(), "1 of 3 3");
  worker_.send(R"([7,"place",{"attempt":2,"size":1,"rank":0}])");
  EXPECT_EQ(result(), "0 of 1 1 root");
}

TEST_F(SdkGang, EachCallIsAQuestion) {
  EXPECT_EQ(collective("barrier", "\"barrier\",null", nullptr), "past");
  EXPECT_EQ(collective("broadcast", "\"broadcast\",null", "its"), "its");
  EXPECT_EQ(collective("broadcast", "\"broadcast\",\"mine\"", "mine", kRoot), "mine");
  EXPECT_EQ(collective("allgather", "\"allgather\",5", {1, 5, -7}), "1 5 -7");
  EXPECT_EQ(collective("exchange", "\"exchange\",[\"x\",5]", {1, 2}), "0:1 2:2 ");
  EXPECT_EQ(collective("reduce", "\"reduce\",[\"max\",5]", nullptr), "nothing");
  EXPECT_EQ(collective("reduce", "\"reduce\",[\"max\",5]", 9, kRoot), "9");
  EXPECT_EQ(collective("scatter", "\"scatter\",null", "b"), "b");
  EXPECT_EQ(collective("scatter", "\"scatter\",[\"a\",\"b\",\"c\"]", "a", kRoot), "a");
  EXPECT_EQ(call("put", R"("put",7,"x","v")", nullptr), "past");
  EXPECT_EQ(call("get", R"("get",7,"x")", json::parse(R"([[0,"a"],[2,"c"]])")), "0:a 2:c ");
}

TEST_F(SdkGang, AFloatStaysAFloat) {
  // As an integer it could not be reduced with the others'.
  EXPECT_EQ(collective("float", "\"allreduce\",[\"product\",3.0]", 9), "9.000000");
}

TEST_F(SdkGang, NumbersInBulkAreTypedArrays) {
  check_items<std::int8_t>("i1", "3 4");
  check_items<std::int16_t>("i2", "3 4");
  check_items<std::int32_t>("i4", "3 4");
  check_items<std::int64_t>("i8", "3 4");
  check_items<std::uint8_t>("u1", "3 4");
  check_items<std::uint16_t>("u2", "3 4");
  check_items<std::uint32_t>("u4", "3 4");
  check_items<std::uint64_t>("u8", "3 4");
  check_items<float>("f4", "3.000000 4.000000");
  check_items<double>("f8", "3.000000 4.000000");
}

TEST_F(SdkGang, BigArraysAreSentAsSmallOnesAre) {
  // As the JSON of what came: bytes are shown as numbers in both.
  const auto big = [](double value) {
    return json::parse(typed("f8", std::vector<double>(20'000, value)).dump());
  };
  EXPECT_EQ(asks_with("big", kRankOne), json::array({"sum", big(1)}));
  send_reply("answer", typed("f8", std::vector<double>(20'000, 4)));
  EXPECT_EQ(result(), "20000: 4.000000 4.000000");
  EXPECT_EQ(asks_with("big scatter", kRoot), json::array({big(1), big(2), big(3)}));
  send_reply("answer", typed("f8", std::vector<double>(20'000, 1)));
  EXPECT_EQ(result(), "20000: 1.000000 1.000000");
}

TEST_F(SdkGang, BigRepliesOfAnySizeFollowEachOther) {
  for (const std::size_t size : {30'000, 10'000, 2, 20'000, 40'000}) {
    asks_with("big", kRankOne);
    std::vector<double> items(size, 1);
    items.back() = static_cast<double>(size);
    send_reply("answer", typed("f8", items));
    EXPECT_EQ(result(), std::to_string(size) + ": 1.000000 " + std::to_string(items.back()));
  }
}

TEST_F(SdkGang, AnyThreadMayLetGoOfABigReply) {
  worker_.send(R"([7,"let go elsewhere"])");
  for (int i = 0; i < 2; ++i) {
    worker_.receive();
    ++seq_;
    send_reply("answer", std::string(1'000'000, 'x'));
  }
  EXPECT_EQ(result(), "used again");
}

TEST_F(SdkGang, ABigReplyMayComeInPiecesBetweenTasks) {
  asks_with("big", kRankOne);
  const std::string reply = reply_frame("answer", typed("f8", std::vector<double>(20'000, 4)));
  const std::string task = WorkerProcess::frame(std::string("[8,\"place\",") + kRankOne + "]");
  worker_.send_bytes(task + reply.substr(0, 3));
  worker_.wait_until_read();
  worker_.send_bytes(reply.substr(3, 100'000));
  worker_.wait_until_read();
  worker_.send_bytes(reply.substr(100'003) + task.substr(0, 6));
  EXPECT_EQ(result(), "20000: 4.000000 4.000000");
  worker_.send_bytes(task.substr(6));
  EXPECT_EQ(result(), "1 of 3 3");
  EXPECT_EQ(result(), "1 of 3 3");
}

TEST_F(SdkGang, TheEndOfTheInputInsideABigReplyIsARefusal) {
  asks_with("big", kRankOne);
  const std::string reply = reply_frame("answer", typed("f8", std::vector<double>(20'000, 4)));
  worker_.send_bytes(reply.substr(0, reply.size() - 1));
  worker_.close_input();
  EXPECT_EQ(json::parse(result())["type"], "Gone");
}

TEST_F(SdkGang, InputThatEndsInsideAReplyIsTold) {
  // Big ones are read in another way; see Input.
  for (const auto& [items, sent] : {std::pair(1'000U, 1'000U), {20'000, 3}, {20'000, 1'000}}) {
    WorkerProcess worker(WorkerProcess::kind("gang", {"SPREAD_FEATURES=ask,meta"}));
    worker.receive();
    worker.send(std::string("[7,\"caught twice\",") + kRankOne + "]");
    worker.receive();
    seq_ = 1;
    worker.send_bytes(
        reply_frame("answer", typed("f8", std::vector<double>(items, 4))).substr(0, sent));
    worker.close_input();
    const std::string gone = "Gone: spread has closed the input and will not answer";
    EXPECT_EQ(worker.receive(), R"([null,"ask",2,"collective",7,0,"barrier",null])");
    EXPECT_EQ(worker.receive(), "[7,\"ok\",\"" + gone + gone + "\"]");
    EXPECT_EQ(worker.wait(), 3) << items;
    EXPECT_EQ(worker.errors(), "sdk_worker: stdin ended inside a frame\n");
  }
}

TEST_F(SdkGang, AnArrayOfAnotherTypeIsATaskError) {
  const json mine = typed<double>("f8", {1, 2});
  worker_.send(std::string("[7,\"span\",") + kRankOne + "]");
  const json asked = json::parse(worker_.receive());
  ++seq_;
  EXPECT_EQ(asked[7].dump(), json::array({"sum", mine}).dump());
  send_reply("answer", typed<float>("f4", {3, 4}));
  EXPECT_EQ(json::parse(result())["message"],
            "a member's value is one of f4, and not an array of f8");
}

TEST_F(SdkGang, AnArrayThatEndsInsideAnItemIsATaskError) {
  worker_.send(std::string("[7,\"span\",") + kRankOne + "]");
  worker_.receive();
  ++seq_;
  const auto bytes = json::binary(std::vector<std::uint8_t>(15));
  send_reply("answer", {{"dtype", "f8"}, {"shape", {2}}, {"data", bytes}});
  EXPECT_EQ(json::parse(result())["message"],
            "a member's value is 15 bytes, and not an array of f8");
}

TEST_F(SdkGang, ViewsComeBackAsOwners) {
  const auto bytes = [](std::size_t size) {
    return json::binary(std::vector<std::uint8_t>(size, 'x'));
  };
  EXPECT_EQ(asks_with("views", kRankOne), json::parse(R"(["a","b"])"));
  send_reply("answer", json::parse(R"([["a","b"],["cd"]])"));
  EXPECT_EQ(json::parse(worker_.receive()).at(7), nullptr);
  ++seq_;
  send_reply("answer", json::parse(R"({"m":[7,"w"],"n":[8,null]})"));
  worker_.receive();
  ++seq_;
  send_reply("answer", bytes(5));
  EXPECT_EQ(result(), "ab;cd;m7wn8-5");
}

TEST_F(SdkGang, ANumberThatDoesNotFitIsTold) {
  const json below = std::numeric_limits<std::int64_t>::min();
  const json above = std::uint64_t{1} << 63;
  for (const auto& [type, number] : std::map<std::string, json>{
           {"signed char", -129},
           {"unsigned char", 256},
           {"char", 256},
           {"short", 32'768},
           {"unsigned short", -1},
           {"int", 3'000'000'000},
           {"unsigned int", 4'294'967'296},
           {"long", above},
           {"unsigned long", -1},
           {"long long", above},
           {"unsigned long long", below},
       }) {
    asks_with(type, kRankOne);
    send_reply("answer", number);
    const json why = {{"type", "value"}, {"message", number.dump() + " does not fit in " + type}};
    EXPECT_EQ(result(), why.dump());
  }
}

TEST_F(SdkGang, GatherAndLocalResults) {
  const json mine = typed<std::int32_t>("i4", {1, -2});
  const std::string asked = "\"gather\",[[1,2,0]," + mine.dump() + "]";
  EXPECT_EQ(collective("gather", asked, nullptr), "nothing");
  EXPECT_EQ(collective("gather", asked, typed<std::int32_t>("i4", {9, 1, -2}), kRoot), "9 1 -2");
  const json parameters = typed<double>("f8", {0.5});
  const std::string value = json::array({parameters, "r"}).dump();
  EXPECT_EQ(
      collective("local", "\"allgather\"," + value,
                 json::array({json::array({parameters, "q"}), json::array({parameters, "r"})})),
      "0 0.500000 q; 1 0.500000 r; ");
}

TEST_F(SdkGang, RoundsCountFromZeroInEachTask) {
  for (int i = 0; i < 2; ++i) {
    worker_.send(std::string("[7,\"two barriers\",") + kRankOne + "]");
    for (const char* const round : {"0", "1"}) {
      EXPECT_EQ(worker_.receive(), "[null,\"ask\"," + std::to_string(++seq_) +
                                       ",\"collective\",7," + round + ",\"barrier\",null]");
      send_reply("answer", nullptr);
    }
    EXPECT_EQ(result(), "past");
  }
}

TEST_F(SdkGang, WhatIsRefusedIsThrownWithTheMastersWords) {
  const json why = {{"type", "GangFailed"}, {"message", "rank 2: killed by signal 9"}};
  const std::string barrier = "\"collective\",7,0,\"barrier\",null";
  EXPECT_EQ(call("barrier", barrier, why, kRankOne, "refused"), why.dump());
  EXPECT_EQ(call("put", R"("put",7,"x","v")", why, kRankOne, "refused"), why.dump());
  EXPECT_EQ(call("caught", barrier, why, kRankOne, "refused"),
            "GangFailed: rank 2: killed by signal 9");
  // The worker goes on.
  EXPECT_EQ(collective("barrier", "\"barrier\",null", nullptr), "past");
}

TEST_F(SdkGang, OutsideOfAGangEveryCallIsTheIdentity) {
  for (const auto& [name, expected] : std::map<std::string, std::string>{
           {"place", "0 of 1 1 root"},
           {"barrier", "past"},
           {"broadcast", "mine"},
           {"allgather", "5"},
           {"exchange", ""},
           {"reduce", "5"},
           {"float", "3.000000"},
           {"gather", "1 -2"},
           {"scatter", "a"},
           {"put", "past"},
           {"get", ""},
           {"local", "0 0.500000 r; "},
           {"views", "ab;k1vl2-3"},
           {"span", "1.000000 2.000000"},
       }) {
    worker_.send("[7,\"" + name + "\"]");
    EXPECT_EQ(result(), expected) << name;
  }
}

}  // namespace
}  // namespace spread::test
