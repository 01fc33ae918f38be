#include "random_world.h"

#include <algorithm>
#include <cmath>

namespace spread::simulation {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  bool chance(double p) { return random_.uniform() < p; }
  double between(double low, double high) { return random_.uniform(low, high); }
  std::uint32_t count(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random_.below(high - low + 1));
  }
  /// Small numbers as often as big ones.
  double log_between(double low, double high) {
    return low * std::pow(high / low, random_.uniform());
  }
  std::uint32_t log_count(std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>(log_between(low + 1.0, high + 1.0)) - 1;
  }

 private:
  Random random_;
};

void draw_options(World& world, Dice& dice) {
  SchedulerOptions& options = world.options;
  if (dice.chance(0.3)) options.window = dice.log_count(1, 64);
  if (dice.chance(0.2)) options.window_bytes = dice.log_count(1, 4096);
  if (dice.chance(0.4)) options.read_ahead = dice.log_count(1, 10000);
  options.start_all = dice.chance(0.1);
  options.close_idle = dice.chance(0.1);
  if (dice.chance(0.5)) options.failure.retries = dice.count(0, 4);
  options.failure.crash_retries = dice.count(1, 4);
  options.failure.start_retries = dice.count(1, 4);
  options.failure.bench = from_seconds(dice.log_between(0.1, 60));
  if (dice.chance(0.1)) options.failure.max_busy = from_seconds(dice.log_between(0.05, 100));
  if (dice.chance(0.1)) {
    options.halt.when = dice.chance(0.5) ? HaltOptions::When::Now : HaltOptions::When::Soon;
    options.halt.why = static_cast<HaltOptions::Why>(dice.count(0, 2));
    options.halt.percent = dice.chance(0.3);
    options.halt.count = options.halt.percent ? dice.between(1, 99) : dice.log_count(1, 100);
  }
  if (dice.chance(0.2)) options.stop_grace = from_seconds(dice.log_between(0.01, 10));
  if (dice.chance(0.5)) options.idle_grace = from_seconds(dice.log_between(0.01, 10));
  options.retry_first = dice.chance(0.3);
}

void draw_hosts(World& world, Dice& dice) {
  world.hosts.resize(dice.count(1, 6));
  for (HostPlan& host : world.hosts) {
    host.factor = dice.chance(0.5) ? 1 : dice.log_between(0.25, 8);
    host.remote = dice.chance(0.4);
    host.round_trip = host.remote ? dice.log_between(0.0002, 0.2) : dice.between(0, 0.0002);
    if (dice.chance(0.08)) {
      host.down_from = dice.log_between(0.01, 10);
      host.down_until = host.down_from + dice.log_between(0.1, 100);
    }
  }
}

WorkerPlan draw_worker(Dice& dice, double trouble) {
  WorkerPlan worker;
  worker.hello = dice.chance(0.5);
  if (worker.hello) {
    if (dice.chance(0.3)) worker.window_max = dice.log_count(1, 1024);
    if (dice.chance(0.3)) worker.parallel = dice.count(2, 8);
  }
  if (dice.chance(0.2)) worker.holds_answers = 0.02;
  if (dice.chance(0.3)) worker.tail_seconds = dice.between(0, 1);
  if (dice.chance(0.3)) worker.dies_after_term = dice.between(0, 8);
  worker.ends_at_once = dice.chance(0.3);
  if (!dice.chance(trouble)) return worker;
  if (dice.chance(0.1)) worker.exec_failures = dice.chance(0.5) ? UINT32_MAX : dice.count(1, 4);
  if (dice.chance(0.1)) worker.prep_failures = dice.chance(0.3) ? 1000000 : dice.count(1, 4);
  if (dice.chance(0.2)) worker.crash = dice.log_between(0.001, 0.5);
  if (dice.chance(0.1)) worker.crash_while_idle = dice.log_between(0.01, 1);
  if (dice.chance(0.1)) worker.misbehave = dice.log_between(0.001, 0.1);
  if (dice.chance(0.1)) worker.exits_after = dice.count(1, 20);
  worker.retires = worker.exits_after > 0 && dice.chance(0.5);
  if (dice.chance(0.05)) worker.leaves = dice.log_between(0.001, 0.5);
  if (dice.chance(0.2)) {
    worker.busy = dice.between(0.01, 1);
    worker.busy_seconds = dice.log_between(0.001, 10);
    worker.busy_until = dice.log_between(0.1, 100);
  }
  return worker;
}

