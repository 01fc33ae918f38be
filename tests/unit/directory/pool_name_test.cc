#include "spread/directory/pool_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spread {
namespace {

TEST(PoolName, HasLettersDigitsDotsUnderscoresAndHyphens) {
  for (const char* const name : {"a", "Demo-1.2_x", "..", ".hidden", "0"}) {
    EXPECT_TRUE(check_pool_name(name)) << name;
  }
  for (const char* const name : {"", "a/b", "a b", "a\n", "\xc3\xa4", "-x", "a:b"}) {
    EXPECT_FALSE(check_pool_name(name)) << name;
  }
}

TEST(PoolName, HasSoManyBytes) {
  EXPECT_TRUE(check_pool_name(std::string(kPoolNameMax, 'x')));
  EXPECT_FALSE(check_pool_name(std::string(kPoolNameMax + 1, 'x')));
}

TEST(PoolName, ThatIsWrongIsShown) {
  EXPECT_EQ(check_pool_name("a/b").error().message,
            "'a/b' is no name of a pool; expected 1 to 32 letters, digits, dots, underscores and "
            "hyphens, and no hyphen in front");
}

TEST(PoolName, IsThatOfItsSocket) {
  EXPECT_EQ(pools_among({"b.pool", "b.log", "a.log.pool", "a b.pool", ".pool", "x.pool.log"}),
            (std::vector<std::string>{"a.log", "b"}));
}

TEST(PoolPlace, IsInTheRuntimeDirectoryThatIsNamed) {
  EXPECT_EQ(pool_place("/r", 7, true, "/tmp").folder, "/r/spread");
}

TEST(PoolPlace, IsNotInOneThatIsNoAbsolutePath) {
  EXPECT_EQ(pool_place("r", 7, true, "/tmp").folder, "/run/user/7/spread");
  EXPECT_EQ(pool_place("", 7, true, "/tmp").folder, "/run/user/7/spread");
}

TEST(PoolPlace, IsThatOfTheUserWhereNoneIsNamed) {
  EXPECT_EQ(pool_place(nullptr, 7, true, "/tmp").folder, "/run/user/7/spread");
  EXPECT_EQ(pool_place(nullptr, 7, false, "/t").folder, "/t/spread-7");
}

}  // namespace
}  // namespace spread
