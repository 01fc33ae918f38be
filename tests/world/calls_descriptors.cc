// System calls on descriptors and files.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "call.h"
#include "spread/sys/calls.h"

namespace spread::sys {
namespace {

using namespace world;

/// Waits where the description is not non-blocking.
ssize_t transfer(Machine& machine, int fd, const std::function<ssize_t(Open&)>& move) {
  const OpenPtr open = at(machine, fd);
  if (!open) return -EBADF;
  ssize_t result = move(*open);
  if (result != -EAGAIN || (open->flags & O_NONBLOCK) != 0) return result;
  machine.wait([&] { return (result = move(*open)) != -EAGAIN; }, std::nullopt);
  return result;
}

/// Nothing is lost: what the one does not take stays in the other.
ssize_t splice_pipe(Machine& machine, int from, int to, std::size_t size) {
  const auto* const source = dynamic_cast<PipeEnd*>(at(machine, from).get());
  const OpenPtr target = at(machine, to);
  if (source == nullptr || !target) return answer(ssize_t{-EINVAL});
  if ((target->flags & O_APPEND) != 0) return answer(ssize_t{-EINVAL});
  if (machine.fails(Call::Splice, from)) return -1;
  size = machine.shorten(size);
  Pipe& pipe = *source->pipe();
  if (pipe.bytes.empty()) return answer(ssize_t{pipe.writers == 0 ? 0 : -EAGAIN});
  const ssize_t moved = target->write(pipe.bytes.data(), std::min(size, pipe.bytes.size()));
  machine.trace("splice", from, moved);
  if (moved > 0) {
    pipe.take(static_cast<std::size_t>(moved));
  }
  return answer(moved);
}

}  // namespace

int close(int fd) {
  Machine& machine = enter();
  // It is closed all the same, and what was written since the last close is lost, as on NFS.
  const bool fails = machine.fails(Call::Close, fd);
  const int error = errno;
  if (OpenFile* const file = file_at(machine, fd)) {
    Inode& inode = *file->inode;
    fails&& error != EINTR ? inode.bytes = inode.flushed : inode.flushed = inode.bytes;
  }
  machine.trace("close", fd, fails ? -error : 0);
  if (fails) return machine.descriptors.erase(fd), answer(-error);
  return machine.descriptors.erase(fd) != 0 ? 0 : answer(-EBADF);
}

ssize_t read(int fd, void* into, std::size_t size) {
  Machine& machine = enter();
  if (machine.fails(Call::Read, fd)) return -1;
  size = machine.shorten(size);
  const ssize_t result = transfer(machine, fd, [&](Open& open) { return open.read(into, size); });
  // Of what it reads from pipes, all but stdin comes from children.
  if (fd != 0 && result > 0 && dynamic_cast<PipeEnd*>(at(machine, fd).get()) != nullptr) {
    machine.holds(result);
  }
  machine.trace("read", fd, result);
  return answer(result);
}

ssize_t write(int fd, const void* from, std::size_t size) {
  Machine& machine = enter();
  if (machine.fails(Call::Write, fd)) return -1;
  size = machine.shorten(size);
  const ssize_t result = transfer(machine, fd, [&](Open& open) { return open.write(from, size); });
  const auto* pipe = dynamic_cast<const PipeEnd*>(at(machine, fd).get());
  if (result > 0 && pipe != nullptr && machine.outputs.contains(pipe->pipe().get())) {
    machine.holds(-result);
  }
  if (result > 0) machine.note_progress(*at(machine, fd));
  machine.trace("write", fd, result);
  return answer(result);
}

ssize_t writev(int fd, const iovec* pieces, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return write(fd, bytes.data(), bytes.size());
}

ssize_t pread(int fd, void* into, std::size_t size, off_t offset) {
  Machine& machine = enter();
  const OpenFile* file = file_at(machine, fd);
  if (file == nullptr) return answer(ssize_t{-ESPIPE});
  if (machine.fails(Call::Pread, fd)) return -1;
  size = machine.shorten(size);
  const ssize_t result = file->read_at(into, size, static_cast<std::size_t>(offset));
  if (!machine.is_store(*file->inode)) return answer(result);
  machine.reads_back = true;
  if (result > 0) machine.holds(result);
  return answer(result);
}

ssize_t pwrite(int fd, const void* from, std::size_t size, off_t offset) {
  Machine& machine = enter();
  OpenFile* file = file_at(machine, fd);
  if (file == nullptr) return answer(ssize_t{-ESPIPE});
  if (machine.fails(Call::Pwrite, fd)) return -1;
  size = machine.shorten(size);
  const ssize_t result = file->write_at(from, size, static_cast<std::size_t>(offset));
  if (result > 0 && machine.is_store(*file->inode)) machine.holds(-result);
  return answer(result);
}

off_t lseek(int fd, off_t offset, int whence) {
  OpenFile* file = file_at(enter(), fd);
  if (file == nullptr) return answer(off_t{-ESPIPE});
  const off_t base = whence == SEEK_CUR   ? static_cast<off_t>(file->offset)
                     : whence == SEEK_END ? static_cast<off_t>(file->inode->bytes.size())
                                          : 0;
  if (base + offset < 0) return answer(off_t{-EINVAL});
  file->offset = static_cast<std::size_t>(base + offset);
  return base + offset;
}

ssize_t splice(int from, off_t* offset, int to, std::size_t size, unsigned) {
  if (offset == nullptr) return splice_pipe(enter(), from, to, size);
  std::string bytes(std::min<std::size_t>(size, 65536), '\0');
  const ssize_t taken = pread(from, bytes.data(), bytes.size(), *offset);
  if (taken <= 0) return taken;
  const ssize_t moved = write(to, bytes.data(), static_cast<std::size_t>(taken));
  if (moved > 0) *offset += moved;
  return moved;
}

int fcntl(int fd, int command, int argument) {
  Machine& machine = enter();
  const OpenPtr open = at(machine, fd);
  if (!open) return answer(-EBADF);
  switch (command) {
    case F_DUPFD_CLOEXEC:
      if (machine.fails(Call::Duplicate, fd)) return -1;
      return answer(machine.add(open, argument));
    case F_GETFL: return open->flags;
    case F_SETFL: open->flags = (open->flags & O_ACCMODE) | argument; return 0;
    case F_GETFD: return fd > 2 ? FD_CLOEXEC : 0;
    case F_SETFD: return 0;
    default: return answer(-EPERM);  // F_SETPIPE_SZ: pipes stay as small as they are
  }
}

// There are no sockets.
int shutdown(int, int) { return enter(), answer(-ENOTSOCK); }
int socket(int, int) { return enter(), answer(-EAFNOSUPPORT); }
int bind(int, const sockaddr_un*) { return enter(), answer(-ENOTSOCK); }
int connect(int, const sockaddr_un*) { return enter(), answer(-ENOTSOCK); }
int listen(int, int) { return enter(), answer(-ENOTSOCK); }
int accept4(int, int) { return enter(), answer(-ENOTSOCK); }
int socket_peer(int, ucred*) { return enter(), answer(-ENOTSOCK); }
int pipe2(int ends[2], int flags) {
  Machine& machine = enter();
  if (machine.fails(Call::Pipe)) return -1;
  const std::shared_ptr<Pipe> pipe = machine.make_pipe();
  for (int i = 0; i < 2; ++i) {
    auto end = std::make_shared<PipeEnd>(pipe, i == 1);
    end->flags |= flags & O_NONBLOCK;
    ends[i] = machine.add(std::move(end));
    if (ends[i] >= 0) continue;
    if (i == 1) machine.descriptors.erase(ends[0]);
    return answer(ends[i]);
  }
  return 0;
}

int isatty(int) { return enter(), 0; }
pid_t tcgetpgrp(int) { return enter(), answer(-ENOTTY); }
pid_t tcgetsid(int) { return enter(), answer(-ENOTTY); }
int columns(int) { return enter(), -1; }

int memfd_create(const char*, unsigned) {
  Machine& machine = enter();
  if (machine.fails(Call::Memfd)) return -1;
  return answer(machine.add(std::make_shared<OpenMemory>()));
}

void* mmap(void*, std::size_t size, int, int flags, int fd, off_t) {
  Machine& machine = enter();
  if (machine.fails(Call::Mmap, fd)) return MAP_FAILED;
  const bool anonymous = (flags & MAP_ANONYMOUS) != 0;
  const auto memory = anonymous ? std::make_shared<OpenMemory>()
                                : std::dynamic_pointer_cast<OpenMemory>(at(machine, fd));
  if (!memory) return answer(-EBADF), MAP_FAILED;
  if (anonymous) memory->bytes.resize(size);
  machine.mapped.push_back(memory);
  return memory->bytes.data();
}

int pthread_atfork(void (*)(), void (*)(), void (*)()) { return 0; }

int madvise(void*, std::size_t, int) { return answer(-EINVAL); }

int munmap(void* memory, std::size_t) {
  std::erase_if(enter().mapped,
                [memory](const auto& each) { return each->bytes.data() == memory; });
  return 0;
}

}  // namespace spread::sys