void draw_slots(World& world, Dice& dice) {
  const std::uint32_t slots = dice.log_count(1, 40);
  const double trouble = dice.chance(0.4) ? 0 : dice.between(0, 1);
  double added_at = 0;
  const bool late = dice.chance(0.2);
  const bool own_keys = dice.chance(0.3);
  const bool slow_spawns = dice.chance(0.2);
  for (std::uint32_t i = 0; i < slots; ++i) {
    SlotPlan slot;
    slot.host = dice.count(0, static_cast<std::uint32_t>(world.hosts.size()) - 1);
    slot.key = own_keys ? i : slot.host;
    if (late && i > 0 && dice.chance(0.3)) added_at += dice.log_between(0.001, 1);
    slot.added_at = added_at;
    if (slow_spawns) slot.spawn_seconds = dice.log_between(0.0001, 0.1);
    slot.launch_seconds = dice.log_between(0.001, 2);
    if (dice.chance(0.2)) slot.prior = dice.log_between(0.001, 1);
    slot.worker = draw_worker(dice, trouble);
    world.slots.push_back(slot);
  }
  world.slots_complete_at = late ? added_at + dice.between(0, 1) : 0;
}

void draw_tasks(World& world, Dice& dice) {
  world.tasks.resize(dice.log_count(0, 2000));
  const double seconds = dice.log_between(0.00005, 2);
  const double uneven = dice.chance(0.5) ? 0 : dice.between(0, 3);
  const double poison = dice.chance(0.3) ? dice.log_between(0.001, 0.1) : 0;
  const double errors = dice.chance(0.3) ? dice.log_between(0.001, 0.3) : 0;
  const double malformed = dice.chance(0.2) ? dice.log_between(0.001, 0.3) : 0;
  const double unsendable = dice.chance(0.2) ? dice.log_between(0.001, 0.3) : 0;
  const double hangs = dice.chance(0.2) ? dice.log_between(0.001, 0.05) : 0;
  // The first tasks prove the workers: a death before that is charged to no task.
  std::size_t harmless = 0;
  for (const SlotPlan& slot : world.slots) harmless += 3 * slot.worker.parallel;
  for (std::size_t i = 0; i < world.tasks.size(); ++i) {
    TaskPlan& task = world.tasks[i];
    task.seconds = seconds * std::exp(dice.between(-uneven, uneven));
    task.bytes = dice.log_count(1, 65536);
    if (i < harmless) continue;
    task.poison = dice.chance(poison);
    if (dice.chance(errors)) task.errors = dice.count(1, 5);
    task.malformed = dice.chance(malformed);
    task.hangs = dice.chance(hangs);
    task.unsendable = dice.chance(unsendable);
  }
  if (hangs > 0 || dice.chance(0.1)) {
    if (dice.chance(0.3) && hangs == 0) {
      world.options.failure.timeout_percent = dice.between(200, 1000);
    } else {
      world.options.failure.timeout = from_seconds(dice.log_between(0.05, 20));
    }
    // A task that never ends, tried for ever, is a run that never ends.
    if (world.options.failure.retries == 0) world.options.failure.retries = 3;
  }
  if (!world.tasks.empty() && dice.chance(0.05)) {
    world.tasks[dice.count(0, static_cast<std::uint32_t>(world.tasks.size()) - 1)].fatal = true;
  }
  if (!world.tasks.empty() && dice.chance(0.1)) {
    world.endless_until = seconds * dice.between(1, 200);
    world.task_interval = *world.endless_until / 2000;
  } else if (dice.chance(0.3)) {
    world.task_interval = seconds * dice.log_between(0.01, 2);
  }
  world.end_with_last = dice.chance(0.7);
}

