#pragma once

#include <spawn.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/unique_fd.h"

namespace spread {

/// One call of posix_spawn with everything that it looks at, and what came of it. The thread of the
/// event loop fills it and reads it afterwards; run() may be another thread's, which looks at
/// nothing else of ours and allocates nothing. To be filled again and again: its memory stays.
class SpawnCall {
 public:
  SpawnCall();
  ~SpawnCall();
  SpawnCall(const SpawnCall&) = delete;
  SpawnCall& operator=(const SpawnCall&) = delete;

  /// Empties it for another call, and closes its descriptors.
  void clear();
  /// The words themselves must be there until the call is done, unless keep_words() copies them.
  void set_words(char* const* argv);
  void set_words(std::span<const std::string> words);
  void keep_words();
  void set_directory(const std::string& directory);
  /// To be called after the other actions: the child gets no other descriptors.
  void close_others();
  /// What the child has as `fd`.
  void dup_to(int from, int fd) { ::posix_spawn_file_actions_adddup2(&actions_, from, fd); }

  void run();

  /// The first word, and where: for messages.
  std::string name() const;

  std::vector<char*> environment;  ///< ended by a null pointer
  std::vector<std::string> added;  ///< what some of `environment` points to
  UniqueFd ours[3], theirs[3];     ///< the ends of its pipes

  // What came of it.
  int pid = -1;
  int error = 0;  ///< errno, or 0

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::vector<char*> words_;  ///< "/bin/sh", and what is to be started
  std::string kept_;
  std::string directory_;
};

}  // namespace spread
