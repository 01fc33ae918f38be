#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "spread/api/time.h"
#include "spread/io/channel.h"
#include "spread/io/event_loop.h"
#include "spread/workers/job_marks.h"

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
class AgentWorker final : private SharedSink {
 public:
  /// `channel`: a Child that tells when its input has been written. What its input has already
  /// comes before the agent.
  AgentWorker(std::unique_ptr<Channel> channel, std::string mark_prefix, EventLoop& loop,
              ReadBuffer& shared, AgentSink& sink, Duration kill_grace);

  int pid() const { return channel_->pid(); }
  /// One request, a line; only while none is under way.
  void send(std::string_view request);
  /// What follows its line, as it is.
  void feed(std::string_view text);
  void feed(Slice bytes);
  /// Bytes that wait to be written.
  std::size_t input_size() const { return channel_->input().size(); }
  void close_input();
  void terminate() { channel_->terminate(); }
  void kill() { channel_->kill(); }
  void reconsider() { channel_->reconsider(); }
  bool ended() const { return ended_; }

 private:
  struct Stream {
    MarkScanner scanner;
    bool marked = false;  ///< the mark of the running job's end has come
  };

  void on_bytes(bool errors, Slice bytes) override;
  bool wants_output(bool errors) const override;
  void on_unread(bool unread) override { sink_.on_agent_output_unread(unread); }
  void on_input_written() override;
  void on_ended(const ChannelEnd& end) override;

  void pass_on(bool errors, ByteView bytes, const Slice* from);
  void on_mark(Stream& stream, bool errors, std::string_view text);

  std::unique_ptr<Channel> channel_;
  EventLoop& loop_;
  AgentSink& sink_;
  Duration kill_grace_;
  Stream out_, err_;
  LastWords last_words_;
  int job_status_ = 0;
  bool ready_ = false;
  bool busy_ = false;
  bool fed_ = false;  ///< on_agent_input_written() is due
  bool closing_ = false;
  bool ended_ = false;
  Timer overdue_;  ///< for a login that goes on after the end of its input
};

}  // namespace spread
