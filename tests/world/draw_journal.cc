// The worlds of runs with a journal: killed, switched off or disturbed in one part after the other.
#include <signal.h>

#include <algorithm>
#include <vector>

#include "draw.h"
#include "scenario.h"
#include "special.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

class Journals {
 public:
  Journals(const std::string& what, std::uint64_t seed) : draw_(seed), seed_(seed) {
    world_.subcommand = what;
  }

  Scenario scenario() {
    const std::string& what = world_.subcommand;
    word({"spread", what, "--no-history", "--no-bar", "--journal", kJournal});
    world_.shutdown_timeout = 3 * kSecond;
    world_.kill_grace = 500 * kMillisecond;
    world_.slots = draw_.between(1, 6);
    word({"--kill-grace", "500ms", "-j", std::to_string(world_.slots)});
    if (what == "run") word({"--shutdown-timeout", "3s"});
    other_slots();
    journal();
    machine();
    output();
    if (what == "run") run();
    if (what == "map") map();
    if (what == "pipe") pipe();
    streams();
    first_faults();
    for (std::uint64_t more = draw_.between(0, 3); more > 0; --more) {
      Faults& next = world_.journal.later.emplace_back(quiet_);
      goes_wrong(next);
    }
    return std::move(world_);
  }

 private:
  void word(std::initializer_list<std::string> words) {
    world_.words.insert(world_.words.end(), words);
  }

  void journal() {
    JournalPlan& journal = world_.journal;
    journal.there = true;
    journal.durable = draw_.of<const char*>({"none", "batch", "answer"});
    // That of a run without the option.
    if (journal.durable != "batch" || draw_.one_in(2)) word({"--durable", journal.durable});
    word({draw_.one_in(5) ? "--resume=content" : "--resume"});
    journal.repeats = draw_.one_in(3);
    if (!draw_.one_in(6)) return;
    quiet_.lock_error = draw_.of<int>({ENOLCK, ENOSYS});
    journal.no_proc = draw_.one_in(2);
  }

