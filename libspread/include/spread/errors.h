// What the library throws. Each is a std::runtime_error, and says in one line what was tried, on
// what, and why it came to nothing.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include "spread/export.h"

namespace spread {
inline namespace v1 {

/// What all of them are.
class SPREAD_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  ~Error() override;
};

/// A value is not of the type that was asked for, or cannot be sent: "element 3: expected a number,
/// got text".
class SPREAD_API ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};

/// A Pool cannot be made: an option is wrong, a file cannot be read, there are no descriptors.
class SPREAD_API PoolError : public Error {
 public:
  using Error::Error;
  ~PoolError() override;
};

/// A call that the state of the Pool or of the Future does not admit: a submit after stop(), a
/// get() in a callback of the same Pool, the second get() of one Future, any call in a forked
/// child.
class SPREAD_API StateError : public Error {
 public:
  using Error::Error;
  ~StateError() override;
};

/// The value of this Future will never come: what was to give it has gone.
class SPREAD_API BrokenPromise : public Error {
 public:
  using Error::Error;
  ~BrokenPromise() override;
};

/// How a task ended.
enum class State : unsigned char {
  ok,            ///< there is a value
  failed,        ///< a worker answered that it cannot compute it, or it took too long, at every try
  lost,          ///< its workers died of it, at every try
  not_computed,  ///< the job or the Pool ended before it had its turn
};
/// "ok", "failed", "lost", "not computed".
SPREAD_API const char* name_of(State state);

/// What is known of a task that has no value.
struct Failure {
  State state = State::failed;
  std::string type;  ///< what the worker calls it: "ValueError"; "Timeout", "Lost", "NotComputed"
  std::string message;                   ///< in the worker's words
  std::string trace;                     ///< its traceback; empty where it gave none
  std::string printed_out, printed_err;  ///< what it printed to stdout and stderr for this task
};

/// Thrown for a task without a value by what needs that value: Results::check(), list(),
/// Pool::map(). what() has the index, the type, the message, and the end of what the task printed,
/// at most 200 bytes each of stdout and stderr.
class SPREAD_API RemoteException : public Error {
 public:
  RemoteException(std::size_t index, Failure failure);
  ~RemoteException() override;

  /// The task's place in its job, from 0.
  std::size_t index() const { return index_; }
  State state() const { return failure_.state; }
  const std::string& type() const { return failure_.type; }
  const std::string& message() const { return failure_.message; }
  const Failure& failure() const { return failure_; }

 private:
  std::size_t index_;
  Failure failure_;
};

/// The RemoteException of a task that was lost: the worker that had it ended without a word about
/// it.
class SPREAD_API NoResponse : public RemoteException {
 public:
  using RemoteException::RemoteException;
  ~NoResponse() override;
};

/// Throws NoResponse for a lost task, otherwise RemoteException.
[[noreturn]] SPREAD_API void throw_failure(std::size_t index, const Failure& failure);

}  // namespace v1
}  // namespace spread
