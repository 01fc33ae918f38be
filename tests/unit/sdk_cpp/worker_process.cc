#include "worker_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

namespace spread::test {
namespace {

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

WorkerProcess::WorkerProcess(const Start& start) {
  signal(SIGPIPE, SIG_IGN);
  int down[2];
  int up[2];
  if (start.sockets) {
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, down) == 0, "socketpair");
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, up) == 0, "socketpair");
  } else {
    check(pipe2(down, O_CLOEXEC) == 0 && pipe2(up, O_CLOEXEC) == 0, "pipe2");
  }
  if (start.non_blocking) {
    check(fcntl(down[0], F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
    check(fcntl(up[1], F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
  }
  errors_ = memfd_create("stderr", MFD_CLOEXEC);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, down[0], 0);
  posix_spawn_file_actions_adddup2(&actions, up[1], 1);
  posix_spawn_file_actions_adddup2(&actions, errors_, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words = start.arguments;
  words.insert(words.begin(), start.program);
  std::vector<std::string> environment = start.environment;
  environment.emplace_back("PATH=/usr/bin:/bin");
  const int error = posix_spawn(&pid_, start.program.c_str(), &actions, &attributes,
                                pointers(words).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(down[0]);
  close(up[1]);
  in_ = down[1];
  out_ = up[0];
  errno = error;
  check(error == 0, start.program.c_str());
}

WorkerProcess::~WorkerProcess() {
  close_input();
  close_output();
  if (status_ < 0) {
    kill(pid_, SIGKILL);
    wait();
  }
  close(errors_);
}

std::string WorkerProcess::frame(std::string_view json) {
  const auto body = nlohmann::json::to_msgpack(nlohmann::json::parse(json));
  std::string bytes = "\xc6";
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(body.size() >> shift);
  bytes.append(body.begin(), body.end());
  return bytes;
}

const std::string& WorkerProcess::ready_frame() {
  static const std::string bytes = frame(R"([null,"ready"])") + "\n";
  return bytes;
}

Start WorkerProcess::kind(const std::string& name, const std::vector<std::string>& environment) {
  return {SDK_WORKER, {name}, environment, false, false};
}

void WorkerProcess::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(in_, bytes.data(), bytes.size());
    check(n > 0, "write to the worker");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void WorkerProcess::wait_until_read() const {
  int waiting = 1;
  while (waiting > 0) {
    check(ioctl(in_, FIONREAD, &waiting) == 0, "FIONREAD");
    sched_yield();
  }
}

void WorkerProcess::close_input() {
  if (in_ >= 0) close(in_);
  in_ = -1;
}

void WorkerProcess::close_output() {
  if (out_ >= 0) close(out_);
  out_ = -1;
}

bool WorkerProcess::read_to(std::size_t size) {
  while (buffer_.size() < size) {
    const std::size_t before = buffer_.size();
    buffer_.resize(size);
    const ssize_t n = read(out_, buffer_.data() + before, size - before);
    buffer_.resize(before + (n > 0 ? static_cast<std::size_t>(n) : 0));
    if (n <= 0) return false;
  }
  return true;
}

std::string WorkerProcess::receive_bytes() {
  std::string bytes = receive_any();
  if (bytes != ready_frame()) return bytes;
  ++ready_;
  return receive_any();
}

std::string WorkerProcess::receive_any() {
  buffer_.clear();
  if (!read_to(5)) return buffer_.empty() ? "end" : "stray: " + buffer_;
  if (buffer_[0] != '\xc6') return "stray: " + buffer_ + tail();
  std::size_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i) size = size << 8 | static_cast<std::uint8_t>(buffer_[i]);
  if (!read_to(5 + size + 1)) return "cut off";
  if (buffer_.back() != '\n') return "no newline behind the frame";
  return buffer_;
}

std::string WorkerProcess::receive() {
  const std::string bytes = receive_bytes();
  if (bytes[0] != '\xc6') return bytes;
  const auto body = std::string_view(bytes).substr(5, bytes.size() - 6);
  // Answers may hold bytes that are no UTF-8, and an answer that cannot be decoded shall fail its
  // test, not end the program.
  const auto value = nlohmann::json::from_msgpack(body, true, false);
  if (value.is_discarded()) return "not msgpack";
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string WorkerProcess::tail() {
  std::string text;
  char chunk[4096];
  for (ssize_t n; (n = read(out_, chunk, sizeof chunk)) > 0;) {
    text.append(chunk, static_cast<std::size_t>(n));
  }
  if (!text.starts_with(ready_frame())) return text;
  ++ready_;
  return text.substr(ready_frame().size());
}

int WorkerProcess::wait() {
  if (status_ >= 0) return status_;
  int status = 0;
  check(waitpid(pid_, &status, 0) == pid_, "waitpid");
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

std::string WorkerProcess::errors() const {
  std::string text(1 << 16, '\0');
  const ssize_t n = pread(errors_, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

}  // namespace spread::test
