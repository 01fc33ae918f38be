"""What a sandbox does to the processes in it, as functions for preexec_fn of start(). Where the system
forbids that, they raise, and the test fails."""

import ctypes
import errno
import fcntl
import os

LIBC = ctypes.CDLL(None, use_errno=True)

# Numbers of system calls.
CALLS = {
    "x86_64": {"memfd_create": 319, "execveat": 322, "close_range": 436, "pidfd_open": 434, "fcntl": 72, "openat": 257},
    "aarch64": {"memfd_create": 279, "execveat": 281, "close_range": 436, "pidfd_open": 434, "fcntl": 25, "openat": 56},
}[os.uname().machine]

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
OFD_SETLK, OFD_SETLKW = 37, 38
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_NOEXEC, MS_REC, MS_PRIVATE = 8, 0x4000, 0x40000


class Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("first", ctypes.POINTER(Instruction))]


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def install(words):
    program = Program(len(words), (Instruction * len(words))(*words))
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0))


def forbid(*names, why=errno.EPERM):
    """From now on these system calls fail in this process and its children."""
    load_number, jump_if_equal, answer = 0x20, 0x15, 0x06
    allow, fail = 0x7FFF0000, 0x00050000
    words = [Instruction(load_number, 0, 0, 0)]
    for name in names:
        words += [Instruction(jump_if_equal, 0, 1, CALLS[name]), Instruction(answer, 0, 0, fail | why)]
    words.append(Instruction(answer, 0, 0, allow))
    install(words)


def refuse_locks(why=errno.ENOLCK):
    """From now on fcntl locks no file in this process and its children, as on a network file system
    that has no lock daemon."""
    load, jump_if_equal, answer = 0x20, 0x15, 0x06
    allow, fail = 0x7FFF0000, 0x00050000
    commands = (fcntl.F_SETLK, fcntl.F_SETLKW, OFD_SETLK, OFD_SETLKW)
    words = [Instruction(load, 0, 0, 0), Instruction(jump_if_equal, 0, len(commands) + 1, CALLS["fcntl"])]
    words.append(Instruction(load, 0, 0, 24))  # the lower half of the second argument
    for left, command in zip(range(len(commands), 0, -1), commands):
        words.append(Instruction(jump_if_equal, left, 0, command))
    words += [Instruction(answer, 0, 0, allow), Instruction(answer, 0, 0, fail | why)]
    install(words)


def refuse_unnamed_files(why=errno.EOPNOTSUPP):
    """From now on openat makes no file without a name (O_TMPFILE) in this process and its children, as
    on a file system that cannot."""
    load, jump_if_equal, jump_if_set, answer = 0x20, 0x15, 0x45, 0x06
    allow, fail = 0x7FFF0000, 0x00050000
    unnamed = os.O_TMPFILE & ~os.O_DIRECTORY
    install([
        Instruction(load, 0, 0, 0),
        Instruction(jump_if_equal, 0, 3, CALLS["openat"]),
        Instruction(load, 0, 0, 32),  # the lower half of the third argument
        Instruction(jump_if_set, 0, 1, unnamed),
        Instruction(answer, 0, 0, fail | why),
        Instruction(answer, 0, 0, allow),
    ])


def may_mount():
    """Whether mount_over() works. Not where the user may have no namespace, and not in a chroot whose /
    is no mount point: there a mount cannot be kept from other processes."""
    child = os.fork()
    if child == 0:
        try:
            mount_over("/proc")
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def mount_over(path, flags=0):
    """This process and its children see an empty folder at `path`; other processes do not."""
    if LIBC.unshare(CLONE_NEWNS) != 0:
        check(LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS))
    check(LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    check(LIBC.mount(b"none", path.encode(), b"tmpfs", flags, None))
