// System calls on processes.
#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>

#include "call.h"
#include "spread/guard/guard_table.h"
#include "spread/sys/calls.h"
#include "spread/sys/start_process.h"
#include "threads.h"

namespace spread::sys {
namespace {

using namespace world;

Process* child(Machine& machine, int pid) {
  Process* process = machine.find(pid);
  if (process == nullptr || !process->child || process->reaped) return nullptr;
  if (!process->taken_away) return process;
  // Now the program knows.
  machine.reap(*process);
  return nullptr;
}

/// waitid's.
constexpr auto kByPidfd = static_cast<idtype_t>(3);

Process* child(Machine& machine, idtype_t what, id_t id) {
  const int number = static_cast<int>(id);
  if (what != kByPidfd) return what == P_PID ? child(machine, number) : nullptr;
  const auto found = machine.descriptors.find(number);
  if (found == machine.descriptors.end()) return nullptr;
  const auto* const pidfd = dynamic_cast<const OpenProcess*>(found->second.get());
  return pidfd == nullptr ? nullptr : child(machine, pidfd->process.pid);
}

/// Later than its pidfd says, where the world has it so. Whatever waits for it without end is told.
bool can_be_reaped(Machine& machine, const Process& process) {
  return !process.running() && machine.now() >= process.ended_at + machine.faults().reaped_late;
}

void wait_until_reapable(Machine& machine, const Process& process) {
  if (!can_be_reaped(machine, process) && process.words.front() != "spread-guard") {
    machine.complaints.push_back("the loop waits for the end of " + process.words.front());
  }
  machine.wait([&] { return !process.running(); }, std::nullopt);
  const Time when = process.ended_at + machine.faults().reaped_late;
  machine.wait([] { return false; }, when);
}

/// To all that the table names, as spread/guard does.
void signal_children(Machine& machine, const GuardTable& table, int number) {
  for (std::uint32_t i = 0; i < table.used; ++i) {
    if (table.groups[i] != 0) machine.kill(-table.groups[i], number);
  }
  if (table.starting <= 0) return;
  const std::string mark(table.mark);
  for (const auto& process : machine.processes()) {
    const auto found = process->environment.find(mark.substr(0, mark.find('=')));
    if (found == process->environment.end()) continue;
    if (found->second == mark.substr(mark.find('=') + 1)) process->signal(number);
  }
}

/// That of a clone and an exec, in which a main thread does nothing else.
void take_time(Machine& machine) {
  const Time time = static_cast<Time>(machine.draw(300, 900)) * kMicrosecond;
  Thread* const thread = Thread::current();
  if (thread == nullptr) return machine.timeline().advance(machine.now() + time);
  // Sometimes from a slow disk.
  const Time slow =
      machine.one_in(10) ? static_cast<Time>(machine.draw(1, 2000)) * kMillisecond : 0;
  machine.timeline().after(time + slow, [thread] { thread->resume(); });
  thread->wait();
}

/// Waits for the end of its pipe, and ends what the program has left.
Co<int> be_guard(Process& self) {
  const std::string bytes = co_await self.read(0, 4096);
  const auto memory = std::static_pointer_cast<OpenMemory>(self.descriptors.at(1));
  const auto& table = *reinterpret_cast<const GuardTable*>(memory->bytes.data());
  if (table.goodbye != 0) co_return 0;
  signal_children(self.machine(), table, SIGTERM);
  co_await self.sleep(static_cast<Time>(table.grace_ms) * kMillisecond);
  signal_children(self.machine(), table, SIGKILL);
  co_return 0;
}

}  // namespace

ProcessStarted start_process(const ProcessStart& start) {
  Machine& machine = enter();
  // Before it takes time, in which others make calls.
  const int error = machine.fails(Call::Start) ? errno : 0;
  take_time(machine);
  if (error != 0) return {-1, -1, error};
  if (machine.one_in(machine.faults().start_fails_one_in)) return {-1, -1, EAGAIN};
  if (machine.descriptors.size() >= machine.faults().descriptors_max) return {-1, -1, EMFILE};
  Process& process = machine.add_process();
  process.child = true;
  if (!start.own_group) process.group = machine.group;
  for (char** word = start.words + 1; *word != nullptr; ++word) process.words.push_back(*word);
  for (char* const* entry = start.environment; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const std::size_t equals = text.find('=');
    process.environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (int fd = 0; fd < 3; ++fd) {
    const auto found = machine.descriptors.find(start.from[fd] >= 0 ? start.from[fd] : fd);
    if (found == machine.descriptors.end()) continue;
    process.descriptors[fd] = found->second;
    auto* const end = dynamic_cast<PipeEnd*>(found->second.get());
    if (end != nullptr && start.from[fd] >= 0 && !machine.outputs.contains(end->pipe().get())) {
      process.pipes[fd] = end->pipe();
    }
  }
  const std::optional<Program> program = machine.find_program(process);
  if (!program) {
    process.signal(SIGKILL);
    process.reaped = true;
    return {-1, -1, ENOENT};
  }
  process.begin(*program);
  if (++machine.starts == machine.faults().killed_at_start) machine.stop_program("killed");
  const int exit_fd = machine.add(std::make_shared<OpenProcess>(process));
  machine.trace("start", process.pid, exit_fd);
  return {process.pid, exit_fd, 0};
}

ProcessStarted start_guard(const GuardStart& start) {
  Machine& machine = enter();
  if (machine.fails(Call::Start)) return {-1, -1, errno};
  Process& guard = machine.add_process();
  guard.child = true;
  guard.ends_after.reset();
  guard.words = {start.name};
  guard.descriptors[0] = machine.descriptors.at(start.pipe);
  guard.descriptors[1] = machine.descriptors.at(start.table);
  guard.begin(be_guard);
  return {guard.pid, -1, 0};
}

uid_t geteuid() { return 0; }
pid_t getpid() { return 999; }
int pidfd_open(pid_t) { return answer(-ENOSYS); }
pid_t getpgrp() { return Machine::current().group; }
pid_t getpgid(pid_t pid) {
  const Process* const process = child(Machine::current(), pid);
  return process == nullptr ? answer(-ESRCH) : process->group;
}

int kill(pid_t pid, int signal) {
  Machine& machine = enter();
  machine.trace("kill", pid, signal);
  return answer(machine.kill(pid, signal));
}

int waitid(idtype_t what, id_t id, siginfo_t* info, int options) {
  const bool reaps = (options & WNOWAIT) == 0;
  if (reaps) {
    if (Process* process = child(Machine::current(), what, id)) process->reaping = true;
  }
  Machine& machine = enter();
  if ((options & WNOHANG) == 0 && machine.fails(Call::Wait)) return -1;
  Process* process = child(machine, what, id);
  if (process == nullptr) return answer(-ECHILD);
  if ((options & WNOHANG) == 0) wait_until_reapable(machine, *process);
  *info = {};
  if (!can_be_reaped(machine, *process)) return 0;
  info->si_pid = process->pid;
  const int status = process->status();
  info->si_code = WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
  info->si_status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  if (!reaps) return 0;
  machine.trace("reap", process->pid, status);
  machine.reap(*process);
  return 0;
}

}  // namespace spread::sys
