#include "spread/results/reorder_buffer.h"

#include <algorithm>
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

constexpr std::size_t kMemory = 256 * 1024;

// Pops until there is nothing in order; "0 1 2".
std::string popped(ReorderBuffer& buffer) {
  std::string ids;
  TaskResult result;
  while (true) {
    const Result<bool> got = buffer.pop(result);
    EXPECT_TRUE(got.has_value()) << got.error().message;
    if (!got || !*got) return ids;
    if (!ids.empty()) ids += ' ';
    ids += std::to_string(number(result.id));
  }
}

std::string numbered(std::uint64_t id, std::size_t size) {
  std::string text = std::to_string(id) + ":";
  text.resize(std::max(size, text.size()), static_cast<char>('a' + id % 26));
  return text;
}

void put_numbered(ReorderBuffer& buffer, std::uint64_t id, std::size_t size) {
  buffer.put(ok_result(id, numbered(id, size)));
}

// Pops `count` results and checks that they are numbered() ones in order.
void expect_numbered(ReorderBuffer& buffer, std::uint64_t count, std::size_t size) {
  TaskResult result;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t id = number(buffer.next());
    const Result<bool> got = buffer.pop(result);
    ASSERT_TRUE(got.has_value()) << got.error().message;
    ASSERT_TRUE(*got) << "waiting for " << id;
    ASSERT_EQ(number(result.id), id);
    ASSERT_EQ(body_of(result), numbered(id, size));
  }
}

TEST(ReorderBuffer, GivesTaskOrder) {
  ReorderBuffer buffer(kMemory, nullptr);
  for (const std::uint64_t id : {3u, 1u, 0u}) buffer.put(ok_result(id, "x"));
  EXPECT_EQ(popped(buffer), "0 1");
  buffer.put(ok_result(2, "x"));
  EXPECT_EQ(popped(buffer), "2 3");
  EXPECT_EQ(buffer.waiting(), 0u);
}

TEST(ReorderBuffer, PassesWhatIsNextInLine) {
  ReorderBuffer buffer(kMemory, nullptr);
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  EXPECT_FALSE(buffer.pass(TaskId{2}));
  buffer.put(ok_result(2, "x"));
  EXPECT_TRUE(buffer.pass(TaskId{1}));
  EXPECT_EQ(popped(buffer), "2");
}

TEST(ReorderBuffer, KeepsEveryFieldInMemoryAndOnDisk) {
  MemorySpillFile file;
  ReorderBuffer buffer(kMemory, &file);
  const auto full_result = [](std::uint64_t id) {
    TaskResult result = ok_result(id, numbered(id, 100));
    result.value.head = {0xd9, 2, 3, 4, 5};
    result.value.head_size = 5;
    result.outcome = Outcome::Lost;
    result.worker = WorkerId{77};
    result.attempts = 3;
    result.duration = Duration(123456789012);
    return result;
  };
  for (std::uint64_t id = 10000; id > 0; --id) buffer.put(full_result(id - 1));
  ASSERT_GT(file.end(), 0u);
  TaskResult result;
  for (std::uint64_t id = 0; id < 10000; ++id) {
    ASSERT_TRUE(buffer.pop(result).value());
    const TaskResult wanted = full_result(id);
    ASSERT_EQ(result.id, wanted.id);
    ASSERT_EQ(result.outcome, wanted.outcome);
    ASSERT_EQ(result.worker, wanted.worker);
    ASSERT_EQ(result.attempts, wanted.attempts);
    ASSERT_EQ(result.duration, wanted.duration);
    ASSERT_EQ(result.value.head, wanted.value.head);
    ASSERT_EQ(result.value.head_size, wanted.value.head_size);
    ASSERT_EQ(body_of(result), body_of(wanted));
  }
}

