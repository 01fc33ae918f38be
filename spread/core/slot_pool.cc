#include "spread/core/slot_pool.h"

#include <bit>
#include <utility>

#include "spread/base/assert.h"

namespace spread {

void SlotSet::resize(std::size_t numbers) {
  if (levels_ > 0 && numbers <= begin_[1] * 64) return;
  SlotSet larger;
  // By half as much again: slots are added one by one.
  std::size_t words = (numbers + numbers / 2 + 63) / 64;
  if (numbers <= 64) words = 1;
  while (true) {
    SPREAD_ASSERT(larger.levels_ < kLevelsMax);
    larger.begin_[larger.levels_ + 1] = larger.begin_[larger.levels_] + words;
    ++larger.levels_;
    if (words <= 1) break;
    words = (words + 63) / 64;
  }
  larger.words_.resize(larger.begin_[larger.levels_]);
  for (std::uint32_t member = next(0); member != kNone; member = next(member + 1)) {
    larger.insert(member);
  }
  *this = std::move(larger);
}

void SlotSet::insert_above(std::uint32_t word) {
  for (std::size_t level = 1; level < levels_; ++level, word /= 64) {
    words_[begin_[level] + word / 64] |= bit(word);
  }
}

void SlotSet::erase_above(std::uint32_t word) {
  for (std::size_t level = 1; level < levels_; ++level, word /= 64) {
    std::uint64_t& above = words_[begin_[level] + word / 64];
    above &= ~bit(word);
    if (above != 0) return;
  }
}

std::uint32_t SlotSet::next_word(std::uint32_t word) const {
  std::uint32_t number = word;
  for (std::size_t level = 1; level < levels_; ++level) {
    if (number / 64 >= begin_[level + 1] - begin_[level]) return kNone;
    const std::uint64_t bits = words_[begin_[level] + number / 64] & from(number);
    if (bits == 0) {
      number = number / 64 + 1;
      continue;
    }
    number = number / 64 * 64 + first(bits);
    for (; level > 0; --level) {
      number = number * 64 + first(words_[begin_[level - 1] + number]);
    }
    return number;
  }
  return kNone;
}

SlotPool::Bits SlotPool::groups_of(const Slot& slot) {
  const auto when = [](bool belongs, Group group) { return belongs ? bit(group) : Bits{0}; };
  const SlotState state = slot.state_;
  const bool live = state == SlotState::Live;
  const bool starting = state == SlotState::Starting;
  const bool empty = state == SlotState::Empty;
  return when(slot.has_worker(), Group::Occupied) | when(starting, Group::Starting) |
         when(live, Group::Live) | when(state == SlotState::Closed, Group::Closed) |
         when(live || starting, Group::Running) | when(slot.ready_, Group::Ready) |
         when(empty && !slot.ready_ && !slot.retired_, Group::Pausing) |
         when(slot.retired_, Group::Retired) |
         when(state != SlotState::Closed && !slot.resting_ && !slot.retired_, Group::Open) |
         when((live && !slot.resting_ && !slot.leaving_ && !slot.spent_) || starting || slot.ready_,
              Group::Usable) |
         when(slot.awaits_hello_ && !slot.overdue_, Group::AwaitsHello) |
         when(slot.has_worker() && slot.awaits_hello_ && slot.overdue_, Group::Overdue) |
         when(slot.logging_in_, Group::LoggingIn) | when(slot.resting_, Group::Resting) |
         when(live && slot.leaving_, Group::Leaving) |
         when(live && (slot.leaving_ || slot.spent_) && !slot.has_tasks(), Group::Released) |
         when(slot.has_former_, Group::Former) | when(slot.draining_, Group::Draining) |
         when(slot.can_take_tasks() && !slot.given_, Group::Unused) |
         when(slot.unread_since_.has_value(), Group::Unread) |
         when(slot.waiting(), Group::Waiting) | when(slot.idle(), Group::Idle);
}

std::optional<Load> SlotPool::load_of(const Slot& slot) {
  const bool live = slot.state_ == SlotState::Live;
  if (!slot.has_tasks()) return live ? std::optional(Load::Unassigned) : std::nullopt;
  return live ? Load::Working : Load::Owing;
}

void SlotPool::regroup(const Slot& slot, Bits before, Bits after) {
  constexpr Bits kInUse = bit(Group::Occupied) | bit(Group::Starting);
  const bool was_used = (before & kInUse) != 0, is_used = (after & kInUse) != 0;
  if (was_used != is_used) connection_of(slot).in_use_ += is_used ? 1 : UINT32_MAX;
  Counts& of_host = of_host_[number(slot.host)];
  Counts& of_key = of_key_[slot.key];
  for (Bits changed = before ^ after; changed != 0; changed &= changed - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(changed));
    const bool is = (after >> i & 1) != 0;
    const std::uint32_t by = is ? 1 : UINT32_MAX;  // or one less
    counts_[i] += by;
    of_host[i] += by;
    of_key[i] += by;
    if (i == index(Group::Idle)) continue;
    if (is) {
      members_[i].insert(number(slot.id));
    } else {
      members_[i].erase(number(slot.id));
    }
  }
  if ((after & bit(Group::Ready)) != 0) {
    ready_.insert(place_of(slot));
  } else {
    ready_.erase(place_of(slot));
  }
}

