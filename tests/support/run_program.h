#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern char** environ;

namespace spread::test {

struct ProgramOutput {
  int status = -1;  ///< as waitpid gives it; -1 = it could not be started
  std::string out, err;

  int exit_status() const { return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
};

namespace detail {

/// Reads both until both have ended. A pipe that fills up would stop the program.
inline void read_to_end(int out_fd, std::string& out, int err_fd, std::string& err) {
  pollfd fds[2] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}};
  std::string* texts[2] = {&out, &err};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (poll(fds, 2, -1) < 0) continue;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      char buffer[65536];
      const ssize_t n = read(fds[i].fd, buffer, sizeof buffer);
      if (n > 0) texts[i]->append(buffer, static_cast<std::size_t>(n));
      if (n == 0) fds[i].fd = -1;
    }
  }
}

}  // namespace detail

/// Runs a program (PATH is searched) with `input`, which fits a pipe, on its stdin, and waits for
/// it. `session`: as the leader of a session of its own, as sshd starts what it runs.
inline ProgramOutput run_program(const std::vector<std::string>& arguments, bool session = false,
                                 std::string_view input = {}) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
    std::abort();
  }
  if (write(in[1], input.data(), input.size()) != static_cast<ssize_t>(input.size())) std::abort();
  close(in[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, session ? POSIX_SPAWN_SETSID : 0);
  std::vector<char*> argv;
  for (const std::string& word : arguments) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  close(err[1]);
  ProgramOutput result;
  if (error == 0) {
    detail::read_to_end(out[0], result.out, err[0], result.err);
    while (waitpid(pid, &result.status, 0) < 0) {
    }
  }
  close(out[0]);
  close(err[0]);
  return result;
}

/// The output of `printf '%s\0' WORD...`, as words.
inline std::vector<std::string> split_at_nul(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// $SPREAD_SEED, else `otherwise`; printed by the caller's trace.
inline std::uint64_t seed_from_environment(std::uint64_t otherwise) {
  const char* text = std::getenv("SPREAD_SEED");
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace spread::test
