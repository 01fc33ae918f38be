#include "spread/io/spawn_call.h"

#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

#include "spread/base/posix.h"
#include "spread/io/clone_child.h"
#include "spread/io/machine.h"

namespace spread {

SpawnCall::SpawnCall() : stack_(new char[kStackBytes]) {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now;
    if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_DFL) continue;
    changed_signals_.push_back(signal);
    // SignalSet ignores PIPE and XFSZ. A shell ignores INT and QUIT for what it starts with `&`, so
    // that Ctrl-C does not reach it; but children of spread are in groups of their own, and
    // --term-seq may send them.
    constexpr int kReset[] = {SIGPIPE, SIGXFSZ, SIGINT, SIGQUIT};
    const bool reset = std::find(std::begin(kReset), std::end(kReset), signal) != std::end(kReset);
    if (reset || now.sa_handler != SIG_IGN) own_signals_.push_back(signal);
  }
}

void SpawnCall::clear() {
  for (UniqueFd& fd : ours) fd.reset();
  for (UniqueFd& fd : theirs) fd.reset();
  std::fill(std::begin(from_), std::end(from_), -1);
  directory_.clear();
  hidden_ = {};
  keeps_ignored_ = false;
  descriptor_limit_ = 0;
  own_group_ = true;
  exit_fd.reset();
  pid = -1;
  error = 0;
}

void SpawnCall::set_words(char* const* argv) {
  words_.assign(1, const_cast<char*>("/bin/sh"));
  for (; *argv != nullptr; ++argv) words_.push_back(*argv);
  words_.push_back(nullptr);
}

void SpawnCall::set_words(std::span<const std::string> words) {
  words_.assign(1, const_cast<char*>("/bin/sh"));
  for (const std::string& word : words) words_.push_back(const_cast<char*>(word.c_str()));
  words_.push_back(nullptr);
}

void SpawnCall::keep_words() {
  kept_.clear();
  for (std::size_t i = 1; words_[i] != nullptr; ++i) kept_.append(words_[i]).push_back('\0');
  char* word = kept_.data();
  for (std::size_t i = 1; words_[i] != nullptr; ++i) {
    words_[i] = word;
    word += std::strlen(word) + 1;
  }
}

void SpawnCall::set_directory(const std::string& directory) { directory_ = directory; }

void SpawnCall::run() {
  char* const first = words_[1];
  ClonedChild child = clone_child(become, this, {stack_.get(), kStackBytes});
  words_[1] = first;
  pid = child.pid;
  exit_fd = std::move(child.exit_fd);
  error = child.error;
}

// ---------------------------------------------------------------- in the child

SPREAD_IN_CHILD int SpawnCall::become(void* self) {
  return static_cast<SpawnCall*>(self)->become();
}

/// Returns why it could not.
SPREAD_IN_CHILD int SpawnCall::become() {
  if (own_group_ && ::setpgid(0, 0) != 0) return errno;
  for (int fd = 0; fd < 3; ++fd) {
    if (from_[fd] >= 0 && ::syscall(SYS_dup3, from_[fd], fd, 0) < 0) return errno;
  }
  for (const int fd : hidden_) ::syscall(SYS_close, fd);
  if (descriptor_limit_ != 0) restore_descriptor_limit();
  if (!directory_.empty() && ::chdir(directory_.c_str()) != 0) return errno;
  struct sigaction standard {};
  for (const int signal : keeps_ignored_ ? own_signals_ : changed_signals_) {
    ::sigaction(signal, &standard, nullptr);
  }
  // The kernel's set of signals, which is shorter than the library's.
  const std::uint64_t none = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  if (std::strchr(words_[1], '/') != nullptr) return exec(words_[1]);
  return exec_from_path();
}

/// A program that closes every descriptor it might have, or knows only as many as select(2) does,
/// goes by the limit.
SPREAD_IN_CHILD void SpawnCall::restore_descriptor_limit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = descriptor_limit_;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// As execvp(3), whose own stack needs as much as there are words.
SPREAD_IN_CHILD int SpawnCall::exec_from_path() {
  const char* const name = words_[1];
  const std::size_t size = std::strlen(name);
  const char* path = search_path_;
  if (size == 0) return ENOENT;
  if (size > NAME_MAX) return ENAMETOOLONG;
  bool denied = false;
  char file[PATH_MAX + NAME_MAX + 2];
  const char* end = nullptr;
  do {
    if (end != nullptr) path = end + 1;
    end = std::strchr(path, ':');
    if (end == nullptr) end = path + std::strlen(path);
    const auto length = static_cast<std::size_t>(end - path);
    if (length > PATH_MAX) continue;
    std::memcpy(file, path, length);
    // An empty part is the current directory.
    if (length > 0) file[length] = '/';
    std::memcpy(file + length + (length > 0 ? 1 : 0), name, size + 1);
    switch (const int why = exec(file)) {
      case EACCES: denied = true; break;
      case ENOENT:
      case ENOTDIR:
      case ESTALE:
      case ENODEV:
      case ETIMEDOUT: break;
      default: return why;
    }
  } while (*end != '\0');
  return denied ? EACCES : ENOENT;
}

SPREAD_IN_CHILD int SpawnCall::exec(char* file) {
  ::execve(file, words_.data() + 1, environment.data());
  if (errno != ENOEXEC) return errno;
  // A script without #!, which a shell and execvp(3) run with sh.
  words_[1] = file;
  ::execve(words_[0], words_.data(), environment.data());
  return errno;
}

std::string SpawnCall::name() const {
  return words_[1] + (directory_.empty() ? std::string() : " (in " + directory_ + ")");
}

std::string SpawnCall::problem() const {
  const bool there = directory_.empty() || ::access(directory_.c_str(), X_OK) == 0;
  if (error == ENOENT && there) {
    const auto path = program_path(words_[1], search_path_, directory_);
    const std::string missing = path ? missing_interpreter(*path) : "";
    if (!missing.empty()) return missing;
  }
  return errno_text(error);
}

}  // namespace spread
