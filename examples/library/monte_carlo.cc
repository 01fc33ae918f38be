// Pi by darts, until the error is small enough: jobs whose number is not known beforehand, on
// workers that stay.
//
//   monte_carlo worker                  the worker: throws darts
//   monte_carlo 0.001                   the program: starts itself as its workers
#include <spread/pool.h>
#include <spread/worker.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <ranges>
#include <string>

namespace {

constexpr std::uint64_t kDarts = 200'000;  // of one task

/// How many of them hit the quarter of the circle. By its seed a task has the same result wherever,
/// and whenever, it is computed.
std::uint64_t throw_darts(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> place;
  std::uint64_t hits = 0;
  for (std::uint64_t i = 0; i < kDarts; ++i) hits += std::hypot(place(random), place(random)) < 1;
  return hits;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2 && std::string(argv[1]) == "worker") return spread::worker(throw_darts);
  const double wanted = argc == 2 ? std::atof(argv[1]) : 0.001;

  spread::PoolOptions options;
  options.command = {"/proc/self/exe", "worker"};
  spread::Pool pool(options);
  std::uint64_t hits = 0, darts = 0, seed = 0;
  for (double error = 1; error > wanted;) {
    constexpr std::uint64_t kTasks = 16;
    const auto seeds = std::views::iota(seed, seed + kTasks);
    hits += pool.submit(spread::Job(seeds)).get().sum<std::uint64_t>();
    seed += kTasks;
    darts += kTasks * kDarts;
    const double share = static_cast<double>(hits) / static_cast<double>(darts);
    error = 4 * std::sqrt(share * (1 - share) / static_cast<double>(darts));
  }
  std::printf("%.3f\n", 4 * static_cast<double>(hits) / static_cast<double>(darts));
} catch (const std::exception& error) {
  std::fprintf(stderr, "monte_carlo: %s\n", error.what());
  return 1;
}
