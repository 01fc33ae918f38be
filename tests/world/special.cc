#include "special.h"

#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

namespace spread::world {

using End = TaskPlan::End;

/// What works at first, and then dies again and again.
void crashers(Draw& draw, Scenario& world) {
  world.worker.lives_on = false;
  for (std::size_t i = 0; i < world.tasks.size(); ++i) {
    world.tasks[i].attempts = {End::Ok};
    if (i >= 6 && !draw.one_in(8)) world.tasks[i].attempts = {End::Crash};
  }
}

/// Jobs print more than can be held, and the first has to be tried again.
void waits_for_storage(Draw& draw, Scenario& world) {
  world.tasks.resize(std::min<std::size_t>(world.tasks.size(), 12));
  const bool once = world.retries == 1;
  for (std::size_t i = 0; i < world.tasks.size(); ++i) {
    TaskPlan& task = world.tasks[i];
    task.value = text(draw, i, draw.between(100'000, once ? 900'000 : 300'000));
    task.duration = static_cast<Time>(draw.between(50, 400)) * kMillisecond;
  }
  if (world.tasks.empty()) return;
  TaskPlan& first = world.tasks[0];
  if (once) {
    first.duration = 3 * kSecond;
    return;
  }
  // It has failed before the others print much; and then there may be a slot less.
  first.attempts = {End::Error, End::Ok};
  first.duration = static_cast<Time>(draw.between(0, 30)) * kMillisecond;
  if (draw.one_in(2)) {
    world.faults.signals_at[static_cast<Time>(draw.between(1, 30)) * kMillisecond] = SIGUSR2;
  }
}

/// More than can be held, and faster than it is read.
void much_at_once(Draw& draw, Scenario& world) {
  for (std::size_t i = 0; i < 200; ++i) {
    if (i >= world.tasks.size()) world.tasks.emplace_back();
    world.tasks[i].value = text(draw, i, draw.between(10'000, 30'000));
    world.tasks[i].duration = static_cast<Time>(draw.between(0, 20)) * kMillisecond;
  }
  // Not where the first has to wait for its time-out, with all others behind it.
  world.out.pause = static_cast<Time>(draw.between(1, 60)) * kSecond;
}

/// Items for which no process can be started.
void too_long(Draw& draw, Scenario& world) {
  for (std::size_t i = draw.between(0, 3); i < world.tasks.size();
       i += draw.between(1, 1 + world.tasks.size())) {
    world.tasks[i] = TaskPlan();
    world.tasks[i].attempts = {End::Long};
  }
}

/// The end has more to say than a reader of stderr has read.
void last_words(Draw& draw, Scenario& world) {
  if (world.tasks.empty() || world.faults.pipe_capacity < 4096) return;
  for (std::size_t i = 0; i < world.tasks.size(); ++i) {
    world.tasks[i].errors = "err " + text(draw, i, 5000) + "\n";
  }
  TaskPlan& last = world.tasks.back();
  // Its item has been drawn, and is too long.
  if (last.attempts != std::vector<End>{End::Long}) last.attempts = {End::Error};
  world.errors.piece = 65536;
  world.errors.pause = static_cast<Time>(draw.between(5, 60)) * kSecond;
  world.faults.pipe_piece_max = SIZE_MAX;
}

namespace {

/// What the members of a gang do for a task, and who of them does it badly.
void calls(Draw& draw, TaskPlan& task, std::size_t size_max) {
  using Call = TaskPlan::Call;
  if (!draw.one_in(5)) {
    task.calls = {Call::Visits};
    for (std::uint64_t more = draw.between(0, 4); more > 0; --more) {
      task.calls.push_back(draw.of<Call>(
          {Call::Barrier, Call::Texts, Call::Sum, Call::Broadcast, Call::PutGet, Call::Visits}));
    }
  }
  task.call_size = draw.by_size(1, size_max);
  task.culprit = draw.between(0, 3);
  task.goes_wrong_before = draw.between(0, task.calls.size());
  End& first = task.attempts.front();
  if (first == End::Busy) task.goes_wrong_before = 0;
  if (first != End::Error || task.calls.empty()) return;
  const End bad = draw.of<End>({End::Error, End::Error, End::Early, End::Strange, End::LateBusy});
  for (End& each : task.attempts) {
    if (each == End::Error) each = bad;
  }
  if (bad == End::LateBusy) {
    task.goes_wrong_before = draw.between(1, task.calls.size());
  } else if (bad != End::Error) {
    task.goes_wrong_before = draw.between(0, task.calls.size() - 1);
  }
}

}  // namespace

namespace {

/// What the sub-tasks of a task do; they may have some of their own, to a depth of three.
class Families {
 public:
  Families(Draw& draw, Scenario& world)
      : draw_(draw), world_(world), smooth_(draw.one_in(2)), slow_(draw.of<int>({0, 5, 200})) {}

  void submit(TaskPlan& task, int depth) {
    for (std::uint64_t more = draw_.between(1, 2); more > 0; --more) {
      SubmitPlan submit;
      using Get = SubmitPlan::Get;
      submit.get =
          draw_.of<Get>({Get::Fetch, Get::Fetch, Get::OneByOne, Get::Polls, Get::OneByOne});
      if (draw_.one_in(8)) submit.get = Get::Never;
      submit.common = draw_.one_in(2);
      submit.reversed = draw_.one_in(2);
      for (std::uint64_t part = draw_.by_size(1, 6); part > 0; --part) {
        submit.which.push_back(Scenario::kFirstPart + world_.family.tasks.size());
        world_.family.tasks.push_back(one());
        constexpr int kDeepest = 3;
        TaskPlan& last = world_.family.tasks.back();
        if (depth < kDeepest && draw_.one_in(4)) this->submit(last, depth + 1);
      }
      task.submits.push_back(std::move(submit));
    }
    task.goes_wrong_before = draw_.between(0, task.submits.size());
  }

 private:
  TaskPlan one() {
    TaskPlan task;
    const std::size_t number = Scenario::kFirstPart + world_.family.tasks.size();
    task.value = text(draw_, number, draw_.by_size(1, 200));
    task.duration = static_cast<Time>(draw_.between(0, slow_)) * kMillisecond;
    if (smooth_ || !draw_.one_in(8)) return task;
    const bool silent = !world_.worker.grandchild;
    const End bad = draw_.of<End>(
        {End::Error, End::Error, End::Crash, End::Busy, world_.timeout > 0 ? End::Hang : End::Error,
         silent ? End::Mute : End::Error, silent ? End::Deaf : End::Error});
    task.attempts.assign(draw_.between(1, 3), bad);
    if (bad == End::Busy || draw_.one_in(2)) task.attempts.push_back(End::Ok);
    return task;
  }

  Draw& draw_;
  Scenario& world_;
  bool smooth_;
  std::uint64_t slow_;
};

}  // namespace

/// Some tasks of `run` hand parts of them back.
void families(Draw& draw, Scenario& world) {
  Families families(draw, world);
  constexpr std::size_t kMost = 300;
  const unsigned one_in = draw.of<unsigned>({1, 2, 5});
  for (TaskPlan& task : world.tasks) {
    if (draw.one_in(one_in) && world.family.tasks.size() < kMost) families.submit(task, 1);
  }
  if (!draw.one_in(4)) return;
  const std::vector<std::string> own = {"--subpool", std::to_string(draw.between(1, 4))};
  world.words.insert(world.words.begin() + 2, own.begin(), own.end());
}

/// `run` becomes `gang`.
void gangs(Draw& draw, Scenario& world) {
  GangPlan& gang = world.gang;
  std::vector<std::string>& words = world.words;
  if (const auto window = std::find(words.begin(), words.end(), "--window"); window != words.end())
    words.erase(window, window + 2);
  world.window = 1;
  gang.members = draw.between(1, 4);
  gang.gather = draw.of<const char*>({"list", "list", "map", "root"});
  std::vector<std::string> own = {"gang", "-n", std::to_string(gang.members), "--gather",
                                  gang.gather};
  const bool known = !world.host.there && world.faults.descriptors_max == 1024;
  gang.exact = known && draw.one_in(4) && (gang.members <= world.slots || draw.one_in(4));
  if (gang.exact) {
    own.push_back("--exact");
    // With a slot less it would wait for one more.
    std::erase_if(world.faults.signals_at, [](const auto& at) { return at.second == SIGUSR2; });
  }
  words.erase(words.begin() + 1);
  words.insert(words.begin() + 1, own.begin(), own.end());
  const Faults& faults = world.faults;
  const bool wide = faults.pipe_capacity >= 4096 && faults.pipe_piece_max >= 4096;
  const std::uint64_t size_max = wide && draw.one_in(4) ? 100'000 : 300;
  for (TaskPlan& task : world.tasks) calls(draw, task, size_max);
}

}  // namespace spread::world
