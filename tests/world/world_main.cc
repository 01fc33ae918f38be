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
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "oracle.h"
#include "programs.h"
#include "spread/cli/command_line.h"
#include "spread/io/signals.h"

namespace spread::world {
namespace {

Result<SignalSet> take_signals() {
  for (const int number : {SIGPIPE, SIGXFSZ}) sigaddset(&Machine::current().ignored, number);
  return SignalSet::create();
}

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

class World {
 public:
  World(const std::string& what, std::uint64_t seed)
      : scenario_(draw_scenario(what, seed)), machine_(seed, scenario_.faults) {
    machine_.find_program = [this](Process& child) {
      return world::find_program(scenario_, child);
    };
    machine_.on_stop = [this](const std::string& why) {
      outcome_.why = why;
      let_rest();
      std::_Exit(report());
    };
  }

  /// Returns 0 if all is as it should be.
  int run() {
    connect(0, scenario_.in, feeder(scenario_.in, scenario_.input, last_input_), true);
    if (scenario_.out_file) {
      machine_.descriptors[1] =
          std::make_shared<OpenFile>(machine_.make_file("/world/out"), O_WRONLY);
    } else {
      connect(1, scenario_.out, reader(scenario_.out, outcome_.out, outcome_.out_read_last), false);
    }
    if (scenario_.one_place) {
      machine_.descriptors[2] = machine_.descriptors[1];
    } else {
      connect(2, scenario_.errors, reader(scenario_.errors, outcome_.errors, last_read_), false);
    }
    std::vector<const char*> argv;
    for (const std::string& word : scenario_.words) argv.push_back(word.c_str());
    argv.push_back(nullptr);
    char variable[] = "PATH=/bin";
    char* environment[] = {variable, nullptr};
    const int status = cli::run_command_line(static_cast<int>(argv.size() - 1), argv.data(),
                                             Environment(environment), {0, 1, 2}, take_signals);
    outcome_.status = status;
    let_rest();
    return report();
  }

  Machine& machine() { return machine_; }
  bool show = false;

 private:
  void connect(int fd, const StreamPlan&, const Program& program, bool input) {
    Process& beside = machine_.add_process();
    const auto pipe = machine_.make_pipe();
    machine_.descriptors[fd] = std::make_shared<PipeEnd>(pipe, !input);
    pipes_[fd] = pipe;
    beside.descriptors[0] = std::make_shared<PipeEnd>(pipe, input);
    beside.begin(program);
  }

  /// Readers take what is in the pipes, and what ends by itself ends.
  void let_rest() {
    machine_.ended = true;
    outcome_.ended = machine_.now();
    machine_.descriptors.clear();
    constexpr Time kRest = 200 * kSecond;
    machine_.timeline().advance(machine_.now() + kRest);
  }

  int report() {
    // Who sleeps could still read what is in the pipe.
    if (pipes_[1] && !scenario_.out.closes) outcome_.out += pipes_[1]->bytes;
    if (pipes_[2] && !scenario_.errors.closes) outcome_.errors += pipes_[2]->bytes;
    if (scenario_.out_file) outcome_.out = machine_.files.at("/world/out")->bytes;
    outcome_.last_activity =
        std::max({last_input_, last_read_, outcome_.out_read_last, machine_.last_work});
    const std::vector<std::string> found = judge(scenario_, machine_, outcome_);
    if (show) {
      std::fprintf(stderr, "%s", describe(scenario_).c_str());
      std::fprintf(stderr,
                   "  status %d after %.3f s and %llu calls\n--- stdout\n%s--- stderr\n%s---\n",
                   outcome_.status.value_or(-1), static_cast<double>(outcome_.ended) / kSecond,
                   static_cast<unsigned long long>(machine_.calls()), shorten(outcome_.out).c_str(),
                   shorten(outcome_.errors).c_str());
    }
    for (const std::string& each : found) std::fprintf(stderr, "  %s\n", each.c_str());
    return found.empty() ? 0 : 1;
  }

  Scenario scenario_;
  Machine machine_;
  Outcome outcome_;
  std::shared_ptr<Pipe> pipes_[3];
  Time last_input_ = 0, last_read_ = 0;
};

int in_a_process(const std::string& what, std::uint64_t seed) {
  const pid_t child = ::fork();
  if (child == 0) std::_Exit(World(what, seed).run());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

int run_one(const std::string& what, std::uint64_t seed, bool trace) {
  World world(what, seed);
  world.show = true;
  world.machine().tracing = trace;
  return world.run();
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
  return one ? run_one(words[1], number, words.size() > 4)
             : run_many(words[0], words[1], number, words.size() > 3 ? 1 : 10);
}

}  // namespace
}  // namespace spread::world

int main(int argc, char** argv) {
  return spread::world::main(std::vector<std::string>(argv, argv + argc));
}
