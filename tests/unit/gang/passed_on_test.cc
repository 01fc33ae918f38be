// What collectives pass on without looking into it, but for arrays that their peers could not read.
#include <string>

#include <gtest/gtest.h>

#include "gang_testing.h"

namespace spread {
namespace {

using test::TestGang;

class PassedOn : public testing::Test {
 protected:
  std::string after(std::uint32_t rank, std::string_view op, const std::string& arguments) {
    CollectiveBudget budget;
    TestGang gang(2, budget);
    gang.ask(rank, op, arguments);
    return gang.last(rank);
  }
  static std::string array(const std::string& dtype, const std::string& shape,
                           const std::string& data) {
    return R"({"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data":)" + data + "}";
  }
};

TEST_F(PassedOn, AnArrayThatCannotBeReadIsOfTheRankThatSendsIt) {
  const std::string bool_array = array(R"("bool")", "[1]", R"({"$bin":"AQ=="})");
  const std::string wrong =
      "an array of the dtype 'bool', which is none of i1 i2 i4 i8 u1 u2 u4 u8 f4 f8";
  EXPECT_EQ(after(0, "collective", R"(0,"broadcast",)" + bool_array),
            "! rank 0: it called broadcast of " + wrong);
  EXPECT_EQ(after(1, "collective", R"(0,"allgather",)" + bool_array),
            "! rank 1: it called allgather of " + wrong);
  EXPECT_EQ(after(1, "collective", R"(0,"exchange",["x",)" + bool_array + "]"),
            "! rank 1: it called exchange 'x' of " + wrong);
  EXPECT_EQ(after(0, "collective", R"(0,"scatter",[1,)" + bool_array + "]"),
            "! rank 0: it called scatter of " + wrong);
  EXPECT_EQ(after(1, "put", R"("x",)" + bool_array), "! BadAsk put of " + wrong);
  EXPECT_EQ(
      after(0, "collective", R"(0,"broadcast",)" + array(R"("f8")", "[1]", R"({"$bin":"AQ=="})")),
      "! rank 0: it called broadcast of an array f8 [1] with 1 bytes of data");
}

TEST_F(PassedOn, WhatOnlyLooksLikeOneIsAValueLikeAnyOther) {
  for (const std::string& value :
       {array(R"("bool")", "[1]", R"("text")"), std::string(R"({"dtype":1,"shape":2})"),
        std::string(R"({"dtype":"x","shape":[],"more":{"$bin":""}})"), std::string("{}"),
        std::string(R"([{"dtype":"x","shape":[],"data":{"$bin":""}}])")}) {
    CollectiveBudget budget;
    TestGang gang(2, budget);
    gang.call(0, R"(0,"broadcast",)" + value);
    gang.call(1, R"(0,"broadcast",null)");
    EXPECT_EQ(gang.last(1), value);
  }
}

TEST_F(PassedOn, NamesAreComparedWholeThoughTheirBeginningIsShown) {
  const std::string beginning(60, 'x');
  CollectiveBudget budget;
  TestGang gang(2, budget);
  gang.call(0, R"(0,"exchange",[")" + beginning + R"(a",1])");
  gang.call(1, R"(0,"exchange",[")" + beginning + R"(b",1])");
  EXPECT_NE(gang.last(1).find("rank 0 exchange with another name that looks like it"),
            std::string::npos)
      << gang.last(1);
}

}  // namespace
}  // namespace spread
