#include "spread/base/environment_copy.h"

namespace spread {

EnvironmentCopy::EnvironmentCopy(Environment of) {
  for (char* const* entry = of.variables(); *entry != nullptr; ++entry) {
    variables_.emplace_back(*entry);
  }
  for (std::string& variable : variables_) pointers_.push_back(variable.data());
  pointers_.push_back(nullptr);
}

}  // namespace spread