template <typename F>
void SlotPool::change(Slot& slot, F&& f) {
  const Bits before = groups_of(slot);
  const bool took_tasks = slot.takes_tasks();
  const std::optional<Load> load_before = load_of(slot);
  f();
  const std::optional<Load> load = load_of(slot);
  if (load != load_before) {
    if (load_before) members(*load_before).erase(number(slot.id));
    if (load) members(*load).insert(number(slot.id));
  }
  slot.takes_tasks_ = slot.can_take_tasks();
  regroup(slot, before, groups_of(slot));
  if (took_tasks == slot.takes_tasks()) return;
  if (took_tasks) {
    set_full(slot);
  } else {
    unset_full(slot);
  }
}

Slot& SlotPool::add(const SlotAdded& added) {
  const WorkerId id{static_cast<std::uint32_t>(slots_.size())};
  if (number(added.host) >= hosts_.size()) {
    hosts_.resize(number(added.host) + 1);
    of_host_.resize(hosts_.size());
  }
  if (added.key >= keys_.size()) {
    keys_.resize(added.key + 1);
    of_key_.resize(keys_.size());
  }
  KeyRecord& key = keys_[added.key];
  key.prior_seconds = added.service_seconds;
  key.prior_factor = added.host_factor;
  key.prior_launch = added.launch_seconds;
  Slot& slot = slots_.emplace_back();
  slot.id = id;
  slot.host = added.host;
  slot.key = added.key;
  if (added.joins != kNoWorker) {
    const Slot& joined = (*this)[added.joins];
    SPREAD_ASSERT(joined.host == slot.host);
    SPREAD_ASSERT(joined.key == slot.key);
    slot.connection = joined.connection;
  } else {
    slot.connection = ConnectionId{static_cast<std::uint32_t>(connections_.size())};
    connections_.emplace_back();
  }
  connection_of(slot).slots_.push_back(id);
  slot.remote = added.remote;
  slot.waits_for_hello = added.waits_for_hello;
  slot.launch_failures = added.failed_starts;
  std::vector<WorkerId>& on_host = hosts_[number(added.host)].workers;
  slot.ordinal = static_cast<std::uint32_t>(on_host.size());
  on_host.push_back(id);
  place_of_.push_back(number(id));
  order_.push_back(id);
  for (SlotSet& set : members_) set.resize(slots_.size());
  for (SlotSet& set : loads_) set.resize(slots_.size());
  for (SlotSet* set : {&sendable_, &ready_}) set->resize(slots_.size());
  regroup(slot, 0, groups_of(slot));
  return slot;
}

void SlotPool::set_order(std::vector<WorkerId> order) {
  SPREAD_ASSERT(order.size() == slots_.size());
  order_ = std::move(order);
  sendable_.clear();
  ready_.clear();
  for (Place place = 0; place < order_.size(); ++place) {
    ++steps_;
    place_of_[number(order_[place])] = place;
    const Slot& slot = at(place);
    if (slot.takes_tasks()) sendable_.insert(place);
    if (slot.ready_) ready_.insert(place);
  }
}

// ---------------------------------------------------------------- changes

