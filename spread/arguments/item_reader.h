// Items: where `spread map` takes them from, how they are held, and how they are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/sources/record_reader.h"

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

/// One item of a source, as it goes into a payload: its values (columns), each followed by a NUL.
struct Item {
  Slice values;
  std::string bad;  ///< why it is malformed, naming the place; empty = fine
};

/// Items held to be gone through again and again: packed, since a source that is combined with
/// others may be large.
class ItemStore {
 public:
  void add(const Item& item);
  void clear();
  bool empty() const { return blocks_.empty(); }

  /// The items in order, without end: after the last comes the first. Must not be empty. The item
  /// shares the store's bytes.
  void next(Item& item);
  /// True if the next one is the first.
  bool at_start() const { return block_ == 0 && offset_ == 0; }
  void rewind() { block_ = offset_ = 0; }

 private:
  // Each item in them is a header and its bytes.
  struct Header {
    std::uint32_t size;
    std::uint32_t bad;  // the bytes are a message
  };

  std::vector<Slice> blocks_;
  Block* open_ = nullptr;  // the last of them, if it can take more
  std::size_t block_ = 0;  // where the next item is
  std::size_t offset_ = 0;
};

/// The items of one source, cut, trimmed and divided into columns.
class ItemReader {
 public:
  virtual ~ItemReader() = default;
  /// As RecordReader's. Of a list of words nothing is fed: next() gives Record until End.
  virtual void feed(Slice piece) = 0;
  virtual void finish() = 0;
  /// Broken: the header is malformed, or a quote is never closed.
  virtual Pull next(Item& item) = 0;
  virtual const std::string& error() const = 0;
  /// Of the item given last, for messages.
  virtual std::string place() const = 0;
  /// --header: what its columns are called. Complete when next() first said Record or End.
  virtual const std::vector<std::string>& names() const = 0;
};

/// Fails if `options.colsep` is not understood.
Result<std::unique_ptr<ItemReader>> make_item_reader(const ArgumentSourceOptions& options,
                                                     const ArgumentSourceOptions::Source& source);

/// White space as Perl's \s has it.
ByteView trimmed(ByteView value, Trim trim);

/// `--header :` of one source: takes the first item as names, and holds the others against it.
class ItemHeader {
 public:
  explicit ItemHeader(bool wanted) : wanted_(wanted) {}

  /// The next item is the header.
  bool is_due() const { return wanted_ && !taken_; }
  bool taken() const { return taken_; }
  /// Why these cannot be names; empty: they are. Names may be empty: nothing refers to such a
  /// column by name.
  std::string take(const std::vector<ByteView>& columns);
  /// What is wrong with an item of so many columns; empty = nothing.
  std::string fault(std::size_t columns) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  bool wanted_;
  bool taken_ = false;
  std::vector<std::string> names_;
};

/// How messages name a place in a source: "stdin line 3", "::: argument 2".
struct ItemPlace {
  std::string source;
  std::string unit;

  std::string text(std::uint64_t number) const {
    return source + " " + unit + " " + std::to_string(number);
  }
};

}  // namespace spread
