#include <malloc.h>
#include <unistd.h>

#include <exception>
#include <string>

#include "spread/cli/command_line.h"
#include "spread/output/complain.h"
#include "spread/program/process.h"

namespace {

/// A payload of a megabyte has a block of its own. As malloc is by default, each would be mapped
/// and unmapped again: 256 page faults, which cost more than copying the payload twice. These are
/// glibc's own limits for its adaptive behaviour, from the start.
void keep_large_blocks() {
  constexpr int kLargestInHeap = 32 << 20;
  constexpr int kKeptFree = 16 << 20;
  mallopt(M_MMAP_THRESHOLD, kLargestInHeap);
  mallopt(M_TRIM_THRESHOLD, kKeptFree);
}

}  // namespace

int main(int argc, char** argv) {
  keep_large_blocks();
  // spread throws nothing. An exception here comes from a library, or memory has run out.
  try {
    spread::ensure_standard_descriptors();
    if (const auto status = spread::stand_in_for_init()) return *status;
    const spread::Streams streams{0, 1, 2, -1, spread::raise_descriptor_limit, "/dev/tty"};
    return spread::cli::run_command_line(argc, argv, spread::Environment(environ), streams,
                                         spread::take_signals, spread::process_control());
  } catch (const std::exception& error) {
    return spread::complain(2, {std::string("internal error: ") + error.what()});
  } catch (...) {
    return spread::complain(2, {"internal error"});
  }
}
