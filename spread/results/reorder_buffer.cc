#include "spread/results/reorder_buffer.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace spread {
namespace {

constexpr std::size_t kRingMin = 64;
constexpr std::size_t kRingMax = std::size_t{1} << 18;  // the spread of 256 workers' full windows
// An entry of the batch, and its place in the list of pointers by which it is sorted.
constexpr std::size_t kBatchEntryBytes = sizeof(TaskResult) + sizeof(void*);

}  // namespace

// The shares of memory_bytes: ring 1/4, read buffers 1/8; spilling stops at 5/8 and reading back at
// 3/4, so that the two do not chase each other over the same results.
ReorderBuffer::ReorderBuffer(std::size_t memory_bytes, SpillFile* spill)
    : ring_(kRingMin),
      mask_(kRingMin - 1),
      values_(WaitingValues::block_bytes_for(std::max(memory_bytes, kMemoryMin))),
      memory_bytes_(std::max(memory_bytes, kMemoryMin)),
      ring_max_(
          std::clamp(std::bit_floor(memory_bytes_ / 4 / sizeof(TaskResult)), kRingMin, kRingMax)) {
  for (TaskResult& slot : ring_) slot.id = kNoTask;
  if (spill != nullptr) {
    runs_ = std::make_unique<SpillRuns>(*spill, WaitingValues::block_bytes_for(memory_bytes_),
                                        memory_bytes_ / 8);
  }
}

ReorderBuffer::~ReorderBuffer() = default;

std::size_t ReorderBuffer::memory_in_use() const {
  return ring_.size() * sizeof(TaskResult) + values_.memory_in_use() +
         batch_.size() * kBatchEntryBytes + (runs_ == nullptr ? 0 : runs_->memory_in_use());
}

void ReorderBuffer::put_far(TaskResult&& result) {
  const std::uint64_t id = number(result.id);
  SPREAD_ASSERT(id >= next_ && result.id != kNoTask);
  if (grow_ring(id - next_)) return put(std::move(result));
  values_.keep(result.value.body, WaitingValues::kFar);
  batch_.push_back(std::move(result));
  batch_first_ = std::min(batch_first_, id);
  far_first_ = std::min(far_first_, id);
  ++waiting_;
  bound_memory();
}

Result<bool> ReorderBuffer::pop_far(TaskResult& result) {
  SPREAD_TRY(fill_ring());
  take(ring_[next_ & mask_], result);
  return true;
}

bool ReorderBuffer::grow_ring(std::uint64_t distance) {
  if (distance >= ring_max_) return false;
  std::vector<TaskResult> bigger(std::bit_ceil(static_cast<std::size_t>(distance) + 1));
  const std::uint64_t mask = bigger.size() - 1;
  for (TaskResult& slot : bigger) slot.id = kNoTask;
  for (TaskResult& slot : ring_) {
    if (slot.id != kNoTask) bigger[number(slot.id) & mask] = std::move(slot);
  }
  ring_ = std::move(bigger);
  mask_ = mask;
  return true;
}

Status ReorderBuffer::fill_ring() {
  // A batch that stays while runs are read back would leave them little room.
  const std::size_t memory = memory_in_use();
  if (runs_ != nullptr && memory >= memory_bytes_ / 4 * 3 && memory >= retry_at_ &&
      batch_first_ >= ring_end() && batch_.size() * kBatchEntryBytes >= memory_bytes_ / 8) {
    retry_at_ = spill_batch() ? 0 : memory + memory_bytes_ / 8;
  }
  if (batch_first_ < ring_end()) fill_from_batch();
  if (runs_ != nullptr) SPREAD_TRY(fill_from_runs());
  note_far_first();
  SPREAD_ASSERT(number(ring_[next_ & mask_].id) == next_);
  return {};
}

void ReorderBuffer::fill_from_batch() {
  std::deque<TaskResult> rest;
  batch_first_ = kNone;
  for (TaskResult& result : batch_) {
    const std::uint64_t id = number(result.id);
    if (id < ring_end()) {
      TaskResult& slot = ring_[id & mask_];
      SPREAD_ASSERT(slot.id == kNoTask);
      slot = std::move(result);
    } else {
      batch_first_ = std::min(batch_first_, id);
      rest.push_back(std::move(result));
    }
  }
  batch_ = std::move(rest);
}

Status ReorderBuffer::fill_from_runs() {
  while (runs_->first() < ring_end()) {
    const std::uint64_t id = runs_->first();
    if (id != next_ && memory_in_use() >= memory_bytes_ / 4 * 3) break;
    TaskResult result;
    SPREAD_TRY(runs_->take(result));
    if (id == next_) {
      head_as_given_ = true;
    } else {
      values_.keep(result.value.body, WaitingValues::kNear);
    }
    TaskResult& slot = ring_[id & mask_];
    SPREAD_ASSERT(slot.id == kNoTask);
    slot = std::move(result);
  }
  return {};
}

