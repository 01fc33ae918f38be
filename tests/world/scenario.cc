#include "scenario.h"

#include <signal.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace spread::world {
namespace {

using End = TaskPlan::End;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + random_() % (high - low + 1);
  }
  bool one_in(unsigned n) { return between(1, n) == 1; }
  template <typename T>
  T of(std::initializer_list<T> list) {
    return *(list.begin() + between(0, list.size() - 1));
  }
  /// Small ones as often as large ones.
  std::uint64_t by_size(std::uint64_t low, std::uint64_t high) {
    const double from = std::log2(static_cast<double>(low)),
                 to = std::log2(static_cast<double>(high));
    const double place = static_cast<double>(between(0, 1000)) / 1000;
    return static_cast<std::uint64_t>(std::exp2(from + (to - from) * place));
  }

 private:
  std::mt19937_64 random_;
};

std::string seconds(Time span) { return std::to_string(span / kMillisecond) + "ms"; }

/// Letters, so that no wire has to escape any.
std::string text(Draw& draw, std::size_t index, std::size_t size) {
  std::string text = std::to_string(index) + ":";
  while (text.size() < size) text += static_cast<char>('a' + draw.between(0, 25));
  return text;
}

class Drawing {
 public:
  Drawing(const std::string& what, std::uint64_t seed) : draw_(seed) { world_.subcommand = what; }

  Scenario scenario() {
    const std::string& what = world_.subcommand;
    word({"spread", what, "--no-history", "--no-bar"});
    world_.shutdown_timeout = draw_.of<Time>({1, 3}) * kSecond;
    world_.kill_grace = draw_.of<Time>({500, 2000}) * kMillisecond;
    word({"-j", std::to_string(draw_.between(1, 6)), "--kill-grace", seconds(world_.kill_grace)});
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
    if (draw_.one_in(10)) {
      if (draw_.one_in(2)) world_.faults.killed_at_start = draw_.between(1, 6);
      world_.faults.killed_at_call = draw_.by_size(60, 5000);
    }
    return std::move(world_);
  }

 private:
  void word(std::initializer_list<std::string> words) {
    world_.words.insert(world_.words.end(), words);
  }

  void machine() {
    Faults& faults = world_.faults;
    if (draw_.one_in(5)) faults.start_fails_one_in = static_cast<unsigned>(draw_.between(2, 20));
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
  }

  void tasks(std::size_t count, bool errors, bool hangs) {
    const bool smooth = draw_.one_in(3);
    const std::uint64_t value_max = draw_.of<std::uint64_t>({20, 20, 300, 20000});
    const std::uint64_t slow = draw_.of<std::uint64_t>({0, 5, 200});
    for (std::size_t i = 0; i < count; ++i) {
      TaskPlan task;
      // What is held in memory is 64 KiB at least: to fill that, and the spill file, takes more.
      const std::size_t size =
          world_.spill_fills ? draw_.between(3000, 30000) : draw_.by_size(1, value_max);
      task.value = text(draw_, i, size);
      task.duration = static_cast<Time>(draw_.between(0, slow)) * kMillisecond;
      if (draw_.one_in(20)) task.duration *= 20;
      if (draw_.one_in(6))
        task.errors = "err " + text(draw_, i, draw_.by_size(1, value_max)) + "\n";
      if (!smooth && draw_.one_in(world_.spill_fills ? 4 : 10)) {
        const End bad = draw_.of<End>(
            {errors ? End::Error : End::Crash, End::Crash, hangs ? End::Hang : End::Crash});
        task.attempts.assign(draw_.between(1, 3), bad);
        if (draw_.one_in(2)) task.attempts.push_back(End::Ok);
      }
      world_.tasks.push_back(std::move(task));
    }
  }

  std::size_t draw_count() {
    return draw_.one_in(8) ? draw_.between(0, 1) : draw_.by_size(2, draw_.one_in(8) ? 600 : 60);
  }

