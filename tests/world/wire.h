#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spread::world {

/// A task as a worker sees it; its payload is the number of a TaskPlan.
struct WireTask {
  std::uint64_t id = 0;
  std::size_t index = 0;
  std::uint64_t rank = 0, size = 0;  ///< of a gang
};

/// What stands between the outermost brackets, or braces, of compact JSON.
std::vector<std::string> elements(const std::string& json);
/// Text without its quotes.
std::string bare(const std::string& json);
std::string quoted(const std::string& text);
std::string list(const std::vector<std::string>& parts);
/// Msgpack as compact JSON; of numbers it knows those that are not negative. Nothing: it is no
/// whole value, or more than one.
std::optional<std::string> json_of(const std::string& msgpack);
/// What a key of a compact object stands for; empty: it has none.
std::string value_of(const std::string& object, const std::string& key);

/// To a question of a worker.
struct Reply {
  enum class Kind : std::uint8_t { Answer, Refused, None };
  Kind kind = Kind::None;
  std::string value{};
};

/// A worker's side of the four wires, written from docs/protocol.md and docs/pickle.md alone, for
/// payloads that are short text of digits and values that are text without quotes or control
/// characters.
class Wire {
 public:
  explicit Wire(std::string name) : name_(std::move(name)) {}
  void add(const std::string& bytes) { bytes_ += bytes; }
  std::optional<WireTask> next();
  /// The next message whole, as compact JSON, also where it is msgpack. Not the wires without ids.
  std::optional<std::string> next_message();
  /// Such a message as it is written; its numbers are not negative.
  std::string message(const std::string& json) const;
  std::string ok(const WireTask& task, const std::string& value) const;
  std::string error(const WireTask& task, const std::string& message) const;
  /// Not the lines wire.
  std::string busy(const WireTask& task) const;

 private:
  std::optional<std::string> take_frame();
  std::optional<std::string> take_line();
  std::optional<std::string> take_pickle();

  std::string name_;
  std::string bytes_;
};

}  // namespace spread::world
