#include <gtest/gtest.h>

#include <string>

#include "spread/output/tails_out.h"

namespace spread {
namespace {

constexpr WorkerId kWorker{3};

/// A store that spills from `memory` bytes on.
struct Tails {
  explicit Tails(std::size_t memory) : file("/tmp", 1 << 20), store(memory, file) {}
  std::string take() {
    ByteBuffer all;
    while (*store.take(kWorker, all)) continue;
    return std::string(as_text(all.view()));
  }
  TempFile file;
  TailStore store;
};

class EachMemory : public testing::TestWithParam<std::size_t> {};

TEST_P(EachMemory, WhatWasKeptApartComesBehind) {
  Tails tails(GetParam());
  ASSERT_TRUE(tails.store.append(kWorker, "old "));
  ASSERT_TRUE(tails.store.append_behind(kWorker, "new "));
  ASSERT_TRUE(tails.store.append(kWorker, "old too "));
  tails.store.keep(kWorker);
  tails.store.join(kWorker);
  ASSERT_TRUE(tails.store.append(kWorker, "newer"));
  EXPECT_EQ(tails.take(), "old old too new newer");
}

TEST_P(EachMemory, ManySmallPartsAreFewPieces) {
  Tails tails(GetParam());
  const std::string text(10000, 'x');
  for (const char& byte : text) ASSERT_TRUE(tails.store.append(kWorker, {&byte, 1}));
  std::size_t pieces = 0;
  ByteBuffer all;
  while (*tails.store.take(kWorker, all)) ++pieces;
  EXPECT_LE(pieces, 2u);
  EXPECT_EQ(as_text(all.view()), text);
}

TEST_P(EachMemory, OneThatDiesTakesItsOwnTailOnly) {
  Tails tails(GetParam());
  ASSERT_TRUE(tails.store.append(kWorker, "first "));
  tails.store.keep(kWorker);
  ASSERT_TRUE(tails.store.append(kWorker, "old "));
  ASSERT_TRUE(tails.store.append_behind(kWorker, "kept "));
  tails.store.keep_behind(kWorker);
  ASSERT_TRUE(tails.store.append_behind(kWorker, "dropped "));
  tails.store.drop_behind(kWorker);
  tails.store.drop(kWorker);
  tails.store.join(kWorker);
  ASSERT_TRUE(tails.store.append(kWorker, "dropped, too"));
  tails.store.drop(kWorker);
  EXPECT_EQ(tails.take(), "first kept ");
}

TEST_P(EachMemory, WhatIsBehindIsNotTakenBefore) {
  Tails tails(GetParam());
  ASSERT_TRUE(tails.store.append_behind(kWorker, "new"));
  EXPECT_EQ(tails.take(), "");
  tails.store.join(kWorker);
  EXPECT_EQ(tails.take(), "new");
}

INSTANTIATE_TEST_SUITE_P(TailStore, EachMemory, testing::Values(0, 6, 1000));

}  // namespace
}  // namespace spread
