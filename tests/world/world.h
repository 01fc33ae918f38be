#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "journal_story.h"
#include "oracle.h"
#include "resume.h"
#include "run.h"

namespace spread::world {

/// A run, and perhaps others that go on where it was stopped.
class World {
 public:
  World(Scenario scenario, std::uint64_t seed) : seed_(seed), scenario_(std::move(scenario)) {}

  /// Ends this process, with 0 if all is as it should be.
  [[noreturn]] void execute();

  bool show = false, trace = false, notes_failures = false;
  /// What is called when the first run is over, before it is judged.
  std::function<void(const Machine&)> on_over = [](const Machine&) {};

 private:
  [[noreturn]] void first_is_over();
  [[noreturn]] void second_is_over();
  [[noreturn]] void next_part();
  [[noreturn]] void part_is_over();
  [[noreturn]] void show_results();
  void report(Run& run, const std::vector<std::string>& found);

  std::uint64_t seed_;
  Scenario scenario_, shown_;
  std::optional<Run> run_, resumed_;
  StoppedRun before_;
  std::optional<JournalStory> story_;        ///< of a run with a journal, ...
  std::vector<std::unique_ptr<Run>> parts_;  ///< ... which has some
  bool failed_ = false;
};

/// The status, as waitpid has it, of a process that has executed a world. One that goes round and
/// round is ended.
int in_a_process(const std::function<void()>& execute);

}  // namespace spread::world
