#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/assert.h"
#include "spread/shards/array_file.h"
#include "spread/shards/range_progress.h"
#include "spread/shards/shard_reader.h"
#include "spread/wire/json.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

// More shards only take longer.
constexpr int kShardsTried = 200;

bool is_value(ByteView bytes) {
  const auto size = wire::msgpack_size(bytes, bytes.size());
  return size && *size > 0 && *size == bytes.size();
}

/// How many shards were made. Each number belongs to one.
std::uint64_t look_at_shards(ShardReader& reader, bool& whole) {
  Record record;
  std::uint64_t made = 0, numbers = 0;
  Pull pull = reader.next(record);
  for (; pull == Pull::Record && made < kShardsTried; pull = reader.next(record)) {
    SPREAD_ASSERT(record.bad.empty() && is_value(record.payload.body.view()));
    numbers += reader.size_of(TaskId{made++});
  }
  whole = pull == Pull::End;
  SPREAD_ASSERT(numbers <= reader.max());
  SPREAD_ASSERT(!whole || numbers == reader.max());
  return made;
}

void look_at_progress(const ShardReader& reader, std::uint64_t shards, bool whole, Input& input) {
  if (shards == 0) return;
  RangeProgress progress(reader);
  std::uint64_t before = 0;
  std::vector<bool> ended(shards);
  while (!input.empty()) {
    const Byte step = input.byte();
    const std::uint64_t shard = input.byte() % shards;
    if (ended[shard]) continue;
    if (step >= 0xe0) {
      progress.dropped(TaskId{shard});
    } else if (step >= 0xc0) {
      progress.finished(TaskId{shard});
      ended[shard] = true;
    } else {
      progress.said(TaskId{shard}, std::min(step / 150.0, 1.0));
    }
    SPREAD_ASSERT(progress.sum() >= before && progress.sum() <= progress.max());
    before = progress.sum();
  }
  for (std::uint64_t i = 0; i < shards; ++i) {
    if (!ended[i]) progress.finished(TaskId{i});
  }
  SPREAD_ASSERT(!whole || progress.sum() == progress.max());
}

}  // namespace

// How it is cut; how far shards are; a NUL byte; the text of an array file.
void shards(ByteView bytes) {
  Input input(bytes);
  const Byte flags = input.byte();
  ShardOptions options;
  options.split = (flags & 1) != 0 ? Split::Front : Split::Even;
  if ((flags & 2) != 0) options.shards = input.byte() * std::uint64_t{3} + 1;
  if ((flags & 4) != 0) options.piece = input.byte() + std::uint64_t{1};
  if ((flags & 8) != 0) {
    std::uint64_t range = 0;
    for (int i = 0; i < 8; ++i) range = range << 8 | input.byte();
    options.range = range & ShardOptions::kRangeMax;
  }
  const auto form = static_cast<ArrayForm>((flags >> 4) % 3);
  Input steps(as_bytes(input.text()));
  const std::string_view text = as_text(input.rest());
  const auto common = parse_common(text, form, '\n');
  if (common) SPREAD_ASSERT(is_value(common->body.view()));
  std::vector<Array> arrays;
  if (auto array = parse_array(text, form, '\n')) {
    for (std::uint64_t i = 0; i < array->size(); ++i) {
      SPREAD_ASSERT(is_value(array->elements(i, i + 1)));
    }
    arrays.push_back(std::move(*array));
  } else {
    SPREAD_ASSERT(!array.error().message.empty());
  }
  if (!options.range && arrays.empty()) return;
  ShardReader reader(options, std::move(arrays));
  if (reader.waits_for_slots()) reader.set_slots(flags >> 6);
  bool whole = false;
  const std::uint64_t made = look_at_shards(reader, whole);
  look_at_progress(reader, made, whole, steps);
}

}  // namespace spread::fuzz
