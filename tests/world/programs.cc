#include "programs.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "member.h"
#include "parent.h"
#include "pieces.h"
#include "wire.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;
constexpr int kCrashed = 3;
constexpr std::size_t kByShell = 5;  // words of such a login

Co<int> hold_pipes(Process& self) {
  co_await self.sleep(kForever);
  co_return 0;
}

void leave_grandchild(Process& self, const WorkerPlan& plan) {
  Process& left = self.machine().add_process();
  if (!plan.grandchild_obeys) left.ends_after.reset();
  left.left_by = self.pid;
  left.words = {"left behind"};
  left.environment = self.environment;
  left.group = self.group;
  left.descriptors = self.descriptors;
  left.begin(hold_pipes);
}

/// The tasks of a worker of `run`: the protocol as docs/protocol.md has it, with code of its own.
/// What it ends with; nothing: its input has ended.
Co<std::optional<int>> do_tasks(Process& self, Scenario& scenario) {
  const bool wrong_ids = self.machine().one_in(scenario.worker.answers_wrongly_one_in);
  const bool far = self.words.front() == "login";
  Wire wire(scenario.wire);
  std::uint64_t sent = 0;
  while (true) {
    const std::optional<WireTask> task = wire.next();
    if (!task) {
      const std::string bytes = co_await self.read(0, 4096);
      if (bytes.empty()) co_return std::nullopt;
      wire.add(bytes);
      continue;
    }
    if (++sent > scenario.max_tasks) {
      scenario.nonsense.push_back("a process was sent more than --max-tasks");
    }
    TaskPlan& todo = scenario.tasks.at(task->index);
    TaskPlan::Try& now = todo.begin(self, self.machine().now());
    const End end = now.end;
    if (!todo.errors.empty()) co_await self.write(2, todo.errors);
    co_await self.sleep(todo.duration);
    if (end == End::Hang) co_await self.sleep(kForever);
    if (end == End::Crash) {
      const int status = co_await crash(self);
      co_return status;
    }
    if (end == End::Mute || end == End::Deaf) {
      self.close(end == End::Mute ? 1 : 0);
      co_await self.sleep(kForever);
    }
    if (end == End::Busy) {
      const bool told = co_await self.write(1, wire.busy(*task));
      if (!told) co_return 1;
      continue;
    }
    if (far && self.machine().one_in(scenario.host.dies_one_in)) co_return kLoginLost;
    if (wrong_ids) {
      const std::string wrong = wire.ok({task->id + 1000, task->index}, todo.value);
      co_await self.write(1, wrong);
      continue;
    }
    todo.finished += end == End::Ok ? 1 : 0;
    const std::string answer =
        end == End::Ok ? wire.ok(*task, todo.value) : wire.error(*task, "bad task");
    now.answers = true;
    const bool written = co_await self.write(1, answer);
    if (!written) co_return 1;
    self.when_taken(1, [&now, &self] { now.told = self.machine().now(); });
  }
}

Co<int> be_worker(Process& self, Scenario& scenario) {
  const WorkerPlan& plan = scenario.worker;
  if (plan.grandchild) leave_grandchild(self, scenario.worker);
  co_await self.sleep(plan.preparation);
  if (self.machine().one_in(plan.starts_badly_one_in)) co_return kCrashed;
  std::optional<int> ended;
  if (scenario.gang.members > 0) {
    ended = co_await do_tasks_in_gangs(self, scenario);
  } else if (!scenario.family.tasks.empty()) {
    ended = co_await do_tasks_in_parts(self, scenario);
  } else if (scenario.pieces.there && scenario.has_ids()) {
    ended = co_await do_tasks_in_pieces(self, scenario);
  } else {
    ended = co_await do_tasks(self, scenario);
  }
  if (ended) co_return *ended;
  co_await self.write(1, plan.tail);
  if (plan.lives_on) co_await self.sleep(kForever);
  co_await self.sleep(plan.pause_at_end);
  co_return 0;
}

