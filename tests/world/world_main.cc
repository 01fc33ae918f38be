// Runs the whole program on simulated machines: one world for each seed, each in a process of its
// own, so that a world that goes wrong cannot disturb the next.
//
//   world KIND RUNS [first]    so many worlds; SPREAD_SEED is the first seed, else 1; `first`:
//   until
//                              one goes wrong
//   world KIND seed N [trace]  that world alone, with all that there is to know of it, and with its
//                              system calls
//
//   world KIND faults [some] [first] [FIRST [COUNT]]
//                              one fault at each of COUNT system calls, else 2,000, of a few runs
//                              that are always the same: all that can happen there, or, with
//                              `some`, one of it in one of the runs, by SPREAD_SEED
//   world KIND fault RUN POINT FAULT [trace]
//                              one of these alone
//
// KIND is run, map, pipe or all, or, with a journal, and gone on with until it is done,
// journal-run, journal-map or journal-pipe; faults: run, map or pipe.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "fault_points.h"
#include "world.h"

namespace spread::world {
namespace {

[[noreturn]] void run_one(const std::string& what, std::uint64_t seed, bool trace) {
  World world(draw_scenario(what, seed), seed);
  world.show = true;
  world.trace = trace;
  world.execute();
}

int run_many(const std::string& program, const std::string& what, std::uint64_t runs,
             int failures_max) {
  const char* const given = std::getenv("SPREAD_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  int failed = 0;
  for (std::uint64_t seed = first; seed < first + runs && failed < failures_max; ++seed) {
    const int status = in_a_process([&] { World(draw_scenario(what, seed), seed).execute(); });
    if (status == 0) continue;
    ++failed;
    std::string how = what + " fails with seed " + std::to_string(seed);
    if (WIFSIGNALED(status)) how += " (signal " + std::to_string(WTERMSIG(status)) + ")";
    std::fprintf(stderr, "world: %s; replay: %s %s seed %s\n", how.c_str(), program.c_str(),
                 what.c_str(), std::to_string(seed).c_str());
  }
  std::printf("world: %s runs of %s, seeds from %s on: %s\n", std::to_string(runs).c_str(),
              what.c_str(), std::to_string(first).c_str(), failed == 0 ? "passed" : "FAILED");
  std::printf("counted: %s %llu\n", what.c_str(), static_cast<unsigned long long>(runs));
  return failed == 0 ? 0 : 1;
}

/// world KIND fault NAME POINT FAULT [trace]
int show_point(const std::vector<std::string>& words) {
  constexpr std::size_t kFewest = 6;
  if (words.size() < kFewest) return 2;
  const std::optional<PointFault> fault = find_fault(words[5]);
  for (const FixedRun& run : fixed_runs(words[1])) {
    if (run.name != words[3] || !fault) continue;
    show_fault_point(run, std::strtoull(words[4].c_str(), nullptr, 10), *fault,
                     words.size() > kFewest);
  }
  std::fprintf(stderr, "world: there is no such run, or no such fault\n");
  return 2;
}

/// world KIND faults [some] [first] [FIRST [COUNT]]
int run_points(const std::vector<std::string>& words) {
  FaultPoints points{words[0], words[1]};
  std::size_t next = 3;
  for (; next < words.size() && (words[next] == "some" || words[next] == "first"); ++next) {
    (words[next] == "some" ? points.some : points.until_one) = true;
  }
  if (next < words.size()) points.first = std::strtoull(words[next].c_str(), nullptr, 10);
  if (next + 1 < words.size()) points.count = std::strtoull(words[next + 1].c_str(), nullptr, 10);
  return run_fault_points(points);
}

int main(const std::vector<std::string>& words) {
  const bool one = words.size() >= 4 && words[2] == "seed";
  if (words.size() < 3) {
    std::fprintf(stderr, "usage: world run|map|pipe|all RUNS | world KIND seed N [trace]\n");
    return 2;
  }
  if (words[2] == "fault") return show_point(words);
  if (words[2] == "faults") return run_points(words);
  const std::uint64_t number = std::strtoull(words[one ? 3 : 2].c_str(), nullptr, 10);
  if (one) run_one(words[1], number, words.size() > 4);
  return run_many(words[0], words[1], number, words.size() > 3 ? 1 : 10);
}

}  // namespace
}  // namespace spread::world

int main(int argc, char** argv) {
  // spread looks which descriptors it was given in /proc, which is not simulated: a world is the
  // same whatever it is started by.
  ::close_range(3, ~0u, 0);
  return spread::world::main(std::vector<std::string>(argv, argv + argc));
}
