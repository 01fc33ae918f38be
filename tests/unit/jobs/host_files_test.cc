#include "spread/jobs/host_files.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

TEST(HostFiles, AreForgottenWithTheLastJobThatUsesThem) {
  HostFiles files(false);
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "file" + std::to_string(i);
    files.use(name);
    files.use(name);
    files.set_ours(name);
    files.leave(name);
    EXPECT_EQ(files.size(), 1u);
    files.leave(name);
    EXPECT_EQ(files.size(), 0u);
  }
}

TEST(HostFiles, AreRememberedUntilTheyAreRemovedWithCleanUp) {
  HostFiles files(true);
  files.use("file");
  files.set_ours("file");
  files.leave("file");  // a login was lost: it is still there
  EXPECT_EQ(files.size(), 1u);
  files.use("file");
  EXPECT_TRUE(files.release("file"));
  EXPECT_TRUE(files.is_being_removed("file"));
  files.removed("file");
  EXPECT_EQ(files.size(), 0u);
}

TEST(HostFiles, ThatWereThereBeforeAreNotRemoved) {
  HostFiles files(true);
  files.use("file");
  EXPECT_FALSE(files.release("file"));
  EXPECT_EQ(files.size(), 0u);
}

}  // namespace
}  // namespace spread
