// What it costs to put results back into task order, in the shapes that occur: in order, nearly in
// order (many workers with windows), and everything behind one slow task. The counts that matter
// (user instructions per result) come from running one of these under callgrind.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "spread/base/buffers.h"
#include "spread/base/random.h"
#include "spread/results/reorder_buffer.h"

namespace spread {
namespace {

// Answers as they come from workers: 16 bytes, each a part of a read buffer.
class Answers {
 public:
  TaskResult next(std::uint64_t id) {
    if (used_ + kSize > read_buffer_.size()) renew();
    TaskResult result;
    result.id = TaskId{id};
    result.value.body = Slice(read_buffer_.block(), read_buffer_.view().subspan(used_, kSize));
    result.worker = WorkerId{3};
    result.attempts = 1;
    used_ += kSize;
    return result;
  }

 private:
  static constexpr std::size_t kSize = 17;
  void renew() {
    read_buffer_ = Slice::copy_of(as_bytes(std::string(65536, 'r')));
    used_ = 0;
  }
  Slice read_buffer_;
  std::size_t used_ = 65536;
};

// A spill file that costs a copy, as one in the page cache does.
class FakeSpill final : public SpillFile {
 public:
  Result<std::uint64_t> append(ByteView bytes) override {
    const std::uint64_t offset = bytes_.size();
    bytes_.append(as_text(bytes));
    return offset;
  }
  Status read(std::uint64_t offset, std::span<Byte> into) override {
    std::memcpy(into.data(), bytes_.data() + offset, into.size());
    return {};
  }
  void discard_before(std::uint64_t) override {}

 private:
  std::string bytes_;
};

std::uint64_t drain(ReorderBuffer& buffer) {
  std::uint64_t count = 0;
  TaskResult result;
  for (Result<bool> got = buffer.pop(result); got && *got; got = buffer.pop(result)) ++count;
  return count;
}

void BM_InOrder(benchmark::State& state) {
  ReorderBuffer buffer(4 << 20, nullptr);
  Answers answers;
  std::uint64_t id = 0;
  TaskResult result;
  for (auto _ : state) {
    buffer.put(answers.next(id++));
    benchmark::DoNotOptimize(buffer.pop(result));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_InOrder);

void BM_Passed(benchmark::State& state) {
  ReorderBuffer buffer(4 << 20, nullptr);
  Answers answers;
  std::uint64_t id = 0;
  for (auto _ : state) {
    const TaskResult result = answers.next(id++);
    benchmark::DoNotOptimize(buffer.pass(result.id));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Passed);

// Only what makes the answers, to be subtracted.
void BM_AnswersAlone(benchmark::State& state) {
  Answers answers;
  std::uint64_t id = 0;
  for (auto _ : state) benchmark::DoNotOptimize(answers.next(id++));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_AnswersAlone);

// `workers` with windows of `range(1)` answer in bursts: each worker's ids are in order, and a
// burst is a part of its window.
void BM_NearlyInOrder(benchmark::State& state) {
  const auto workers = static_cast<std::uint64_t>(state.range(0));
  const auto window = static_cast<std::uint64_t>(state.range(1));
  Random random(1);
  std::vector<std::uint64_t> order;
  std::vector<std::vector<std::uint64_t>> queues(workers);
  std::uint64_t next = 0;
  while (order.size() < 1000000) {
    std::vector<std::uint64_t>& queue = queues[random.below(workers)];
    const std::size_t burst = std::min<std::size_t>(queue.size(), window / 2 + 1);
    order.insert(order.end(), queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(burst));
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(burst));
    while (queue.size() < window) queue.push_back(next++);
  }
  Answers answers;
  for (auto _ : state) {
    FakeSpill spill;
    ReorderBuffer buffer(4 << 20, &spill);
    std::uint64_t delivered = 0;
    for (const std::uint64_t id : order) {
      buffer.put(answers.next(id));
      delivered += drain(buffer);
    }
    benchmark::DoNotOptimize(delivered);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(order.size()));
}
BENCHMARK(BM_NearlyInOrder)->Args({2, 64})->Args({2, 1024})->Args({64, 64})->Args({1000, 64});

void BM_BehindASlowHead(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  Answers answers;
  for (auto _ : state) {
    FakeSpill spill;
    ReorderBuffer buffer(4 << 20, &spill);
    for (std::uint64_t id = 1; id < count; ++id) buffer.put(answers.next(id));
    buffer.put(answers.next(0));
    benchmark::DoNotOptimize(drain(buffer));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}
BENCHMARK(BM_BehindASlowHead)->Arg(10000)->Arg(1000000);

}  // namespace
}  // namespace spread

BENCHMARK_MAIN();
