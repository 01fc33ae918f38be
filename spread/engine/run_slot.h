#pragma once

#include <string>
#include <string_view>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/core/event.h"

namespace spread {

class Engine;

/// The place of one slot in the Engine, and whatever works in it now: a process that lives for the
/// whole run (WorkerSlot), or one process per task (JobSlot). To the Scheduler both are a worker.
class RunSlot {
 public:
  RunSlot(Engine& engine, WorkerId id) : engine_(engine), id_(id) {}
  virtual ~RunSlot() = default;
  RunSlot(const RunSlot&) = delete;
  RunSlot& operator=(const RunSlot&) = delete;

  WorkerId id() const { return id_; }
  const std::string& host() const;
  /// "worker 3 on n1".
  std::string name() const;

  // What the Scheduler asks for. Where nothing works in the slot any more, nothing happens.
  /// Puts a worker into the empty slot; an Error says why it could not be.
  virtual Status start() = 0;
  /// Only while a worker is in the slot that is not being ended: see Driver. What comes of it at
  /// once (it cannot be sent) is posted.
  virtual void send_task(const SendTask& action) = 0;
  virtual void close_input() = 0;
  /// Ends it: TERM, and KILL after the grace time.
  virtual void terminate() = 0;
  virtual void kill() = 0;
  /// STOP, or CONT, to what runs on this machine.
  virtual void suspend(bool stop) { static_cast<void>(stop); }

  /// Writes what send_task() has gathered; asked for with Engine::needs_flush().
  virtual void flush() {}
  /// Frees what has ended; asked for with Engine::has_ended().
  virtual void remove_ended() = 0;
  /// The output may want more again. Asked of those for whom Engine::set_unread() was called.
  virtual void reconsider() {}

  bool dirty = false;           ///< flush() is asked for
  std::string_view ending_why;  ///< why the Scheduler asks for terminate() or kill()

 protected:
  Engine& engine_;

 private:
  WorkerId id_;
};

}  // namespace spread
