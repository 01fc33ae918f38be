// Random completion orders, sizes, limits and disks: whatever comes, every id leaves once, in
// order, unchanged, and memory stays within its bound.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "memory_spill_file.h"
#include "results_support.h"
#include "spread/base/random.h"
#include "spread/results/reorder_buffer.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

struct ReorderShape {
  std::uint64_t count;
  std::size_t memory;
  std::uint64_t spread;      // how far ahead of the oldest unfinished id one may be
  std::uint64_t slow_every;  // one in so many stays behind until it alone is left
  std::size_t small, large;  // sizes; one in 64 is large
  int disk;                  // 0 none, 1 endless, 2 small, 3 fails at random
  bool bursts;               // the consumer is stopped now and then
};

ReorderShape random_reorder_shape(Random& random) {
  ReorderShape shape{};
  shape.count = 1 + random.below(20000);
  shape.memory = std::size_t{1} << (14 + random.below(7));
  shape.spread = std::uint64_t{1} << random.below(16);
  shape.slow_every = 1 + random.below(5000);
  shape.small = std::size_t{1} << random.below(11);
  shape.large = std::size_t{1} << random.below(19);
  shape.disk = static_cast<int>(random.below(4));
  shape.bursts = random.below(2) == 0;
  return shape;
}

std::string content(std::uint64_t id, const ReorderShape& shape) {
  Random random(id);
  const std::size_t most = random.below(64) == 0 ? shape.large : shape.small;
  std::string text(random.below(most + 1), '\0');
  for (std::size_t i = 0; i < text.size(); i += 1 + text.size() / 16) {
    text[i] = static_cast<char>(random.next());
  }
  return text;
}

// Runs one shape through a buffer, as run/ would: new results are not caused while full().
class ReorderTrial {
 public:
  ReorderTrial(const ReorderShape& shape, std::uint64_t seed)
      : shape_(shape), random_(seed), buffer_(shape.memory, shape.disk == 0 ? nullptr : &file_) {
    if (shape.disk == 2) {
      file_.has_room = [this](std::size_t n) { return file_.size() + n <= shape_.memory; };
    }
    if (shape.disk == 3) {
      file_.has_room = [this](std::size_t) { return random_.below(3) != 0; };
    }
    limit_ = std::max(shape.memory, ReorderBuffer::kMemoryMin);
  }

  void run() {
    while (delivered_ < shape_.count) {
      start();
      ASSERT_FALSE(open_.empty()) << "nothing under way and nothing delivered";
      answer();
      if (!shape_.bursts || random_.below(200) == 0 || open_.empty()) drain();
      if (testing::Test::HasFatalFailure()) return;
    }
    EXPECT_EQ(buffer_.waiting(), 0u);
    EXPECT_EQ(file_.size(), 0u);
  }

 private:
  void start() {
    const std::uint64_t oldest = open_.empty() ? started_ : open_.front();
    while (started_ < shape_.count && open_.size() < 1000 && started_ < oldest + shape_.spread &&
           (open_.empty() || !buffer_.full())) {
      open_.push_back(started_++);
    }
  }

  // One that is under way ends; the slow ones only when nothing else is left.
  void answer() {
    std::size_t at = random_.below(open_.size());
    for (std::size_t tries = 0; tries < open_.size() && open_[at] % shape_.slow_every == 0;
         ++tries) {
      at = (at + 1) % open_.size();
    }
    const std::uint64_t id = open_[at];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
    const std::string text = content(id, shape_);
    const bool was_full = buffer_.full();
    if (random_.below(2) == 0 && buffer_.pass(TaskId{id})) {
      ASSERT_EQ(id, delivered_++);
    } else {
      buffer_.put(test::ok_result(id, text));
    }
    // While it is full, what was under way may still come; otherwise one value may be too much.
    const std::size_t memory = buffer_.memory_in_use();
    const std::size_t one = 2 * text.size() + 2 * 65536;
    if (!was_full) {
      ASSERT_LE(memory, limit_ + (shape_.disk == 1 ? limit_ / 8 : one));
    }
  }

  void drain() {
    TaskResult result;
    while (true) {
      const Result<bool> got = buffer_.pop(result);
      ASSERT_TRUE(got.has_value()) << got.error().message;
      if (!*got) return;
      ASSERT_EQ(number(result.id), delivered_);
      ASSERT_EQ(test::body_of(result), content(delivered_, shape_));
      ++delivered_;
    }
  }

  ReorderShape shape_;
  Random random_;
  test::MemorySpillFile file_;
  ReorderBuffer buffer_;
  std::size_t limit_ = 0;
  std::vector<std::uint64_t> open_;  // under way, oldest first
  std::uint64_t started_ = 0;
  std::uint64_t delivered_ = 0;
};

TEST(ReorderBufferProperty, DeliversEveryResultOnceInOrderWithinItsMemory) {
  const std::uint64_t seed = test::seed_from_environment(1);
  const char* rounds_text = std::getenv("SPREAD_ROUNDS");
  const int rounds = rounds_text == nullptr ? 300 : std::atoi(rounds_text);
  Random random(seed);
  for (int round = 0; round < rounds; ++round) {
    const ReorderShape shape = random_reorder_shape(random);
    SCOPED_TRACE(testing::Message()
                 << "SPREAD_SEED=" << seed << " round " << round << ": count " << shape.count
                 << " memory " << shape.memory << " spread " << shape.spread << " slow_every "
                 << shape.slow_every << " small " << shape.small << " large " << shape.large
                 << " disk " << shape.disk << " bursts " << shape.bursts);
    ReorderTrial(shape, random.next()).run();
    if (HasFatalFailure()) return;
  }
}

TEST(ReorderBufferProperty, MergesRunsThatOverlapCompletely) {
  const std::uint64_t seed = test::seed_from_environment(2);
  SCOPED_TRACE(testing::Message() << "SPREAD_SEED=" << seed);
  constexpr std::uint64_t kCount = 100000;
  Random random(seed);
  std::vector<std::uint64_t> ids(kCount);
  for (std::uint64_t i = 0; i < kCount; ++i) ids[i] = i + 1;
  for (std::size_t i = kCount - 1; i > 0; --i) std::swap(ids[i], ids[random.below(i + 1)]);
  test::MemorySpillFile file;
  ReorderBuffer buffer(128 * 1024, &file);
  std::size_t peak = 0;
  for (const std::uint64_t id : ids) {
    buffer.put(test::ok_result(id, std::to_string(id)));
    peak = std::max(peak, buffer.memory_in_use());
  }
  ASSERT_TRUE(buffer.pass(TaskId{0}));
  TaskResult result;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    ASSERT_TRUE(buffer.pop(result).value());
    ASSERT_EQ(test::body_of(result), std::to_string(id));
    peak = std::max(peak, buffer.memory_in_use());
  }
  EXPECT_LE(peak, std::size_t{128} * 1024);
}

}  // namespace
}  // namespace spread
