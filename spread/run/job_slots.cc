// How many jobs of `map` run at a time, and how that changes while they do: -j FILE.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "spread/base/parse.h"
#include "spread/io/machine.h"
#include "spread/io/system.h"
#include "spread/run/job_face.h"

namespace spread {

void JobFace::read_slots_file() {
  if (map().jobs_file.empty()) return;
  const auto text = read_file(map().jobs_file);
  // An editor may just be writing it anew.
  if (!text || *text == slots_text_) return;
  slots_text_ = *text;
  const auto count = parse_slot_count(first_word(*text));
  if (!count) {
    engine_.reporter().say("-j " + map().jobs_file + ": " + count.error().message);
    return;
  }
  engine_.set_slots(slots_for(*count));
}

std::uint32_t JobFace::slots_for(const SlotCount& count) const {
  const double cpus = usable_cpus();
  double slots = count.number;
  if (count.kind == SlotCount::Kind::Percent) slots = cpus * count.number / 100;
  if (count.kind == SlotCount::Kind::Offset) slots = cpus + count.number;
  if (count.kind == SlotCount::Kind::Unlimited) slots = slots_without_limit();
  return static_cast<std::uint32_t>(std::max(1.0, slots));
}

}  // namespace spread