void draw_script(World& world, Dice& dice) {
  const auto toggles = [&](auto make) {
    double at = 0;
    for (std::uint32_t i = dice.count(1, 10); i > 0; --i) {
      at += dice.log_between(0.001, 2);
      world.script.emplace_back(at, make(true));
      at += dice.log_between(0.001, 2);
      world.script.emplace_back(at, make(false));
    }
  };
  if (dice.chance(0.2)) {
    const bool unread = dice.chance(0.3);
    toggles([unread](bool on) { return Event(OutputFull{on, kNoWorker, on && unread}); });
  }
  if (dice.chance(0.1)) {
    const WorkerId open{dice.count(0, static_cast<std::uint32_t>(world.slots.size()) - 1)};
    toggles([open](bool on) { return Event(on ? OutputFull{true, open} : OutputFull{}); });
  }
  if (dice.chance(0.1)) toggles([](bool on) { return Event(OutputStalled{on}); });
  if (dice.chance(0.1)) {
    const WorkerId unread{0};  // the others may be added later
    toggles([unread](bool on) { return Event(OutputUnread{unread, on}); });
  }
  if (dice.chance(0.15)) {
    double at = dice.log_between(0.0001, 20);
    for (int level = 1; level <= static_cast<int>(dice.count(1, 3)); ++level) {
      world.script.emplace_back(at, StopRequested{level});
      at += dice.log_between(0.001, 5);
    }
  }
  if (dice.chance(0.05)) {
    world.script.emplace_back(dice.log_between(0.0001, 20), Aborted{"stdout is gone"});
  }
  if (dice.chance(0.05)) {
    world.script.emplace_back(dice.log_between(0.0001, 20), StartNoMore{"enough"});
  }
}

/// Connections that carry several workers, up to 64.
void share_connections(World& world, Dice& dice) {
  std::vector<SlotPlan> slots;
  for (const SlotPlan& first : world.slots) {
    slots.push_back(first);
    if (!dice.chance(0.6)) continue;
    if (dice.chance(0.2)) {
      slots.back().connection_failures = dice.chance(0.3) ? UINT32_MAX : dice.count(1, 4);
    }
    if (dice.chance(0.3)) slots.back().connection_dies = dice.log_between(0.001, 2);
    for (std::uint32_t more = dice.log_count(1, 63); more > 0 && slots.size() < 100; --more) {
      SlotPlan slot = first;
      slot.shares_connection = true;
      if (dice.chance(0.3)) slot.worker.crash = dice.log_between(0.001, 0.5);
      slots.push_back(slot);
    }
  }
  const bool together = std::all_of(slots.begin(), slots.end(),
                                    [](const SlotPlan& slot) { return slot.added_at == 0; });
  if (together && slots.back().shares_connection && dice.chance(0.5)) {
    std::find_if(slots.rbegin(), slots.rend(), [](const SlotPlan& slot) {
      return !slot.shares_connection;
    })->is_relay = true;
  }
  world.slots = std::move(slots);
  world.check_every = 4;
  if (world.tasks.empty() || !dice.chance(0.3)) return;
  const double cuts = dice.log_between(0.001, 0.05);
  for (TaskPlan& task : world.tasks) task.cuts = dice.chance(cuts);
}

/// Filters that buffer: answers come when the buffer is full, which the window must allow, or when
/// the input is closed.
void make_filters(World& world, Dice& dice) {
  SchedulerOptions& options = world.options;
  options.holds_answers = true;
  options.window = dice.log_count(2, 64);
  options.window_bytes = std::size_t{1} << 30;
  options.close_surplus = true;
  options.failure.crash_retries = std::max(2u, options.failure.crash_retries);
  for (SlotPlan& slot : world.slots) {
    WorkerPlan& worker = slot.worker;
    worker.hello = false;
    worker.window_max = 0;
    worker.parallel = 1;
    worker.busy = worker.holds_answers = 0;
    worker.buffer = dice.chance(0.2) ? 1 : dice.count(1, options.window);
  }
  for (std::uint32_t changes = dice.chance(0.3) ? dice.count(1, 4) : 0; changes > 0; --changes) {
    world.script.emplace_back(
        dice.log_between(0.01, 10),
        SlotsLimited{dice.count(1, static_cast<std::uint32_t>(world.slots.size()))});
  }
}

