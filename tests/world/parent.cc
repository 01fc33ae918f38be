#include "parent.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "programs.h"
#include "wire.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;
using Get = SubmitPlan::Get;

constexpr int kNoMaster = 1;
constexpr std::uint64_t kFirstId = Stay::kFirstPart;
constexpr std::uint64_t kUnknownId = kFirstId + (std::uint64_t{1} << 40);

std::uint64_t figure(const std::string& json) {
  return static_cast<std::uint64_t>(std::atoll(json.c_str()));
}

std::string list_of(const std::vector<std::uint64_t>& ids) {
  std::vector<std::string> parts;
  for (const std::uint64_t id : ids) parts.push_back(std::to_string(id));
  return list(parts);
}

/// A process whose tasks have sub-tasks. While one waits, others run inside of it.
class Parent {
 public:
  Parent(Process& self, Scenario& scenario)
      : self_(self),
        scenario_(scenario),
        wire_(scenario.wire),
        wrong_ids_(self.machine().one_in(scenario.worker.answers_wrongly_one_in)) {}

  Co<std::optional<int>> work() {
    while (!ended_) {
      std::optional<std::string> message;
      if (!kept_.empty()) {
        message = std::move(kept_.front());
        kept_.pop_front();
      } else {
        message = co_await next_message(self_, wire_);
      }
      if (!message) co_return std::nullopt;
      if (take_common(*message)) continue;
      const std::optional<std::size_t> stay = begin(*message, std::nullopt);
      if (!stay) co_return kNoMaster;
      if (!stays()[*stay].is_part() && ++sent_ > scenario_.max_tasks) {
        scenario_.nonsense.push_back("a process was sent more than --max-tasks");
      }
      co_await do_task(*stay);
    }
    co_return ended_;
  }

 private:
  void complain(std::size_t stay, const std::string& what) {
    scenario_.nonsense.push_back("stay " + std::to_string(stay) + " (task " +
                                 std::to_string(stays()[stay].task) + ") " + what.substr(0, 300));
  }

  bool take_common(const std::string& message) {
    const std::vector<std::string> parts = elements(message);
    if (parts.size() < 3 || parts[0] != "null" || parts[1] != "\"common\"") return false;
    const bool there = commons_.contains(figure(parts[2]));
    if (parts.size() == 3 ? !there : there) {
      scenario_.nonsense.push_back("a common part came twice, or went before it came: " +
                                   message.substr(0, 300));
    }
    parts.size() == 3 ? static_cast<void>(commons_.erase(figure(parts[2])))
                      : static_cast<void>(commons_[figure(parts[2])] = parts[3]);
    return true;
  }

  /// Nothing: it is no task. Who has submitted it may not have heard its id yet: that it is the one
  /// that it is told to be is looked at in the end.
  std::optional<std::size_t> begin(const std::string& message, std::optional<std::size_t> inside) {
    const std::vector<std::string> task = elements(message);
    if (task.size() < 2 || task[0] == "null") {
      scenario_.nonsense.push_back("a worker is sent, as a task: " + message.substr(0, 300));
      return std::nullopt;
    }
    const std::size_t number = stays().size();
    Stay stay;
    stay.id = figure(task[0]);
    stay.task = static_cast<std::size_t>(figure(bare(task[1])));
    stay.by = &self_;
    stay.began = self_.machine().now();
    stay.inside = inside;
    const std::string meta = task.size() > 2 ? task[2] : "";
    bool right = meta.empty() != stay.is_part();
    if (right && stay.is_part()) {
      stay.parent = figure(value_of(meta, "parent"));
      stay.depth = figure(value_of(meta, "depth"));
      const std::string common = value_of(meta, "common");
      const auto came = commons_.find(figure(common));
      right = common.empty() || came != commons_.end();
      if (!common.empty() && right) stay.common = came->second;
    }
    stay.attempt = &scenario_.plan_of(stay.task).begin(self_, stay.began);
    stays().push_back(std::move(stay));
    if (self_.machine().tracing) tell(number);
    if (!right) complain(number, "is sent, as a task: " + message);
    return number;
  }

