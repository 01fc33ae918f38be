#include "spread/results/waiting_values.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "spread/base/assert.h"

namespace spread {
namespace {

// What stands before a value in the spill file. Native byte order: the file never outlives the run.
struct RecordHead {
  std::uint64_t id;
  std::uint64_t body_size;
  std::int64_t duration;
  std::uint32_t worker;
  std::uint32_t attempts;
  Outcome outcome;
  std::uint8_t head_size;
  Byte head[5];
  bool first;
};
static_assert(sizeof(RecordHead) == 40, "no padding: every byte of it is written");

constexpr std::size_t kLargeBytes = 16 * 1024;  // written and read without a copy
constexpr std::uint64_t kGiveBackBytes = 1024 * 1024;

RecordHead head_of(const TaskResult& result) {
  RecordHead head{};
  head.id = number(result.id);
  head.body_size = result.value.body.size();
  head.duration = result.duration.count();
  head.worker = number(result.worker);
  head.attempts = result.attempts;
  head.outcome = result.outcome;
  head.first = result.first;
  head.head_size = result.value.head_size;
  std::memcpy(head.head, result.value.head.data(), sizeof head.head);
  return head;
}

void fill(TaskResult& result, const RecordHead& head) {
  result.id = TaskId{head.id};
  result.duration = Duration(head.duration);
  result.worker = WorkerId{head.worker};
  result.attempts = head.attempts;
  result.outcome = head.outcome;
  result.first = head.first;
  result.value.head_size = head.head_size;
  std::memcpy(result.value.head.data(), head.head, sizeof head.head);
}

ByteView bytes_of(const RecordHead& head) {
  return {reinterpret_cast<const Byte*>(&head), sizeof head};
}

constexpr auto kLowestOnTop = [](const auto& a, const auto& b) { return a.first > b.first; };

}  // namespace

std::size_t SpillRuns::write(std::span<TaskResult* const> results) {
  std::size_t done = 0;
  std::uint64_t end = 0;
  const auto note_written = [&](std::size_t count) {
    done = count;
    end = end_;
  };
  out_.prepare(chunk_bytes_ + kLargeBytes + sizeof(RecordHead));
  for (std::size_t i = 0; i < results.size(); ++i) {
    const TaskResult& result = *results[i];
    const bool large = result.value.body.size() >= kLargeBytes;
    if (large) {
      if (!flush()) break;
      note_written(i);
      if (!append_large(result)) break;
      note_written(i + 1);
    } else {
      const RecordHead head = head_of(result);
      out_.append(bytes_of(head));
      out_.append(result.value.body.view());
      if (out_.size() < chunk_bytes_) continue;
      if (!flush()) break;
      note_written(i + 1);
    }
  }
  if (error_.empty() && flush()) note_written(results.size());
  out_.clear();
  out_.shrink();
  if (done != 0) {
    std::uint64_t size = 0;
    for (const TaskResult* result : results.first(done)) {
      size += sizeof(RecordHead) + result->value.body.size();
    }
    add_run(number(results[0]->id), number(results[done - 1]->id), end - size, end);
  }
  if (heap_.empty()) give_back();  // what a large value left that was written only in part
  return done;
}

bool SpillRuns::flush() {
  if (out_.empty()) return true;
  if (!append(out_.view())) return false;
  out_.clear();
  return true;
}

// If the second append fails, the bytes of the first stay between two runs, unused.
bool SpillRuns::append_large(const TaskResult& result) {
  const RecordHead head = head_of(result);
  return append(bytes_of(head)) && append(result.value.body.view());
}

bool SpillRuns::append(ByteView bytes) {
  Result<std::uint64_t> written = file_.append(bytes);
  if (!written) {
    error_ = std::move(written.error().message);
    return false;
  }
  end_ = *written + bytes.size();
  return true;
}

// A run that goes on where the newest one ends, in the file and in ids, becomes part of it: behind
// a slow head, where results come almost in order, there is mostly one long run.
void SpillRuns::add_run(std::uint64_t first_id, std::uint64_t last_id, std::uint64_t begin,
                        std::uint64_t end) {
  const bool goes_on = newest_end_ == begin && newest_last_ < first_id;
  newest_last_ = last_id;
  const std::uint64_t joint = std::exchange(newest_end_, end);
  if (goes_on) {
    for (Run& run : heap_) {
      if (run.end != joint) continue;
      run.end = end;
      return;
    }
  }
  heap_.push_back(Run{first_id, begin, end, nullptr});
  std::push_heap(heap_.begin(), heap_.end(), kLowestOnTop);
}

Status SpillRuns::take(TaskResult& result) {
  if (!read_error_.empty()) return fail(read_error_);
  Run& run = heap_.front();
  Status status = load(run, sizeof(RecordHead));
  if (status) {
    RecordHead head;
    std::memcpy(&head, run.buffer->rest().data(), sizeof head);
    SPREAD_ASSERT(head.id == run.first && head.body_size <= run.end - run.position - sizeof head);
    const std::size_t body_size = static_cast<std::size_t>(head.body_size);
    fill(result, head);
    status = read_body(run, result, body_size);
    if (status) status = advance(run, sizeof head + body_size);
  }
  if (!status) read_error_ = status.error().message;
  return status;
}

Status SpillRuns::read_body(Run& run, TaskResult& result, std::size_t size) {
  const std::size_t offset = sizeof(RecordHead);
  const ByteView there = run.buffer->rest().subspan(offset);
  if (size < kLargeBytes || size <= there.size()) {
    SPREAD_TRY(load(run, offset + size));
    result.value.body = Slice(run.buffer->bytes.block(), run.buffer->rest().subspan(offset, size));
    return {};
  }
  Block* block = Block::create(size);
  result.value.body = Slice(block, {block->data(), size});
  block->release();
  if (!there.empty()) std::memcpy(block->data(), there.data(), there.size());
  return file_.read(run.position + offset + there.size(),
                    {block->data() + there.size(), size - there.size()});
}

Status SpillRuns::advance(Run& run, std::size_t size) {
  run.position += size;
  run.buffer->consumed += std::min(size, run.buffer->rest().size());
  freed_ += size;
  if (run.position != run.end) {
    SPREAD_TRY(load(run, sizeof(RecordHead)));
    RecordHead head;
    std::memcpy(&head, run.buffer->rest().data(), sizeof head);
    run.first = head.id;
    settle_top();
  } else {
    drop_buffer(run);
    std::pop_heap(heap_.begin(), heap_.end(), kLowestOnTop);
    heap_.pop_back();
  }
  if (freed_ >= kGiveBackBytes || heap_.empty()) give_back();
  return {};
}

// Runs hardly overlap, so the one on top mostly stays there.
void SpillRuns::settle_top() {
  const std::uint64_t first = heap_.front().first;
  const bool stays =
      (heap_.size() < 2 || first < heap_[1].first) && (heap_.size() < 3 || first < heap_[2].first);
  if (stays) return;
  std::pop_heap(heap_.begin(), heap_.end(), kLowestOnTop);
  std::push_heap(heap_.begin(), heap_.end(), kLowestOnTop);
}

// Has `size` bytes from the run's position on in its buffer. A new block each time: results that
// were taken may still share the old one.
Status SpillRuns::load(Run& run, std::size_t size) {
  if (run.buffer != nullptr && size <= run.buffer->rest().size()) return {};
  drop_buffer(run);
  const std::uint64_t left = run.end - run.position;
  SPREAD_ASSERT(size <= left);
  const std::size_t wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(left, std::max(size, chunk_bytes_)));
  Block* block = Block::create(wanted);
  run.buffer = std::make_unique<Buffer>(Buffer{Slice(block, {block->data(), wanted})});
  block->release();
  buffered_ += wanted;
  drop_far_buffers(run);
  return file_.read(run.position, {block->data(), wanted});
}

