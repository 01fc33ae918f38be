#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <utility>

#include "spread/base/posix.h"
#include "spread/cli/flags.h"
#include "spread/output/complain.h"
#include "spread/program/init.h"
#include "spread/program/process.h"
#include "spread/run/run.h"

namespace {

int print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return 0;
  return spread::complain(spread::errno_error("cannot write to standard output"));
}

int run_command_line(int argc, char** argv) {
  auto parsed = spread::cli::parse_command_line(argc, argv);
  if (!parsed) return spread::complain(parsed.error());
  if (parsed->status != 0) return spread::complain_in_words(parsed->text, parsed->status);
  if (!parsed->text.empty()) return print(parsed->text);
  parsed->options.environment = spread::Environment(environ);
  parsed->options.streams = {0, 1, 2};
  spread::ensure_standard_descriptors();
  if (const auto status = spread::stand_in_for_init()) return *status;
  return spread::run(std::move(parsed->options), spread::take_signals);
}

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
    return run_command_line(argc, argv);
  } catch (const std::exception& error) {
    return spread::complain({std::string("internal error: ") + error.what()});
  } catch (...) {
    return spread::complain({"internal error"});
  }
}
