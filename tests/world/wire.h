#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace spread::world {

/// A task as a worker sees it; its payload is the number of a TaskPlan.
struct WireTask {
  std::uint64_t id = 0;
  std::size_t index = 0;
};

/// A worker's side of the three wires, written from docs/protocol.md alone, for payloads that are
/// short text of digits and values that are text without quotes or control characters.
class Wire {
 public:
  explicit Wire(std::string name) : name_(std::move(name)) {}
  void add(const std::string& bytes) { bytes_ += bytes; }
  std::optional<WireTask> next();
  std::string ok(const WireTask& task, const std::string& value) const;
  std::string error(const WireTask& task, const std::string& message) const;
  /// Not the lines wire.
  std::string busy(const WireTask& task) const;

 private:
  std::string name_;
  std::string bytes_;
};

}  // namespace spread::world
