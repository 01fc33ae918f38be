#include "spread/io/guard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "spread/base/posix.h"
#include "spread/guard/guard_program.h"
#include "spread/guard/guard_table.h"
#include "spread/io/child_end.h"
#include "spread/sys/calls.h"
#include "spread/sys/start_process.h"

namespace spread {
namespace {

/// In order, and not kept in a register: kill -9 may come after any instruction.
template <typename T>
void store(T& place, T value) {
  std::atomic_ref<T>(place).store(value, std::memory_order_release);
}

/// No other run has this number at this moment.
std::string make_mark() {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  const std::int64_t now = sys::realtime_ns();
  return "SPREAD_RUN=" + std::to_string(sys::getpid()) + "." + std::to_string(now / kPerSecond) +
         "." + std::to_string(now % kPerSecond);
}

}  // namespace

void Guard::Unmap::operator()(GuardTable* table) const { sys::munmap(table, sizeof(GuardTable)); }

Guard::Guard(UniqueFd pipe, std::unique_ptr<GuardTable, Unmap> table, std::string mark)
    : pipe_(std::move(pipe)), table_(std::move(table)), mark_(std::move(mark)) {}
Guard::Guard(Guard&&) noexcept = default;

Result<Guard> Guard::start(Duration grace, const std::string& directory) {
  UniqueFd read, write;
  if (!open_pipe(read, write)) return tl::unexpected(errno_error("pipe2"));
  const Result<UniqueFd> shared = open_shared_memory(sizeof(GuardTable), directory);
  // Without shared memory there is no guard, and the table is for the master alone.
  const int how = shared ? MAP_SHARED | MAP_NORESERVE : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* memory = sys::mmap(nullptr, sizeof(GuardTable), PROT_READ | PROT_WRITE, how,
                           shared ? shared->get() : -1, 0);
  if (memory == MAP_FAILED) return tl::unexpected(errno_error("mmap"));
  std::unique_ptr<GuardTable, Unmap> table(static_cast<GuardTable*>(memory));
  const std::string mark = make_mark();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(grace).count();
  table->grace_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(milliseconds, 0));
  std::memcpy(table->mark, mark.c_str(), std::min(mark.size() + 1, GuardTable::kMarkMax));

  Guard guard(std::move(write), std::move(table), mark);
  Result<GuardProcess> process = shared ? start_guard_program(read.get(), shared->get(), directory)
                                        : tl::unexpected(shared.error());
  if (process) {
    guard.pid_ = process->pid;
    guard.exit_fd_ = std::move(process->exit_fd);
  } else if (process.error().number == EAGAIN || process.error().number == ENOMEM) {
    // The system has no process left: a child could not be started either.
    return fail("cannot start the guard: " + process.error().message);
  } else {
    const bool too_large = process.error().number == EFBIG;
    guard.missing_ = "cannot start the guard (" + process.error().message +
                     "): after kill -9 of spread its children go on; " +
                     (too_large ? "raise the limit on the size of files (ulimit -f)"
                                : "set TMPDIR to a directory whose programs may be run");
  }
  return guard;
}

Guard::~Guard() {
  if (!pipe_) return;
  if (pid_ < 0) return;
  store(table_->goodbye, 1);
  // The end of the pipe would do, if this process alone had it.
  constexpr Byte kGoodbye[] = {Byte{0}};
  const ByteView byte(kGoodbye);
  static_cast<void>(write_some(pipe_.get(), {&byte, 1}));
  pipe_.reset();
  siginfo_t end;
  wait_for_child(pid_, exit_fd_.get(), end, WEXITED);
}

void Guard::starting(int by) { store(table_->starting, table_->starting + by); }

void Guard::watch(int process_group) {
  std::uint32_t place;
  if (free_.empty()) {
    if (table_->used == GuardTable::kGroupsMax) return;
    place = table_->used;
  } else {
    place = free_.back();
    free_.pop_back();
  }
  store(table_->groups[place], process_group);
  if (place == table_->used) store(table_->used, place + 1);
  place_of_[process_group] = place;
}

void Guard::forget(int process_group) {
  const auto found = place_of_.find(process_group);
  if (found == place_of_.end()) return;
  store(table_->groups[found->second], 0);
  free_.push_back(found->second);
  place_of_.erase(found);
}

bool Guard::watches(int process_group) const {
  const int* const end = table_->groups + table_->used;
  return std::find(static_cast<const int*>(table_->groups), end, process_group) != end;
}

