#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spread/api/result.h"

namespace spread {

/// How `spread pipe` cuts its input into blocks of whole records; docs/pipe.md is the contract.
struct BlockOptions {
  std::size_t block_bytes = std::size_t{1} << 20;  ///< --block: most bytes of a block
  std::optional<std::string> recstart;  ///< --recstart, its escapes resolved; unset or "": none
  std::optional<std::string> recend;    ///< --recend; unset: "\n", but with recstart none; "": none
  bool patterns = false;                ///< --regexp: recstart and recend are regular expressions
  std::size_t records = 0;  ///< -N: so many records are a block, whatever their size; 0: not given
  std::size_t lines = 0;    ///< -L: a record is so many lines; 0: not given
  std::size_t header_lines = 0;    ///< --header
  bool remove_separators = false;  ///< --rrs
  /// No block, and no header, becomes longer: a record that would is the end of the input.
  std::size_t max_block_bytes = std::size_t{1} << 30;
};

/// Whether patterns say where records end: --regexp, and a text that is one.
bool has_patterns(const BlockOptions& options);

/// Why the options do not go together, or a pattern is none, naming them; `by_ranges`: for
/// --pipepart.
Status check_block_options(const BlockOptions& options, bool by_ranges);

/// The value of --block: bytes ("1M"), or with --pipepart how many blocks every slot gets ("-2").
/// One of the two is 0.
struct BlockSize {
  std::uint64_t bytes = 0;
  std::uint64_t blocks_per_slot = 0;
};
Result<BlockSize> parse_block_size(std::string_view text);

/// The value of --recstart and --recend: \n \r \t \0 \\ \' \" are what they are in C; any other
/// backslash stands for itself, as in GNU parallel ("\section" is a good --recstart).
std::string unescape_separator(std::string_view text);

/// The value of --header: a number of lines, or ":" for one.
Result<std::size_t> parse_header_lines(std::string_view text);

}  // namespace spread