  /// For people.
  void tell(std::size_t number) const {
    const Stay& stay = stays()[number];
    std::fprintf(stderr, "%12.6f   stay %zu: task %zu (%llu) at %d",
                 static_cast<double>(stay.began) / kSecond, number, stay.task,
                 static_cast<unsigned long long>(stay.id), self_.pid);
    if (stay.inside) std::fprintf(stderr, ", inside of stay %zu", *stay.inside);
    std::fprintf(stderr, "\n");
  }

  // ---- questions

  /// `what`: the op and its arguments. With `ids` it waits for these, and what is sent meanwhile
  /// runs inside.
  Co<Reply> ask(std::size_t stay, std::vector<std::string> what, std::vector<std::uint64_t> ids) {
    const std::uint64_t seq = ++seq_;
    what.insert(what.begin(), {"null", "\"ask\"", std::to_string(seq)});
    what.insert(what.begin() + 4, std::to_string(stays()[stay].id));
    const std::string question = wire_.message(list(what));
    scenario_.said += question.size();
    const bool waits = !ids.empty();
    const Time from = self_.machine().now();
    const bool asked = co_await self_.write(1, question);
    if (!asked) ended_ = kNoMaster;
    if (waits) stays()[stay].waits.push_back({from, std::move(ids)});
    while (!ended_ && !replies_.contains(seq)) {
      const std::optional<std::string> message = co_await next_message(self_, wire_);
      if (message) {
        co_await while_waiting(stay, waits, *message);
      } else {
        ended_ = kNoMaster;
      }
    }
    if (ended_) co_return Reply{};
    if (waits) stays()[stay].waits.back().to = self_.machine().now();
    Reply reply = std::move(replies_.at(seq));
    replies_.erase(seq);
    co_return reply;
  }

  static std::vector<std::uint64_t> none() { return {}; }

  Co<bool> while_waiting(std::size_t stay, bool waits, const std::string& message) {
    const std::vector<std::string> parts = elements(message);
    if (take_common(message)) co_return true;
    if (parts.size() == 4 && parts[0] == "null") {
      const bool ok = parts[1] == "\"answer\"";
      replies_[figure(parts[2])] = {ok ? Reply::Kind::Answer : Reply::Kind::Refused, parts[3]};
      co_return true;
    }
    if (parts[0] != "null" && figure(parts[0]) < kFirstId) {
      kept_.push_back(message);
      co_return true;
    }
    const std::optional<std::size_t> inside = begin(message, stay);
    if (!inside) {
      ended_ = kNoMaster;
      co_return false;
    }
    if (!waits) complain(*inside, "is sent to where nothing waits");
    co_await do_task(*inside);
    co_return true;
  }

  /// That the attempt above it is over is the only reason.
  bool is_dropped(std::size_t stay, const std::string& question, const Reply& reply) {
    if (reply.kind != Reply::Kind::Refused) return false;
    if (value_of(reply.value, "type") != "\"Dropped\"" || !stays()[stay].is_part()) {
      complain(stay, "has as its reply to " + question + ": " + reply.value);
    }
    stays()[stay].dropped = true;
    return true;
  }

  // ---- a task

  Co<bool> do_task(std::size_t stay) {
    TaskPlan& todo = plan(stay);
    const End end = stays()[stay].attempt->end;
    if (!todo.errors.empty()) co_await self_.write(2, todo.errors);
    co_await self_.sleep(todo.duration);
    const bool bad = end != End::Ok && end != End::Error;
    const std::size_t last = bad ? todo.goes_wrong_before : todo.submits.size();
    for (std::size_t i = 0; i < last && !ended_; ++i) {
      const bool on = co_await hand_over(stay, todo.submits[i]);
      if (!on && !ended_) {
        std::string frame = error(stay);
        co_await answer(stay, std::move(frame));
        co_return true;
      }
    }
    if (!ended_ && bad) co_await go_wrong(stay, end);
    if (ended_ || end == End::Busy) co_return true;
    const bool far = self_.words.front() == "login";
    if (far && self_.machine().one_in(scenario_.host.dies_one_in)) {
      ended_ = kLoginLost;
      co_return true;
    }
    todo.finished += end == End::Ok ? 1 : 0;
    std::string frame = end == End::Ok ? ok(stay) : error(stay);
    co_await answer(stay, std::move(frame));
    co_return true;
  }

