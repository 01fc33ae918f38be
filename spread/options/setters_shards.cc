// Options of `run` and `gang` that cut work into tasks, and put results together.
#include <algorithm>
#include <iterator>
#include <string_view>

#include "spread/options/setters.h"
#include "spread/options/values.h"

namespace spread::cli {

Status set_range(Draft& draft, std::string_view value) {
  return store(draft.options.shards.range, parse_number(value, 0, ShardOptions::kRangeMax));
}

Status set_partition(Draft& draft, std::string_view value) {
  return add_name(draft.options.shards.partitions, value, "a file");
}

Status set_shards(Draft& draft, std::string_view value) {
  constexpr std::uint64_t kShardsMax = std::uint64_t{1} << 32;
  return store(draft.options.shards.shards, parse_number(value, 1, kShardsMax));
}

Status set_split(Draft& draft, std::string_view value) {
  constexpr Choice<Split> kSplits[] = {{"even", Split::Even}, {"front", Split::Front}};
  return choose(draft.options.shards.split, value, kSplits);
}

Status set_chunk(Draft& draft, std::string_view value) {
  return store(draft.options.chunk, parse_number(value, 1, ShardOptions::kRangeMax));
}

Status set_common(Draft& draft, std::string_view value) {
  PrepItem item{PrepItem::Kind::Common, {}};
  SPREAD_TRY(store_name(item.text, value, "a file"));
  draft.options.prep.push_back(std::move(item));
  return {};
}

Status set_reprep(Draft& draft, std::string_view) { return store_flag(draft.options.reprep, true); }

Status set_gather(Draft& draft, std::string_view value) {
  const bool gang = draft.options.subcommand == Subcommand::Gang;
  const auto* const found = std::find(std::begin(kGatherNames), std::end(kGatherNames), value);
  const GatherAs how = static_cast<GatherAs>(found - std::begin(kGatherNames));
  if (found == std::end(kGatherNames) || (!gang && how == GatherAs::Root)) {
    return fail(fmt::format("expected list, {}concat, map or by-worker, not {}",
                            gang ? "root, " : "", show_text(value)));
  }
  if (gang) {
    draft.options.gang.gather = how;
  } else {
    draft.options.output.gather = how;
  }
  return {};
}

}  // namespace spread::cli
