// What becomes of results and tails. The defaults here are those of --help.
// What a run tells beside its results. The defaults here are those of --help.
// Where tasks and items come from. The defaults here are those of --help.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

enum class ProgressStyle : std::uint8_t { Automatic, Bar, Eta, Plain, None };

struct ReportOptions {
  std::string speaker = "spread";  ///< what messages begin with
  ProgressStyle progress = ProgressStyle::Automatic;
  std::string joblog;          ///< empty = none; "-" is not special
  bool joblog_append = false;  ///< --joblog +FILE
  std::string events;          ///< FILE or "fd:N"; empty = none
  bool explain = false;
  bool summary = false;  ///< a table of workers and hosts on stderr, at the end
};

enum class InputFormat : std::uint8_t { Lines, Json, Msgpack, Csv };

/// The form of the records on stdin, in `-a` files and in `--prep-file`.
struct RecordOptions {
  InputFormat format = InputFormat::Lines;
  /// Ends a record in Lines format: '\n', NUL for -0, any byte for -d.
  char delimiter = '\n';
};

struct InputOptions {
  /// -a FILE: read one after the other, instead of stdin ("-" is stdin).
  std::vector<std::string> files;
  /// `::: ITEM...`: each item is one record of text; and `:::: FILE`. In the order given.
  struct Group {
    bool from_file = false;
    std::vector<std::string> words;  ///< items, or file names where from_file
    bool linked = false;             ///< `:::+`, `::::+`: paired with the group before (map)
  };
  std::vector<Group> groups;
};

struct PrepItem {
  enum class Kind : std::uint8_t { Text, Json, File };
  Kind kind = Kind::Text;
  std::string text;  ///< the text, the JSON document, or the file's name
};

}  // namespace spread
