#pragma once

#include <cstdint>
#include <string_view>

namespace spread {

class MessageSink;

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

  /// Where files without a name are made: $TMPDIR, else /tmp.
  const char* temporary_directory() const {
    const char* named = get("TMPDIR");
    return named != nullptr && *named != '\0' ? named : "/tmp";
  }

 private:
  static constexpr char* kNone[] = {nullptr};
  char* const* variables_ = kNone;
};

/// The descriptors that a run has as its standard input, output and errors: 0 to 2 for the program.
/// They stay the caller's, who keeps them open for as long as the run lasts. One that is below 3 is
/// in its own place. And what else of the process a run may reach for; without it a run does
/// without.
struct Streams {
  int input = -1, output = -1, errors = -1;
  /// A file to which all that is told on `errors` goes, too, but for what is drawn on a terminal;
  /// -1: none.
  int log = -1;
  /// Raises the process's limit of descriptors to what is wanted, or as far as may be, and returns
  /// what it is then. Null: it stays as it is.
  std::uint64_t (*raise_descriptor_limit)(std::uint64_t wanted) = nullptr;
  const char* terminal = nullptr;  ///< the file that is the process's terminal; null: it has none
  int begun = -1;  ///< a pipe, to which a byte is written when the run begins; -1: none is
  MessageSink* messages = nullptr;  ///< is told what else goes to `errors`; null: nothing is
  /// The process is another program's, in which the run is a guest: children have none of its
  /// descriptors and ignore none of its signals. What would be a stream that is -1 is /dev/null.
  bool guest = false;
};

}  // namespace spread