namespace {

constexpr char kGuardName[] = "spread-guard";
// Whether a memfd may be executed, which Linux wants to know from 6.3 on; the C library's headers
// may be older.
constexpr unsigned kNotToBeExecuted = 8, kToBeExecuted = 16;

Result<UniqueFd> open_memory(unsigned flag) {
  UniqueFd fd = above_standard(sys::memfd_create(kGuardName, MFD_CLOEXEC | flag));
  if (!fd && errno == EINVAL) fd = above_standard(sys::memfd_create(kGuardName, MFD_CLOEXEC));
  if (!fd) return tl::unexpected(errno_error("memfd_create"));
  return fd;
}

/// A file with a name, which it is up to the caller to take away.
struct NamedFile {
  UniqueFd fd;
  std::string name;
};

Result<NamedFile> make_file(const std::string& directory) {
  NamedFile file{{}, directory + "/spread-guard-XXXXXX"};
  file.fd = make_named_file(file.name);
  if (!file.fd) return tl::unexpected(errno_error("cannot make a file in " + directory));
  return file;
}

Status write_program(int fd) {
  ByteView rest = guard_program();
  while (!rest.empty()) {
    const IoResult written = write_some(fd, {&rest, 1});
    if (written.state != IoState::Done) {
      return tl::unexpected(Error{"write: " + errno_text(written.error), written.error});
    }
    rest = rest.subspan(written.size);
  }
  return {};
}

Result<GuardProcess> run_guard(const sys::GuardStart& start) {
  const sys::ProcessStarted guard = sys::start_guard(start);
  if (guard.error != 0) return tl::unexpected(Error{errno_text(guard.error), guard.error});
  return GuardProcess{guard.pid, above_standard(guard.exit_fd)};
}

Result<GuardProcess> start_from_memory(sys::GuardStart start) {
  const Result<UniqueFd> program = open_memory(kToBeExecuted);
  if (!program) return tl::unexpected(program.error());
  SPREAD_TRY(write_program(program->get()));
  start.program = program->get();
  return run_guard(start);
}

Result<GuardProcess> start_from_file(sys::GuardStart start, const std::string& directory) {
  Result<NamedFile> file = make_file(directory);
  if (!file) return tl::unexpected(file.error());
  Status written = write_program(file->fd.get());
  if (written && sys::fchmod(file->fd.get(), S_IRUSR | S_IXUSR) != 0) {
    written = tl::unexpected(errno_error("fchmod"));
  }
  // What is open for writing cannot be executed.
  file->fd.reset();
  start.program = -1;
  start.file = file->name.c_str();
  Result<GuardProcess> guard = written ? run_guard(start) : tl::unexpected(written.error());
  sys::unlink(file->name.c_str());
  if (guard) return guard;
  return tl::unexpected(
      Error{"a file in " + directory + ": " + guard.error().message, guard.error().number});
}

bool out_of_processes(const Error& error) {
  return error.number == EAGAIN || error.number == ENOMEM;
}

}  // namespace

Result<UniqueFd> open_shared_memory(std::size_t size, const std::string& directory) {
  Result<UniqueFd> memory = open_memory(kNotToBeExecuted);
  if (memory) {
    if (cut_file(memory->get(), size)) return memory;
    return tl::unexpected(errno_error("memfd_create: ftruncate"));
  }
  Result<NamedFile> file = make_file(directory);
  if (!file) return tl::unexpected(Error{memory.error().message + "; " + file.error().message, 0});
  sys::unlink(file->name.c_str());
  // All blocks at once: on a disk that is full later, a store would end this process.
  int error;
  do {
    error = sys::posix_fallocate(file->fd.get(), static_cast<off_t>(size));
  } while (error == EINTR);
  if (error == 0) return std::move(file->fd);
  return fail(memory.error().message + "; a file in " + directory + ": " + errno_text(error));
}

Result<GuardProcess> start_guard_program(int pipe, int table, const std::string& directory) {
  const UniqueFd master = above_standard(sys::pidfd_open(sys::getpid()));
  const sys::GuardStart start{pipe,        kGuardPipe, master.get(), kGuardMaster, table,
                              kGuardTable, -1,         nullptr,      kGuardName};
  Result<GuardProcess> guard = start_from_memory(start);
  if (guard || out_of_processes(guard.error())) return guard;
  Result<GuardProcess> second = start_from_file(start, directory);
  if (second || out_of_processes(second.error())) return second;
  return fail("from memory: " + guard.error().message + "; " + second.error().message);
}

}  // namespace spread
