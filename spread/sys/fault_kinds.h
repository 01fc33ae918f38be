// Which system calls may fail how, by Linux's man pages: for the tests, on the simulated machine
// (tests/world) and in the real program (faults.h). Nothing of it is in a release.
#pragma once

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace spread::sys {

/// Those of calls.h and start_process.h that can fail by themselves.
enum class Call : std::uint8_t {
  Close,
  Read,
  Write,
  Pread,
  Pwrite,
  Splice,
  Lock,       ///< fcntl, of open file descriptions
  Duplicate,  ///< fcntl
  Fstat,
  Fchmod,
  Ftruncate,
  Fsync,
  Fallocate,
  Pipe,
  Poll,
  EpollCreate,
  EpollAdd,
  EpollWait,
  Timerfd,
  Eventfd,
  Signalfd,
  Open,
  Create,  ///< open with O_CREAT, mkostemp
  Stat,
  Truncate,
  Unlink,
  Rename,
  Mkdir,  ///< mkdtemp, too
  Getcwd,
  Memfd,
  Mmap,
  Thread,
  Start,  ///< clone and what comes before an exec
  Wait,   ///< for a child, without WNOHANG
};

constexpr std::string_view name_of(Call call) {
  constexpr std::string_view kNames[] = {
      "close",  "read",         "write",     "pread",      "pwrite",  "splice",    "lock",
      "dup",    "fstat",        "fchmod",    "ftruncate",  "fsync",   "fallocate", "pipe",
      "poll",   "epoll_create", "epoll_add", "epoll_wait", "timerfd", "eventfd",   "signalfd",
      "open",   "create",       "stat",      "truncate",   "unlink",  "rename",    "mkdir",
      "getcwd", "memfd",        "mmap",      "thread",     "start",   "wait"};
  return kNames[static_cast<std::size_t>(call)];
}

enum class FaultKind : std::uint8_t {
  Short,  ///< one byte is moved, and no error told
  Eintr,
  Eagain,
  Enospc,
  Edquot,
  Eio,
  Emfile,
  Enomem,
  Enolck,
  Enosys,
  Estale,
};
inline constexpr std::size_t kFaultKinds = 11;

struct FaultRow {
  FaultKind kind;
  std::string_view name;
  int error;
};
inline constexpr FaultRow kFaultRows[kFaultKinds] = {
    {FaultKind::Short, "short", 0},        {FaultKind::Eintr, "eintr", EINTR},
    {FaultKind::Eagain, "eagain", EAGAIN}, {FaultKind::Enospc, "enospc", ENOSPC},
    {FaultKind::Edquot, "edquot", EDQUOT}, {FaultKind::Eio, "eio", EIO},
    {FaultKind::Emfile, "emfile", EMFILE}, {FaultKind::Enomem, "enomem", ENOMEM},
    {FaultKind::Enolck, "enolck", ENOLCK}, {FaultKind::Enosys, "enosys", ENOSYS},
    {FaultKind::Estale, "estale", ESTALE},
};
constexpr const FaultRow& row_of(FaultKind kind) {
  return kFaultRows[static_cast<std::size_t>(kind)];
}

/// What a call is made on.
struct FaultPlace {
  bool file = false, pipe = false;
  bool non_blocking = false;
};

/// Whether this call, made on that, may fail so.
constexpr bool may_fail(Call call, FaultKind kind, FaultPlace on) {
  const auto one_of = [call](std::initializer_list<Call> calls) {
    for (const Call each : calls) {
      if (each == call) return true;
    }
    return false;
  };
  const bool moves = one_of({Call::Read, Call::Write, Call::Pread, Call::Pwrite, Call::Splice});
  const bool grows = one_of({Call::Write, Call::Pwrite, Call::Fsync, Call::Close}) && on.file;
  const bool by_name = one_of({Call::Create, Call::Mkdir, Call::Rename});
  const bool makes_descriptor =
      one_of({Call::Open, Call::Create, Call::Duplicate, Call::Pipe, Call::EpollCreate,
              Call::Timerfd, Call::Eventfd, Call::Signalfd, Call::Memfd, Call::Start});
  switch (kind) {
    case FaultKind::Short: return moves && (on.file || on.pipe);
    case FaultKind::Eintr:
      return (moves && (on.file || on.pipe)) || (call == Call::Close && on.file) ||
             one_of({Call::Lock, Call::Ftruncate, Call::Fsync, Call::Fallocate, Call::Poll,
                     Call::EpollWait, Call::Open, Call::Create, Call::Truncate, Call::Wait});
    // An eventfd that takes no more is one that is ready.
    case FaultKind::Eagain:
      return (on.non_blocking && ((moves && on.pipe) || (call == Call::Read && !on.file))) ||
             one_of({Call::Lock, Call::Thread, Call::Start});
    // Of epoll: more descriptors than max_user_watches.
    case FaultKind::Enospc: return grows || by_name || one_of({Call::Fallocate, Call::EpollAdd});
    case FaultKind::Edquot: return grows || by_name;
    case FaultKind::Eio:
      return (moves && on.file) || (grows && !moves) ||
             one_of({Call::Fchmod, Call::Ftruncate, Call::Fallocate, Call::Stat, Call::Truncate,
                     Call::Unlink, Call::Rename});
    case FaultKind::Emfile: return makes_descriptor;
    case FaultKind::Enomem:
      return (makes_descriptor && call != Call::Duplicate) ||
             one_of({Call::Splice, Call::Fstat, Call::Poll, Call::EpollAdd, Call::Stat,
                     Call::Unlink, Call::Rename, Call::Mkdir, Call::Getcwd, Call::Mmap});
    case FaultKind::Enolck:
    case FaultKind::Enosys: return call == Call::Lock;
    // As of a file on a server that has another one in its place.
    case FaultKind::Estale:
      return call == Call::Lock ||
             (on.file && one_of({Call::Read, Call::Pread, Call::Write, Call::Pwrite, Call::Fstat}));
  }
  return false;
}

}  // namespace spread::sys
