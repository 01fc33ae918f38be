#include "spread/options/setters.h"

#include <algorithm>

#include <fmt/format.h>

#include "spread/base/numbers.h"
#include "spread/base/quote.h"
#include "spread/blocks/block_options.h"
#include "spread/options/option_table.h"
#include "spread/options/values.h"

namespace spread::cli {
namespace {

Status store_positive(std::size_t& target, std::string_view value) {
  const Result<std::uint64_t> number = parse_count(value);
  if (!number || *number == 0) {
    return fail(fmt::format("expected a whole number of at least 1, not {}", show_text(value)));
  }
  target = *number;
  return {};
}

// As RangeFinder, and GNU parallel.
constexpr std::uint64_t kBlocksPerSlotDefault = 10;

struct Pair {
  std::string_view one, other;
};

constexpr Pair kExclusive[] = {
    {"-c", "-q"},
    // spread does not read the bytes of the file.
    {"--pipepart", "--rrs"},
    {"--pipepart", "--round-robin"},
    {"--pipepart", "-N"},
    // What a pattern finds depends on what is in front of it, and that is not read.
    {"--pipepart", "--regexp"},
    // A filter's output is of all its blocks.
    {"--round-robin", "--tag"},
    {"--round-robin", "--tagstring"},
    {"--round-robin", "--out"},
    {"--round-robin", "--joblog"},
    {"--round-robin", "--results"},
    {"--round-robin", "--retries"},
    {"--round-robin", "--timeout"},
    {"--round-robin", "--halt"},
    // A filter is its login's command: nothing can go through it before.
    {"--round-robin", "--basefile"},
    {"-u", "-k"},
    {"-u", "--group"},
    {"-u", "--lb"},
    {"-u", "--tag"},
    {"-u", "--tagstring"},
    {"-u", "--results"},
    {"--lb", "--group"},
};

}  // namespace

Status set_by_ranges(Draft& draft, std::string_view) {
  return store_flag(draft.options.cut.by_ranges, true);
}
Status set_block(Draft& draft, std::string_view value) {
  const Result<BlockSize> size = parse_block_size(value);
  if (!size) return tl::unexpected<Error>(size.error());
  draft.options.cut.block_bytes = size->bytes;
  draft.options.cut.blocks_per_slot = size->blocks_per_slot;
  return {};
}
Status set_record_end(Draft& draft, std::string_view value) {
  draft.options.cut.record_end = std::string(value);
  return {};
}
Status set_record_start(Draft& draft, std::string_view value) {
  draft.options.cut.record_start = std::string(value);
  return {};
}
Status set_record_patterns(Draft& draft, std::string_view) {
  return store_flag(draft.options.cut.record_patterns, true);
}
Status set_remove_separators(Draft& draft, std::string_view) {
  return store_flag(draft.options.cut.remove_separators, true);
}
Status set_block_records(Draft& draft, std::string_view value) {
  return store_positive(draft.options.cut.records, value);
}
Status set_record_lines(Draft& draft, std::string_view value) {
  return store_positive(draft.options.cut.lines, value);
}
Status set_header_lines(Draft& draft, std::string_view value) {
  return store(draft.options.cut.header_lines, parse_header_lines(value));
}
Status set_round_robin(Draft& draft, std::string_view) {
  return store_flag(draft.options.round_robin, true);
}

Status complete_pipe(Draft& draft) {
  for (const Pair& pair : kExclusive) {
    if (draft.has(pair.one) && draft.has(pair.other)) {
      return fail(fmt::format("{} and {} exclude each other", pair.one, pair.other));
    }
  }
  SPREAD_TRY(check_records(draft));
  Options& options = draft.options;
  CutOptions& pipe = options.cut;
  if (!pipe.record_patterns) {
    for (std::optional<std::string>* const text : {&pipe.record_start, &pipe.record_end}) {
      if (*text) **text = unescape_separator(**text);
    }
  }
  if (options.job.command.words.empty())
    return fail("no command is named: what is to read the blocks?");
  if (options.job.command.words.front().empty()) return fail("the command is empty");
  const std::vector<std::string>& files = options.items.input.files;
  const auto stdin_count = std::count(files.begin(), files.end(), "-");
  if (stdin_count > 1) {
    return fail("standard input (-) is named twice, and can be read only once");
  }
  if (pipe.by_ranges && (files.empty() || stdin_count > 0)) {
    return fail("--pipepart needs a file: -a FILE");
  }
  if (!pipe.by_ranges && pipe.blocks_per_slot > 0) {
    return fail("--block: a number of blocks for every slot is for --pipepart");
  }
  if (pipe.by_ranges && !draft.has("--block")) pipe.blocks_per_slot = kBlocksPerSlotDefault;
  if ((draft.has("--lb") || draft.has("-u")) && !draft.has("-k")) options.output.ordered = false;
  return {};
}

}  // namespace spread::cli
