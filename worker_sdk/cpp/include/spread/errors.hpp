#pragma once

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

/// What a handler may throw to say more than "it failed". Every other exception becomes a failed
/// task with the exception's type and what().

namespace spread {

/// This task failed; others go on. The master tries it again if `--retries` allows.
class task_error : public std::runtime_error {
 public:
  /// `type` is a short word that scripts can match, `message` one line, `trace` as long as you
  /// like.
  task_error(std::string type, const std::string& message, std::string trace = "")
      : std::runtime_error(message), type_(std::move(type)), trace_(std::move(trace)) {}
  explicit task_error(const std::string& message) : task_error("error", message) {}

  const std::string& type() const { return type_; }
  const std::string& trace() const { return trace_; }

 private:
  std::string type_;
  std::string trace_;
};

/// The run cannot succeed (wrong model, wrong data set): what has been sent is finished and
/// delivered, the rest is not computed.
class fatal : public task_error {
 public:
  fatal(std::string type, const std::string& message, std::string trace = "")
      : task_error(std::move(type), message, std::move(trace)) {}
  explicit fatal(const std::string& message) : fatal("fatal", message) {}
};

/// Not now (load, memory, a licence): the task goes back on the queue, unblamed, and this worker
/// is left alone for about `rest`. The master clamps it to [0.01 s, 1000 s].
class busy : public std::exception {
 public:
  explicit busy(std::chrono::duration<double> rest, std::string reason = "")
      : rest_(rest), reason_(std::move(reason)) {}

  double seconds() const { return rest_.count(); }
  const std::string& reason() const { return reason_; }
  const char* what() const noexcept override { return reason_.c_str(); }

 private:
  std::chrono::duration<double> rest_;
  std::string reason_;
};

/// A sub-task has failed: its own error, or type() is "NoResponse" where it crashed its workers,
/// "Timeout", "NotComputed". A handler that lets it out has failed likewise.
class subtask_error : public task_error {
 public:
  using task_error::task_error;
};

/// What spread::ask() throws where the master does not answer: what() says why.
class refused : public task_error {
 public:
  using task_error::task_error;
};

/// The master that has started this worker does not know what it is asked for.
class too_old : public std::runtime_error {
 public:
  explicit too_old(const std::string& ability)
      : std::runtime_error("this spread is too old: it does not know \"" + ability + '"') {}
};

}  // namespace spread
