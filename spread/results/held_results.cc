#include "spread/results/held_results.h"

#include <algorithm>

#include "spread/base/assert.h"

namespace spread {
namespace {

constexpr std::size_t kMemoryMin = 64 * 1024;
// A result, and its place in the list by which all are sorted.
constexpr std::size_t kEntryBytes = sizeof(TaskResult) + sizeof(TaskResult*);

}  // namespace

HeldResults::HeldResults(std::size_t memory_bytes, SpillFile& spill)
    : values_(WaitingValues::block_bytes_for(std::max(memory_bytes, kMemoryMin))),
      memory_bytes_(std::max(memory_bytes, kMemoryMin)),
      runs_(spill, WaitingValues::block_bytes_for(memory_bytes_), memory_bytes_ / 4) {}

std::size_t HeldResults::memory_in_use() const {
  return values_.memory_in_use() + held_.size() * kEntryBytes + runs_.memory_in_use();
}

void HeldResults::put(TaskResult&& result) {
  SPREAD_ASSERT(!taking_);
  values_.keep(result.value.body, WaitingValues::kFar);
  held_.push_back(std::move(result));
  ++size_;
  if (status_ && memory_in_use() > memory_bytes_) spill();
}

std::vector<TaskResult*> HeldResults::sorted() {
  std::vector<TaskResult*> all;
  all.reserve(held_.size());
  for (TaskResult& result : held_) all.push_back(&result);
  std::sort(all.begin(), all.end(),
            [](const TaskResult* a, const TaskResult* b) { return a->id < b->id; });
  return all;
}

void HeldResults::spill() {
  const std::vector<TaskResult*> all = sorted();
  const std::size_t written = runs_.write(all);
  if (written == all.size()) {
    for (const TaskResult& result : held_) values_.let_go(result.value.body);
    held_.clear();
    held_.shrink_to_fit();
    values_.start_afresh();
  } else {
    status_ = fail(runs_.take_error());
  }
}

Status HeldResults::take(TaskResult& result) {
  SPREAD_ASSERT(size_ > 0);
  if (!std::exchange(taking_, true)) {
    rest_ = sorted();
    std::reverse(rest_.begin(), rest_.end());
  }
  if (rest_.empty() || runs_.first() < number(rest_.back()->id)) {
    SPREAD_TRY(runs_.take(result));
  } else {
    result = std::move(*rest_.back());
    values_.let_go(result.value.body);
    rest_.pop_back();
  }
  --size_;
  return {};
}

}  // namespace spread
