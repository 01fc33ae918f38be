// Where tasks and items come from. The defaults here are those of --help.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace spread {

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
