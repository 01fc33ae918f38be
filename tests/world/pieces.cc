#include "pieces.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "programs.h"
#include "wire.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

constexpr int kNoMaster = 1, kPrepFailed = 4;

/// What it is asked for, and how it is to end.
struct Asked {
  std::string id;
  std::vector<std::size_t> tasks;
  End end = End::Ok;
};

class Worker {
 public:
  Worker(Process& self, Scenario& scenario)
      : self_(self),
        scenario_(scenario),
        plan_(scenario.pieces),
        wire_(scenario.wire),
        wrong_ids_(self.machine().one_in(scenario.worker.answers_wrongly_one_in)) {}

  Co<std::optional<int>> work() {
    look_at_environment();
    for (const std::string& item : plan_.prep) {
      const std::optional<std::string> message = co_await next_message(self_, wire_);
      if (!message) co_return std::nullopt;
      if (*message != item) complain("has as a prep item, in place of " + item + ": " + *message);
    }
    while (true) {
      const std::optional<std::string> message = co_await next_message(self_, wire_);
      if (!message) co_return std::nullopt;
      if (message->starts_with("[null,")) {
        prepare_again(*message);
        if (!self_.machine().one_in(plan_.reprep_fails_one_in)) continue;
        const std::string frame = wire_.message(R"([null,"error","no memory"])");
        co_await self_.write(1, frame);
        co_return kPrepFailed;
      }
      std::optional<Asked> asked = begin(*message);
      if (!asked) co_return kNoMaster;
      const std::optional<int> ended = co_await do_tasks(*asked);
      if (ended) co_return ended;
    }
  }

 private:
  Time now() const { return self_.machine().now(); }
  void complain(const std::string& what) {
    scenario_.nonsense.push_back("worker " + std::to_string(self_.pid) + " " + what.substr(0, 300));
  }

  void look_at_environment() {
    const std::string chunk = plan_.chunk > 0 ? std::to_string(plan_.chunk) : "";
    if (variable(self_, "SPREAD_CHUNK") != chunk) complain("has another SPREAD_CHUNK");
    const std::string items = variable(self_, "SPREAD_PREP");
    if (static_cast<std::size_t>(std::atoi(items.c_str())) != plan_.prep.size())
      complain("has as SPREAD_PREP: " + items);
  }

  // ---- what it is sent

  void prepare_again(const std::string& message) {
    if (message != list({"null", "\"prep\"", list(plan_.prep)})) {
      complain("is sent " + message);
    } else if (!plan_.reprep || !std::exchange(is_spoilt_, false)) {
      complain("is to prepare again, and none of its tasks has failed");
    }
  }

  /// Nothing: it is no task.
  std::optional<Asked> begin(const std::string& message) {
    if (is_spoilt_) complain("has failed, and is not prepared again");
    if (++sent_ > scenario_.max_tasks) complain("was sent more than --max-tasks");
    const std::vector<std::string> task = elements(message);
    if (task.size() != 2) {
      complain("is sent, as a task: " + message);
      return std::nullopt;
    }
    Asked asked;
    asked.id = task[0];
    const bool is_list = task[1][0] == '[';
    if (is_list != (plan_.chunk > 0)) complain("is sent as a payload: " + task[1]);
    for (const std::string& payload : is_list ? elements(task[1]) : std::vector{task[1]}) {
      const std::string number =
          plan_.payloads.empty() ? bare(payload) : value_of(payload, "index");
      const auto i = static_cast<std::size_t>(std::atoll(number.c_str()));
      if (i >= scenario_.tasks.size() || payload != payload_of(scenario_, i)) {
        complain("is sent a payload that there is not: " + payload);
        return std::nullopt;
      }
      asked.tasks.push_back(i);
    }
    if (asked.tasks.empty() || asked.id != std::to_string(asked.tasks.front())) {
      complain("is sent under another id than that of its first task: " + message);
      return std::nullopt;
    }
    look_at_list(asked);
    begin_tries(asked);
    return asked;
  }

