#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/command/arguments.h"
#include "spread/shell/script.h"

namespace spread {

using Values = std::span<const std::string_view>;

/// Writes a Script for the values of a task. The values never become part of its text: it refers
/// to them as "$1", "$2", ... Anything else that placeholders ask for ({.}, {/}, ...) comes as
/// parameters *in front of* the values, which the script's first words put into variables and
/// shift away:
///
///   spread_1=$1; shift; gzip -c "$1" > "$spread_1".gz
///
/// So $1, $@ and $# are the values and nothing but the values, however many there are. The same
/// is done with the values themselves where the script moves its parameters (shift, set,
/// functions), or where $1, $2, ... belong to the user (`sh -c SCRIPT NAME ARG...`).
class ScriptWriter {
 public:
  ScriptWriter() = default;
  ScriptWriter(Script script, bool capture_all);

  /// One word: the script. The parameters that belong to it are append_captured()'s, in front of
  /// the user's.
  void append_script(std::string& out, Values values, const TaskContext& context) const;
  void append_captured(Arguments& out, Values values) const;
  /// The script as it would read with the values written into it, each quoted for its place; does
  /// what the other one does as long as it does not look at its parameters.
  void append_readable(std::string& out, Values values, const TaskContext& context) const;

  const Script& script() const { return script_; }
  bool refers_to_parameters() const { return live_; }

 private:
  /// What is passed in front of the values: one parameter for each value of the placeholder.
  struct Column {
    Placeholder placeholder;
    bool quoted = false;
    bool operator==(const Column&) const = default;
  };
  static constexpr std::size_t kLive = static_cast<std::size_t>(-1);
  static constexpr std::size_t kEach = static_cast<std::size_t>(-1);

  struct Sink;
  void walk(Sink& sink, Values values) const;
  void append_reference(std::string& out, std::size_t piece, std::size_t i,
                        std::size_t count) const;
  void write_reference(std::string& out, std::size_t piece, ValueRange range,
                       std::size_t count) const;
  void write_readable(std::string& out, const ScriptPiece& piece, Values values,
                      ValueRange range) const;
  void write_raw(std::string& out, const ScriptPiece& piece, Values values, ValueRange range) const;
  void write_number(std::string& out, const ScriptPiece& piece, const TaskContext& context) const;
  std::size_t captured_before(std::size_t column, std::size_t count) const;

  Script script_;
  std::vector<Column> columns_;
  std::vector<std::size_t> column_of_;  ///< by piece; kLive = refers to $N
  bool live_ = false;
};

}  // namespace spread