void SpillRuns::drop_buffer(Run& run) {
  if (run.buffer == nullptr) return;
  buffered_ -= run.buffer->bytes.size();
  run.buffer.reset();
}

void SpillRuns::drop_far_buffers(const Run& but) {
  while (buffered_ > memory_bytes_) {
    Run* farthest = nullptr;
    for (Run& run : heap_) {
      if (&run == &but || run.buffer == nullptr) continue;
      if (farthest == nullptr || run.first > farthest->first) farthest = &run;
    }
    if (farthest == nullptr) return;
    drop_buffer(*farthest);
  }
}

void SpillRuns::give_back() {
  std::uint64_t wanted = end_;
  for (const Run& run : heap_) wanted = std::min(wanted, run.position);
  file_.discard_before(wanted);
  freed_ = 0;
}

namespace {
// A smaller value is copied: that is cheaper than to keep the whole block that it lies in.
constexpr std::size_t kReferenceBytes = 16 * 1024;
}  // namespace

bool WaitingValues::keep_alone(Slice& body) {
  const bool mostly_ours = body.size() >= body.block()->capacity() / 2;
  if (body.size() < kReferenceBytes || !mostly_ours) body = Slice::copy_of(body.view());
  memory_ += body.block()->capacity() + kBlockOverhead;
  return true;
}

void WaitingValues::renew(Lane lane) {
  close(lane);
  Block* block = Block::create(block_bytes_);
  new (block->data()) Header{1};
  open_[lane] = Open{block, block->data() + sizeof(Header), block->data() + block_bytes_};
  memory_ += block_bytes_ + kBlockOverhead;
}

void WaitingValues::close(Lane lane) {
  Block* block = open_[lane].block;
  if (block == nullptr) return;
  if (--header(block).values == 0) memory_ -= block_bytes_ + kBlockOverhead;
  block->release();
  open_[lane] = {};
}

void WaitingValues::start_afresh() {
  close(kNear);
  close(kFar);
}

}  // namespace spread
