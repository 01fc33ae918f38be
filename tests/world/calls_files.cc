// System calls on files by name, and those that only files know.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "call.h"
#include "spread/sys/calls.h"

namespace spread::sys {
namespace {

using namespace world;

void describe(const OpenPtr& open, struct stat* status) {
  *status = {};
  status->st_mode = open->type() | 0600;
  status->st_dev = 1;
  status->st_ino = reinterpret_cast<std::uintptr_t>(open.get());
  if (const auto* file = dynamic_cast<OpenFile*>(open.get())) {
    status->st_size = static_cast<off_t>(file->inode->bytes.size());
    status->st_ino = file->inode->number;
  } else if (const auto* pipe = dynamic_cast<PipeEnd*>(open.get())) {
    status->st_ino = reinterpret_cast<std::uintptr_t>(pipe->pipe().get());
  }
}

/// That of a disk.
void take_time(Machine& machine) {
  if (Thread::current() != nullptr) return;
  machine.timeline().advance(machine.now() +
                             static_cast<Time>(machine.draw(100, 8000)) * kMicrosecond);
}

int sync(int fd) {
  Machine& machine = enter();
  const OpenFile* file = file_at(machine, fd);
  if (file == nullptr) return answer(at(machine, fd) ? -EINVAL : -EBADF);
  take_time(machine);
  if (machine.fails(Call::Fsync, fd)) return -1;
  file->inode->synced = file->inode->flushed = file->inode->bytes;
  for (const auto& [name, inode] : machine.files) {
    if (inode == file->inode && inode->directory) machine.sync_folder(name);
  }
  machine.trace("sync", fd, 0);
  return 0;
}

}  // namespace

int fstat(int fd, struct stat* status) {
  Machine& machine = enter();
  const OpenPtr open = at(machine, fd);
  if (!open) return answer(-EBADF);
  if (machine.fails(Call::Fstat, fd)) return -1;
  describe(open, status);
  return 0;
}

int fchmod(int fd, mode_t) { return enter().fails(Call::Fchmod, fd) ? -1 : 0; }

int ftruncate(int fd, off_t size) {
  Machine& machine = enter();
  if (machine.fails(Call::Ftruncate, fd)) return -1;
  if (auto* memory = dynamic_cast<OpenMemory*>(at(machine, fd).get())) {
    memory->bytes.resize(static_cast<std::size_t>(size));
    return 0;
  }
  OpenFile* file = file_at(machine, fd);
  if (file == nullptr || (file->flags & O_ACCMODE) == O_RDONLY) return answer(-EINVAL);
  file->inode->bytes.resize(static_cast<std::size_t>(size));
  return 0;
}

int fallocate(int, int, off_t, off_t) { return enter(), answer(-EOPNOTSUPP); }
int posix_fallocate(int, off_t) { return enter(), EOPNOTSUPP; }

int fsync(int fd) { return sync(fd); }
int fdatasync(int fd) { return sync(fd); }

int fcntl(int fd, int command, struct flock* lock) {
  Machine& machine = enter();
  OpenFile* file = file_at(machine, fd);
  if (file == nullptr) return answer(-EBADF);
  if (lock->l_pid != 0 || lock->l_whence != SEEK_SET) return answer(-EINVAL);
  const int mode = file->flags & O_ACCMODE;
  const bool takes = command == F_OFD_SETLK || command == F_OFD_SETLKW;
  if (!takes && command != F_OFD_GETLK) return answer(-EINVAL);
  if (takes && lock->l_type == F_WRLCK && mode == O_RDONLY) return answer(-EBADF);
  if (takes && lock->l_type == F_RDLCK && mode == O_WRONLY) return answer(-EBADF);
  if (machine.fails(Call::Lock, fd)) return -1;
  if (machine.faults().lock_error != 0) return answer(-machine.faults().lock_error);
  int result = file->inode->lock(*file, command, *lock);
  if (result == -EAGAIN && command == F_OFD_SETLKW) {
    machine.wait([&] { return (result = file->inode->lock(*file, command, *lock)) == 0; },
                 std::nullopt);
  }
  machine.trace("lock", fd, result);
  return answer(result);
}

int open(const char* name, int flags, mode_t) {
  Machine& machine = enter();
  if (machine.fails((flags & O_CREAT) != 0 ? Call::Create : Call::Open)) return -1;
  int error = 0;
  OpenPtr open = machine.open(name, flags, error);
  if (!open) return answer(-error);
  open->flags = flags & (O_ACCMODE | O_NONBLOCK | O_APPEND);
  return answer(machine.add(std::move(open)));
}

int mkostemp(char* name, int flags) {
  Machine& machine = enter();
  char* const end = name + std::strlen(name);
  for (char* place = end - 6; place < end; ++place) {
    *place = static_cast<char>('a' + machine.draw(0, 25));
  }
  return open(name, O_RDWR | O_CREAT | flags, 0600);
}

char* mkdtemp(char* name) {
  Machine& machine = enter();
  if (machine.fails(Call::Mkdir)) return nullptr;
  machine.make_file(name)->directory = true;
  return name;
}

int stat(const char* name, struct stat* status) {
  Machine& machine = enter();
  if (machine.fails(Call::Stat)) return -1;
  int error = 0;
  const OpenPtr open = machine.open(name, O_RDONLY, error);
  if (!open) return answer(-error);
  describe(open, status);
  return 0;
}

int access(const char* name, int) {
  struct stat status;
  return sys::stat(name, &status);
}

int truncate(const char* name, off_t size) {
  Machine& machine = enter();
  if (machine.fails(Call::Truncate)) return -1;
  const auto found = machine.files.find(name);
  if (found == machine.files.end()) return answer(-ENOENT);
  found->second->bytes.resize(static_cast<std::size_t>(size));
  return 0;
}

int unlink(const char* name) {
  Machine& machine = enter();
  if (machine.fails(Call::Unlink)) return -1;
  const auto found = machine.files.find(name);
  if (found == machine.files.end()) return answer(-ENOENT);
  if (found->second->directory) return answer(-EISDIR);
  machine.change_names({{name, nullptr}});
  return 0;
}

int rename(const char* from, const char* to) {
  Machine& machine = enter();
  if (machine.fails(Call::Rename)) return -1;
  const auto found = machine.files.find(from), replaced = machine.files.find(to);
  if (found == machine.files.end()) return answer(-ENOENT);
  const bool folder = found->second->directory;
  if (replaced != machine.files.end() && replaced->second->directory != folder)
    return answer(folder ? -ENOTDIR : -EISDIR);
  const std::shared_ptr<Inode> inode = found->second;
  if (replaced != machine.files.end() && replaced->second == inode) return 0;
  machine.change_names({{to, inode}, {from, nullptr}});
  return 0;
}

int mkdir(const char* name, mode_t) {
  Machine& machine = enter();
  if (machine.fails(Call::Mkdir)) return -1;
  if (machine.files.contains(name)) return answer(-EEXIST);
  machine.make_file(name)->directory = true;
  return 0;
}

char* getcwd(char* into, std::size_t) {
  if (enter().fails(Call::Getcwd)) return nullptr;
  return std::strcpy(into, Machine::kFolder);
}

/// No folder can be opened.
ssize_t getdents64(int, void*, std::size_t) { return answer(ssize_t{-ENOTDIR}); }

}  // namespace spread::sys