  void limits() {
    if (draw_.one_in(6)) {
      world_.halt = std::string(draw_.of<const char*>({"now", "soon"})) + "," +
                    draw_.of<const char*>({"fail", "success", "done"}) + "=" +
                    std::to_string(draw_.between(1, 4));
      word({"--halt", world_.halt});
    }
    if (draw_.one_in(6)) {
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
      world_.disk_fills = draw_.one_in(2);
      if (world_.disk_fills) world_.faults.disk_bytes = draw_.by_size(1, 3000);
    }
    if (draw_.one_in(2) && !world_.spill_fills)
      word({"--reorder-mem", draw_.of<const char*>({"1", "1K", "10K"})});
    if (draw_.one_in(2)) word({"--read-ahead", std::to_string(draw_.between(1, 20))});
  }

  void run() {
    world_.wire = draw_.of<const char*>({"json", "msgpack", "msgpack", "lines"});
    word({"--wire", world_.wire});
    world_.ordered = !draw_.one_in(3);
    if (!world_.ordered) word({"--unordered"});
    const bool lines = world_.wire == "lines";
    if (!lines && draw_.one_in(2)) word({"--window", std::to_string(draw_.between(1, 9))});
    world_.retries = static_cast<unsigned>(draw_.between(1, 3));
    word({"--retries", std::to_string(world_.retries)});
    // Longer than anything that ends by itself.
    const bool timeout = draw_.one_in(3);
    if (timeout) {
      world_.timeout = 20 * kSecond;
      word({"--timeout", seconds(world_.timeout)});
    }
    limits();
    if (draw_.one_in(4)) world_.worker.starts_badly_one_in = 6;
    if (!lines && draw_.one_in(10)) world_.worker.answers_wrongly_one_in = 4;
    tasks(draw_count(), !lines, timeout);
    // A tail that cannot be kept ends the run with an error of its own.
    if (!lines && !world_.spill_fills && draw_.one_in(3)) world_.worker.tail = "tail\n";
    for (std::size_t i = 0; i < world_.tasks.size(); ++i) world_.input += std::to_string(i) + "\n";
    word({"--tails", "stderr", "--", "worker"});
  }

  void map() {
    world_.ordered = !draw_.one_in(3);
    if (!world_.ordered) word({"--unordered"});
    world_.retries = static_cast<unsigned>(draw_.between(1, 3));
    word({"--retries", std::to_string(world_.retries)});
    const bool timeout = draw_.one_in(3);
    if (timeout) {
      world_.timeout = 20 * kSecond;
      word({"--timeout", seconds(world_.timeout)});
    }
    limits();
    world_.one_place = draw_.one_in(5);
    tasks(draw_count(), true, timeout);
    for (std::size_t i = 0; i < world_.tasks.size(); ++i) world_.input += std::to_string(i) + "\n";
    word({"job"});
  }

  void pipe() {
    if (draw_.one_in(2)) word({"--round-robin"});
    world_.ordered = world_.words.back() != "--round-robin";
    const std::size_t count = draw_count() * draw_.of<std::size_t>({1, 10});
    for (std::size_t i = 0; i < count; ++i)
      world_.input += text(draw_, i, draw_.between(1, 60)) + "\n";
    word({"--block", std::to_string(std::max<std::size_t>(
                         40, draw_.between(1, world_.input.size() + 50) / 10))});
    word({"filter"});
  }

  void stream(StreamPlan& plan) {
    if (draw_.one_in(3)) {
      plan.piece = draw_.by_size(1, 4096);
      plan.pause = static_cast<Time>(draw_.between(0, 3)) * kMillisecond;
    }
    // What is to arrive has to arrive within days: a sleeper takes a whole pipe at a time.
    if (draw_.one_in(6) && world_.faults.pipe_capacity >= 4096) {
      plan.pause = static_cast<Time>(draw_.between(1, 60)) * kSecond;
      plan.piece = 65536;
    }
  }

