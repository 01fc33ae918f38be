// What becomes of results and tails. The defaults here are those of --help.
#pragma once

#include <cstdint>
#include <string>

namespace spread {

enum class OutputFormat : std::uint8_t { Text, Json, Msgpack, Records };
enum class TailsTo : std::uint8_t { Stdout, Stderr, None, Directory };

struct OutputOptions {
  OutputFormat format = OutputFormat::Text;
  /// Ends a record in Text format: '\n', NUL for --out0.
  char terminator = '\n';
  bool ordered = true;
};

struct TailOptions {
  TailsTo to = TailsTo::Stdout;
  std::string directory;
};

}  // namespace spread
