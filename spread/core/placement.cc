#include "spread/core/placement.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "spread/base/assert.h"

namespace spread {

void Tail::clear() { workers_.clear(); }

bool Tail::better_left_idle(const Capacity& own, std::size_t queued, double unevenness) const {
  // No worker is left idle because of one that would be done about as soon.
  constexpr double kSlower = 1.2;
  const double own_time = own.free_at + own.seconds;
  const double deadline = own.free_at + own.seconds * (1 - unevenness);
  double can_do = 0;
  for (const Capacity& other : workers_) {
    if (other.worker == own.worker || other.seconds * kSlower > own_time) continue;
    if (other.free_at >= deadline) continue;
    // The small term keeps 2.4 / 0.4 from being 5.999.
    can_do += other.count * std::floor((deadline - other.free_at) / other.seconds + 1e-6);
    if (can_do >= static_cast<double>(queued)) return true;
  }
  return false;
}

void Tail::took(WorkerId worker, std::uint32_t key) {
  for (Capacity& each : workers_) {
    if (each.worker != worker) continue;
    each.free_at += each.seconds;
    return;
  }
  for (Capacity& idle : workers_) {
    if (idle.worker != kNoWorker || idle.key != key || idle.count == 0) continue;
    --idle.count;
    Capacity busy = idle;
    busy.worker = worker;
    busy.count = 1;
    busy.free_at += busy.seconds;
    workers_.push_back(busy);
    return;
  }
}

namespace {

constexpr Duration kRankingPeriod = std::chrono::milliseconds(100);

}  // namespace

Placement::Placement(const SchedulerOptions& options, SlotPool& pool, const TaskTable& tasks)
    : pool_(pool),
      tasks_(tasks),
      holds_answers_(options.holds_answers),
      window_bytes_(options.window_bytes) {}

void Placement::answered(KeyRecord& key, double seconds, std::uint32_t count,
                         bool first_of_process) {
  // The first answer of a key is news enough to be ranked by at once.
  if (key.seconds == 0) next_ranking_ = std::min(next_ranking_, after(ranked_at_, ranking_pause()));
  performance_.answered(key, seconds, count, first_of_process);
}

/// Ranking is O(slots), and a key may have one slot: with thousands, not even first answers make it
/// take more than a thousandth of the time.
Duration Placement::ranking_pause() const {
  constexpr std::size_t kSlotsPerPeriod = 1000;
  return kRankingPeriod * static_cast<Duration::rep>(pool_.size() / kSlotsPerPeriod);
}

void Placement::rank(TimePoint now) {
  performance_.compare(pool_.keys());
  std::vector<WorkerId> order = pool_.order();
  std::vector<double> seconds(order.size());
  double slowest = 0;
  for (const WorkerId worker : order) {
    const Slot& each = pool_[worker];
    const KeyRecord& key = pool_.key_of(each);
    const double expected = performance_.expected_seconds(each, key, now);
    seconds[number(worker)] = expected;
    const bool running = each.state() == SlotState::Live;
    slowest = std::max(slowest, expected + (running ? 0 : key.expected_launch()));
  }
  // Equal hosts share the work evenly: all their first slots, then all their second ones, ...
  std::stable_sort(order.begin(), order.end(), [&](WorkerId a, WorkerId b) {
    const double sa = seconds[number(a)];
    const double sb = seconds[number(b)];
    if (sa != sb) return sa < sb;
    if (pool_[a].ordinal != pool_[b].ordinal) return pool_[a].ordinal < pool_[b].ordinal;
    return a < b;
  });
  ranked_seconds_.clear();
  for (const KeyRecord& key : pool_.keys()) {
    ranked_seconds_.push_back(performance_.expected_seconds(key));
  }
  slowest_ratio_ = order.empty() ? 1 : slowest / seconds[number(order.front())];
  pool_.set_order(std::move(order));
  new_slots_ = false;
  ranked_at_ = now;
  next_ranking_ = kForever;
  if (pool_.keys().size() > 1)
    next_ranking_ = after(now, std::max(kRankingPeriod, ranking_pause()));
}

// ---------------------------------------------------------------- room

bool Placement::bytes_are_full(const Slot& worker) const {
  if (worker.in_flight().empty()) return false;
  std::size_t bytes = worker.in_flight_bytes();
  // The end of a long line may be in its buffer, and come out only when others follow.
  if (holds_answers_) bytes -= tasks_[worker.in_flight().front().task].payload.size();
  return bytes >= window_bytes_;
}

std::optional<std::vector<WorkerId>> Placement::idle_together(std::size_t count) const {
  if (pool_.count(Group::Idle) < count) return std::nullopt;
  std::vector<WorkerId> found;
  found.reserve(count);
  // Every idle worker is among those that may have room.
  for (SlotPool::Place place = 0; found.size() < count; ++place) {
    place = pool_.next_sendable(place);
    SPREAD_ASSERT(place != SlotPool::kNoPlace);
    if (pool_.at(place).idle()) found.push_back(pool_.at(place).id);
  }
  return found;
}

// ---------------------------------------------------------------- the tail rule

Capacity Placement::capacity(const Slot& each, TimePoint now) const {
  const KeyRecord& key = pool_.key_of(each);
  Capacity capacity;
  capacity.worker = each.id;
  capacity.seconds = performance_.expected_seconds(each, key, now);
  // Whatever takes longer than expected is expected to take as long again as it is late: so one
  // that hangs is not waited for.
  const auto remaining = [&](double expected, TimePoint since) {
    return std::abs(expected - to_seconds(now - since));
  };
  if (each.state() == SlotState::Empty) {
    capacity.free_at = key.expected_launch();
  } else if (each.state() == SlotState::Starting || each.awaits_hello()) {
    capacity.free_at = remaining(key.expected_launch(), each.started);
  } else if (each.resting()) {
    capacity.free_at = to_seconds(each.not_before - now);
  }
  const Ring<InFlight>& in_flight = each.in_flight();
  const auto tasks = [&](std::size_t place) { return 1.0 + tasks_[in_flight[place].task].behind; };
  if (!in_flight.empty()) {
    capacity.free_at += remaining(capacity.seconds * tasks(0), in_flight.front().since);
    for (std::size_t i = 1; i < in_flight.size(); ++i) {
      capacity.free_at += capacity.seconds * tasks(i);
    }
  }
  return capacity;
}

/// What the tail rule compares with: all that run. Those that have nothing to do are all alike if
/// their key is the same, and it does not matter how many they are.
void Placement::look_at_capacities(TimePoint now) {
  tail_known_ = true;
  tail_.clear();
  for (std::uint32_t key = 0; key < pool_.keys().size(); ++key) {
    const std::uint32_t idle = pool_.count_of(key, Group::Idle);
    if (idle == 0) continue;
    tail_.add({kNoWorker, 0, performance_.expected_seconds(pool_.keys()[key]), idle, key});
  }
  const auto add = [&](const Slot& each) {
    if (!each.leaving() && !each.spent()) tail_.add(capacity(each, now));
  };
  pool_.each(Group::Starting, add);
  // When one whose task waits for sub-tasks is free depends on what is to be started for these.
  pool_.each_busy([&](const Slot& each) {
    if (each.state() == SlotState::Live && each.suspended().empty()) add(each);
  });
  const auto waits = [&](const Slot& each) {
    return each.state() == SlotState::Live && each.in_flight().empty();
  };
  pool_.each(Group::AwaitsHello, [&](const Slot& each) {
    if (waits(each)) add(each);
  });
  pool_.each(Group::Resting, [&](const Slot& each) {
    if (waits(each) && !each.awaits_hello()) add(each);
  });
}

/// The slower one is, and the later it is free, the more the others do until it is done. So it is
/// enough to look at the fastest of them, as if it were free as early as any. Their order is as old
/// as the last ranking.
bool Placement::rest_is_left_idle(const Slot& slot, TimePoint now) const {
  const bool live = slot.state() == SlotState::Live;
  const Group group = live ? Group::Live : Group::Ready;
  const double place = ranked_seconds_[slot.key];
  Capacity fastest = capacity(slot, now);
  for (std::uint32_t key = 0; key < pool_.keys().size(); ++key) {
    if (pool_.count_of(key, group) == 0 || ranked_seconds_[key] < place) continue;
    const KeyRecord& record = pool_.keys()[key];
    fastest.seconds = std::min(fastest.seconds, performance_.expected_seconds(record));
    fastest.free_at = live ? 0 : std::min(fastest.free_at, record.expected_launch());
  }
  fastest.worker = kNoWorker;
  return tail_.better_left_idle(fastest, tasks_.queued(), performance_.unevenness());
}

bool Placement::left_idle(const Slot& slot, TimePoint now) {
  // Workers of one key are equally fast, so it is only a question for one that is not running.
  if (pool_.keys().size() < 2 && slot.state() == SlotState::Live) return false;
  // In the middle of a run this is all that is looked at: even the fastest could not do so many.
  const std::size_t coming = pool_.count(Group::Occupied) + pool_.count(Group::Starting);
  if (static_cast<double>(tasks_.queued()) > 2 * slowest_ratio_ * static_cast<double>(coming)) {
    return false;
  }
  if (!tail_known_) look_at_capacities(now);
  const bool left =
      tail_.better_left_idle(capacity(slot, now), tasks_.queued(), performance_.unevenness());
  if (left) someone_left_idle_ = true;
  return left;
}

}  // namespace spread