  Co<bool> go_wrong(std::size_t stay, End end) {
    if (end == End::Hang) co_await self_.sleep(kForever);
    if (end == End::Crash) {
      const int status = co_await crash(self_);
      ended_ = status;
    }
    if (end == End::Mute || end == End::Deaf) {
      self_.close(end == End::Mute ? 1 : 0);
      co_await self_.sleep(kForever);
    }
    if (end == End::Busy) {
      std::string frame = wire_.busy({stays()[stay].id, 0});
      const bool told = co_await self_.write(1, std::move(frame));
      if (!told) ended_ = kNoMaster;
      Stay& refused = stays()[stay];
      self_.when_taken(1, [&refused, &self = self_] { refused.over = self.machine().now(); });
    }
    co_return true;
  }

  /// False: it is dropped, or the process ends.
  Co<bool> hand_over(std::size_t stay, const SubmitPlan& submit) {
    std::vector<std::string> payloads;
    for (const std::size_t part : submit.which) payloads.push_back(quoted(std::to_string(part)));
    std::vector<std::string> question = {"\"submit\"", list(payloads)};
    std::string common;
    if (submit.common) {
      common = quoted("for stay " + std::to_string(stay));
      question.push_back(common);
    }
    const Reply reply = co_await ask(stay, std::move(question), none());
    if (ended_ || is_dropped(stay, "submit", reply)) co_return false;
    std::vector<std::uint64_t> ids;
    for (const std::string& each : elements(reply.value)) ids.push_back(figure(each));
    note(stay, submit, common, ids);
    if (submit.reversed) std::reverse(ids.begin(), ids.end());
    if (submit.get == Get::Never) co_return true;
    if (submit.get == Get::Fetch) {
      const bool there = co_await fetch(stay, std::move(ids));
      co_return there;
    }
    const bool there = co_await one_by_one(stay, submit.get == Get::Polls, std::move(ids));
    co_return there;
  }

  /// The ids rise, and no other has them.
  void note(std::size_t stay, const SubmitPlan& submit, const std::string& common,
            const std::vector<std::uint64_t>& ids) {
    auto& all = scenario_.family.submitted;
    std::uint64_t before = kFirstId - 1;
    if (ids.size() != submit.which.size()) {
      complain(stay, "submits " + std::to_string(submit.which.size()) + " and has " + list_of(ids));
    }
    for (std::size_t i = 0; i < std::min(ids.size(), submit.which.size()); ++i) {
      const bool added = all.try_emplace(ids[i], submit.which[i], stay, common).second;
      if (ids[i] <= before || !added) complain(stay, "has as its new ids: " + list_of(ids));
      before = ids[i];
    }
  }

  Co<bool> one_by_one(std::size_t stay, bool polls, std::vector<std::uint64_t> left) {
    while (!left.empty()) {
      if (polls) {
        std::vector<std::string> question = {"\"ready\"", list_of(left)};
        const std::size_t before = stays()[stay].waits.size();
        const Reply ready = co_await ask(stay, std::move(question), left);
        if (ended_ || is_dropped(stay, "ready", ready)) co_return false;
        // It may have computed one first, and is not kept waiting for all of them.
        stays()[stay].waits[before].ids.clear();
        co_await self_.sleep(kMillisecond);
      }
      const std::size_t from = stays()[stay].waits.size();
      std::vector<std::string> question = {"\"wait\"", list_of(left), "1"};
      const Reply reply = co_await ask(stay, std::move(question), left);
      if (ended_ || is_dropped(stay, "wait", reply)) co_return false;
      // It has waited for any of them: when it should have ended is not looked at.
      if (left.size() > 1) stays()[stay].waits[from].ids.clear();
      std::vector<std::uint64_t> ready;
      for (const std::string& each : elements(reply.value)) ready.push_back(figure(each));
      const auto is_left = [&](std::uint64_t id) {
        return std::find(left.begin(), left.end(), id) != left.end();
      };
      if (ready.empty() || !std::all_of(ready.begin(), ready.end(), is_left)) {
        complain(stay, "waits for " + list_of(left) + " and has " + reply.value);
        co_return true;
      }
      std::erase_if(left, [&](std::uint64_t id) {
        return std::find(ready.begin(), ready.end(), id) != ready.end();
      });
      const bool there = co_await fetch(stay, std::move(ready));
      if (!there) co_return false;
    }
    co_return true;
  }