TEST(ReorderBuffer, HoldsEmptyValues) {
  ReorderBuffer buffer(kMemory, nullptr);
  buffer.put(ok_result(1, ""));
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  TaskResult result;
  ASSERT_TRUE(buffer.pop(result).value());
  EXPECT_EQ(body_of(result), "");
}

TEST(ReorderBuffer, DoesNotCopyWhatIsNextInLine) {
  ReorderBuffer buffer(kMemory, nullptr);
  const Slice body = Slice::copy_of(as_bytes("value"));
  TaskResult result;
  result.value.body = body;
  buffer.put(std::move(result));
  ASSERT_TRUE(buffer.pop(result).value());
  EXPECT_EQ(result.value.body.view().data(), body.view().data());
}

TEST(ReorderBuffer, DoesNotPinTheReadBufferOfASmallResultThatWaits) {
  ReorderBuffer buffer(kMemory, nullptr);
  const Slice read_buffer = Slice::copy_of(as_bytes(std::string(65536, 'x')));
  TaskResult result;
  result.id = TaskId{5};
  result.value.body = Slice(read_buffer.block(), read_buffer.view().first(10));
  buffer.put(std::move(result));
  EXPECT_EQ(read_buffer.block()->references(), 1u);
}

TEST(ReorderBuffer, KeepsALargeResultByReference) {
  ReorderBuffer buffer(kMemory, nullptr);
  const Slice body = Slice::copy_of(as_bytes(std::string(100000, 'x')));
  TaskResult result;
  result.id = TaskId{1};
  result.value.body = body;
  buffer.put(std::move(result));
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  ASSERT_TRUE(buffer.pop(result).value());
  EXPECT_EQ(result.value.body.view().data(), body.view().data());
}

TEST(ReorderBuffer, IsFullWithoutASpillFile) {
  ReorderBuffer buffer(kMemory, nullptr);
  std::uint64_t id = 0;
  while (!buffer.full()) put_numbered(buffer, ++id, 50);
  EXPECT_GT(buffer.memory_in_use(), kMemory);
  EXPECT_LT(buffer.memory_in_use(), kMemory + 8192);
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  expect_numbered(buffer, id, 50);
  EXPECT_FALSE(buffer.full());
}

TEST(ReorderBuffer, HoldsAMillionResultsBehindASlowHeadInFlatMemory) {
  constexpr std::uint64_t kCount = 1000000;
  MemorySpillFile file;
  ReorderBuffer buffer(4 << 20, &file);
  std::size_t peak = 0;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    put_numbered(buffer, id, 16);
    peak = std::max(peak, buffer.memory_in_use());
    ASSERT_FALSE(buffer.full());
  }
  EXPECT_EQ(buffer.waiting(), kCount);
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  TaskResult result;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    ASSERT_TRUE(buffer.pop(result).value());
    ASSERT_EQ(number(result.id), id);
    ASSERT_EQ(body_of(result), numbered(id, 16));
    peak = std::max(peak, buffer.memory_in_use());
  }
  EXPECT_LE(peak, std::size_t{4} << 20);
  EXPECT_EQ(file.size(), 0u);
  // Read in large pieces, and hardly anything twice.
  EXPECT_LT(file.read_bytes, file.end() + file.end() / 10);
  EXPECT_LT(file.reads, file.end() / 32768);
}

TEST(ReorderBuffer, IsFullWhenTheSpillFileIsAndLosesNothing) {
  MemorySpillFile file;
  file.has_room = [&file](std::size_t size) { return file.size() + size <= 100000; };
  ReorderBuffer buffer(kMemory, &file);
  std::uint64_t id = 0;
  while (!buffer.full()) put_numbered(buffer, ++id, 200);
  EXPECT_EQ(buffer.take_spill_error(), "write spill: No space left on device");
  EXPECT_EQ(buffer.take_spill_error(), "");
  // What was under way still arrives.
  for (int more = 0; more < 1000; ++more) put_numbered(buffer, ++id, 200);
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  expect_numbered(buffer, id, 200);
  EXPECT_FALSE(buffer.full());
}

