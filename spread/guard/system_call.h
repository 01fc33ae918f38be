#pragma once

/// A system call of the kernel's. What it returns, or minus an errno.
extern "C" long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                            long f = 0);
