#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spread {

/// `--trim`: white space (blank, tab, LF, VT, FF, CR) is cut off every value.
enum class Trim : std::uint8_t { None, Left, Right, Both };

/// Where `spread map` takes its arguments from, and how many go to a task.
struct ArgumentSourceOptions {
  /// An input source. There must be at least one; the first is streamed.
  struct Source {
    std::string name;      ///< what messages call it: "stdin", a file's name
    bool is_list = false;  ///< `::: WORD...`: no file; its items are `words`
    std::vector<std::string> words;
    bool linked = false;  ///< `:::+` and `::::+`: goes along with the source before it
  };
  std::vector<Source> sources;
  bool link_all = false;  ///< --link: all sources go along, the shorter ones from their start again

  char delimiter = '\n';              ///< ends an item: -d; NUL for -0
  bool continue_lines = false;        ///< -L: a line that ends in white space goes on in the next
  std::optional<std::string> colsep;  ///< --colsep REGEX; with csv the separator, a single byte
  bool csv = false;                   ///< --csv
  bool header = false;                ///< --header : the first item of every source names columns
  bool skip_blank = false;            ///< -r: what is empty or white space alone is no item
  std::optional<Trim> trim;           ///< unset: both with colsep, else none, as GNU parallel
  std::size_t max_record_bytes = std::size_t{64} << 20;  ///< of one item

  /// Most items of a task: -n, -N, -L. Unset: one, or with `fill` no limit. 0 is -N0: every item
  /// makes a task without arguments.
  std::optional<std::size_t> max_items;
  bool fill = false;  ///< -X, -m, --xargs: as many items as `line` has room for
  /// -X, -m: at the end of the input the last items are shared out evenly over so many slots. 0:
  /// not (--xargs).
  std::size_t spread_slots = 0;

  /// How long a command line may be. A value counts `value_copies` times its bytes, and
  /// `value_extra_bytes` more.
  struct Line {
    std::size_t max_bytes = 0;          ///< -s, or what the kernel permits; 0: no limit
    std::size_t base_bytes = 0;         ///< the command without any value
    std::size_t value_copies = 1;       ///< how often {} stands in the command
    std::size_t value_extra_bytes = 1;  ///< a blank or NUL, what is repeated round it, a pointer
  };
  Line line;
  bool exit_if_long = false;  ///< -x: an item for which `line` has no room ends the input; Broken
};

}  // namespace spread