TEST(ReorderBuffer, DoesNotAskAFullDiskAtEveryPut) {
  MemorySpillFile file;
  int asked = 0;
  file.has_room = [&asked](std::size_t) { return ++asked, false; };
  ReorderBuffer buffer(kMemory, &file);
  for (std::uint64_t id = 1; id < 10000; ++id) put_numbered(buffer, id, 100);
  EXPECT_LT(asked, 50);
}

TEST(ReorderBuffer, TriesTheSpillFileAgainAfterMemoryDropped) {
  MemorySpillFile file;
  bool room = false;
  file.has_room = [&room](std::size_t) { return room; };
  ReorderBuffer buffer(kMemory, &file);
  std::uint64_t id = 0;
  while (!buffer.full()) put_numbered(buffer, ++id, 200);
  room = true;
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  expect_numbered(buffer, id, 200);
  for (const std::uint64_t end = id + 10000; id < end;) {
    ++id;
    put_numbered(buffer, id + 1, 200);
    ASSERT_FALSE(buffer.full());
  }
  EXPECT_GT(file.end(), 0u);
}

TEST(ReorderBuffer, SpillsAValueLargerThanTheMemory) {
  MemorySpillFile file;
  ReorderBuffer buffer(kMemory, &file);
  put_numbered(buffer, 1, 3 << 20);
  put_numbered(buffer, 2, 3 << 20);
  EXPECT_LE(buffer.memory_in_use(), kMemory);
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  expect_numbered(buffer, 2, 3 << 20);
}

TEST(ReorderBuffer, DeliversAValueLargerThanTheMemoryThatIsNext) {
  ReorderBuffer buffer(kMemory, nullptr);
  buffer.put(ok_result(0, numbered(0, 3 << 20)));
  EXPECT_FALSE(buffer.full());
  expect_numbered(buffer, 1, 3 << 20);
}

TEST(ReorderBuffer, FreesTheBlocksThatFewSurvivorsHold) {
  // Rounds of a thousand results of which one is far ahead: each would pin a block.
  ReorderBuffer buffer(1 << 20, nullptr);
  std::uint64_t id = 0;
  std::uint64_t far = 3000;
  std::vector<bool> here(20000);
  TaskResult result;
  while (id < 2000) {
    for (int i = 0; i < 10; ++i) {
      while (here[id + 1]) ++id;
      ++id;
      put_numbered(buffer, id, 900);
      here[id] = true;
    }
    here[far] = true;
    put_numbered(buffer, far++, 10);
    buffer.put(ok_result(number(buffer.next()), "gap"));
    here[number(buffer.next())] = true;
    popped(buffer);
    ++id;
    ASSERT_FALSE(buffer.full()) << id;
  }
}

TEST(ReorderBuffer, SaysThatTheSpillFileCannotBeRead) {
  MemorySpillFile file;
  ReorderBuffer buffer(kMemory, &file);
  for (std::uint64_t id = 1; id < 20000; ++id) put_numbered(buffer, id, 50);
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  file.broken = true;
  TaskResult result;
  Result<bool> got = true;
  while (got && *got) got = buffer.pop(result);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().message, "read spill: Input/output error");
  EXPECT_FALSE(buffer.pop(result).has_value());
}

TEST(ReorderBuffer, GivesDiskSpaceBackWhileItIsRead) {
  MemorySpillFile file;
  ReorderBuffer buffer(kMemory, &file);
  for (std::uint64_t id = 1; id <= 40000; ++id) put_numbered(buffer, id, 300);
  const std::uint64_t before = file.size();
  EXPECT_TRUE(buffer.pass(TaskId{0}));
  expect_numbered(buffer, 20000, 300);
  EXPECT_LT(file.size(), before * 6 / 10);
}

}  // namespace
}  // namespace spread
