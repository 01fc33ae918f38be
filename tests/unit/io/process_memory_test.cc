#include "spread/io/process_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace spread {
namespace {

std::string stat_of(const std::string& name, int group, int pages) {
  std::string text = "7 (" + name + ") S 1 " + std::to_string(group) + " 0 0 -1";
  for (int word = 9; word < 24; ++word) text += " 9";
  return text + " " + std::to_string(pages) + " 5 5\n";
}

TEST(ProcessMemory, IsAddedUpForEachGroup) {
  GroupMemory memory;
  add_process(stat_of("a", 7, 3), 4096, memory);
  add_process(stat_of("b", 7, 4), 4096, memory);
  add_process(stat_of("c", 8, 1), 4096, memory);
  EXPECT_EQ(memory, (GroupMemory{{7, 7 * 4096}, {8, 4096}}));
}

TEST(ProcessMemory, ANameMayHoldAnything) {
  GroupMemory memory;
  add_process(stat_of(") R 1 9 9 (", 7, 3), 4096, memory);
  EXPECT_EQ(memory, (GroupMemory{{7, 3 * 4096}}));
}

TEST(ProcessMemory, WhatIsNoLineOfStatIsLeftOut) {
  GroupMemory memory;
  for (const char* text : {"", "7 (a) S", "7 (a) S 1 7 0 0 -1 9 9", "7 (a"}) {
    add_process(text, 4096, memory);
  }
  EXPECT_TRUE(memory.empty());
}

TEST(ProcessMemory, OfThisProcessGrowsByWhatItTakes) {
  const int group = ::getpgrp();
  const auto before = resident_memory();
  ASSERT_TRUE(before) << before.error().message;
  constexpr std::size_t kBytes = 64 << 20;
  const std::vector<char> taken(kBytes, 1);
  const auto after = resident_memory();
  ASSERT_TRUE(after);
  EXPECT_EQ(taken[kBytes / 2], 1);
  EXPECT_GE(after->at(group), kBytes) << "before: " << before->at(group);
}

}  // namespace
}  // namespace spread
