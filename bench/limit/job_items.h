#pragma once

/// What the limits of the `map` rows share: their options, and items that become argument lists.

#include "line_tasks.h"
#include "option_number.h"

namespace limit {

struct MapArguments {
  size_t slots = 2;
  size_t batch = 1;      ///< items in one argument list
  bool capture = false;  ///< stdout and stderr through pipes, handed on in order
  bool threads = false;
  char** words = nullptr;  ///< the command, ended by a null pointer
};

inline MapArguments parse_map_arguments(int argc, char** argv) {
  MapArguments o;
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; ++i) {
    const char letter = argv[i][1];
    if (letter == 'c') o.capture = true;
    if (letter == 't') o.threads = true;
    if (letter == 'j') o.slots = option_number(argv, i);
    if (letter == 'n') o.batch = option_number(argv, i);
  }
  o.words = argv + i;
  if (i >= argc || o.slots == 0 || o.batch == 0 || o.capture + o.threads + (o.batch > 1) > 1) {
    fprintf(stderr,
            "usage: %s [-j SLOTS] [-n ITEMS | -c | -t] COMMAND [ARG]...\n"
            "  one process for each line of stdin, which is its last argument\n"
            "  -n ITEMS  so many lines for each process\n"
            "  -c        stdout and stderr through pipes, handed on in the order of the lines\n"
            "  -t        a thread per slot that starts and waits\n",
            argv[0]);
    exit(2);
  }
  return o;
}

/// The argument list of one job. The items are copied: a job may be started after the next line has
/// been read.
class ArgumentList {
 public:
  ArgumentList(char* const* words, size_t batch) : batch_(batch) {
    while (words[fixed_] != nullptr) ++fixed_;
    argv_ = static_cast<char**>(calloc(fixed_ + batch + 1, sizeof(char*)));
    text_ = static_cast<char*>(malloc(kTextMax));
    if (argv_ == nullptr || text_ == nullptr) die("malloc");
    memcpy(argv_, words, fixed_ * sizeof(char*));
  }
  ArgumentList(const ArgumentList&) = delete;
  ArgumentList& operator=(const ArgumentList&) = delete;
  ~ArgumentList() {
    free(argv_);
    free(text_);
  }

  /// False when no item is left.
  bool fill(LineSource& source) {
    size_t items = 0;
    size_t used = 0;
    Bytes line;
    for (; items < batch_ && source.next(line); ++items) {
      if (used + line.size + 1 > kTextMax) die_plain("an argument list is longer than 256 KiB");
      memcpy(text_ + used, line.data, line.size);
      text_[used + line.size] = 0;
      argv_[fixed_ + items] = text_ + used;
      used += line.size + 1;
    }
    argv_[fixed_ + items] = nullptr;
    return items > 0;
  }
  char* const* argv() const { return argv_; }

 private:
  static constexpr size_t kTextMax = size_t{1} << 18;

  size_t batch_;
  size_t fixed_ = 0;
  char** argv_ = nullptr;
  char* text_ = nullptr;
};

/// /dev/null as stdin, as xargs has it; what else a job inherits is up to the caller.
class JobActions {
 public:
  JobActions() {
    static const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) die("/dev/null");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, null, 0);
  }
  JobActions(const JobActions&) = delete;
  JobActions& operator=(const JobActions&) = delete;
  ~JobActions() { posix_spawn_file_actions_destroy(&actions); }

  pid_t start(char* const* argv) const {
    pid_t pid;
    errno = posix_spawnp(&pid, argv[0], &actions, nullptr, argv, environ);
    if (errno != 0) die(argv[0]);
    return pid;
  }

  posix_spawn_file_actions_t actions;
};

}  // namespace limit