  /// Each result once, in the order that was asked for.
  Co<bool> fetch(std::size_t stay, std::vector<std::uint64_t> ids) {
    const std::string asked = list_of(ids);
    std::vector<std::string> question = {"\"fetch\"", asked};
    const Reply reply = co_await ask(stay, std::move(question), ids);
    if (ended_ || is_dropped(stay, "fetch", reply)) co_return false;
    const std::vector<std::string> results = elements(reply.value);
    if (results.size() != ids.size()) complain(stay, "fetches " + asked + ": " + reply.value);
    for (std::size_t i = 0; i < std::min(results.size(), ids.size()); ++i) {
      check_result(stay, ids[i], results[i]);
    }
    if (!self_.machine().one_in(4)) co_return true;
    const std::uint64_t unknown = self_.machine().one_in(2) ? ids[0] : kUnknownId;
    question = {"\"fetch\"", list_of({unknown})};
    const Reply again = co_await ask(stay, std::move(question), none());
    if (ended_) co_return false;
    const std::string type = value_of(again.value, "type");
    if (again.kind == Reply::Kind::Refused && type == "\"UnknownSubtask\"") co_return true;
    co_return !is_dropped(stay, "a second fetch", again);
  }

  /// It is what a stay under this id has answered, or that it has failed.
  void check_result(std::size_t stay, std::uint64_t id, const std::string& result) {
    const std::vector<std::string> parts = elements(result);
    const FamilyPlan::Submitted& submitted = scenario_.family.submitted.at(id);
    if (parts.size() == 2 && parts[0] == "\"error\"") {
      stays()[stay].failed.push_back(submitted.task);
      return;
    }
    const std::string begin = scenario_.plan_of(submitted.task).value + "/";
    const std::string value = parts.size() == 2 ? bare(parts[1]) : "";
    const std::size_t by = value.starts_with(begin) ? figure(value.substr(begin.size())) : SIZE_MAX;
    const bool right = by < stays().size() && stays()[by].id == id && stays()[by].ok;
    if (!right) complain(stay, "has as the result of " + std::to_string(id) + ": " + result);
  }

  // ---- its answer

  std::string ok(std::size_t stay) {
    stays()[stay].ok = true;
    const std::string value = plan(stay).value;
    const bool part = stays()[stay].is_part();
    if (part) scenario_.said += value.size() + 100;
    return wire_.ok({id_of(stay), 0}, part ? value + "/" + std::to_string(stay) : value);
  }
  std::string error(std::size_t stay) {
    scenario_.said += 100;
    return wire_.error({id_of(stay), 0}, "bad task");
  }
  std::uint64_t id_of(std::size_t stay) {
    return wrong_ids_ ? stays()[stay].id + 1000 : stays()[stay].id;
  }

  Co<bool> answer(std::size_t stay, std::string frame) {
    Stay& now = stays()[stay];
    now.attempt->answers = true;
    const bool told = co_await self_.write(1, std::move(frame));
    if (!told) ended_ = kNoMaster;
    self_.when_taken(
        1, [&now, &self = self_] { now.over = now.attempt->told = self.machine().now(); });
    co_return told;
  }

  TaskPlan& plan(std::size_t stay) { return scenario_.plan_of(stays()[stay].task); }
  std::deque<Stay>& stays() { return scenario_.family.stays; }
  const std::deque<Stay>& stays() const { return scenario_.family.stays; }

  Process& self_;
  Scenario& scenario_;
  Wire wire_;
  bool wrong_ids_;
  std::uint64_t seq_ = 0, sent_ = 0;
  std::map<std::uint64_t, Reply> replies_;  ///< that have come before their question's turn
  std::map<std::uint64_t, std::string> commons_;
  std::deque<std::string> kept_;  ///< tasks for when the present one has been answered
  std::optional<int> ended_;
};

}  // namespace

Co<std::optional<int>> do_tasks_in_parts(Process& self, Scenario& scenario) {
  Parent parent(self, scenario);
  const std::optional<int> ended = co_await parent.work();
  co_return ended;
}

}  // namespace spread::world