/// Tasks that several workers have at the same time.
void make_gangs(World& world, Dice& dice) {
  SchedulerOptions& options = world.options;
  options.gang = dice.count(1, 8);
  options.exact_gangs = dice.chance(0.2);
  options.drop_grace = from_seconds(dice.log_between(0.01, 10));
  options.retry_first = false;
  for (SlotPlan& slot : world.slots) {
    slot.worker.parallel = 1;
    // Else no number of them may ever be willing at the same time.
    slot.worker.busy = std::min(slot.worker.busy, 0.5);
    slot.worker.busy_until = std::min(slot.worker.busy_until, 10.0);
  }
  if (world.tasks.size() > 300) world.tasks.resize(300);
}

/// Some tasks are gangs, and the others are not.
void mix_gangs(World& world, Dice& dice) {
  world.options.drop_grace = from_seconds(dice.log_between(0.01, 10));
  world.options.retry_first = false;
  for (SlotPlan& slot : world.slots) {
    slot.worker.parallel = 1;
    slot.worker.busy = std::min(slot.worker.busy, 0.5);
    slot.worker.busy_until = std::min(slot.worker.busy_until, 10.0);
  }
  if (world.tasks.size() > 300) world.tasks.resize(300);
  const double share = dice.log_between(0.01, 1);
  const std::uint32_t most = dice.count(1, 8);
  for (TaskPlan& task : world.tasks) {
    if (!dice.chance(share)) continue;
    task.gang = dice.count(1, most);
    task.subtasks = 0;
  }
}

/// Workers that are replaced after so many tasks or so long, or are said to have grown too large.
void limit_workers(World& world, Dice& dice) {
  if (dice.chance(0.6)) world.options.limits.max_tasks = dice.log_count(1, 64);
  if (dice.chance(0.4)) world.options.limits.max_age = from_seconds(dice.log_between(0.001, 20));
  world.options.limits.overlap = dice.chance(0.4);
  for (std::uint32_t spent = dice.chance(0.4) ? dice.count(1, 10) : 0; spent > 0; --spent) {
    world.script.emplace_back(dice.log_between(0.01, 10), WorkerSpent{WorkerId{0}, "too large"});
  }
}

/// Some tasks submit sub-tasks, these perhaps more, and wait for them.
void add_subtasks(World& world, Dice& dice) {
  SchedulerOptions& options = world.options;
  options.retry_first = false;
  options.drop_grace = from_seconds(dice.log_between(0.01, 10));
  if (dice.chance(0.3)) options.subpool = dice.count(1, 4);
  for (SlotPlan& slot : world.slots) {
    slot.worker.parallel = 1;
    slot.worker.holds_answers = 0;
  }
  if (world.tasks.size() > 200) world.tasks.resize(200);
  const double share = dice.chance(0.3) ? 1 : dice.between(0, 1);
  const std::uint32_t levels = dice.count(1, 4);
  const bool impatient = dice.chance(0.3);
  for (TaskPlan& task : world.tasks) {
    if (!dice.chance(share)) continue;
    task.subtasks = dice.log_count(1, 8);
    if (impatient) task.unwanted = dice.count(0, task.subtasks);
    task.levels = levels;
  }
  if (dice.chance(0.2)) world.sub_poison = dice.log_between(0.001, 0.2);
  if (dice.chance(0.3)) world.sub_errors = dice.log_between(0.001, 0.5);
  if (options.failure.timeout && dice.chance(0.3)) world.sub_hangs = dice.log_between(0.001, 0.1);
}

/// Single tasks, and all that there are at a moment.
void withdraw_tasks(World& world, Dice& dice) {
  if (world.tasks.empty()) return;
  for (std::uint32_t times = dice.count(1, 20); times > 0; --times) {
    const double at = dice.log_between(0.0001, 10);
    const std::uint32_t last = static_cast<std::uint32_t>(world.tasks.size()) - 1;
    const std::uint32_t first = dice.count(0, last);
    const std::uint32_t count = dice.chance(0.8) ? 1 : last - first + 1;
    for (std::uint32_t i = 0; i < count; ++i) {
      world.script.emplace_back(at, TaskWithdrawn{TaskId{first + i}});
    }
  }
}

