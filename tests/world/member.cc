#include "member.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "programs.h"
#include "wire.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;
using Call = TaskPlan::Call;

constexpr int kNoMaster = 1;

/// A process that works in gangs, one after the other.
class Member {
 public:
  Member(Process& self, Scenario& scenario)
      : self_(self),
        scenario_(scenario),
        wire_(scenario.wire),
        wrong_ids_(self.machine().one_in(scenario.worker.answers_wrongly_one_in)) {}

  Co<std::optional<int>> work() {
    while (true) {
      const std::optional<std::string> message = co_await next_message(self_, wire_);
      if (!message) co_return std::nullopt;
      if (!begin(*message)) co_return kNoMaster;
      const std::optional<int> ended = co_await do_task();
      if (ended) co_return ended;
    }
  }

 private:
  // ---- the wire

  /// `what`: the op and its arguments.
  Co<Reply> ask(std::vector<std::string> what) {
    const std::string seq = std::to_string(++seq_);
    what.insert(what.begin(), {"null", "\"ask\"", seq});
    what.insert(what.begin() + 4, std::to_string(task_.id));
    const std::string question = wire_.message(list(what));
    scenario_.said += question.size();
    Visit::Wait& wait = visit().waits.emplace_back(Visit::Wait{self_.machine().now()});
    const bool asked = co_await self_.write(1, question);
    if (!asked) co_return Reply{};
    const std::optional<std::string> message = co_await next_message(self_, wire_);
    if (!message) co_return Reply{};
    wait.to = self_.machine().now();
    const std::vector<std::string> reply = elements(*message);
    const bool right = reply.size() == 4 && reply[0] == "null" && reply[2] == seq;
    if (right && reply[1] == "\"answer\"") co_return Reply{Reply::Kind::Answer, reply[3]};
    const bool refused = right && reply[1] == "\"refused\"";
    if (!refused || reply[3].find("\"GangFailed\"") == std::string::npos ||
        reply[3].find("\"message\":\"rank ") == std::string::npos) {
      complain("has as its reply to question " + seq + ": " + *message);
    }
    visit().refused = true;
    co_return Reply{Reply::Kind::Refused, reply.back()};
  }

  Co<bool> answer(std::string frame) {
    Visit& now = visit();
    if (attempt_ != nullptr) attempt_->answers = true;
    const bool written = co_await self_.write(1, std::move(frame));
    const bool counts = attempt_ != nullptr && attempt_->end != End::Busy;
    Machine& machine = self_.machine();
    self_.when_taken(1, [&machine, &now, attempt = counts ? attempt_ : nullptr] {
      now.told = machine.now();
      if (attempt != nullptr) attempt->told = now.told;
    });
    co_return written;
  }

  void complain(const std::string& what) {
    scenario_.nonsense.push_back("rank " + std::to_string(task_.rank) + " of task " +
                                 std::to_string(task_.index) + " (visit " +
                                 std::to_string(number_) + ") " + what.substr(0, 300));
  }

  // ---- a task

  /// False: it is none.
  bool begin(const std::string& message) {
    const std::vector<std::string> task = elements(message);
    const auto meta = [&](const std::string& key) -> std::uint64_t {
      const std::string value = value_of(task[2], key);
      return value.empty() ? UINT64_MAX : static_cast<std::uint64_t>(std::atoll(value.c_str()));
    };
    if (task.size() != 3 || task[0] == "null") {
      scenario_.nonsense.push_back("a member is sent, as a task: " + message.substr(0, 300));
      return false;
    }
    task_.id = static_cast<std::uint64_t>(std::atoll(task[0].c_str()));
    task_.index = static_cast<std::size_t>(std::atoi(bare(task[1]).c_str()));
    task_.rank = meta("rank");
    task_.size = meta("size");
    GangPlan& gang = scenario_.gang;
    if (task_.size > gang.members || task_.rank >= task_.size || task_.index >= all().size() ||
        (gang.exact && task_.size != gang.members)) {
      complain("is sent, as a task: " + message);
      return false;
    }
    number_ = gang.visits.size();
    const bool culprit = task_.rank == todo().culprit % task_.size;
    const Time now = self_.machine().now();
    attempt_ = culprit ? &todo().begin(self_, now) : nullptr;
    gang.visits.push_back({task_.index, task_.rank, task_.size, &self_, attempt_, now});
    return true;
  }

