#include "spread/sys/calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "spread/sys/faults.h"

namespace spread::sys {
namespace {

std::int64_t nanoseconds(clockid_t clock) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * kPerSecond + now.tv_nsec;
}

}  // namespace

int close(int fd) {
  // It is closed all the same.
  if (fails(Call::Close, fd)) return ::close(fd), -1;
  return ::close(fd);
}
ssize_t read(int fd, void* into, std::size_t size) {
  return fails(Call::Read, fd) ? -1 : ::read(fd, into, shorten(size));
}
ssize_t write(int fd, const void* from, std::size_t size) {
  return fails(Call::Write, fd) ? -1 : ::write(fd, from, shorten(size));
}
ssize_t writev(int fd, const iovec* pieces, int count) {
  if (fails(Call::Write, fd)) return -1;
  const std::size_t first = count > 0 ? pieces->iov_len : 0;
  if (shorten(first) < first) return ::write(fd, pieces->iov_base, shorten(first));
  return ::writev(fd, pieces, count);
}
ssize_t pread(int fd, void* into, std::size_t size, off_t offset) {
  return fails(Call::Pread, fd) ? -1 : ::pread(fd, into, shorten(size), offset);
}
ssize_t pwrite(int fd, const void* from, std::size_t size, off_t offset) {
  return fails(Call::Pwrite, fd) ? -1 : ::pwrite(fd, from, shorten(size), offset);
}
off_t lseek(int fd, off_t offset, int whence) { return ::lseek(fd, offset, whence); }
ssize_t splice(int from, off_t* offset, int to, std::size_t size, unsigned flags) {
  if (fails(Call::Splice, from)) return -1;
  return ::splice(from, offset, to, nullptr, shorten(size), flags);
}
int fcntl(int fd, int command, int argument) {
  if (command == F_DUPFD_CLOEXEC && fails(Call::Duplicate, fd)) return -1;
  return ::fcntl(fd, command, argument);
}
int fcntl(int fd, int command, struct flock* lock) {
  return fails(Call::Lock, fd) ? -1 : ::fcntl(fd, command, lock);
}
int fstat(int fd, struct stat* status) { return fails(Call::Fstat, fd) ? -1 : ::fstat(fd, status); }
int fchmod(int fd, mode_t mode) { return fails(Call::Fchmod, fd) ? -1 : ::fchmod(fd, mode); }
int ftruncate(int fd, off_t size) {
  return fails(Call::Ftruncate, fd) ? -1 : ::ftruncate(fd, size);
}
int fsync(int fd) { return fails(Call::Fsync, fd) ? -1 : ::fsync(fd); }
int fdatasync(int fd) { return fails(Call::Fsync, fd) ? -1 : ::fdatasync(fd); }
int fallocate(int fd, int mode, off_t offset, off_t size) {
  return fails(Call::Fallocate, fd) ? -1 : ::fallocate(fd, mode, offset, size);
}
int posix_fallocate(int fd, off_t size) {
  return fails(Call::Fallocate, fd) ? errno : ::posix_fallocate(fd, 0, size);
}
int shutdown(int fd, int how) { return ::shutdown(fd, how); }
int socket(int domain, int type) { return ::socket(domain, type, 0); }
int bind(int fd, const sockaddr_un* address) {
  return ::bind(fd, reinterpret_cast<const sockaddr*>(address), sizeof *address);
}
int connect(int fd, const sockaddr_un* address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(address), sizeof *address);
}
int listen(int fd, int backlog) { return ::listen(fd, backlog); }
int accept4(int fd, int flags) { return ::accept4(fd, nullptr, nullptr, flags); }
int socket_peer(int fd, ucred* peer) {
  socklen_t size = sizeof *peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size);
}
int pipe2(int ends[2], int flags) { return fails(Call::Pipe) ? -1 : ::pipe2(ends, flags); }
int poll(pollfd* asked, std::size_t count, int timeout_ms) {
  return fails(Call::Poll) ? -1 : ::poll(asked, count, timeout_ms);
}
int epoll_create1(int flags) { return fails(Call::EpollCreate) ? -1 : ::epoll_create1(flags); }
int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  if (operation == EPOLL_CTL_ADD && fails(Call::EpollAdd, fd)) return -1;
  return ::epoll_ctl(epoll, operation, fd, event);
}
int epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  return fails(Call::EpollWait) ? -1 : ::epoll_wait(epoll, events, count, timeout_ms);
}
int timerfd_create(int clock, int flags) {
  return fails(Call::Timerfd) ? -1 : ::timerfd_create(clock, flags);
}
int timerfd_settime(int fd, int flags, const itimerspec* when) {
  return ::timerfd_settime(fd, flags, when, nullptr);
}
int eventfd(unsigned count, int flags) {
  return fails(Call::Eventfd) ? -1 : ::eventfd(count, flags);
}
int signalfd(int fd, const sigset_t* signals, int flags) {
  return fails(Call::Signalfd) ? -1 : ::signalfd(fd, signals, flags);
}