  void streams() {
    stream(world_.in);
    stream(world_.out);
    stream(world_.errors);
    world_.in.closes = true;
    if (draw_.one_in(12)) {
      world_.out.stops_after = draw_.by_size(1, 4096);
      world_.out.closes = true;
    }
  }

  void signals() {
    if (!draw_.one_in(3)) return;
    const std::uint64_t count = draw_.between(1, 3);
    // A reader that has stopped reads no more: only the third signal ends that, and it has to come.
    const bool blocked = count == 3 && draw_.one_in(2);
    const bool by_time = blocked || draw_.one_in(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      const int number = draw_.of<int>({SIGINT, SIGTERM, SIGHUP});
      if (by_time) {
        world_.faults.signals_at[static_cast<Time>(draw_.by_size(1, 100'000)) * kMillisecond] =
            number;
      } else {
        world_.faults.signals[draw_.by_size(60, 5000)] = number;
      }
    }
    if (!blocked) return;
    StreamPlan& sleeper = draw_.one_in(2) ? world_.out : world_.errors;
    sleeper.stops_after = draw_.by_size(1, 4096);
    sleeper.closes = false;
  }

  Draw draw_;
  Scenario world_;
};

}  // namespace

Scenario draw_scenario(const std::string& what, std::uint64_t seed) {
  return Drawing(what, seed).scenario();
}

std::string describe(const Scenario& scenario) {
  std::string text;
  for (const std::string& word : scenario.words) text += word + " ";
  const auto stream = [&](const char* name, const StreamPlan& plan) {
    text += std::string("\n  ") + name + ": " + std::to_string(plan.piece) + " bytes every " +
            seconds(plan.pause);
    if (plan.stops_after != SIZE_MAX) {
      text += ", after " + std::to_string(plan.stops_after) + (plan.closes ? " closes" : " sleeps");
    }
  };
  stream("stdin", scenario.in);
  stream("stdout", scenario.out);
  stream("stderr", scenario.errors);
  const Faults& faults = scenario.faults;
  text += "\n  pipes: " + std::to_string(faults.pipe_capacity) + " bytes, at most " +
          std::to_string(faults.pipe_piece_max) + " at a time; one start of " +
          std::to_string(faults.start_fails_one_in) + " fails";
  for (const auto& [call, number] : faults.signals) {
    text += "\n  signal " + std::to_string(number) + " at call " + std::to_string(call);
  }
  for (const auto& [when, number] : faults.signals_at) {
    text += "\n  signal " + std::to_string(number) + " at " + seconds(when);
  }
  const WorkerPlan& worker = scenario.worker;
  text += "\n  workers: preparation " + seconds(worker.preparation) + ", pause at the end " +
          seconds(worker.pause_at_end) + (worker.lives_on ? ", live on" : "") +
          (worker.grandchild ? ", leave a grandchild" : "") +
          (worker.ends_after ? ", TERM ends them after " + seconds(*worker.ends_after)
                             : ", ignore TERM");
  if (scenario.one_place) text += "\n  stdout and stderr are one pipe";
  if (scenario.out_file) text += "\n  stdout is a file";
  if (scenario.disk_fills)
    text += "\n  the disk holds " + std::to_string(faults.disk_bytes) + " bytes";
  if (faults.killed_at_call > 0)
    text += "\n  killed at call " + std::to_string(faults.killed_at_call);
  if (faults.killed_at_start > 0)
    text += "\n  killed at start " + std::to_string(faults.killed_at_start);
  text += "\n  " + std::to_string(scenario.tasks.size()) + " tasks";
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) {
    const TaskPlan& task = scenario.tasks[i];
    text += "\n    " + std::to_string(i) + ": " + std::to_string(task.value.size()) + " bytes, " +
            std::to_string(task.errors.size()) + " of stderr, " + seconds(task.duration) + ",";
    for (const End end : task.attempts) {
      constexpr const char* kNames[] = {" ok", " error", " crash", " hang"};
      text += kNames[static_cast<int>(end)];
    }
  }
  return text + "\n";
}

}  // namespace spread::world