/// What a job does for a task: its status, -1 if it is to crash, nothing if its output has no
/// reader.
Co<std::optional<int>> do_job(Process& self, Scenario& scenario, std::size_t index) {
  TaskPlan& todo = scenario.tasks.at(index);
  const End end = todo.begin(self, self.machine().now()).end;
  const std::string half = todo.half();
  const std::string rest = todo.value.substr(half.size()) + "\n";
  co_await self.sleep(todo.duration / 2);
  bool written = co_await self.write(1, half);
  if (!written) co_return std::nullopt;
  co_await self.sleep(todo.duration / 2);
  if (end == End::Hang) co_await self.sleep(kForever);
  if (end == End::Crash) {
    if (!todo.errors.empty()) co_await self.write(2, todo.errors);
    co_return -1;
  }
  written = co_await self.write(1, rest);
  if (!written) co_return std::nullopt;
  if (!todo.errors.empty()) co_await self.write(2, todo.errors);
  todo.finished += end == End::Ok ? 1 : 0;
  co_return end == End::Error ? 1 : 0;
}

/// A job of `map`: "job I", a task's number.
Co<int> be_job(Process& self, Scenario& scenario) {
  if (scenario.worker.grandchild) leave_grandchild(self, scenario.worker);
  if (self.words.size() != 2 || self.words[1].empty()) {
    scenario.nonsense.push_back("a job without an item was started");
    co_return 1;
  }
  const auto index = static_cast<std::size_t>(std::atoi(self.words[1].c_str()));
  const std::optional<int> status = co_await do_job(self, scenario, index);
  if (status == -1) {
    const int crashed = co_await crash(self);
    co_return crashed;
  }
  co_return status.value_or(1);
}

/// The agent of `map` at the end of a login: it says when it
/// is ready, and of each line of shell that it runs when it has ended. Of these it knows one kind.
Co<int> be_agent(Process& self, Scenario& scenario) {
  const std::string mark = "\001" + self.words.back() + " ";
  const auto say = [&](std::string what) -> Co<bool> {
    const std::string line = mark + what + "\n";
    co_await self.write(2, line);
    const bool written = co_await self.write(1, line);
    co_return written;
  };
  co_await say("ready");
  std::string requests;
  while (true) {
    const std::size_t newline = requests.find('\n');
    if (newline == std::string::npos) {
      const std::string bytes = co_await self.read(0, 4096);
      if (bytes.empty()) co_return 0;
      requests += bytes;
      continue;
    }
    const std::string request = requests.substr(0, newline);
    requests.erase(0, newline + 1);
    const std::size_t job = request.rfind("'job' '");
    if (job == std::string::npos || request.substr(job) == "'job' ''") {
      scenario.nonsense.push_back("the agent was told: " + request);
      co_return 1;
    }
    if (self.machine().one_in(scenario.host.dies_one_in)) {
      co_await self.write(1, "begun, and then ");
      co_return kLoginLost;
    }
    const auto index =
        static_cast<std::size_t>(std::atoi(request.c_str() + job + std::strlen("'job' '")));
    const std::optional<int> status = co_await do_job(self, scenario, index);
    if (!status) co_return 1;
    constexpr int kSegv = 128 + SIGSEGV;
    TaskPlan::Try& now = scenario.tasks.at(index).tries.back();
    now.status = *status == -1 ? kSegv : *status;
    const bool told = co_await say(std::to_string(now.status));
    if (!told) co_return 1;
    self.when_taken(1, [&now, &self] { now.told = self.machine().now(); });
  }
}

/// A filter of `pipe`: what it reads, unchanged.
Co<int> be_filter(Process& self, Scenario& scenario) {
  const WorkerPlan& plan = scenario.worker;
  if (plan.grandchild) leave_grandchild(self, scenario.worker);
  co_await self.sleep(plan.preparation);
  std::string& filtered = scenario.filtered.emplace_back();
  std::size_t lives_for = SIZE_MAX;
  if (self.machine().one_in(plan.filter_dies_one_in)) lives_for = self.machine().draw(0, 3000);
  for (std::size_t done = 0;;) {
    std::string bytes = co_await self.read(0, self.machine().draw(1, 8192));
    if (bytes.empty()) break;
    done += bytes.size();
    filtered += bytes;
    if (done > lives_for) {
      ++scenario.filters_died;
      const int crashed = co_await crash(self);
      co_return crashed;
    }
    if (plan.pause_at_end > 0) co_await self.sleep(plan.pause_at_end / 100);
    const bool written = co_await self.write(1, std::move(bytes));
    if (!written) co_return 1;
  }
  co_return 0;
}

Co<bool> read_all(Process& self) {
  while (true) {
    const std::string bytes = co_await self.read(0, 4096);
    if (bytes.empty()) co_return true;
  }
}

