#include <algorithm>
#include <string>

#include "spread/base/assert.h"
#include "spread/sweep/sweep.h"
#include "spread/wire/json.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr int kRowsTried = 100;
// Larger samples only take longer.
constexpr std::uint64_t kSamplesTried = 1000;

bool is_small(const SweepSpec& spec) {
  for (const SweepSpec::Group& group : spec.groups) {
    for (const Parameter& parameter : group.parameters) {
      const bool drawn = parameter.kind > SampleKind::Constant;
      if (drawn && parameter.size().value_or(0) > kSamplesTried) return false;
    }
  }
  return true;
}

void look_at_rows(Sweep& sweep) {
  for (int i = 0; i < kRowsTried; ++i) {
    Value payload;
    const Sweep::Step step = sweep.next(payload);
    SPREAD_ASSERT(sweep.rows_seen() <= sweep.rows());
    if (step == Sweep::Step::End) {
      SPREAD_ASSERT(sweep.rows_seen() == sweep.rows());
      return;
    }
    if (step != Sweep::Step::Row) continue;
    const auto size = wire::msgpack_size(payload.body.view(), payload.body.size());
    SPREAD_ASSERT(size && *size == payload.body.size());
  }
}

}  // namespace

// Two bytes of options; the specification; a NUL byte; --where.
void sweeps(ByteView input) {
  if (input.size() < 2) return;
  const std::string_view text = as_text(input.subspan(2));
  const std::size_t end = std::min(text.find('\0'), text.size());
  auto spec = parse_sweep_spec(text.substr(0, end), "SPEC");
  if (!spec) {
    SPREAD_ASSERT(spec.error().message.starts_with("SPEC"));
    return;
  }
  const ReadText read = [&](const std::string& name) -> Result<std::string> {
    if (name.size() % 2 == 0) return fail("no file " + name);
    return std::string(text.substr(std::min(end + 1, text.size())));
  };
  if (!read_value_files(*spec, read) || !is_small(*spec)) return;
  SweepOptions options;
  if ((input[0] & 1) != 0) options.samples = input[1] % 64 + 1;
  if ((input[0] & 2) != 0) options.seed = input[1];
  if ((input[0] & 4) != 0) options.runs = input[1];
  options.where = text.substr(std::min(end + 1, text.size()));
  const auto sweep = Sweep::make(std::move(*spec), options);
  if (sweep) {
    look_at_rows(**sweep);
  } else {
    SPREAD_ASSERT(!sweep.error().message.empty());
  }
}

}  // namespace spread::fuzz