  /// With dice of its own.
  void other_slots() {
    Draw others(seed_ + 5'000'000'011);
    if (!others.one_in(3)) return;
    for (int parts = 3; parts > 0; --parts) {
      world_.journal.slots.push_back(others.between(1, 6));
    }
  }

  std::uint64_t fewest_slots() const {
    std::uint64_t fewest = world_.slots;
    for (const std::uint64_t slots : world_.journal.slots) fewest = std::min(fewest, slots);
    return fewest;
  }

  void machine() {
    quiet_.threads = draw_.one_in(2);
    if (draw_.one_in(3)) quiet_.pipe_capacity = draw_.of<std::size_t>({100, 4096, 8192});
    if (draw_.one_in(3)) quiet_.pipe_piece_max = draw_.of<std::size_t>({7, 4096});
    WorkerPlan& worker = world_.worker;
    worker.preparation = static_cast<Time>(draw_.of<int>({0, 0, 1, 100})) * kMillisecond;
    worker.pause_at_end = static_cast<Time>(draw_.of<int>({0, 0, 10})) * kMillisecond;
    if (draw_.one_in(4)) worker.ends_after = 200 * kMillisecond;
    world_.in_file = draw_.one_in(3);
  }

  void output() {
    world_.out_file = draw_.one_in(2);
    world_.out_named = world_.out_file && !draw_.one_in(3);
    if (world_.out_named) word({"-o", kOutFile});
    if (draw_.one_in(3)) {
      word({"--reorder-mem", draw_.of<const char*>({"1", "1K"})});
      world_.little_memory = true;
    }
    if (world_.subcommand == "pipe") return;
    world_.ordered = !draw_.one_in(4);
    if (!world_.ordered) word({"--unordered"});
    world_.retries = static_cast<unsigned>(draw_.between(1, 3));
    word({"--retries", std::to_string(world_.retries)});
    if (draw_.one_in(3)) word({"--read-ahead", std::to_string(draw_.between(1, 20))});
  }

  /// Those at which a seed may end it: not what depends on who else is there.
  void tasks(std::initializer_list<End> ends) {
    const std::uint64_t count = draw_.one_in(8) ? draw_.between(0, 2) : draw_.by_size(3, 300);
    std::uint64_t size_max = draw_.of<std::uint64_t>({20, 300, 300, 20'000});
    // What is large may be in FILE alone.
    if (world_.out_named && Draw(seed_ + 6'000'000'001).one_in(2)) size_max = 20'000;
    const std::uint64_t slow = draw_.of<std::uint64_t>({0, 5, 100, 1000});
    for (std::size_t i = 0; i < count; ++i) {
      TaskPlan task;
      std::size_t size = draw_.by_size(1, size_max);
      // More than an answer carries.
      if (draw_.one_in(40)) size = draw_.between(60'000, 200'000);
      task.value = text(draw_, i, size);
      task.duration = static_cast<Time>(draw_.between(0, slow)) * kMillisecond;
      if (draw_.one_in(6)) task.errors = "err " + text(draw_, i, draw_.by_size(1, 300)) + "\n";
      if (draw_.one_in(10)) {
        const End bad = draw_.of<End>(ends);
        task.attempts.assign(bad == End::Error ? draw_.between(1, 3) : 1, bad);
        if (bad != End::Error || draw_.one_in(2)) task.attempts.push_back(End::Ok);
      }
      world_.input += std::to_string(i) + "\n";
      world_.tasks.push_back(std::move(task));
    }
  }

  void run() {
    world_.wire = draw_.of<const char*>({"json", "msgpack", "lines"});
    word({"--wire", world_.wire});
    if (world_.has_ids() && draw_.one_in(2)) {
      world_.window = draw_.between(1, 9);
      word({"--window", std::to_string(world_.window)});
    }
    if (!world_.has_ids()) world_.window = 1;
    if (world_.wire == "lines") {
      tasks({End::Crash});
    } else {
      tasks({End::Error, End::Error, End::Crash, End::Busy});
    }
    word({"--tails", "stderr", "--", "worker"});
    spare_slots(3 * fewest_slots() - 1);
    if (world_.has_ids()) together();
    if (world_.gang.members == 0) halt();
  }

  /// With dice of its own. A resume by content runs what was left out.
  void halt() {
    const std::vector<std::string>& words = world_.words;
    if (std::find(words.begin(), words.end(), "--resume=content") != words.end()) return;
    Draw others(seed_ + 7'000'000'015);
    if (!others.one_in(6)) return;
    world_.halt = std::string(others.of<const char*>({"now", "soon"})) + "," +
                  others.of<const char*>({"fail", "success", "done"}) + "=" +
                  (others.one_in(4) ? others.of<const char*>({"10%", "50%"})
                                    : std::to_string(others.by_size(1, 20)));
    world_.words.insert(world_.words.begin() + 2, {"--halt", world_.halt});
  }

  /// Until a worker has answered, in this part or in one before, deaths are those of its slot,
  /// which is closed at the third in a row: so many that all could be closed are too many. Any task
  /// may be the next of a part, and each dies once in it.
  void spare_slots(std::size_t most) {
    std::vector<TaskPlan*> dying;
    for (TaskPlan& task : world_.tasks) {
      if (task.attempts.front() == End::Crash) dying.push_back(&task);
    }
    for (std::size_t i = 0; dying.size() > most && i < dying.size(); ++i) {
      const bool stays = i * most / dying.size() != (i + 1) * most / dying.size();
      if (!stays) dying[i]->attempts = {End::Ok};
    }
  }

  /// Gangs, sub-tasks, lists or shards: with dice of their own, so that all other worlds stay what
  /// they are.
  void together() {
    Draw others(seed_ + 1'000'000'007);
    switch (others.between(0, 5)) {
      case 0: in_gangs(others); break;
      case 1:
        families(others, world_);
        // What runs inside of a task would take it along, as often as there is something.
        for (TaskPlan& part : world_.family.tasks) {
          std::replace(part.attempts.begin(), part.attempts.end(), End::Crash, End::Error);
          std::replace(part.attempts.begin(), part.attempts.end(), End::Mute, End::Error);
          std::replace(part.attempts.begin(), part.attempts.end(), End::Deaf, End::Error);
        }
        break;
      case 2: pieces(others, world_, true, world_.slots); break;
      default: break;
    }
  }

  /// All of the same size: no slot is closed, and a call may fail besides.
  void in_gangs(Draw& others) {
    gangs(others, world_);
    const std::uint64_t members = world_.gang.members;
    for (std::uint64_t& slots : world_.journal.slots) slots = std::max(slots, members);
    if (members > world_.slots) {
      world_.journal.slots.clear();
      world_.gang.exact = false;
      std::erase(world_.words, "--exact");
    }
    spare_slots(1);
  }

  void map() {
    world_.tag = draw_.one_in(4);
    if (world_.tag) word({"--tag"});
    tasks({End::Error, End::Crash});
    word({"job"});
  }

  void pipe() {
    const std::uint64_t count = draw_.by_size(2, 2000);
    for (std::size_t i = 0; i < count; ++i)
      world_.input += text(draw_, i, draw_.between(1, 60)) + "\n";
    const std::uint64_t block =
        std::max<std::uint64_t>(40, world_.input.size() / draw_.by_size(1, 200));
    word({"--block", std::to_string(block), "filter"});
  }

  void stream(StreamPlan& plan, std::size_t printed) {
    if (!draw_.one_in(3)) return;
    plan.piece = std::max<std::uint64_t>(draw_.by_size(10, 4096), printed / 1000);
    plan.pause = static_cast<Time>(draw_.between(0, 3)) * kMillisecond;
  }

  void streams() {
    std::size_t printed = world_.input.size();
    for (const TaskPlan& task : world_.tasks) printed += task.value.size() + task.errors.size();
    if (printed > 50'000) {
      quiet_.pipe_capacity = std::max<std::size_t>(quiet_.pipe_capacity, 4096);
      quiet_.pipe_piece_max = std::max<std::size_t>(quiet_.pipe_piece_max, 4096);
    }
    stream(world_.in, printed);
    stream(world_.out, printed);
    stream(world_.errors, printed);
    world_.in.closes = true;
  }

  void first_faults() {
    world_.faults = quiet_;
    if (!world_.out_file && draw_.one_in(10)) {
      world_.out.stops_after = draw_.by_size(1, 4096);
      world_.out.closes = true;
    } else {
      goes_wrong(world_.faults);
    }
  }

  void goes_wrong(Faults& faults) {
    const std::uint64_t point = draw_.by_size(60, 4000);
    switch (draw_.between(0, 9)) {
      case 0: break;  // nothing
      case 1: faults.killed_at_start = draw_.by_size(1, 60); break;
      case 2:
      case 3: faults.killed_at_call = point; break;
      case 4:
      case 5:
      case 6:
        faults.killed_at_call = point;
        faults.power_cut = true;
        break;
      case 7:
        faults.fails_at_call = point;
        faults.failure = static_cast<FaultKind>(draw_.between(0, sys::kFaultKinds - 1));
        break;
      case 8: faults.disk_bytes = draw_.by_size(1, 20'000); break;
      default:
        for (std::uint64_t i = draw_.between(1, 3); i > 0; --i) {
          faults.signals[draw_.by_size(60, 4000)] = draw_.of<int>({SIGINT, SIGTERM, SIGHUP});
        }
    }
  }

  Draw draw_;
  std::uint64_t seed_;
  Faults quiet_;  ///< what the machine is like in all parts
  Scenario world_;
};

}  // namespace

Scenario draw_journal(const std::string& what, std::uint64_t seed) {
  return Journals(what, seed).scenario();
}

}  // namespace spread::world
