#pragma once

#include <string>
#include <vector>

#include "oracle.h"
#include "scenario.h"

namespace spread::world {

/// The program from its words to its exit status, on a machine of its own.
class Run {
 public:
  /// `files`: those that are there already.
  Run(Scenario& scenario, std::uint64_t seed, const Faults& faults,
      const std::map<std::string, std::string>& files);
  /// On the machine that a run before has left.
  Run(Scenario& scenario, std::uint64_t seed, const Faults& faults, const Run& before,
      const std::vector<std::string>& taken_away);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// `over` is called when the program has ended or was stopped; a program that was stopped is left
  /// as it stands, so that `over` must not return.
  void execute(const std::vector<std::string>& words, const std::function<void()>& over);

  /// Before that: the file has only some of what it has, with zeros behind it, and grows.
  void let_grow(const std::string& name);

  Machine& machine() { return machine_; }
  const Outcome& outcome() const { return outcome_; }
  /// What it left, or a power cut has.
  std::map<std::string, std::string> files();

 private:
  void make_proc();
  void open_files();
  void connect(int fd, const Program& program, bool input);
  void let_rest();

  Scenario& scenario_;
  Machine machine_;
  Outcome outcome_;
  std::shared_ptr<Pipe> pipes_[3];
  Time last_input_ = 0;
};

}  // namespace spread::world
