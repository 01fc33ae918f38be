// How many jobs of `map` run at a time, and how that changes while they do: -j FILE, USR1, USR2,
// and what the machine has room for.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
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

bool JobFace::may_start_later(const Error& error) {
  // Of exec's own errors none is among these but ENOMEM.
  constexpr int kShortages[] = {EAGAIN, ENOMEM, EMFILE, ENFILE};
  if (std::find(std::begin(kShortages), std::end(kShortages), error.number) ==
      std::end(kShortages)) {
    return false;
  }
  // Where none of ours runs, it is others' processes that fill the machine. That may pass, too, but
  // is not waited for with each job anew.
  constexpr Duration kPatience = std::chrono::seconds(5);
  if (!out_of_room_since_) out_of_room_since_ = engine_.now();
  const bool waits = !engine_.spawner().idle() || engine_.now() - *out_of_room_since_ < kPatience;
  if (waits && !std::exchange(out_of_room_told_, true)) {
    engine_.reporter().say(error.message + "; it is tried again when there is room");
  }
  return waits;
}

}  // namespace spread
