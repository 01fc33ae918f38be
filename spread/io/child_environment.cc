#include "spread/io/child_environment.h"

#include <algorithm>
#include <string_view>

#include "spread/io/spawn_call.h"

namespace spread {

void ChildEnvironment::give_to(SpawnCall& call, Additions additions) {
  const bool same =
      std::equal(names_.begin(), names_.end(), additions.begin(), additions.end(),
                 [](const std::string& name, const auto& added) { return name == added.first; });
  if (!same || kept_.empty()) keep_others(additions);
  call.environment.assign(kept_.begin(), kept_.end());
  call.added.resize(additions.size());
  for (std::size_t i = 0; i < additions.size(); ++i) {
    call.added[i].assign(additions[i].first).append("=").append(additions[i].second);
    call.environment.push_back(call.added[i].data());
  }
  if (!mark.empty()) call.environment.push_back(mark.data());
  call.environment.push_back(nullptr);
}

void ChildEnvironment::keep_others(Additions additions) {
  names_.clear();
  for (const auto& [name, value] : additions) names_.push_back(name);
  kept_.clear();
  for (char* const* entry = ours_.variables(); *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) kept_.push_back(*entry);
  }
}

}  // namespace spread