/// A command of `all`: its tail, and its end.
Co<int> be_command(Process& self, Scenario& scenario) {
  const WorkerPlan& plan = scenario.worker;
  if (plan.grandchild) leave_grandchild(self, scenario.worker);
  co_await self.sleep(plan.preparation);
  co_await read_all(self);
  co_await self.write(1, plan.tail);
  co_await self.sleep(plan.pause_at_end);
  co_return 0;
}

/// As a login shell reads a line: what stands between ' and ', or behind a backslash, is itself.
std::vector<std::string> shell_words(const std::string& line) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\'') {
      quoted = !quoted;
    } else if (!quoted && line[i] == '\\') {
      words.back() += line[++i];
    } else if (!quoted && line[i] == ' ') {
      words.emplace_back();
    } else {
      words.back() += line[i];
    }
  }
  return words;
}

/// "login HOST env A=B... WORD...": to a worker, or to an agent. "login -p 22 HOST LINE": the same
/// by a shell over there.
Co<int> be_login(Process& self, Scenario& scenario) {
  const HostPlan& host = scenario.host;
  if (self.words.size() == kByShell && self.words[1] == "-p") {
    const std::vector<std::string> words = shell_words(self.words.back());
    self.words.resize(1);
    self.words.insert(self.words.end(), words.begin(), words.end());
  }
  co_await self.sleep(host.delay);
  if (self.machine().one_in(host.refuses_one_in)) {
    co_await self.write(2, "login: the host does not answer\n");
    co_return kLoginLost;
  }
  if (self.machine().one_in(host.never_one_in)) co_await self.sleep(kForever);
  const std::string& last = self.words.back();
  if (last.find("spread-cpus") != std::string::npos) {  // it is asked how many it has
    co_await self.write(1, "Welcome to n1\nspread-cpus 2\n");
    co_return 0;
  }
  if (self.words.back() == "worker") {
    const int status = co_await be_worker(self, scenario);
    co_return status;
  }
  const int status = co_await be_agent(self, scenario);
  co_return status;
}

}  // namespace

Co<std::optional<std::string>> next_message(Process& self, Wire& wire) {
  while (true) {
    std::optional<std::string> message = wire.next_message();
    if (message) co_return message;
    const std::string bytes = co_await self.read(0, 4096);
    if (bytes.empty()) co_return std::nullopt;
    wire.add(bytes);
  }
}

Co<int> crash(Process& self) {
  if (self.machine().one_in(2)) {
    self.signal(SIGSEGV);
    co_await self.sleep(kForever);
  }
  co_return kCrashed;
}

std::optional<Program> find_program(Scenario& scenario, Process& process) {
  process.ends_after = scenario.worker.ends_after;
  const std::string& name = process.words.front();
  const auto with = [&scenario](Co<int> (*body)(Process&, Scenario&)) {
    return [&scenario, body](Process& self) { return body(self, scenario); };
  };
  if (name == "worker") return with(be_worker);
  if (name == "job") return with(be_job);
  if (name == "login") return with(be_login);
  if (name == "filter") return with(be_filter);
  if (name == "command") return with(be_command);
  return std::nullopt;
}

namespace {

Co<int> feed(Process& self, StreamPlan plan, std::string input, Time& last) {
  std::size_t done = 0;
  const std::size_t all = std::min(input.size(), plan.stops_after);
  while (done < all) {
    const std::string piece = input.substr(done, std::min(plan.piece, all - done));
    const bool written = co_await self.write(0, piece);
    if (!written) co_return 0;
    done += piece.size();
    last = self.machine().now();
    co_await self.sleep(plan.pause);
  }
  if (all < input.size() && !plan.closes) co_await self.sleep(kForever);
  co_return 0;
}

Co<int> take(Process& self, StreamPlan plan, std::string& read, Time& last) {
  while (read.size() < plan.stops_after) {
    const std::string bytes =
        co_await self.read(0, std::min(plan.piece, plan.stops_after - read.size()));
    if (bytes.empty()) co_return 0;
    read += bytes;
    last = self.machine().now();
    co_await self.sleep(plan.pause);
  }
  if (!plan.closes) co_await self.sleep(kForever);
  co_return 0;
}

}  // namespace

Program feeder(const StreamPlan& plan, std::string input, Time& last) {
  return [plan, input = std::move(input), &last](Process& self) {
    return feed(self, plan, input, last);
  };
}

Program reader(const StreamPlan& plan, std::string& read, Time& last) {
  return [plan, &read, &last](Process& self) { return take(self, plan, read, last); };
}

}  // namespace spread::world
