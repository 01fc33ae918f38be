#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/arguments/batcher.h"
#include "spread/sources/record_reader.h"

namespace spread {

struct XargsSourceOptions {
  std::vector<std::string> command;  ///< and its first arguments; never empty
  std::optional<char> delimiter;     ///< -0, -d: ends an item, and nothing is quoted
  std::string end_mark;              ///< -E: an item that ends the input; empty = none
  std::string replacement;           ///< -I: what a line stands for in `command`; empty = not so
  std::uint64_t lines_max = 0;       ///< -L: of a command line; 0 = no limit
  std::uint64_t items_max = 0;       ///< -n; 0 = no limit
  std::size_t bytes_max = 0;         ///< -s: of the words of a command line, with a NUL for each
  /// What the kernel takes for a command line, which counts a pointer for each word, too.
  std::size_t kernel_bytes_max = 0;
  bool exit_if_long = false;  ///< -x
  bool run_if_empty = true;   ///< not -r: without any item the command runs once
};

/// The input of `spread xargs`, as POSIX describes it and GNU xargs 4.9 reads it: items end at
/// blanks and newlines; quotes and backslashes keep these; with a delimiter or -I, lines instead.
///
/// A payload is a whole argument list: the command and the items that it is given, each followed by
/// one NUL. Broken: a quote is not closed, or something does not fit; what was read before it has
/// been given.
class XargsSource final : public RecordReader {
 public:
  /// Fails if the command alone has no room.
  static Result<std::unique_ptr<XargsSource>> make(XargsSourceOptions options);

  void feed(Slice piece) override;
  void finish() override { finished_ = true; }
  Pull next(Record& record) override;
  const std::string& error() const override { return error_; }

  /// So many bytes that were fed stand behind the end mark: they belong to the commands, or to what
  /// reads stdin after spread.
  std::size_t unread_bytes() const { return piece_.size() - at_; }
  /// Once, after a NUL was met in an item, which ends the item for the kernel: what to tell.
  std::string take_warning();

 private:
  enum class State : std::uint8_t { Blank, Word, Quote, Backslash };

  explicit XargsSource(XargsSourceOptions options);
  bool stopped() const { return ended_ || !error_.empty(); }
  void take(char c);
  void take_unquoted(char c);
  void take_newline();
  bool is_end_mark();
  void append(char c);
  void end_item();
  void end_line();
  void end_input();
  void end_unquoted_input();
  void add(std::string_view item);
  void add_command();
  void insert(std::string_view line);
  void limit_items(std::size_t initial_bytes);
  void flush();
  void fault(std::string message);
  void fault_quote();
  bool exits_if_long() const;

  XargsSourceOptions options_;
  std::size_t command_bytes_ = 0;  // its words, each with a NUL
  std::size_t item_bytes_max_;
  Slice piece_;
  std::size_t at_ = 0;
  State state_ = State::Blank;
  char quote_ = 0, previous_ = 0;
  std::string item_;         // as far as it has been read
  bool first_ = true;        // of its line
  PayloadBuilder builder_;   // the command line that is being filled
  std::uint64_t items_ = 0;  // in it
  std::size_t bytes_ = 0;    // of these, each with a NUL
  std::uint64_t lines_ = 0;  // that it has items of
  std::deque<Slice> ready_;  // command lines
  bool given_ = false;       // one at least
  bool nul_seen_ = false, nul_told_ = false;
  bool finished_ = false, ended_ = false;
  std::string error_;
};

}  // namespace spread
