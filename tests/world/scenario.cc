#include "scenario.h"

#include <signal.h>

#include <algorithm>
#include <string_view>

#include "draw.h"
#include "special.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

std::string seconds(Time span) { return std::to_string(span / kMillisecond) + "ms"; }

class Drawing {
 public:
  Drawing(const std::string& what, std::uint64_t seed)
      : draw_(seed),
        limits_(seed * 2654435761U + 11),
        power_(seed + 3'000'000'019),
        seed_(seed),
        storage_(what == "map" && seed % 16 == 5),
        starts_(what == "map" && seed % 16 == 6) {
    world_.subcommand = what;
  }

  Scenario scenario() {
    const std::string& what = world_.subcommand;
    calm_ = draw_.one_in(3) || storage_ || starts_;
    word({"spread", what, "--no-history", "--no-bar"});
    world_.shutdown_timeout = draw_.of<Time>({1, 3, 40}) * kSecond;
    world_.kill_grace = draw_.of<Time>({500, 2000}) * kMillisecond;
    word({"--kill-grace", seconds(world_.kill_grace)});
    places();
    // Jobs have none.
    if (what == "run" || what == "all")
      word({"--shutdown-timeout", seconds(world_.shutdown_timeout)});
    machine();
    workers();
    if (what == "run") run();
    if (what == "map") map();
    if (what == "pipe") pipe();
    if (what == "all") word({"--", "command"});
    streams();
    signals();
    if (draw_.one_in(world_.resumes ? 3 : 10)) {
      if (draw_.one_in(2)) world_.faults.killed_at_start = draw_.between(1, 6);
      world_.faults.killed_at_call = draw_.by_size(60, 5000);
      if (draw_.one_in(3)) world_.faults.reaped_late = 500 * kMillisecond;
      world_.faults.power_cut = world_.resumes && power_.one_in(3);
    }
    rare();
    // With dice of their own, so that all other worlds stay what they are.
    Draw others(seed_ + 1'000'000'007);
    if (what == "run" && world_.has_ids() && others.one_in(4)) {
      gangs(others, world_);
    } else if (what == "run" && world_.has_ids() && others.one_in(3)) {
      families(others, world_);
    } else if (what == "run") {
      Draw more(seed_ + 2'000'000'011);
      if (more.one_in(2)) pieces(more, world_, calm_, slots_known());
    }
    world_.out_named = world_.out_file && what != "all" && !world_.one_place &&
                       Draw(seed_ + 4'000'000'007).one_in(2);
    if (world_.out_named) world_.words.insert(world_.words.begin() + 2, {"-o", kOutFile});
    // A worker's own status is asked for nowhere else.
    world_.faults.takes_children = what == "run" && Draw(seed_ + 6'000'000'017).one_in(5);
    world_.resumes &= world_.out.stops_after == SIZE_MAX && world_.errors.stops_after == SIZE_MAX;
    return std::move(world_);
  }

 private:
  /// What would otherwise meet too seldom.
  void rare() {
    if (calm_ && draw_.one_in(8) && world_.has_ids()) last_words(draw_, world_);
    const bool run = world_.subcommand == "run", map = world_.subcommand == "map";
    const bool signals = !world_.faults.signals.empty() || !world_.faults.signals_at.empty();
    if (run && signals && draw_.one_in(2)) world_.worker.lives_on = true;
    if (map && world_.spill_fills && world_.ordered && world_.timeout > 0 && world_.retries == 1 &&
        !world_.tasks.empty()) {
      world_.tasks[0].attempts = {End::Hang};
    }
    if (!world_.joblog.empty() && draw_.one_in(3)) {
      world_.resumes = false;
      world_.disk_fills = true;
      world_.faults.disk_bytes = draw_.by_size(1, 3000);
    }
  }

  /// Where the work is done: here, or on another host, too.
  void places() {
    HostPlan& host = world_.host;
    host.there = (world_.subcommand == "run" || world_.subcommand == "map") && draw_.one_in(4);
    world_.slots = draw_.between(1, 6);
    host.there &= !storage_ && !starts_;
    if (!host.there) return word({"-j", std::to_string(world_.slots)});
    // Without a number it is asked how many CPUs it has.
    const std::string there = draw_.one_in(4) ? "" : std::to_string(draw_.between(1, 3)) + "/";
    if (draw_.one_in(3)) {
      word({"--ssh", "login -p 22"});
    } else {
      word({"--launch", "login {host}"});
    }
    const std::uint64_t here = draw_.between(1, 3);
    word({"-S", std::to_string(here) + "/:," + there + "n1"});
    slots_ = here + (there.empty() ? 2 : static_cast<std::uint64_t>(there[0] - '0'));
    asked_ = there.empty();
    world_.slots = 6;
    host.delay = draw_.of<Time>({0, 50, 60'000}) * kMillisecond;
    // A worker that has a task and says nothing is waited for, a login that is not there is not.
    if (world_.subcommand == "map" && draw_.one_in(3)) host.never_one_in = 2;
    if (!calm_ && draw_.one_in(4)) host.refuses_one_in = 3;
    if (!calm_ && draw_.one_in(3)) host.dies_one_in = 5;
  }

  /// How many there are when the first tasks are made.
  std::optional<std::uint64_t> slots_known() const {
    const HostPlan& host = world_.host;
    if (world_.faults.descriptors_max < 1024) return std::nullopt;
    if (!host.there) return world_.slots;
    const bool may_change = host.loses() || !world_.faults.signals_at.empty();
    if (asked_ && may_change) return std::nullopt;
    // It is asked for 20 s; then one is assumed.
    return asked_ && host.delay >= 20 * kSecond ? slots_ - 1 : slots_;
  }

  void word(std::initializer_list<std::string> words) {
    world_.words.insert(world_.words.end(), words);
  }

  void machine() {
    Faults& faults = world_.faults;
    faults.threads = draw_.one_in(2) || starts_;
    // What few workers need, or fewer.
    if (draw_.one_in(10)) faults.descriptors_max = draw_.between(22, 44);
    if (draw_.one_in(10)) faults.reaped_late = draw_.of<Time>({5, 500}) * kMillisecond;
    if (!calm_ && draw_.one_in(5))
      faults.start_fails_one_in = static_cast<unsigned>(draw_.between(2, 20));
    if (draw_.one_in(3)) faults.pipe_capacity = draw_.of<std::size_t>({3, 100, 4096, 8192});
    if (draw_.one_in(3)) faults.pipe_piece_max = draw_.of<std::size_t>({1, 3, 7, 4096});
  }

  void workers() {
    WorkerPlan& worker = world_.worker;
    worker.preparation = static_cast<Time>(draw_.of<int>({0, 0, 1, 100})) * kMillisecond;
    worker.pause_at_end = static_cast<Time>(draw_.of<int>({0, 0, 10, 400})) * kMillisecond;
    if (draw_.one_in(4)) worker.ends_after = 200 * kMillisecond;
    if (draw_.one_in(8)) worker.ends_after.reset();
    worker.lives_on = draw_.one_in(8);
    worker.grandchild = draw_.one_in(8);
    worker.grandchild_obeys = draw_.one_in(2);
  }

  void tasks(std::size_t count, std::initializer_list<End> ends) {
    const bool smooth = draw_.one_in(3);
    const std::uint64_t value_max = draw_.of<std::uint64_t>({20, 20, 300, 20000});
    const bool errors = *ends.begin() == End::Error;
    const std::uint64_t slow = draw_.of<std::uint64_t>({0, 5, 200, 200, 4000});
    for (std::size_t i = 0; i < count; ++i) {
      TaskPlan task;
      // What is held in memory is 64 KiB at least: to fill that, and the spill file, takes more.
      const std::size_t size =
          world_.spill_fills ? draw_.between(3000, 30000) : draw_.by_size(1, value_max);
      task.value = text(draw_, i, size);
      task.duration = static_cast<Time>(draw_.between(0, slow)) * kMillisecond;
      if (slow <= 200 && draw_.one_in(20)) task.duration *= 20;
      if (draw_.one_in(6))
        task.errors = "err " + text(draw_, i, draw_.by_size(1, value_max)) + "\n";
      if (!smooth && draw_.one_in(world_.spill_fills ? 4 : 10)) {
        End bad = draw_.of<End>(ends);
        // Where another process holds the pipe, its end cannot be seen.
        if ((bad == End::Mute || bad == End::Deaf) && world_.worker.grandchild) bad = End::Crash;
        // Where the first all die, nothing shows that the command works, and the slots are closed.
        if (i < 2 && bad != End::Busy && bad != End::Hang) bad = errors ? End::Error : End::Ok;
        task.attempts.assign(draw_.between(1, 3), bad);
        // What is only refused is given out for ever.
        if (bad == End::Busy || draw_.one_in(2)) task.attempts.push_back(End::Ok);
      }
      world_.tasks.push_back(std::move(task));
    }
  }

  std::size_t draw_count() {
    return draw_.one_in(8) ? draw_.between(0, 1) : draw_.by_size(2, draw_.one_in(8) ? 600 : 60);
  }

  void limits() {
    if (starts_) {
      world_.halt = "now,done=1";
      word({"--halt", world_.halt});
    } else if (!storage_ && draw_.one_in(calm_ ? 4 : 8)) {
      world_.halt = std::string(draw_.of<const char*>({"now", "soon"})) + "," +
                    draw_.of<const char*>({"fail", "success", "done"}) + "=" +
                    (draw_.one_in(4) ? draw_.of<const char*>({"10%", "50%"})
                                     : std::to_string(draw_.between(1, 4)));
      word({"--halt", world_.halt});
    }
    if (!starts_ && (storage_ || draw_.one_in(6))) {
      world_.spill_fills = true;
      // Much is printed, which takes too long three bytes at a time.
      world_.faults.pipe_piece_max = SIZE_MAX;
      world_.faults.pipe_capacity = std::max<std::size_t>(world_.faults.pipe_capacity, 4096);
      word({"--reorder-mem", "1", "--spill-max", draw_.of<const char*>({"1", "100", "3K"})});
    }
    if (draw_.one_in(5)) {
      world_.joblog = "/world/joblog";
      word({"--joblog", world_.joblog});
    }
    if (draw_.one_in(6)) {
      world_.out_file = draw_.one_in(2);
      world_.disk_fills = !calm_ && draw_.one_in(2);
      if (world_.disk_fills) world_.faults.disk_bytes = draw_.by_size(1, 3000);
    }
    world_.little_memory = world_.spill_fills || !world_.ordered;
    if (draw_.one_in(2) && !world_.spill_fills) {
      word({"--reorder-mem", draw_.of<const char*>({"1", "1K", "10K"})});
      world_.little_memory = true;
    }
    if (draw_.one_in(2)) word({"--read-ahead", std::to_string(draw_.between(1, 20))});
  }

  void run() {
    world_.wire = draw_.of<const char*>({"json", "msgpack", "msgpack", "lines"});
    // Drawn apart, so that the other worlds stay as they are.
    if (world_.wire == "lines" && Draw(seed_ + 2'000'000'011).one_in(2)) world_.wire = "pickle";
    word({"--wire", world_.wire});
    if (world_.wire == "pickle") word({"--pickle-remote", "error"});
    world_.ordered = !draw_.one_in(3);
    if (!world_.ordered) word({"--unordered"});
    const bool lines = world_.wire == "lines";
    const bool ids = world_.has_ids();
    if (!ids) world_.window = 1;
    if (ids && draw_.one_in(2)) {
      world_.window = draw_.between(1, 9);
      word({"--window", std::to_string(world_.window)});
    }
    world_.retries = static_cast<unsigned>(draw_.between(1, 3));
    word({"--retries", std::to_string(world_.retries)});
    // Longer than anything that ends by itself.
    const bool timeout = draw_.one_in(3);
    if (timeout) {
      world_.timeout = 20 * kSecond;
      word({"--timeout", seconds(world_.timeout)});
    }
    // What is sent to a worker that is not there yet has its time-out, too.
    if (timeout) world_.host.delay = std::min(world_.host.delay, kSecond);
    limits();
    if (!calm_ && draw_.one_in(4)) world_.worker.starts_badly_one_in = 6;
    if (!calm_ && ids && draw_.one_in(10)) world_.worker.answers_wrongly_one_in = 4;
    const End hang = timeout ? End::Hang : End::Crash;
    if (lines) {
      tasks(draw_count(), {End::Crash, End::Mute, End::Deaf, hang});
    } else {
      tasks(draw_count(), {End::Error, End::Crash, End::Busy, End::Mute, End::Deaf, hang});
    }
    if (draw_.one_in(12)) {
      crashers(draw_, world_);
    } else if (world_.little_memory && draw_.one_in(6)) {
      much_at_once(draw_, world_);
    }
    // A tail that cannot be kept ends the run with an error of its own.
    if (!lines && !world_.spill_fills && draw_.one_in(3)) world_.worker.tail = "tail\n";
    for (std::size_t i = 0; i < world_.tasks.size(); ++i) world_.input += std::to_string(i) + "\n";
    lifetimes();
    word({"--tails", "stderr", "--", "worker"});
  }

  /// When a worker's process is replaced. Drawn apart, so that the other worlds stay as they are.
  void lifetimes() {
    if (!limits_.one_in(6)) return;
    const bool age = limits_.one_in(3);
    if (age) word({"--max-age", seconds(limits_.of<Time>({1, 100, 3000}) * kMillisecond)});
    if (!age || limits_.one_in(2)) {
      world_.max_tasks = limits_.by_size(1, 20);
      word({"--max-tasks", std::to_string(world_.max_tasks)});
    }
    if (limits_.one_in(2)) return;
    word({"--overlap"});
    // One slot has two processes then.
    world_.faults.descriptors_max = std::max<std::size_t>(world_.faults.descriptors_max, 26);
  }

  /// Of `map`: where what jobs print goes.
  void output() {
    if (draw_.one_in(8)) {
      world_.results = "/world/results";
      word({"--results", world_.results});
    } else if (draw_.one_in(8) && !world_.spill_fills) {
      world_.table = draw_.of<const char*>({"/world/t.csv", "/world/t.tsv", "/world/t.json"});
      word({"--results", world_.table});
    } else if (draw_.one_in(8)) {
      world_.ungrouped = true;
      word({"-u"});
    } else if (draw_.one_in(5)) {
      world_.one_place = true;
    } else if (draw_.one_in(5)) {
      world_.tag = true;
      word({"--tag"});
    }
    world_.resumes = !world_.joblog.empty() && !world_.disk_fills && !world_.out_file &&
                     !world_.one_place && !world_.ungrouped && world_.results.empty() &&
                     !world_.spill_fills && world_.halt.empty();
    if (world_.resumes && draw_.one_in(2)) world_.torn = draw_.between(1, 40);
  }

  void map() {
    world_.ordered = storage_ || !draw_.one_in(3);
    if (!world_.ordered) word({"--unordered"});
    world_.retries = storage_ ? 2 : static_cast<unsigned>(draw_.between(1, 3));
    word({"--retries", std::to_string(world_.retries)});
    const bool timeout = draw_.one_in(3);
    if (timeout) {
      world_.timeout = 20 * kSecond;
      word({"--timeout", seconds(world_.timeout)});
    }
    limits();
    if (!storage_) output();
    tasks(draw_count(), {End::Error, End::Crash, timeout ? End::Hang : End::Crash});
    if (world_.spill_fills && world_.ordered) waits_for_storage(draw_, world_);
    if (draw_.one_in(10) && !world_.host.there) too_long(draw_, world_);
    for (std::size_t i = 0; i < world_.tasks.size(); ++i) {
      const bool refused = world_.tasks[i].attempts.front() == End::Long;
      world_.input += std::to_string(i) + std::string(refused ? 140'000 : 0, 'x') + "\n";
    }
    word({"job"});
  }

  void pipe() {
    if (draw_.one_in(2)) word({"--round-robin"});
    world_.ordered = world_.words.back() != "--round-robin";
    if (draw_.one_in(6)) world_.worker.filter_dies_one_in = 3;
    const std::size_t count = draw_count() * draw_.of<std::size_t>({1, 10});
    for (std::size_t i = 0; i < count; ++i)
      world_.input += text(draw_, i, draw_.between(1, 60)) + "\n";
    word({"--block", std::to_string(std::max<std::size_t>(
                         40, draw_.between(1, world_.input.size() + 50) / 10))});
    word({"filter"});
  }

  void stream(StreamPlan& plan) {
    if (plan.pause > 0) return;  // it has to be so
    if (printed() > 200'000) plan.piece = 65536;
    if (draw_.one_in(3) && printed() < 200'000) {
      plan.piece = draw_.by_size(1, 4096);
      plan.pause = static_cast<Time>(draw_.between(0, 3)) * kMillisecond;
    }
    // What is to arrive has to arrive within days: a sleeper takes a whole pipe at a time.
    if (draw_.one_in(6) && world_.faults.pipe_capacity >= 4096) {
      plan.pause = static_cast<Time>(draw_.between(1, 60)) * kSecond;
      plan.piece = 65536;
    }
  }

  std::size_t printed() const {
    std::size_t bytes = world_.input.size();
    for (const TaskPlan& task : world_.tasks) bytes += task.value.size() + task.errors.size();
    return bytes;
  }

  void streams() {
    // Much, and three bytes at a time, takes too long.
    if (printed() > 100'000) {
      Faults& faults = world_.faults;
      faults.pipe_capacity = std::max<std::size_t>(faults.pipe_capacity, 4096);
      faults.pipe_piece_max = std::max<std::size_t>(faults.pipe_piece_max, 4096);
    }
    stream(world_.in);
    stream(world_.out);
    stream(world_.errors);
    world_.in.closes = true;
    if (!calm_ && draw_.one_in(12)) {
      world_.out.stops_after = draw_.by_size(1, 4096);
      world_.out.closes = true;
    }
  }

  /// One slot more, or one less.
  void slot_signals() {
    for (std::uint64_t i = draw_.between(1, 4); i > 0; --i) {
      world_.faults.signals_at[static_cast<Time>(draw_.by_size(1, 2000)) * kMillisecond] =
          draw_.of<int>({SIGUSR1, SIGUSR2, SIGUSR2});
    }
  }

  void signals() {
    const bool slots = world_.subcommand == "run" || world_.subcommand == "map";
    if (slots && draw_.one_in(8)) slot_signals();
    if (calm_ || !draw_.one_in(2)) return;
    const std::uint64_t count = draw_.between(1, 3);
    // A reader that has stopped reads no more: only the third signal ends that, and it has to come.
    const bool blocked = count == 3 && draw_.one_in(2);
    const bool by_time = blocked || draw_.one_in(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      const int number = draw_.of<int>({SIGINT, SIGTERM, SIGHUP});
      if (by_time) {
        Time when = static_cast<Time>(draw_.by_size(1, 100'000)) * kMillisecond;
        while (world_.faults.signals_at.contains(when)) when += kMillisecond;
        world_.faults.signals_at[when] = number;
      } else {
        world_.faults.signals[draw_.by_size(60, 5000)] = number;
      }
    }
    if (!blocked) return;
    StreamPlan& sleeper = draw_.one_in(2) ? world_.out : world_.errors;
    sleeper.stops_after = draw_.by_size(1, 4096);
    sleeper.closes = false;
  }

  Draw draw_, limits_, power_;
  std::uint64_t seed_;
  std::uint64_t slots_ = 0;  ///< with those on the other host, ...
  bool asked_ = false;       ///< which is asked how many it has
  Scenario world_;
  bool storage_, starts_;  ///< one of the worlds for full storage, or for starts that are slow
  bool calm_ = false;      ///< nothing comes from outside, so that all of it can be judged
};

}  // namespace

Scenario draw_scenario(const std::string& what, std::uint64_t seed) {
  constexpr std::string_view kWithJournal = "journal-";
  if (what.starts_with(kWithJournal)) return draw_journal(what.substr(kWithJournal.size()), seed);
  return Drawing(what, seed).scenario();
}

}  // namespace spread::world