/// Tasks of several runs, which workers do not have at the same time.
void share_workers(World& world, Dice& dice) { world.runs = dice.count(1, 5); }

}  // namespace

World random_world(std::uint64_t seed) {
  World world;
  world.seed = seed;
  Dice dice(seed * 2654435761u + 1);
  draw_options(world, dice);
  draw_hosts(world, dice);
  draw_slots(world, dice);
  if (dice.chance(0.05)) {
    world.options.once = true;
  } else {
    draw_tasks(world, dice);
  }
  draw_script(world, dice);
  if (dice.chance(0.5)) world.lateness = dice.log_between(0.00001, 0.05);
  // Drawn from dice of their own, so that the other worlds stay as they are.
  Dice filters(seed * 40503u + 7);
  const bool filter = !world.options.once && filters.chance(0.15);
  if (filter) make_filters(world, filters);
  Dice connections(seed * 2246822519u + 3);
  if (!world.options.once && connections.chance(0.25)) share_connections(world, connections);
  Dice gangs(seed * 3266489917u + 5);
  const bool gang = !world.options.once && !filter && gangs.chance(0.2);
  if (gang) make_gangs(world, gangs);
  Dice subtasks(seed * 668265263u + 11);
  if (!world.options.once && !filter && !gang && subtasks.chance(0.25)) {
    add_subtasks(world, subtasks);
  }
  Dice limits(seed * 668265263u + 9);
  if (!world.options.once && limits.chance(0.25)) limit_workers(world, limits);
  Dice mixed(seed * 2654435769u + 17);
  if (!world.options.once && !filter && !gang && mixed.chance(0.2)) mix_gangs(world, mixed);
  Dice withdrawals(seed * 374761393u + 15);
  if (!world.options.once && withdrawals.chance(0.2)) withdraw_tasks(world, withdrawals);
  Dice runs(seed * 374761393u + 13);
  if (!world.options.once && !filter && runs.chance(0.2)) share_workers(world, runs);
  return world;
}

Expectation expectation_of(const World& world) {
  Expectation expected;
  const SchedulerOptions& options = world.options;
  for (const auto& [at, event] : world.script) {
    if (std::holds_alternative<StopRequested>(event) || std::holds_alternative<Aborted>(event) ||
        std::holds_alternative<StartNoMore>(event) ||
        std::holds_alternative<TaskWithdrawn>(event)) {
      return expected;
    }
  }
  if (options.halt.when != HaltOptions::When::Never || options.failure.max_busy) return expected;
  if (options.failure.timeout || options.failure.timeout_percent) return expected;
  for (const HostPlan& host : world.hosts) {
    if (host.down_from >= 0) return expected;
  }
  for (const TaskPlan& task : world.tasks) {
    if (task.gang > 0) return expected;  // there may be fewer slots than that
    // It takes the answers in the buffer with it, and they would have shown that its worker works.
    if (task.poison && options.holds_answers) return expected;
    if (task.cuts) return expected;
    // Whether its members' death is charged depends on which of them have shown that they work.
    if (task.poison && options.gang > 0) return expected;
    if (task.fatal || (task.errors > 0 && options.failure.retries != 0 &&
                       task.errors >= options.failure.retries)) {
      return expected;
    }
  }
  if (options.exact_gangs || world.sub_poison > 0) return expected;
  bool one_works = false;
  for (const SlotPlan& slot : world.slots) {
    const WorkerPlan& worker = slot.worker;
    if (worker.crash > 0 || worker.crash_while_idle > 0 || worker.misbehave > 0 ||
        (worker.exits_after > 0 && !worker.retires) || worker.leaves > 0 ||
        slot.connection_failures > 0 || slot.connection_dies > 0) {
      return expected;
    }
    // With a single try an answer that is held back is charged.
    if (worker.holds_answers > 0 && options.failure.crash_retries == 1) return expected;
    if (worker.exec_failures == 0 && worker.prep_failures == 0 && slot.added_at == 0) {
      one_works = true;
    }
  }
  expected.everything_computed = one_works;
  return expected;
}

}  // namespace spread::simulation
