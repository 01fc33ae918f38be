#pragma once

#include <functional>
#include <map>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

namespace spread::world {

class Machine;

/// A thread of the tested program. It runs only while the main one stands still, and gives way
/// where it waits, so that a world is the same each time. Its system calls take no time but where
/// they wait.
class Thread {
 public:
  Thread(Machine& machine, std::function<void()> body);

  /// The one that is running; null: the main one.
  static Thread* current();
  /// The thread that calls is a main one from now on.
  static void become_main();

  /// From outside: lets it run until it waits or is over.
  void resume();
  /// By itself: until it is resumed.
  void wait();
  bool over() const { return over_; }
  void join() { real_.join(); }

 private:
  Machine& machine_;
  std::binary_semaphore go_{0}, back_{0};
  bool over_ = false;
  std::thread real_;
};

}  // namespace spread::world
