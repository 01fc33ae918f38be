"""What a sandbox does to the processes in it, as functions for preexec_fn of start(). Where the system
forbids that, they raise, and the test fails."""

import ctypes
import errno
import os

LIBC = ctypes.CDLL(None, use_errno=True)

# Numbers of system calls.
CALLS = {
    "x86_64": {"memfd_create": 319, "execveat": 322, "close_range": 436},
    "aarch64": {"memfd_create": 279, "execveat": 281, "close_range": 436},
}[os.uname().machine]

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
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


def forbid(*names, why=errno.EPERM):
    """From now on these system calls fail in this process and its children."""
    load_number, jump_if_equal, answer = 0x20, 0x15, 0x06
    allow, fail = 0x7FFF0000, 0x00050000
    words = [Instruction(load_number, 0, 0, 0)]
    for name in names:
        words += [Instruction(jump_if_equal, 0, 1, CALLS[name]), Instruction(answer, 0, 0, fail | why)]
    words.append(Instruction(answer, 0, 0, allow))
    program = Program(len(words), (Instruction * len(words))(*words))
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0))


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
