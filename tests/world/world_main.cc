// Runs the whole program on simulated machines: one world for each seed, each in a process of its
// own, so that a world that goes wrong cannot disturb the next.
//
//   world KIND RUNS [first]    so many worlds; SPREAD_SEED is the first seed, else 1; `first`:
//   until
//                              one goes wrong
//   world KIND seed N [trace]  that world alone, with all that there is to know of it, and with its
//                              system calls
//
// KIND is run, map, pipe or all.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "oracle.h"
#include "resume.h"
#include "run.h"

namespace spread::world {
namespace {

/// Long lines are cut.
std::string shorten(const std::string& text) {
  std::string shown;
  std::size_t column = 0;
  for (const char c : text) {
    column = c == '\n' ? 0 : column + 1;
    constexpr std::size_t kColumns = 150;
    if (column <= kColumns) shown += c;
  }
  return shown;
}

/// A run, and perhaps another one that goes on where it was stopped.
class World {
 public:
  World(const std::string& what, std::uint64_t seed)
      : seed_(seed), scenario_(draw_scenario(what, seed)) {}

  /// Ends this process, with 0 if all is as it should be.
  [[noreturn]] void execute() {
    run_.emplace(scenario_, seed_, scenario_.faults, scenario_.files);
    run_->machine().tracing = trace;
    run_->execute(scenario_.words, [this] { first_is_over(); });
    std::abort();  // first_is_over() does not return
  }

  bool show = false, trace = false;

 private:
  [[noreturn]] void first_is_over() {
    if (show) std::fprintf(stderr, "%s", describe(scenario_).c_str());
    report(*run_, judge(scenario_, run_->machine(), run_->outcome()));
    if (!scenario_.resumes || failed_) std::_Exit(failed_ ? 1 : 0);
    before_ = stop_for_resume(scenario_, run_->outcome(), run_->files());
    resumed_.emplace(scenario_, seed_ + 1, Faults(), before_.files);
    resumed_->machine().tracing = trace;
    resumed_->execute(resumed_words(scenario_), [this] { second_is_over(); });
    std::abort();
  }

  [[noreturn]] void second_is_over() {
    report(*resumed_, judge_resumed(scenario_, before_, resumed_->machine(), resumed_->outcome()));
    std::_Exit(failed_ ? 1 : 0);
  }

  void report(Run& run, const std::vector<std::string>& found) {
    const Outcome& outcome = run.outcome();
    if (show) {
      std::fprintf(stderr,
                   "  status %d after %.3f s and %llu calls\n--- stdout\n%s--- stderr\n%s---\n",
                   outcome.status.value_or(-1), static_cast<double>(outcome.ended) / kSecond,
                   static_cast<unsigned long long>(run.machine().calls()),
                   shorten(outcome.out).c_str(), shorten(outcome.errors).c_str());
    }
    constexpr std::size_t kShown = 5;
    for (std::size_t i = 0; i < found.size() && (show || i < kShown); ++i) {
      std::fprintf(stderr, "  %s\n", found[i].c_str());
    }
    failed_ = failed_ || !found.empty();
  }

  std::uint64_t seed_;
  Scenario scenario_;
  std::optional<Run> run_, resumed_;
  StoppedRun before_;
  bool failed_ = false;
};

int in_a_process(const std::string& what, std::uint64_t seed) {
  const pid_t child = ::fork();
  if (child == 0) {
    // Virtual time stands still in a loop without a system call; no world takes a second of a CPU.
    constexpr rlimit kSeconds = {30, 31};
    ::setrlimit(RLIMIT_CPU, &kSeconds);
    World(what, seed).execute();
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

[[noreturn]] void run_one(const std::string& what, std::uint64_t seed, bool trace) {
  World world(what, seed);
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
    const int status = in_a_process(what, seed);
    if (status == 0) continue;
    ++failed;
    std::string how = what + " fails with seed " + std::to_string(seed);
    if (WIFSIGNALED(status)) how += " (signal " + std::to_string(WTERMSIG(status)) + ")";
    std::fprintf(stderr, "world: %s; replay: %s %s seed %s\n", how.c_str(), program.c_str(),
                 what.c_str(), std::to_string(seed).c_str());
  }
  std::printf("world: %s runs of %s, seeds from %s on: %s\n", std::to_string(runs).c_str(),
              what.c_str(), std::to_string(first).c_str(), failed == 0 ? "passed" : "FAILED");
  return failed == 0 ? 0 : 1;
}

int main(const std::vector<std::string>& words) {
  const bool one = words.size() >= 4 && words[2] == "seed";
  if (words.size() < 3) {
    std::fprintf(stderr, "usage: world run|map|pipe|all RUNS | world KIND seed N [trace]\n");
    return 2;
  }
  const std::uint64_t number = std::strtoull(words[one ? 3 : 2].c_str(), nullptr, 10);
  if (one) run_one(words[1], number, words.size() > 4);
  return run_many(words[0], words[1], number, words.size() > 3 ? 1 : 10);
}

}  // namespace
}  // namespace spread::world

int main(int argc, char** argv) {
  return spread::world::main(std::vector<std::string>(argv, argv + argc));
}
