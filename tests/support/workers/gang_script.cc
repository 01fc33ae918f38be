// The common script of collectives in C++: the same calls, and the same answer, as
// tests/e2e/gang_workers/script.py and script.sh.
#include <spread/gang.hpp>

namespace {

using Pairs = std::vector<std::pair<unsigned, std::int64_t>>;

struct Answer {
  std::tuple<unsigned, unsigned, bool> place;
  std::string broadcast;
  std::vector<std::int64_t> allgather, exchange;
  std::optional<std::int64_t> reduce;
  std::vector<std::int64_t> allreduce;
  double real = 0;
  std::vector<std::int32_t> array;
  std::optional<std::vector<int>> gather;
  std::string scatter;
  Pairs get;
  MSGPACK_DEFINE_MAP(place, broadcast, allgather, exchange, reduce, allreduce, real, array, gather,
                     scatter, get)
};

template <class Map>
std::vector<std::int64_t> values(const Map& map) {
  std::vector<std::int64_t> found;
  for (const auto& [rank, value] : map) found.push_back(value);
  return found;
}

Answer run(std::int64_t n) {
  using spread::reduce_op;
  const unsigned rank = spread::rank();
  const unsigned size = spread::size();
  Answer answer;
  answer.place = {rank, size, spread::is_root()};
  spread::barrier();
  answer.broadcast = spread::broadcast("from " + std::to_string(rank));
  answer.allgather = spread::allgather(n + 10 * rank);
  answer.exchange = values(spread::exchange("who", n + 100 * rank));
  answer.reduce = spread::reduce(std::int64_t{rank} + 1, reduce_op::product);
  answer.allreduce = {spread::allreduce(n + rank, reduce_op::sum),
                      spread::allreduce(n - rank, reduce_op::min),
                      spread::allreduce(n + rank, reduce_op::max)};
  answer.real = spread::allreduce(rank + 0.5, reduce_op::max);
  answer.array = spread::allreduce(
      std::vector<std::int32_t>{static_cast<std::int32_t>(rank), static_cast<std::int32_t>(n), -1});
  std::vector<std::size_t> sizes(size);
  for (unsigned i = 0; i < size; ++i) sizes[i] = i + 1;
  const std::vector<std::uint8_t> part(rank + 1, static_cast<std::uint8_t>(rank));
  if (const auto whole = spread::gather(part, sizes))
    answer.gather.emplace(whole->begin(), whole->end());
  std::vector<std::string> parts;
  for (unsigned i = 0; i < size; ++i) parts.push_back("part " + std::to_string(i));
  answer.scatter = spread::scatter(parts);
  spread::put("left", n + rank);
  spread::barrier();
  const auto left = spread::get<std::int64_t>("left");
  answer.get = Pairs(left.begin(), left.end());
  return answer;
}

}  // namespace

int main() { return spread::worker(run); }