  void look_at_list(const Asked& asked) {
    if (plan_.chunk > 0 && asked.tasks.size() > plan_.chunk)
      complain("has a list that is too long");
    if (!std::is_sorted(asked.tasks.begin(), asked.tasks.end()))
      complain("has a list out of order");
    for (const std::size_t i : asked.tasks) {
      if (asked.tasks.size() > 1 && plan_.suspected.contains(i))
        complain("has task " + std::to_string(i) + " in a list, which has failed in one before");
      for (const TaskPlan::Try& attempt : scenario_.tasks[i].tries) {
        if (attempt.end == End::Ok && attempt.told)
          complain("is sent task " + std::to_string(i) + ", which has a result");
      }
    }
  }

  /// How a list ends that is not done is no try of any of its tasks.
  void begin_tries(Asked& asked) {
    std::vector<TaskPlan*> all;
    for (const std::size_t i : asked.tasks) all.push_back(&scenario_.tasks[i]);
    const auto with = [&](auto&& is) {
      const auto found = std::find_if(all.begin(), all.end(), is);
      return found == all.end() ? nullptr : *found;
    };
    const auto is_busy = [](const TaskPlan* task) { return task->next() == End::Busy; };
    const auto spoils = [](const TaskPlan* task) { return task->in_company != End::Ok; };
    const auto is_bad = [](const TaskPlan* task) { return task->next() != End::Ok; };
    const bool single = all.size() == 1;
    if (single) {
      asked.end = all.front()->next();
    } else if (with(is_busy) != nullptr) {
      asked.end = End::Busy;
    } else if (const TaskPlan* task = with(spoils)) {
      asked.end = task->in_company;
    } else if (const TaskPlan* bad = with(is_bad)) {
      asked.end = bad->next();
    }
    const bool ends = asked.end == End::Crash || asked.end == End::Mute || asked.end == End::Deaf;
    // Where the first all die, nothing shows that the command works, and the slots are closed.
    if (!single && ends && plan_.heard.empty()) asked.end = End::Error;
    for (TaskPlan* task : all) {
      if (single || asked.end == End::Ok || (asked.end == End::Busy && is_busy(task)))
        task->begin(self_, now());
    }
    const bool died = ends || asked.end == End::Hang;
    if (!single && asked.end != End::Ok && asked.end != End::Busy)
      plan_.failed.push_back({asked.tasks, &self_, died});
  }

  // ---- what it does

  Co<std::optional<int>> do_tasks(const Asked& asked) {
    Time duration = 0;
    std::string errors;
    const bool each = asked.tasks.size() == 1 || asked.end == End::Ok;
    for (const std::size_t i : asked.tasks) {
      duration = std::max(duration, scenario_.tasks[i].duration);
      if (each) errors += scenario_.tasks[i].errors;
    }
    if (!errors.empty()) co_await self_.write(2, errors);
    co_await self_.sleep(duration);
    if (asked.end == End::Hang) co_await self_.sleep(kForever);
    if (asked.end == End::Crash) {
      // Before, it may be the fault of the worker; and of a lost login it is known that it is not
      // the list's.
      if (plan_.heard.contains(&self_) && !is_far() && !self_.asked_to_end)
        suspect(scenario_, asked);
      const int status = co_await crash(self_);
      co_return status;
    }
    if (asked.end == End::Mute || asked.end == End::Deaf) {
      self_.close(asked.end == End::Mute ? 1 : 0);
      co_await self_.sleep(kForever);
    }
    if (is_far() && self_.machine().one_in(scenario_.host.dies_one_in)) co_return kLoginLost;
    std::string frame = wire_.message(answer_to(asked));
    is_spoilt_ = plan_.reprep && (asked.end == End::Error || asked.end == End::Odd);
    note_answer(asked);
    const bool written = co_await self_.write(1, std::move(frame));
    if (!written) co_return kNoMaster;
    if (!wrong_ids_)
      self_.when_taken(
          1, [&self = self_, &scenario = scenario_, asked] { was_read(self, scenario, asked); });
    co_return std::nullopt;
  }

