#include "machine.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace spread::world {
namespace {

Machine* the_machine = nullptr;

// More than any world needs, so that a program that never sleeps is found, too.
constexpr std::uint64_t kCallsMax = 1'000'000;
constexpr int kFirstPid = 2000;
constexpr Time kTimeMax = 7 * 24 * 3600 * kSecond;

}  // namespace

Machine::Machine(std::uint64_t seed, Faults faults)
    : disk_free(faults.disk_bytes), random_(seed), faults_(std::move(faults)) {
  sigemptyset(&blocked);
  sigemptyset(&ignored);
  sigemptyset(&pending);
  the_machine = this;
  make_file(kFolder)->directory = true;
  Thread::become_main();
  for (const auto& [when, number] : faults_.signals_at) {
    timeline_.at(when, [this, number = number] { signal(number); });
  }
}

Machine& Machine::current() { return *the_machine; }

// Not std::uniform_int_distribution, which is another one in every library: a seed must mean the
// same world everywhere.
std::uint64_t Machine::draw(std::uint64_t low, std::uint64_t high) {
  return low + random_() % (high - low + 1);
}

void Machine::enter() {
  const bool in_thread = Thread::current() != nullptr;
  if (in_thread && !faults_.counts_threads) return;
  ++calls_;
  if (in_thread) {
    if (calls_ == faults_.killed_at_call) stop_program("killed");
    return;
  }
  timeline_.advance(now() + static_cast<Time>(draw(200, 2000)));
  if (const auto due = faults_.signals.find(calls_); due != faults_.signals.end()) {
    signal(due->second);
  }
  if (calls_ == faults_.killed_at_call) stop_program("killed");
  if (calls_ > kCallsMax || now() > kTimeMax) stop_program("does not come to an end");
}

void Machine::trace(const char* call, long argument, long result) const {
  if (!tracing) return;
  std::fprintf(stderr, "%12.6f #%llu %s(%ld) = %ld\n", static_cast<double>(now()) / kSecond,
               static_cast<unsigned long long>(calls_), call, argument, result);
}

bool Machine::wait(const std::function<bool()>& done, std::optional<Time> deadline) {
  while (!done()) {
    const bool none = timeline_.empty() || (deadline && timeline_.next() > *deadline);
    if (none && !deadline) stop_program("hangs: it waits for what can never happen");
    if (none) {
      timeline_.advance(std::max(*deadline, now()));
      return done();
    }
    timeline_.advance(timeline_.next());
    if (now() > kTimeMax) stop_program("does not come to an end");
  }
  return true;
}

void Machine::signal(int number) {
  if (ended) return;
  const bool merged = sigismember(&pending, number) != 0;
  if (!merged && (number == SIGINT || number == SIGTERM || number == SIGHUP)) {
    end_signals.push_back(now());
  }
  if (sigismember(&blocked, number) != 0) {
    sigaddset(&pending, number);
  } else if (sigismember(&ignored, number) == 0) {
    stop_program("killed by signal " + std::to_string(number));
  }
}

void Machine::stop_program(const std::string& why) {
  on_stop(why);
  std::abort();  // on_stop does not return
}

int Machine::add(OpenPtr open, int from) {
  int fd = from;
  while (descriptors.contains(fd)) ++fd;
  if (static_cast<std::size_t>(fd) >= faults_.descriptors_max) return -EMFILE;
  descriptors[fd] = std::move(open);
  return fd;
}

void Machine::note_progress(const Open& open) {
  if (const auto* end = dynamic_cast<const PipeEnd*>(&open)) {
    const Pipe* const pipe = end->pipe().get();
    if (pipe == results_pipe) progress.push_back({now(), pipe->taken + pipe->bytes.size()});
  } else if (const auto* file = dynamic_cast<const OpenFile*>(&open)) {
    const auto found = files.find(results_file);
    if (found == files.end() || found->second != file->inode) return;
    progress.push_back({now(), file->inode->bytes.size()});
  }
}

Process& Machine::add_process() {
  const int pid = kFirstPid + static_cast<int>(processes_.size());
  return *processes_.emplace_back(std::make_unique<Process>(*this, pid));
}

Process* Machine::find(int pid) {
  const std::size_t place = static_cast<std::size_t>(pid - kFirstPid);
  return pid < kFirstPid || place >= processes_.size() ? nullptr : processes_[place].get();
}

int Machine::kill(int pid, int number) {
  bool any = false;
  // A signal may let a process begin another one.
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    Process& each = *processes_[i];
    if (each.reaped || each.taken_away || (pid > 0 ? each.pid != pid : each.group != -pid))
      continue;
    any = true;
    if (number != 0) each.signal(number);
  }
  return any ? 0 : -ESRCH;
}

std::shared_ptr<Pipe> Machine::make_pipe() const {
  auto pipe = std::make_shared<Pipe>();
  pipe->capacity = faults_.pipe_capacity;
  pipe->piece_max = faults_.pipe_piece_max;
  return pipe;
}

}  // namespace spread::world