int isatty(int fd) { return ::isatty(fd); }
pid_t tcgetpgrp(int fd) { return ::tcgetpgrp(fd); }
pid_t tcgetsid(int fd) { return ::tcgetsid(fd); }
int columns(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : -1;
}

int open(const char* name, int flags, mode_t mode) {
  if (fails((flags & O_CREAT) != 0 ? Call::Create : Call::Open)) return -1;
  return ::open(name, flags, mode);
}
int mkostemp(char* name, int flags) { return fails(Call::Create) ? -1 : ::mkostemp(name, flags); }
char* mkdtemp(char* name) { return fails(Call::Mkdir) ? nullptr : ::mkdtemp(name); }
int stat(const char* name, struct stat* status) {
  return fails(Call::Stat) ? -1 : ::stat(name, status);
}
ssize_t getdents64(int fd, void* into, std::size_t size) { return ::getdents64(fd, into, size); }
int access(const char* name, int how) { return fails(Call::Stat) ? -1 : ::access(name, how); }
int truncate(const char* name, off_t size) {
  return fails(Call::Truncate) ? -1 : ::truncate(name, size);
}
int unlink(const char* name) { return fails(Call::Unlink) ? -1 : ::unlink(name); }
int rename(const char* from, const char* to) {
  return fails(Call::Rename) ? -1 : std::rename(from, to);
}
int mkdir(const char* name, mode_t mode) { return fails(Call::Mkdir) ? -1 : ::mkdir(name, mode); }
char* getcwd(char* into, std::size_t size) {
  return fails(Call::Getcwd) ? nullptr : ::getcwd(into, size);
}

int memfd_create(const char* name, unsigned flags) {
  return fails(Call::Memfd) ? -1 : ::memfd_create(name, flags);
}
void* mmap(void* at, std::size_t size, int protection, int flags, int fd, off_t offset) {
  return fails(Call::Mmap, fd) ? MAP_FAILED : ::mmap(at, size, protection, flags, fd, offset);
}
int munmap(void* at, std::size_t size) { return ::munmap(at, size); }
int madvise(void* at, std::size_t size, int advice) { return ::madvise(at, size, advice); }

int pthread_create(pthread_t* thread, std::size_t stack, void* (*run)(void*), void* argument) {
  if (fails(Call::Thread)) return errno;
  pthread_attr_t how;
  ::pthread_attr_init(&how);
  ::pthread_attr_setstacksize(&how, stack);
  sigset_t all;
  sigfillset(&all);
  ::pthread_attr_setsigmask_np(&how, &all);
  const int error = ::pthread_create(thread, &how, run, argument);
  ::pthread_attr_destroy(&how);
  return error;
}
int pthread_join(pthread_t thread) { return ::pthread_join(thread, nullptr); }
int pthread_atfork(void (*before)(), void (*in_parent)(), void (*in_child)()) {
  return ::pthread_atfork(before, in_parent, in_child);
}
uid_t geteuid() { return ::geteuid(); }
pid_t getpid() { return ::getpid(); }
int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
pid_t getpgrp() { return ::getpgrp(); }
pid_t getpgid(pid_t pid) { return ::getpgid(pid); }
int kill(pid_t pid, int signal) { return ::kill(pid, signal); }
int waitid(idtype_t what, id_t id, siginfo_t* info, int options) {
  if ((options & WNOHANG) == 0 && fails(Call::Wait)) return -1;
  return ::waitid(what, id, info, options);
}
int sigaction(int signal, const struct sigaction* next, struct sigaction* now) {
  return ::sigaction(signal, next, now);
}
int pthread_sigmask(int how, const sigset_t* next, sigset_t* now) {
  return ::pthread_sigmask(how, next, now);
}
int sigtimedwait(const sigset_t* wanted, const timespec* patience) {
  return ::sigtimedwait(wanted, nullptr, patience);
}

std::int64_t monotonic_ns() { return nanoseconds(CLOCK_MONOTONIC); }
std::int64_t realtime_ns() { return nanoseconds(CLOCK_REALTIME); }

double cpus() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
}
double load() {
  double load;
  return ::getloadavg(&load, 1) == 1 ? load : -1;
}
int gethostname(char* into, std::size_t size) { return ::gethostname(into, size); }
int getrlimit(int resource, rlimit* limit) {
  return ::getrlimit(static_cast<__rlimit_resource_t>(resource), limit);
}
long page_size() { return ::sysconf(_SC_PAGESIZE); }
long argument_max() { return ::sysconf(_SC_ARG_MAX); }
ssize_t getrandom(void* into, std::size_t size) { return ::getrandom(into, size, 0); }

}  // namespace spread::sys