  /// What it ends with, if it does.
  Co<std::optional<int>> do_task() {
    const Time duration = todo().duration;
    if (attempt_ != nullptr && !todo().errors.empty()) co_await self_.write(2, todo().errors);
    const std::uint64_t part = attempt_ != nullptr ? 4 : self_.machine().draw(0, 4);
    co_await self_.sleep(duration / 4 * static_cast<Time>(part));
    const std::size_t calls = todo().calls.size();
    const bool bad = attempt_ != nullptr && attempt_->end != End::Ok;
    const std::size_t last = bad ? todo().goes_wrong_before : calls;
    for (std::size_t i = 0; i < last; ++i) {
      const Reply reply = co_await take_part(i);
      if (reply.kind == Reply::Kind::None) co_return kNoMaster;
      if (reply.kind == Reply::Kind::Answer) continue;
      // One that does not care cannot make it a success.
      const bool ok = self_.machine().one_in(4);
      std::string frame = ok ? this->ok() : error("heard of it");
      const bool told = co_await answer(std::move(frame));
      if (!told) co_return kNoMaster;
      co_return std::nullopt;
    }
    if (bad) {
      const std::optional<int> ended = co_await go_wrong();
      co_return ended;
    }
    const bool far = self_.words.front() == "login";
    if (far && self_.machine().one_in(scenario_.host.dies_one_in)) co_return kLoginLost;
    if (attempt_ != nullptr) ++todo().finished;
    std::string frame = ok();
    const bool told = co_await answer(std::move(frame));
    co_return told ? std::optional<int>() : kNoMaster;
  }

  Co<std::optional<int>> go_wrong() {
    const End end = attempt_->end;
    if (end == End::Hang) co_await self_.sleep(kForever);
    if (end == End::Crash) {
      const int status = co_await crash(self_);
      co_return status;
    }
    if (end == End::Mute || end == End::Deaf) {
      self_.close(end == End::Mute ? 1 : 0);
      co_await self_.sleep(kForever);
    }
    if (end == End::Strange) {
      std::vector<std::string> call = collective("barrier", "null", todo().calls.size() + 5);
      const Reply reply = co_await ask(std::move(call));
      if (reply.kind == Reply::Kind::None) co_return kNoMaster;
      if (reply.kind == Reply::Kind::Answer) complain("called what its peers did not");
    }
    const bool busy = end == End::Busy || end == End::LateBusy;
    // Where it has no peers, it is not early.
    const bool early = end == End::Early && task_.size > 1;
    std::string frame = early ? ok() : busy ? wire_.busy(task_) : error("bad task");
    const bool told = co_await answer(std::move(frame));
    co_return told ? std::optional<int>() : kNoMaster;
  }

  std::string ok() {
    visit().ok = true;
    WireTask task = task_;
    if (wrong_ids_) task.id += 1000;
    std::string value = todo().value + "/" + std::to_string(task_.rank);
    // With a journal the same comes of it, however often it is done.
    if (!scenario_.journal.there) value += "/" + std::to_string(number_);
    if (task_.rank > 0) scenario_.said += value.size();
    return wire_.ok(task, value);
  }
  std::string error(const std::string& message) {
    WireTask task = task_;
    if (wrong_ids_) task.id += 1000;
    scenario_.said += 100;
    return wire_.error(task, message);
  }

  // ---- calls

  /// What this visit says in that call, and what it hears is made of.
  std::string text(std::size_t visit, std::size_t call) const {
    std::string text = std::to_string(visit) + "." + std::to_string(call) + ".";
    text.append(all()[task_.index].call_size, static_cast<char>('a' + (visit + call) % 26));
    return quoted(text);
  }
  static std::uint64_t figure(std::size_t visit, std::size_t call) {
    return (visit + 1) * 1'000'003 + call;
  }

  std::vector<std::string> collective(const std::string& kind, const std::string& value,
                                      std::size_t round) {
    return {"\"collective\"", std::to_string(round), quoted(kind), value};
  }

