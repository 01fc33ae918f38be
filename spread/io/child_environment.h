#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/environment.h"

namespace spread {

class SpawnCall;

/// spread's environment plus what is added for a child; an added name replaces the variable of that
/// name. Jobs of one run add the same names with other values: which variables stay is found out
/// once.
class ChildEnvironment {
 public:
  explicit ChildEnvironment(Environment ours) : ours_(ours) {}

  std::string mark;  ///< "NAME=value", in every child

  using Additions = std::span<const std::pair<std::string, std::string>>;
  void give_to(SpawnCall& call, Additions additions);

 private:
  void keep_others(Additions additions);

  Environment ours_;
  std::vector<std::string> names_;
  std::vector<char*> kept_;  ///< of spread's environment
};

}  // namespace spread
