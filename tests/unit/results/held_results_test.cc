#include "spread/results/held_results.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "memory_spill_file.h"
#include "results_support.h"

namespace spread {
namespace {

using test::body_of;
using test::MemorySpillFile;
using test::ok_result;

std::string value_of(std::uint64_t key, std::size_t size) {
  return std::to_string(key) + std::string(size, static_cast<char>('a' + key % 26));
}

TEST(HeldResults, ComeOutByRisingKey) {
  MemorySpillFile file;
  HeldResults held(1 << 20, file);
  for (const std::uint64_t key : {7, 2, 9, 4}) held.put(ok_result(key, value_of(key, 3)));
  EXPECT_EQ(held.size(), 4u);
  TaskResult result;
  for (const std::uint64_t key : {2, 4, 7, 9}) {
    ASSERT_TRUE(held.take(result));
    EXPECT_EQ(body_of(result), value_of(key, 3));
  }
  EXPECT_TRUE(held.empty());
  EXPECT_EQ(file.appends, 0u);
}

TEST(HeldResults, StayWithinTheirMemoryAndComeBackFromTheFile) {
  const char* given = std::getenv("SPREAD_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> keys(20000);
  std::iota(keys.begin(), keys.end(), 0);
  std::shuffle(keys.begin(), keys.end(), random);
  constexpr std::size_t kMemory = 256 * 1024;
  const auto size_of = [](std::uint64_t key) { return key % 997 == 0 ? 40000 : key % 90; };
  MemorySpillFile file;
  HeldResults held(kMemory, file);
  for (const std::uint64_t key : keys) {
    held.put(ok_result(key * 3, value_of(key, size_of(key))));
    ASSERT_LE(held.memory_in_use(), kMemory + kMemory / 4);
  }
  EXPECT_GT(file.appends, 0u);
  TaskResult result;
  for (std::uint64_t key = 0; key < keys.size(); ++key) {
    ASSERT_TRUE(held.take(result));
    ASSERT_EQ(number(result.id), key * 3);
    ASSERT_EQ(body_of(result), value_of(key, size_of(key)));
  }
  EXPECT_TRUE(held.empty());
  EXPECT_TRUE(held.status());
}

TEST(HeldResults, SayThatThereIsNoRoomLeft) {
  MemorySpillFile file;
  file.has_room = [&](std::size_t) { return file.appends < 3; };
  HeldResults held(64 * 1024, file);
  std::uint64_t key = 0;
  while (held.status() && key < 100000) held.put(ok_result(key++, value_of(1, 100)));
  ASSERT_FALSE(held.status());
  EXPECT_EQ(held.status().error().message, "write spill: No space left on device");
}

TEST(HeldResults, SayThatTheFileCannotBeRead) {
  MemorySpillFile file;
  HeldResults held(64 * 1024, file);
  for (std::uint64_t key = 0; key < 2000; ++key) held.put(ok_result(key, value_of(key, 100)));
  file.broken = true;
  TaskResult result;
  EXPECT_FALSE(held.take(result));
}

}  // namespace
}  // namespace spread