  void note_answer(const Asked& asked) {
    for (const std::size_t i : asked.tasks) {
      TaskPlan& task = scenario_.tasks[i];
      task.finished += asked.end == End::Ok && !wrong_ids_ ? 1 : 0;
      if (is_try(self_, asked, task)) task.tries.back().answers = true;
    }
  }

  /// It is the last try of this one.
  static bool is_try(const Process& self, const Asked& asked, const TaskPlan& task) {
    if (asked.tasks.size() > 1 && asked.end != End::Ok) return false;
    return !task.tries.empty() && task.tries.back().by == &self;
  }

  /// The worker may have ended.
  static void was_read(Process& self, Scenario& scenario, const Asked& asked) {
    if (asked.end == End::Busy) return;
    scenario.pieces.heard.insert(&self);
    if (asked.end != End::Ok) suspect(scenario, asked);
    for (const std::size_t i : asked.tasks) {
      TaskPlan& task = scenario.tasks[i];
      if (is_try(self, asked, task)) task.tries.back().told = self.machine().now();
    }
  }

  static void suspect(Scenario& scenario, const Asked& asked) {
    if (asked.tasks.size() == 1) return;
    scenario.pieces.suspected.insert(asked.tasks.begin(), asked.tasks.end());
  }

  // ---- its answer

  std::string answer_to(const Asked& asked) {
    std::string id = asked.id;
    if (wrong_ids_) id = std::to_string(std::atoll(id.c_str()) + 1000);
    if (asked.end == End::Busy) return list({id, "\"busy\"", "1"});
    if (asked.end == End::Error) return list({id, "\"error\"", "\"bad task\""});
    std::vector<std::string> values;
    for (const std::size_t i : asked.tasks) values.push_back(result_of(scenario_, i));
    if (asked.end == End::Odd) return list({id, "\"ok\"", odd(std::move(values), asked.tasks[0])});
    return list({id, "\"ok\"", plan_.chunk > 0 ? list(values) : values[0]});
  }

  std::string odd(std::vector<std::string> values, std::size_t which) const {
    const std::string text = "\"odd\"";
    if (plan_.chunk == 0 || which % 4 == 0) return text;
    if (which % 4 == 1) {
      values.pop_back();
    } else if (which % 4 == 2 || plan_.gather != "concat") {
      values.push_back(values[0]);
    } else {
      values.back() = text;
    }
    return list(values);
  }

  bool is_far() const { return self_.words.front() == "login"; }

  Process& self_;
  Scenario& scenario_;
  PiecesPlan& plan_;
  Wire wire_;
  bool wrong_ids_;
  std::uint64_t sent_ = 0;
  bool is_spoilt_ = false;  ///< its last task has failed, and it is to prepare again
};

}  // namespace

std::string payload_of(const Scenario& scenario, std::size_t i) {
  const std::vector<std::string>& shards = scenario.pieces.payloads;
  return shards.empty() ? quoted(std::to_string(i)) : shards.at(i);
}

std::size_t elements_of(std::size_t i) {
  constexpr std::size_t kMost = 4;
  return i % kMost;
}

std::string result_of(const Scenario& scenario, std::size_t i) {
  const std::string value = quoted(scenario.tasks.at(i).value);
  if (scenario.pieces.gather != "concat") return value;
  std::vector<std::string> parts(elements_of(i), quoted(std::to_string(i) + ":"));
  if (!parts.empty()) parts[0] = value;
  return list(parts);
}

std::string variable(const Process& worker, const std::string& name) {
  for (const std::string& word : worker.words) {
    if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
  }
  const auto found = worker.environment.find(name);
  const bool far = worker.words.front() == "login";
  return far || found == worker.environment.end() ? "" : found->second;
}

Co<std::optional<int>> do_tasks_in_pieces(Process& self, Scenario& scenario) {
  Worker worker(self, scenario);
  const std::optional<int> ended = co_await worker.work();
  co_return ended;
}

}  // namespace spread::world