void SlotPool::set_state(Slot& slot, SlotState state) {
  change(slot, [&] {
    slot.state_ = state;
    slot.ready_ = false;
  });
}
void SlotPool::vacate(Slot& slot) {
  change(slot, [&] {
    slot.state_ = SlotState::Empty;
    slot.logging_in_ = slot.awaits_hello_ = slot.overdue_ = slot.resting_ = false;
    slot.draining_ = slot.leaving_ = slot.spent_ = slot.given_ = false;
    slot.left_ = WorkerLimits::kNoTaskLimit;
    slot.unread_since_.reset();
  });
}
void SlotPool::set_ready(Slot& slot) {
  SPREAD_ASSERT(slot.state_ == SlotState::Empty);
  SPREAD_ASSERT(!slot.retired_);
  change(slot, [&] { slot.ready_ = true; });
}
void SlotPool::set_resting(Slot& slot, bool resting) {
  change(slot, [&] { slot.resting_ = resting; });
}
void SlotPool::set_retired(Slot& slot, bool retired) {
  change(slot, [&] { slot.retired_ = retired; });
}
void SlotPool::set_leaving(Slot& slot, bool leaving) {
  change(slot, [&] { slot.leaving_ = leaving; });
}
void SlotPool::set_spent(Slot& slot) {
  change(slot, [&] {
    slot.spent_ = true;
    slot.draining_ = false;  // what is to run alone would wait for it
  });
}
void SlotPool::give_left_back(Slot& slot) {
  change(slot, [&] {
    if (slot.left_++ == 0) slot.spent_ = false;
  });
}
void SlotPool::set_former(Slot& slot, bool there) {
  change(slot, [&] { slot.has_former_ = there; });
}
void SlotPool::set_awaits_hello(Slot& slot, bool awaits) {
  change(slot, [&] { slot.awaits_hello_ = awaits; });
}
void SlotPool::set_overdue(Slot& slot) {
  change(slot, [&] { slot.overdue_ = true; });
}
void SlotPool::set_logging_in(Slot& slot, bool logging_in) {
  change(slot, [&] { slot.logging_in_ = logging_in; });
}
void SlotPool::set_unread(Slot& slot, std::optional<TimePoint> since) {
  change(slot, [&] { slot.unread_since_ = since; });
}
void SlotPool::change_draining(Slot& slot, bool draining) {
  change(slot, [&] { slot.draining_ = draining; });
}

// What happens with every task is counted by hand.

void SlotPool::has_one(Slot& slot, bool alone) {
  members(Load::Unassigned).erase(number(slot.id));
  members(Load::Working).insert(number(slot.id));
  ++busy_count_;
  if (alone) {
    slot.has_alone_task_ = true;
    slot.takes_tasks_ = false;
    set_full(slot);
  }
  --counts_[index(Group::Idle)];
  --of_host_[number(slot.host)][index(Group::Idle)];
  --of_key_[slot.key][index(Group::Idle)];
}

void SlotPool::has_none(Slot& slot, TimePoint now) {
  if (!slot.suspended_.empty()) {
    // It still has what is suspended.
    const Bits groups = groups_of(slot);
    regroup(slot, groups & ~bit(Group::Waiting), groups);
    if (slot.suspended_.back().ends) change(slot, [&] { restore(slot, now); });
    return;
  }
  if (slot.state_ == SlotState::Live) {
    members(Load::Working).erase(number(slot.id));
    members(Load::Unassigned).insert(number(slot.id));
  } else {
    members(Load::Owing).erase(number(slot.id));
  }
  --busy_count_;
  if (slot.has_alone_task_) {
    slot.has_alone_task_ = false;
    slot.takes_tasks_ = slot.can_take_tasks();
  }
  if (!slot.takes_tasks()) {
    const Bits groups = groups_of(slot);
    return regroup(slot, groups & ~bit(Group::Released), groups);
  }
  ++counts_[index(Group::Idle)];
  ++of_host_[number(slot.host)][index(Group::Idle)];
  ++of_key_[slot.key][index(Group::Idle)];
  sendable_.insert(place_of(slot));
}

void SlotPool::set_given(Slot& slot) {
  change(slot, [&] { slot.given_ = true; });
}

InFlight SlotPool::take(Slot& slot, std::size_t place, std::size_t bytes, TimePoint now) {
  const InFlight taken = slot.in_flight_[place];
  slot.in_flight_bytes_ -= bytes;
  if (place == 0) {
    slot.in_flight_.pop_front();
  } else {
    slot.in_flight_.erase(place);
  }
  if (place < slot.parallel && slot.in_flight_.size() >= slot.parallel) {
    slot.in_flight_[slot.parallel - 1].since = now;
  }
  if (slot.in_flight_.empty()) {
    has_none(slot, now);
  } else {
    unset_full(slot);
  }
  return taken;
}

