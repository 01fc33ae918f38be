#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spread {

/// `spread pipe`: how the input is cut into blocks of whole records (docs/pipe.md).
struct CutOptions {
  std::vector<std::string> files;  ///< -a: read one after the other; empty = stdin ("-")
  std::size_t block_bytes = std::size_t{1} << 20;
  std::uint64_t blocks_per_slot = 0;  ///< --block -N with --pipepart: instead of block_bytes
  std::optional<std::string> record_start, record_end;
  bool record_patterns = false;  ///< --regexp: these two are regular expressions
  std::size_t records = 0;       ///< -N: of a block; 0 = as many as block_bytes holds
  std::size_t lines = 0;         ///< -L: of a record; 0 = records are what record_end says
  std::size_t header_lines = 0;  ///< given to every command in front of its block
  bool remove_separators = false;
  bool by_ranges = false;  ///< --pipepart: the file is read by ranges
};

}  // namespace spread
