#pragma once

#include <string_view>

namespace spread {

/// The variables of the process that a run is part of, as main() has them: "NAME=value", ended by a
/// null pointer. A view: the caller of the run keeps them, unchanged, for as long as the run lasts.
/// A run looks at no other variables.
class Environment {
 public:
  Environment() = default;  ///< without variables
  explicit Environment(char* const* variables) : variables_(variables) {}

  char* const* variables() const { return variables_; }
  /// The value of one; null if it is not set.
  const char* get(std::string_view name) const {
    for (char* const* entry = variables_; *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      if (text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name)) {
        return *entry + name.size() + 1;
      }
    }
    return nullptr;
  }

  /// Where exec looks for a program without a path.
  const char* search_path() const {
    const char* path = get("PATH");
    return path != nullptr ? path : kUsualPath;
  }
  static constexpr const char* kUsualPath = "/bin:/usr/bin";

 private:
  static constexpr char* kNone[] = {nullptr};
  char* const* variables_ = kNone;
};

}  // namespace spread