// ---------------------------------------------------------------- tasks inside of others

void SlotPool::suspend(Slot& slot, std::size_t place, TimePoint now) {
  change(slot, [&] {
    Suspended suspended;
    suspended.since = now;
    suspended.entries.push_back(slot.in_flight_[place]);
    slot.in_flight_.erase(place);
    while (!slot.in_flight_.empty()) {
      suspended.entries.push_back(slot.in_flight_.front());
      slot.in_flight_.pop_front();
    }
    slot.suspended_.push_back(std::move(suspended));
  });
}

void SlotPool::set_wait_ends(Slot& slot, std::size_t level, bool ends, TimePoint now) {
  slot.suspended_[level].ends = ends;
  const bool goes_on = slot.in_flight_.empty() && slot.suspended_.back().ends;
  if (goes_on) change(slot, [&] { restore(slot, now); });
}

/// The time that it has waited is not its own.
void SlotPool::restore(Slot& slot, TimePoint now) {
  Suspended suspended = std::move(slot.suspended_.back());
  slot.suspended_.pop_back();
  suspended.entries.front().since += now - suspended.since;
  slot.in_flight_ = std::move(suspended.entries);
}

void SlotPool::unwind_last(Slot& slot, TimePoint now) {
  change(slot, [&] {
    Ring<InFlight> inside = std::move(slot.in_flight_);
    restore(slot, now);
    while (!slot.in_flight_.empty()) {
      inside.push_back(slot.in_flight_.front());
      slot.in_flight_.pop_front();
    }
    slot.in_flight_ = std::move(inside);
  });
}

void SlotPool::send_nested(Slot& slot, const InFlight& task, std::size_t bytes) {
  SPREAD_ASSERT(slot.waiting());
  change(slot, [&] {
    slot.in_flight_.push_back(task);
    slot.in_flight_bytes_ += bytes;
  });
}

// ---------------------------------------------------------------- the recount

void SlotPool::check() const {
  Counts counts{};
  std::vector<Counts> of_host(hosts_.size()), of_key(keys_.size());
  std::vector<std::uint32_t> in_use(connections_.size());
  std::uint32_t busy = 0;
  for (const Slot& slot : slots_) {
    const Bits groups = groups_of(slot);
    for (std::size_t i = 0; i < kGroups; ++i) {
      const bool is = (groups >> i & 1) != 0;
      counts[i] += is ? 1 : 0;
      of_host[number(slot.host)][i] += is ? 1 : 0;
      of_key[slot.key][i] += is ? 1 : 0;
      SPREAD_ASSERT(i == index(Group::Idle) || members_[i].contains(number(slot.id)) == is);
    }
    busy += slot.has_tasks() ? 1 : 0;
    if (slot.has_worker() || slot.state() == SlotState::Starting) ++in_use[number(slot.connection)];
    for (std::size_t i = 0; i < kLoads; ++i) {
      SPREAD_ASSERT(loads_[i].contains(number(slot.id)) == (load_of(slot) == static_cast<Load>(i)));
    }
    SPREAD_ASSERT(order_[place_of(slot)] == slot.id);
    SPREAD_ASSERT(ready_.contains(place_of(slot)) == slot.ready_);
    SPREAD_ASSERT(!slot.idle() || sendable_.contains(place_of(slot)));
    SPREAD_ASSERT(slot.takes_tasks() || !sendable_.contains(place_of(slot)));
    SPREAD_ASSERT(slot.has_worker() || !slot.has_tasks());
    SPREAD_ASSERT(slot.takes_tasks_ == slot.can_take_tasks());
    SPREAD_ASSERT(!slot.has_alone_task_ || slot.in_flight_.size() == 1 || !slot.suspended_.empty());
    SPREAD_ASSERT(!slot.ready_ || (slot.state_ == SlotState::Empty && !slot.retired_));
  }
  SPREAD_ASSERT(busy == busy_count_);
  SPREAD_ASSERT(counts == counts_);
  for (std::size_t i = 0; i < in_use.size(); ++i)
    SPREAD_ASSERT(in_use[i] == connections_[i].in_use());
  SPREAD_ASSERT(of_host == of_host_);
  SPREAD_ASSERT(of_key == of_key_);
}

}  // namespace spread
