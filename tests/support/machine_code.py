"""Takes from a program what SELinux and systemd's MemoryDenyWriteExecute take: memory that is written
and then executed."""

import ctypes
import mmap
import platform
import struct

_MMAP = {"x86_64": 9, "aarch64": 222}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _AND, _IF_EQUAL, _RETURN = 0x20, 0x54, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_WRITE_AND_EXECUTE = mmap.PROT_WRITE | mmap.PROT_EXEC


def forbid_machine_code():
    """For preexec_fn: from now on mmap of such memory fails (seccomp), also in what is started."""
    rows = (
        (_LOAD, 0, 0, 0),  # the number of the call
        (_IF_EQUAL, 0, 4, _MMAP[platform.machine()]),
        (_LOAD, 0, 0, 16 + 2 * 8),  # its third argument
        (_AND, 0, 0, _WRITE_AND_EXECUTE),
        (_IF_EQUAL, 0, 1, _WRITE_AND_EXECUTE),
        (_RETURN, 0, 0, _ERRNO | 1),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in rows))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(rows), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER, program, 0, 0)):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    try:
        mmap.mmap(-1, 4096, prot=mmap.PROT_READ | _WRITE_AND_EXECUTE)
    except PermissionError:
        return
    raise AssertionError("the filter lets it through")