void ReorderBuffer::note_far_first() {
  far_first_ = std::min(batch_first_, runs_ == nullptr ? kNone : runs_->first());
}

void ReorderBuffer::bound_memory() {
  const std::size_t memory = memory_in_use();
  if (memory <= memory_bytes_) {
    retry_at_ = 0;
  } else if (memory >= retry_at_) {
    make_room();
  }
}

void ReorderBuffer::make_room() {
  compact();
  // What is not worth a run stays: with very many runs, the list of them is what fills the memory.
  const std::size_t target = memory_bytes_ / 8 * 5;
  const bool worth = values_.memory_in_use() + batch_.size() * kBatchEntryBytes > memory_bytes_ / 8;
  const bool spilled = runs_ != nullptr && worth && spill_batch() && spill_ring(target);
  // Not at every put: a full disk costs a system call each time.
  retry_at_ = spilled ? 0 : memory_in_use() + memory_bytes_ / 8;
  note_far_first();
}

// Blocks that are mostly empty, each held by a few values that stay: copy those together.
void ReorderBuffer::compact() {
  std::size_t alive = 0;
  std::size_t alone = 0;
  const auto count = [&](const TaskResult& result) {
    const Slice& body = result.value.body;
    if (values_.shares(body))
      alive += body.size();
    else if (body.block() != nullptr)
      alone += body.block()->capacity();
  };
  const TaskResult* head = head_as_given_ ? &ring_[next_ & mask_] : nullptr;
  for (const TaskResult& result : ring_) {
    if (&result != head) count(result);
  }
  for (const TaskResult& result : batch_) count(result);
  if (values_.memory_in_use() < alone + 2 * alive + memory_bytes_ / 4) return;
  values_.start_afresh();
  const auto move = [&](TaskResult& result, WaitingValues::Lane lane) {
    if (!values_.shares(result.value.body)) return;
    const Slice old = result.value.body;
    values_.keep(result.value.body, lane);
    values_.let_go(old);
  };
  for (TaskResult& result : ring_) {
    if (&result != head) move(result, WaitingValues::kNear);
  }
  for (TaskResult& result : batch_) move(result, WaitingValues::kFar);
}

bool ReorderBuffer::spill_batch() {
  std::vector<TaskResult*> sorted;
  sorted.reserve(batch_.size());
  for (TaskResult& result : batch_) sorted.push_back(&result);
  std::sort(sorted.begin(), sorted.end(),
            [](const TaskResult* a, const TaskResult* b) { return a->id < b->id; });
  const bool all = write_run(sorted);
  if (all) {
    batch_.clear();
    batch_.shrink_to_fit();
  } else {
    std::erase_if(batch_, [](const TaskResult& result) { return result.id == kNoTask; });
  }
  batch_first_ = kNone;
  for (const TaskResult& result : batch_) {
    batch_first_ = std::min(batch_first_, number(result.id));
  }
  return all;
}

// The farthest results first, until memory is down to `target`; the one that is next stays.
bool ReorderBuffer::spill_ring(std::size_t target) {
  const std::size_t memory = memory_in_use();
  if (memory <= target) return true;
  std::vector<TaskResult*> chosen;
  std::size_t gain = 0;
  for (std::uint64_t id = ring_end() - 1; id != next_ && gain < memory - target; --id) {
    TaskResult& slot = ring_[id & mask_];
    if (slot.id == kNoTask) continue;
    gain += slot.value.body.size();
    chosen.push_back(&slot);
  }
  std::reverse(chosen.begin(), chosen.end());
  return write_run(chosen);
}

// What was written is marked kNoTask.
bool ReorderBuffer::write_run(std::vector<TaskResult*>& results) {
  const std::size_t written = runs_->write(results);
  for (std::size_t i = 0; i < written; ++i) {
    values_.let_go(results[i]->value.body);
    results[i]->value = {};
    results[i]->id = kNoTask;
  }
  if (written == results.size()) return true;
  spill_error_ = runs_->take_error();
  return false;
}

void ReorderSink::take(TaskResult&& result) {
  if (!reorder_.pass(result.id)) return reorder_.put(std::move(result));
  next_->take(std::move(result));
  if (reorder_.waiting() > 0) pass_on();
}

Status ReorderSink::pump() {
  if (reorder_.waiting() > 0) pass_on();
  if (!status_) return status_;
  if (ended_ && reorder_.waiting() == 0) next_->end();
  return next_->pump();
}

/// Not all at once: millions may have waited for a slow one, on disk.
void ReorderSink::pass_on() {
  TaskResult result;
  while (status_ && reorder_.waiting() > 0 && !next_->full()) {
    const Result<bool> more = reorder_.pop(result);
    if (!more) status_ = tl::unexpected(more.error());
    if (!more || !*more) return;
    next_->take(std::move(result));
  }
}

OutcomeMarks ReorderSink::marks() {
  OutcomeMarks marks = next_->marks();
  marks.accepted += reorder_.waiting();
  return marks;
}

}  // namespace spread
