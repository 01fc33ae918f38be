#include "spread/base/environment_copy.h"

#include <gtest/gtest.h>

#include <string>

namespace spread {
namespace {

TEST(EnvironmentCopy, StaysAsItWasWhenTheVariablesChange) {
  char one[] = "ONE=1", two[] = "TWO=2", other[] = "TWO=other";
  char* variables[] = {one, two, nullptr};
  const EnvironmentCopy copy{Environment(variables)};
  one[4] = 'x';
  variables[1] = other;
  EXPECT_STREQ(copy.view().get("ONE"), "1");
  EXPECT_STREQ(copy.view().get("TWO"), "2");
  variables[0] = nullptr;
  EXPECT_STREQ(copy.view().variables()[0], "ONE=1");
  EXPECT_STREQ(copy.view().variables()[1], "TWO=2");
  EXPECT_EQ(copy.view().variables()[2], nullptr);
}

TEST(EnvironmentCopy, OfNoVariablesHasNone) {
  const EnvironmentCopy copy{Environment()};
  EXPECT_EQ(copy.view().variables()[0], nullptr);
}

}  // namespace
}  // namespace spread
