#include "spread/io/spawn_call.h"

#include <signal.h>

#include <cerrno>
#include <cstring>

namespace spread {

SpawnCall::SpawnCall() {
  ::posix_spawn_file_actions_init(&actions_);
  ::posix_spawnattr_init(&attributes_);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes_, &all);
  ::posix_spawnattr_setsigmask(&attributes_, &none);
  ::posix_spawnattr_setpgroup(&attributes_, 0);
  ::posix_spawnattr_setflags(
      &attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
}

SpawnCall::~SpawnCall() {
  ::posix_spawn_file_actions_destroy(&actions_);
  ::posix_spawnattr_destroy(&attributes_);
}

void SpawnCall::clear() {
  ::posix_spawn_file_actions_destroy(&actions_);
  ::posix_spawn_file_actions_init(&actions_);
  for (UniqueFd& fd : ours) fd.reset();
  for (UniqueFd& fd : theirs) fd.reset();
  directory_.clear();
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

void SpawnCall::set_directory(const std::string& directory) {
  directory_ = directory;
  if (!directory.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
}

void SpawnCall::close_others() { ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3); }

void SpawnCall::run() {
  char* const* argv = words_.data() + 1;
  error = ::posix_spawnp(&pid, argv[0], &actions_, &attributes_, argv, environment.data());
  if (error != ENOEXEC) return;
  // A script without #!, which a shell and execvp(3) run with sh.
  argv = words_.data();
  error = ::posix_spawnp(&pid, argv[0], &actions_, &attributes_, argv, environment.data());
}

std::string SpawnCall::name() const {
  return words_[1] + (directory_.empty() ? std::string() : " (in " + directory_ + ")");
}

}  // namespace spread