  Co<Reply> take_part(std::size_t call) {
    const Call kind = todo().calls[call];
    if (call == 0) round_ = 0;
    if (kind == Call::PutGet) {
      const Reply reply = co_await put_and_get(call);
      co_return reply;
    }
    std::string name = "barrier", value = "null";
    if (kind == Call::Visits) name = "allgather", value = std::to_string(number_);
    if (kind == Call::Texts) name = "allgather", value = text(number_, call);
    if (kind == Call::Broadcast) name = "broadcast";
    if (kind == Call::Broadcast && task_.rank == 0) value = text(number_, call);
    if (kind == Call::Sum) {
      name = "allreduce";
      value = list({"\"sum\"", std::to_string(figure(number_, call))});
    }
    std::vector<std::string> question = collective(name, value, round_++);
    const Reply reply = co_await ask(std::move(question));
    if (reply.kind != Reply::Kind::Answer) co_return reply;
    if (kind == Call::Visits) meet(reply.value);
    const std::string wanted = expected(kind, call);
    if (reply.value != wanted) {
      complain(name + " gave " + reply.value.substr(0, 100) + ", not " + wanted.substr(0, 100));
    }
    co_return reply;
  }

  /// A later one takes the place of an earlier one.
  Co<Reply> put_and_get(std::size_t call) {
    const std::string name = quoted("n" + std::to_string(call));
    std::vector<std::vector<std::string>> questions(2, {"\"put\"", name, "\"too early\""});
    questions.back().back() = text(number_, call);
    questions.push_back(collective("barrier", "null", round_++));
    questions.push_back({"\"get\"", name});
    Reply reply;
    for (std::vector<std::string>& question : questions) {
      reply = co_await ask(std::move(question));
      if (reply.kind != Reply::Kind::Answer) co_return reply;
    }
    std::vector<std::string> others;
    for (std::uint64_t rank = 0; rank < task_.size; ++rank) {
      if (rank != task_.rank)
        others.push_back(list({std::to_string(rank), text(visit().gang.at(rank), call)}));
    }
    if (reply.value != list(others)) {
      complain("get gave " + reply.value.substr(0, 100) + ", not " + list(others).substr(0, 100));
    }
    co_return reply;
  }

  /// Its peers are at this task, too, each at a rank of its own, and all have heard the same.
  void meet(const std::string& visits) {
    std::vector<std::size_t> gang;
    for (const std::string& each : elements(visits))
      gang.push_back(static_cast<std::size_t>(std::atoll(each.c_str())));
    bool right = gang.size() == task_.size && gang[task_.rank] == number_;
    for (std::size_t rank = 0; right && rank < gang.size(); ++rank) {
      right = gang[rank] < scenario_.gang.visits.size();
      if (!right) break;
      const Visit& peer = scenario_.gang.visits[gang[rank]];
      right = peer.task == task_.index && peer.rank == rank && peer.size == task_.size &&
              (peer.gang.empty() || peer.gang == gang);
    }
    if (!right) complain("meets the visits " + visits);
    gang.resize(task_.size, number_);
    visit().gang = std::move(gang);
  }

  std::string expected(Call kind, std::size_t call) {
    const std::vector<std::size_t>& gang = visit().gang;
    std::vector<std::string> parts;
    std::uint64_t sum = 0;
    for (const std::size_t peer : gang) {
      parts.push_back(kind == Call::Visits ? std::to_string(peer) : text(peer, call));
      sum += figure(peer, call);
    }
    if (kind == Call::Visits || kind == Call::Texts) return list(parts);
    if (kind == Call::Sum) return std::to_string(sum);
    return kind == Call::Broadcast ? parts[0] : "null";
  }

  std::deque<Visit>& visits() { return scenario_.gang.visits; }
  Visit& visit() { return visits()[number_]; }
  std::vector<TaskPlan>& all() { return scenario_.tasks; }
  const std::vector<TaskPlan>& all() const { return scenario_.tasks; }
  TaskPlan& todo() { return all()[task_.index]; }

  Process& self_;
  Scenario& scenario_;
  Wire wire_;
  bool wrong_ids_;
  std::uint64_t seq_ = 0;
  WireTask task_;
  std::size_t number_ = 0;  ///< of the visit
  TaskPlan::Try* attempt_ = nullptr;
  std::size_t round_ = 0;
};

}  // namespace

Co<std::optional<int>> do_tasks_in_gangs(Process& self, Scenario& scenario) {
  Member member(self, scenario);
  const std::optional<int> ended = co_await member.work();
  co_return ended;
}

}  // namespace spread::world
