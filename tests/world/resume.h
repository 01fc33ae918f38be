#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "oracle.h"

namespace spread::world {

/// What a run of `map` with a joblog has left behind.
struct StoppedRun {
  std::map<std::string, std::string> files;
  std::set<std::size_t> logged;  ///< tasks that its joblog has
  bool killed = false;           ///< as by kill -9
  bool zeros = false;            ///< a power cut has left zeros in its joblog
  bool joblog_failed = false;    ///< a system call has, so that it may lack what the table has
};

/// Its joblog may have lost its last bytes with the machine. Afterwards tasks are as if they had
/// never been begun.
StoppedRun stop_for_resume(Scenario& scenario, const Outcome& outcome,
                           std::map<std::string, std::string> files);

/// The words with which it is gone on with.
std::vector<std::string> resumed_words(const Scenario& scenario);

/// What is wrong with the run that went on.
std::vector<std::string> judge_resumed(const Scenario& scenario, const StoppedRun& before,
                                       const Machine& machine, const Outcome& outcome);

}  // namespace spread::world
