// spread/sys: every system call of spread, and nothing else. A function here does what the call of
// its name does, with its result and its errno; nothing is retried, kept or decided. So the folder
// can be exchanged when a program is linked: tests/world defines these functions over a simulated
// machine, and runs the whole program on it (docs/decisions/0018-simulated-machine.md).
//
//   calls.h          descriptors, files, signals, clocks, facts about the machine
//   start_process.h  a child, or the guard, from its first instruction to its exec
#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include <csignal>
#include <cstddef>
#include <cstdint>

struct epoll_event;
struct flock;
struct iovec;
struct itimerspec;
struct pollfd;
struct rlimit;
struct sockaddr_un;
struct stat;
struct ucred;

namespace spread::sys {

// ---- descriptors

int close(int fd);
ssize_t read(int fd, void* into, std::size_t size);
ssize_t write(int fd, const void* from, std::size_t size);
ssize_t writev(int fd, const iovec* pieces, int count);
ssize_t pread(int fd, void* into, std::size_t size, off_t offset);
ssize_t pwrite(int fd, const void* from, std::size_t size, off_t offset);
off_t lseek(int fd, off_t offset, int whence);
ssize_t splice(int from, off_t* offset, int to, std::size_t size, unsigned flags);
int fcntl(int fd, int command, int argument = 0);
/// F_OFD_SETLK and its kin.
int fcntl(int fd, int command, struct flock* lock);
/// Of a socket, as the others down to socket_peer().
int shutdown(int fd, int how);
int socket(int domain, int type);
/// Of the domain AF_UNIX.
int bind(int fd, const sockaddr_un* address);
int connect(int fd, const sockaddr_un* address);
int listen(int fd, int backlog);
int accept4(int fd, int flags);
/// getsockopt of SO_PEERCRED.
int socket_peer(int fd, ucred* peer);
int fstat(int fd, struct stat* status);
int fchmod(int fd, mode_t mode);
int ftruncate(int fd, off_t size);
int fsync(int fd);
int fdatasync(int fd);
int fallocate(int fd, int mode, off_t offset, off_t size);
/// Returns the errno.
int posix_fallocate(int fd, off_t size);
int pipe2(int ends[2], int flags);
int poll(pollfd* asked, std::size_t count, int timeout_ms);
int epoll_create1(int flags);
int epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
int epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms);
int timerfd_create(int clock, int flags);
int timerfd_settime(int fd, int flags, const itimerspec* when);
int eventfd(unsigned count, int flags);
int signalfd(int fd, const sigset_t* signals, int flags);

// ---- terminals

int isatty(int fd);
pid_t tcgetpgrp(int fd);
pid_t tcgetsid(int fd);
/// TIOCGWINSZ.
int columns(int fd);

// ---- files by name

int open(const char* name, int flags, mode_t mode = 0);
int mkostemp(char* name, int flags);
char* mkdtemp(char* name);
int stat(const char* name, struct stat* status);
ssize_t getdents64(int fd, void* into, std::size_t size);
int access(const char* name, int how);
int truncate(const char* name, off_t size);
int unlink(const char* name);
int rename(const char* from, const char* to);
int mkdir(const char* name, mode_t mode);
char* getcwd(char* into, std::size_t size);

// ---- memory that another process sees

int memfd_create(const char* name, unsigned flags);
void* mmap(void* at, std::size_t size, int protection, int flags, int fd, off_t offset);
int munmap(void* at, std::size_t size);
int madvise(void* at, std::size_t size, int advice);

// ---- threads, processes and signals; how a process is started: start_process.h

/// With so large a stack and all signals blocked.
int pthread_create(pthread_t* thread, std::size_t stack, void* (*run)(void*), void* argument);
int pthread_join(pthread_t thread);
int pthread_atfork(void (*before)(), void (*in_parent)(), void (*in_child)());
pid_t getpid();
int pidfd_open(pid_t pid);
uid_t geteuid();
pid_t getpgrp();
pid_t getpgid(pid_t pid);
int kill(pid_t pid, int signal);
int waitid(idtype_t what, id_t id, siginfo_t* info, int options);
int sigaction(int signal, const struct sigaction* next, struct sigaction* now);
int pthread_sigmask(int how, const sigset_t* next, sigset_t* now);
int sigtimedwait(const sigset_t* wanted, const timespec* patience);

// ---- clocks

/// clock_gettime: CLOCK_MONOTONIC and CLOCK_REALTIME, in nanoseconds.
std::int64_t monotonic_ns();
std::int64_t realtime_ns();

// ---- the machine

/// sched_getaffinity, else all that are online.
double cpus();
/// getloadavg: of the last minute; negative if it is unknown.
double load();
int gethostname(char* into, std::size_t size);
int getrlimit(int resource, rlimit* limit);
/// sysconf(_SC_PAGESIZE).
long page_size();
/// sysconf(_SC_ARG_MAX).
long argument_max();
/// getrandom.
ssize_t getrandom(void* into, std::size_t size);

}  // namespace spread::sys
