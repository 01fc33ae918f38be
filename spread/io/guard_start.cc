#include "spread/io/guard_start.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include "spread/base/posix.h"
#include "spread/guard/guard_program.h"
#include "spread/guard/guard_table.h"
#include "spread/sys/calls.h"
#include "spread/sys/start_guard.h"

namespace spread {
namespace {

constexpr char kGuardName[] = "spread-guard";
// Whether a memfd may be executed, which Linux wants to know from 6.3 on; the C library's headers
// may be older.
constexpr unsigned kNotToBeExecuted = 8, kToBeExecuted = 16;

Result<UniqueFd> open_memory(unsigned flag) {
  UniqueFd fd(sys::memfd_create(kGuardName, MFD_CLOEXEC | flag));
  if (!fd && errno == EINVAL) fd = UniqueFd(sys::memfd_create(kGuardName, MFD_CLOEXEC));
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
  file.fd = UniqueFd(sys::mkostemp(file.name.data(), O_CLOEXEC));
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

Result<int> run_guard(const sys::GuardStart& start) {
  const sys::ProcessStarted guard = sys::start_guard(start);
  UniqueFd not_watched(guard.exit_fd);
  if (guard.error != 0) return tl::unexpected(Error{errno_text(guard.error), guard.error});
  return guard.pid;
}

Result<int> start_from_memory(sys::GuardStart start) {
  const Result<UniqueFd> program = open_memory(kToBeExecuted);
  if (!program) return tl::unexpected(program.error());
  SPREAD_TRY(write_program(program->get()));
  start.program = program->get();
  return run_guard(start);
}

Result<int> start_from_file(sys::GuardStart start, const std::string& directory) {
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
  Result<int> pid = written ? run_guard(start) : tl::unexpected(written.error());
  sys::unlink(file->name.c_str());
  if (pid) return pid;
  return tl::unexpected(
      Error{"a file in " + directory + ": " + pid.error().message, pid.error().number});
}

bool out_of_processes(const Error& error) {
  return error.number == EAGAIN || error.number == ENOMEM;
}

}  // namespace

Result<UniqueFd> open_shared_memory(std::size_t size, const std::string& directory) {
  Result<UniqueFd> memory = open_memory(kNotToBeExecuted);
  if (memory) {
    if (sys::ftruncate(memory->get(), static_cast<off_t>(size)) == 0) return memory;
    return tl::unexpected(errno_error("memfd_create: ftruncate"));
  }
  Result<NamedFile> file = make_file(directory);
  if (!file) return tl::unexpected(Error{memory.error().message + "; " + file.error().message, 0});
  sys::unlink(file->name.c_str());
  // All blocks at once: on a disk that is full later, a store would end this process.
  const int error = sys::posix_fallocate(file->fd.get(), static_cast<off_t>(size));
  if (error == 0) return std::move(file->fd);
  return fail(memory.error().message + "; a file in " + directory + ": " + errno_text(error));
}

Result<int> start_guard_program(int pipe, int table, const std::string& directory) {
  const sys::GuardStart start{pipe, kGuardPipe, table, kGuardTable, -1, nullptr, kGuardName};
  Result<int> pid = start_from_memory(start);
  if (pid || out_of_processes(pid.error())) return pid;
  Result<int> second = start_from_file(start, directory);
  if (second || out_of_processes(second.error())) return second;
  return fail("from memory: " + pid.error().message + "; " + second.error().message);
}

}  // namespace spread
