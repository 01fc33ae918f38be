#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spread/api/time.h"
#include "spread/base/output_queue.h"
#include "spread/io/event_loop.h"
#include "spread/io/subprocess.h"
#include "spread/workers/mark_scanner.h"
#include "spread/workers/read_buffer.h"

namespace spread {

/// What an AgentWorker tells.
class AgentSink {
 public:
  virtual ~AgentSink() = default;
  /// It is logged in, and takes jobs.
  virtual void on_agent_ready() = 0;
  virtual void on_agent_output(bool errors, Slice bytes) = 0;
  virtual bool wants_agent_output(bool errors) const = 0;
  /// Some of what it writes is not read for now, or all of it is again.
  virtual void on_agent_output_unread(bool unread) { static_cast<void>(unread); }
  /// What the login printed before the agent was ready, or while no job ran.
  virtual void on_agent_stray(std::string_view text) = 0;
  /// All that it was fed is on its way. Never from within feed().
  virtual void on_agent_input_written() {}
  /// A request has ended; `status` as a shell has it.
  virtual void on_agent_job_ended(int status) = 0;
  /// The login is over, and everything that it wrote has been read. The last call. `unanswered`: a
  /// job was running.
  virtual void on_agent_ended(ExitStatus status, bool unanswered, std::string last_words) = 0;
};

/// A job agent (launch/job_agent.h) at the other end of a login: one job after the other.
class AgentWorker final : public ReadyHandler {
 public:
  AgentWorker(Subprocess process, std::string mark_prefix, EventLoop& loop, ReadBuffer& shared,
              AgentSink& sink, Duration kill_grace);
  ~AgentWorker() override;

  int pid() const { return process_.pid(); }
  /// One request, a line; only while none is under way.
  void send(std::string_view request);
  /// What follows its line, as it is.
  void feed(std::string_view text);
  void feed(Slice bytes);
  /// Bytes that wait to be written.
  std::size_t input_size() const { return input_.size(); }
  void close_input();
  void terminate();
  void kill();
  void reconsider();
  bool ended() const { return ended_; }

  void on_ready(int fd, bool readable, bool writable) override;

 private:
  struct Stream {
    UniqueFd* fd;
    MarkScanner scanner;
    bool watched = true;
    bool marked = false;  ///< the mark of the running job's end has come
  };

  bool write_input();
  void input_ready();
  void read(Stream& stream, bool errors);
  bool read_once(Stream& stream, bool errors);
  void on_bytes(bool errors, ByteView bytes);
  void on_mark(Stream& stream, bool errors, std::string_view text);
  void watch(Stream& stream, bool errors);
  void on_exit();
  void too_late();
  void end_if_complete(bool drained);
  void close_fd(UniqueFd& fd);

  Subprocess process_;
  EventLoop& loop_;
  ReadBuffer& shared_;
  AgentSink& sink_;
  Duration kill_grace_;
  Stream out_, err_;
  OutputQueue input_;
  std::optional<ExitStatus> status_;
  std::string last_words_;
  Block* reading_ = nullptr;
  int job_status_ = 0;
  bool ready_ = false;
  bool busy_ = false;
  bool feeding_ = false;  ///< on_agent_input_written() is due
  bool closing_ = false;
  bool terminated_ = false;
  bool killed_ = false;
  bool ended_ = false;
  Timer timer_;  ///< for its end
};

}  // namespace spread
