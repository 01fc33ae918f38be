#include "spread/blocks/block_options.h"

#include <algorithm>

#include <fmt/format.h>

#include "spread/base/numbers.h"
#include "spread/base/quote.h"
#include "spread/blocks/block_boundary.h"

namespace spread {
namespace {

// Sums of a few such sizes do not overflow.
constexpr std::size_t kLargest = SIZE_MAX / 8;

}  // namespace

bool has_patterns(const BlockOptions& options) {
  const auto says = [](const std::optional<std::string>& text) { return text && !text->empty(); };
  return options.patterns && (says(options.recstart) || says(options.recend));
}

Status check_block_options(const BlockOptions& options, bool by_ranges) {
  if (options.block_bytes == 0) return fail("--block must be at least 1");
  // Ranges of a file are not held in memory.
  const std::size_t most = by_ranges ? kLargest : std::min(options.max_block_bytes, kLargest);
  if (options.block_bytes > most) {
    return fail(fmt::format("--block {}: a block has at most {} bytes", options.block_bytes, most));
  }
  if (options.lines > 0 && (options.recstart || options.recend)) {
    return fail("-L counts lines; it cannot be combined with --recstart or --recend (use -N)");
  }
  if (options.lines > 0 && options.records > kLargest / options.lines) {
    return fail("-N times -L is too large a number");
  }
  if (has_patterns(options)) {
    if (by_ranges) {
      return fail(
          "--regexp with --pipepart: what a pattern finds depends on what is in front of it");
    }
    const Result<RecordPattern> pattern = RecordPattern::compile(options);
    if (!pattern) return tl::unexpected(pattern.error());
  }
  if (!by_ranges) return {};
  if (options.records > 0 || options.lines > 0) {
    return fail(fmt::format("{} with --pipepart: it does not read the whole file and cannot count",
                            options.records > 0 ? "-N" : "-L"));
  }
  if (options.remove_separators) {
    return fail("--rrs with --pipepart: the file does not pass through spread");
  }
  return {};
}

Result<BlockSize> parse_block_size(std::string_view text) {
  BlockSize size;
  const bool per_slot = text.substr(0, 1) == "-";
  const Result<std::uint64_t> number = per_slot ? parse_count(text.substr(1)) : parse_size(text);
  if (!number) return tl::unexpected(number.error());
  if (*number == 0) return fail(show_text(text) + ": must be at least 1");
  (per_slot ? size.blocks_per_slot : size.bytes) = *number;
  return size;
}

std::string unescape_separator(std::string_view text) {
  constexpr std::string_view kNames = "nrt0\\'\"";
  constexpr std::string_view kBytes("\n\r\t\0\\'\"", 7);
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t name =
        text[i] == '\\' && i + 1 < text.size() ? kNames.find(text[i + 1]) : kNames.npos;
    bytes += name == kNames.npos ? text[i] : kBytes[name];
    if (name != kNames.npos) ++i;
  }
  return bytes;
}

Result<std::size_t> parse_header_lines(std::string_view text) {
  if (text == ":") return 1;
  const Result<std::uint64_t> number = parse_count(text);
  if (number && *number > 0 && *number <= kLargest) return static_cast<std::size_t>(*number);
  return fail(show_text(text) + ": expected \":\" or a number of lines, at least 1");
}

}  // namespace spread
