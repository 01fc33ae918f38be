#pragma once

#include "spread/detail/posix.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cstring>
#include <iostream>
#include <string_view>
#include <utility>

namespace spread::detail {

inline void flush_stdio() {
  std::fflush(stdout);
  std::cout.flush();
}

/// The protocol's two descriptors, moved to where no print, library or child process finds them:
/// meanwhile fd 0 is /dev/null and fd 1 is stderr.
class Stdio {
 public:
  Stdio() = default;
  /// Two other descriptors: those of the process stay as they are.
  Stdio(int in, int out) : lent_in_(in), lent_out_(out) {}
  Stdio(const Stdio&) = delete;
  Stdio& operator=(const Stdio&) = delete;

  void move_away() {
    if (in_ >= 0) return;
    if (lent()) {
      in_ = duplicate(lent_in_, "worker_on");
      out_ = duplicate(lent_out_, "worker_on");
      return;
    }
    in_ = duplicate(STDIN_FILENO, "stdin");
    out_ = duplicate(STDOUT_FILENO, "stdout");
    if (fcntl(STDERR_FILENO, F_GETFD) < 0) null_to(STDERR_FILENO, O_WRONLY);
    null_to(STDIN_FILENO, O_RDONLY);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    // What was printed before, and is still in a buffer, is no tail: it goes to stderr.
    flush_stdio();
    // Now that it is for people, a line shall be seen when it is printed.
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  }

  /// From here on a print is the worker's tail.
  void put_back() {
    if (in_ < 0) return;
    if (!lent()) {
      flush_stdio();
      std::setvbuf(stdout, nullptr, _IOFBF, BUFSIZ);
      dup2(in_, STDIN_FILENO);
      dup2(out_, STDOUT_FILENO);
    }
    close(std::exchange(in_, -1));
    close(std::exchange(out_, -1));
  }

  bool lent() const { return lent_in_ >= 0; }
  int in() const { return in_; }
  int out() const { return out_; }

 private:
  /// Far above what programs open first; where so many are not allowed, anywhere.
  static int duplicate(int fd, const char* name) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    if (copy < 0) copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) throw_errno(name);
    return copy;
  }

  static void null_to(int fd, int mode) {
    const int null = open("/dev/null", mode | O_CLOEXEC);
    if (null < 0) throw_errno("/dev/null");
    dup2(null, fd);
    if (null != fd) close(null);
  }

  int lent_in_ = -1;
  int lent_out_ = -1;
  int in_ = -1;
  int out_ = -1;
};

/// A process has one stdin and one stdout.
inline Stdio& process_stdio() {
  static Stdio one;
  return one;
}

/// What tasks write to fd 1 or 2, by themselves or through child processes, kept to be attached to
/// their answers.
class Capture {
 public:
  /// More than this of one task's text is cut: it is for people, and travels in a frame.
  static constexpr std::size_t kTextMax = std::size_t{1} << 20;

  explicit Capture(int fd) : fd_(fd), saved_(fcntl(fd, F_DUPFD_CLOEXEC, 100)) {
    file_ = memfd_create("spread-capture", MFD_CLOEXEC);
    // Appending: after a cut the next byte is the first again, whichever process writes it.
    if (saved_ < 0 || file_ < 0 || fcntl(file_, F_SETFL, O_APPEND) < 0) throw_errno("capture");
    dup2(file_, fd_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() {
    pass_on(take());
    dup2(saved_, fd_);
    close(saved_);
    close(file_);
  }

  /// What came since the last time.
  std::string take() {
    struct stat status {};
    if (fstat(file_, &status) < 0 || status.st_size == 0) return {};
    const auto size = static_cast<std::size_t>(status.st_size);
    std::string text(size < kTextMax ? size : kTextMax, '\0');
    const ssize_t n = pread(file_, text.data(), text.size(), 0);
    text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    if (size > kTextMax) text += "\n[" + std::to_string(size - kTextMax) + " more bytes]\n";
    if (ftruncate(file_, 0) < 0) throw_errno("capture");
    return text;
  }

  /// For text that no answer can carry.
  void pass_on(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = write(saved_, text.data(), text.size());
      if (n < 0 && errno != EINTR) return;
      if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    }
  }

 private:
  const int fd_;
  const int saved_;
  int file_ = -1;
};

}  // namespace spread::detail
