#include "world.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

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

}  // namespace

void World::execute() {
  if (scenario_.journal.there) {
    story_.emplace(scenario_);
    next_part();
  }
  run_.emplace(scenario_, seed_, scenario_.faults, scenario_.files);
  run_->machine().tracing = trace;
  run_->machine().notes_failures = notes_failures;
  run_->execute(scenario_.words, [this] { first_is_over(); });
  std::abort();  // first_is_over() does not return
}

void World::first_is_over() {
  on_over(run_->machine());
  if (show) std::fprintf(stderr, "%s", describe(scenario_).c_str());
  report(*run_, judge(scenario_, run_->machine(), run_->outcome()));
  if (!scenario_.resumes || failed_) std::_Exit(failed_ ? 1 : 0);
  before_ = stop_for_resume(scenario_, run_->outcome(), run_->files());
  before_.joblog_failed = run_->machine().failed.has_value();
  resumed_.emplace(scenario_, seed_ + 1, Faults(), before_.files);
  resumed_->machine().tracing = trace;
  resumed_->execute(resumed_words(scenario_), [this] { second_is_over(); });
  std::abort();
}

void World::second_is_over() {
  report(*resumed_, judge_resumed(scenario_, before_, resumed_->machine(), resumed_->outcome()));
  std::_Exit(failed_ ? 1 : 0);
}

void World::next_part() {
  const std::vector<std::string> words = story_->begin_part();
  const std::uint64_t seed = seed_ + parts_.size();
  const bool cut = story_->power_was_cut();
  if (parts_.empty() || cut) {
    const auto files = cut ? parts_.back()->files() : scenario_.files;
    parts_.push_back(std::make_unique<Run>(scenario_, seed, scenario_.faults, files));
  } else {
    const Run& before = *parts_.back();
    parts_.push_back(
        std::make_unique<Run>(scenario_, seed, scenario_.faults, before, story_->taken_away()));
  }
  Machine& machine = parts_.back()->machine();
  machine.tracing = trace;
  machine.notes_failures = notes_failures && parts_.size() == 1;
  parts_.back()->execute(words, [this] { part_is_over(); });
  std::abort();  // part_is_over() does not return
}

void World::part_is_over() {
  Run& run = *parts_.back();
  if (parts_.size() == 1) on_over(run.machine());
  if (show && parts_.size() == 1) std::fprintf(stderr, "%s", describe(scenario_).c_str());
  report(run, story_->judge_part(run.machine(), run.outcome()));
  const bool over = story_->over();
  if (failed_ || (over && !story_->ends_well())) std::_Exit(failed_ ? 1 : 0);
  if (over) show_results();
  next_part();
}

/// What `spread results` makes of the journal; now and then of one that still grows.
void World::show_results() {
  const bool follows = story_->has_one_end() && seed_ % 2 == 0;
  shown_ = Scenario();
  shown_.subcommand = scenario_.subcommand;
  shown_.in.closes = true;
  shown_.journal.there = true;
  shown_.journal.no_proc = true;
  // Else its run is seen to be gone, and nothing more to come.
  const std::vector<std::string> taken_away = {kBootId};
  parts_.push_back(std::make_unique<Run>(shown_, seed_, Faults(), *parts_.back(), taken_away));
  Run& run = *parts_.back();
  run.machine().tracing = trace;
  std::vector<std::string> words = {"spread", "results", kJournal};
  if (follows) {
    words.insert(words.begin() + 2, "-f");
    run.let_grow(kJournal);
  }
  run.execute(words, [this, &run, follows] {
    report(run, story_->judge_results(run.outcome(), follows));
    std::_Exit(failed_ ? 1 : 0);
  });
  std::abort();
}

void World::report(Run& run, const std::vector<std::string>& found) {
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

int in_a_process(const std::function<void()>& execute) {
  const pid_t child = ::fork();
  if (child == 0) {
    // Virtual time stands still in a loop without a system call; no world takes a second of a CPU.
    constexpr rlimit kSeconds = {30, 31};
    ::setrlimit(RLIMIT_CPU, &kSeconds);
    execute();
    std::abort();  // it does not return
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace spread::world
