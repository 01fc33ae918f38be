#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/engine/plan.h"
#include "spread/io/event_loop.h"
#include "spread/io/pipe_buffers.h"
#include "spread/io/subprocess.h"

namespace spread {

/// Asks the hosts of Roster::ask_cpus how many CPUs may be used there, at the same time, each in
/// a process of its own, and tells each answer as it comes: a host that is down does not delay the
/// others.
class HostProbe {
 public:
  /// A host that has not answered by then is taken to have one.
  static constexpr Duration kPatience = std::chrono::seconds(20);
  /// Of each host that is being asked.
  static constexpr std::size_t kDescriptors = 3;

  struct Answer {
    HostId host{};
    std::uint32_t cpus = 1;
    std::string problem;  ///< why it did not say; empty if it did
  };

  /// So many hosts `at_once`, at least one.
  HostProbe(const Plan& plan, Spawner& spawner, EventLoop& loop, std::size_t at_once);
  ~HostProbe();
  HostProbe(const HostProbe&) = delete;
  HostProbe& operator=(const HostProbe&) = delete;

  /// Answers since the last call.
  std::vector<Answer> take_answers();
  bool done() const;
  TimePoint next_deadline() const;
  void tick();
  /// The answers are not wanted any more.
  void stop();

 private:
  class Question;

  void ask_next();

  EventLoop& loop_;
  Spawner& spawner_;
  ReadBuffer read_buffer_;
  std::size_t at_once_;
  std::size_t asked_ = 0;  ///< of `questions_`, from the front
  std::vector<std::unique_ptr<Question>> questions_;
};

/// Asks all hosts of Roster::ask_cpus, and waits for their answers; by the number of the host.
Result<std::map<std::uint32_t, HostProbe::Answer>> ask_hosts(const Plan& plan,
                                                             Environment environment,
                                                             Streams streams);

}  // namespace spread
