// The primes of a range, in order, as one list:
//     spread run --range 1000000 --shards 64 --gather concat -- ./primes
#include <spread/shards.hpp>

#include <vector>

namespace {

bool is_prime(std::int64_t n) {
  if (n < 2) return false;
  for (std::int64_t d = 2; d <= n / d; ++d) {
    if (n % d == 0) return false;
  }
  return true;
}

}  // namespace

int main() {
  return spread::worker([](spread::raw) {
    std::vector<std::int64_t> primes;
    for (const std::int64_t n : spread::range()) {
      if (is_prime(n)) primes.push_back(n);
    }
    return primes;
  });
}
