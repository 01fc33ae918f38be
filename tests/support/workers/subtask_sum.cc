// The common script of sub-tasks in C++: the same calls, and the same answer, as
// tests/e2e/subtask_workers/sum.py and sum.sh.
#include <spread/subtasks.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

using Payload = std::pair<std::int64_t, int>;

std::int64_t total(const Payload& payload) {
  const auto& [n, levels] = payload;
  if (levels == 0) return spread::parent() ? n * spread::common<std::int64_t>().value() : n;
  std::vector<Payload> parts;
  for (std::int64_t k = 1; k <= n; ++k) parts.emplace_back(k, levels - 1);
  const std::vector<spread::subtask> subtasks = spread::submit(parts, 10);
  spread::wait(subtasks, std::min<std::size_t>(1, subtasks.size()));
  std::int64_t sum = 0;
  for (const auto& each : spread::fetch<std::int64_t>(spread::wait(subtasks))) sum += each.get();
  return sum;
}

}  // namespace

int main() { return spread::worker(total); }
