#pragma once

#include <functional>
#include <memory>
#include <string>

namespace spread::embed {

/// A thread for the public face, as the engine's is: all signals are blocked in it.
class Thread {
 public:
  /// Null: the system has none left, and `error` says so.
  static std::unique_ptr<Thread> start(std::function<void()> run, std::string& error);
  /// Waits for its end.
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

 private:
  struct Impl;
  explicit Thread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The process that this was made in: see io/owner_process.h. From any thread.
class Owner {
 public:
  Owner();
  ~Owner();
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  bool is_here() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spread::embed
