#pragma once

#include <string>
#include <vector>

#include "spread/api/environment.h"

namespace spread {

/// A copy of the variables of a process that goes on to change them (setenv, putenv), perhaps while
/// a run lasts. To be made while no other thread does.
class EnvironmentCopy {
 public:
  explicit EnvironmentCopy(Environment of);
  EnvironmentCopy(const EnvironmentCopy&) = delete;
  EnvironmentCopy& operator=(const EnvironmentCopy&) = delete;

  /// For as long as this lives.
  Environment view() const { return Environment(pointers_.data()); }

 private:
  std::vector<std::string> variables_;
  std::vector<char*> pointers_;  ///< to these, ended by a null pointer
};

}  // namespace spread
