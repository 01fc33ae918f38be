#pragma once

#include "spread/api/bytes.h"

namespace spread {

// guard/: the program that stays behind when a master is killed (decision 16).
// guard_main.cc is all of it: 2 KB without a C library, which cmake/guard.cmake makes a program of
// and embeds in a library.
//
//   guard_table.h      what the master tells it; begin here
//   guard_main.cc      what it does
//   system_call.cc     how it asks the kernel, for each processor

/// The ELF file, as it is to be executed.
ByteView guard_program();

}  // namespace spread
