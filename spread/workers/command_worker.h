#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/job_options.h"
#include "spread/api/result.h"
#include "spread/base/output_queue.h"
#include "spread/io/event_loop.h"
#include "spread/io/subprocess.h"
#include "spread/workers/read_buffer.h"

namespace spread {

/// What a CommandWorker tells. Slices and views are good during the call; a Slice may be kept.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  virtual void on_job_output(bool errors, Slice bytes) = 0;
  /// Whether to go on reading that stream now; reconsider() asks again.
  virtual bool wants_job_output(bool errors) const = 0;
  /// Some of what it writes is not read for now, or all of it is again. Nothing is unread when a
  /// job has ended.
  virtual void on_output_unread(bool unread) { static_cast<void>(unread); }
  /// All that it was sent has been written to its fd 0 (or it does not read any more).
  virtual void on_input_written() {}
  /// A part of a file could not be read; errno, or 0 if the file has become shorter.
  virtual void on_file_failed(int error) { static_cast<void>(error); }
  /// What start_soon() has begun could not be exec'd. Another may be started at once.
  virtual void on_job_not_started(const Error& error) { static_cast<void>(error); }
  /// The process is gone and what it wrote has been read. Another may be started at once.
  virtual void on_job_ended(ExitStatus status) = 0;
};

/// One process at a time, without any protocol: a plain command (`map`). Moves its output, and sees
/// to it that it ends when it must.
///
/// States: idle -> (being started) -> running -> (asked to end: the steps of the end sequence) ->
/// idle. What it is asked for while it is being started is done when it runs.
class CommandWorker final : public ReadyHandler, private StartHandler {
 public:
  /// `end_sequence`: what terminate() does, a signal and a wait in turn, and KILL at the end. Must
  /// outlive the worker.
  CommandWorker(EventLoop& loop, ReadBuffer& shared, CommandSink& sink,
                const std::vector<MapOptions::Step>& end_sequence);
  ~CommandWorker() override;
  CommandWorker(const CommandWorker&) = delete;
  CommandWorker& operator=(const CommandWorker&) = delete;

  /// Only while idle. An Error: it could not be exec'd, and nothing has been started.
  Status start(Spawner& spawner, const SpawnOptions& options);
  /// The same, perhaps in the background: then on_job_not_started() tells of a failed exec. The
  /// spawner must outlive the worker.
  Status start_soon(Spawner& spawner, const SpawnOptions& options);
  /// For its fd 0, if that is a pipe; close_input() ends it. A part of a file comes behind all
  /// bytes, and does not pass through spread's memory; `file` must stay open meanwhile.
  void send(Slice bytes);
  void send_file(int file, std::uint64_t offset, std::uint64_t size);
  void close_input();
  /// Bytes that wait to be written.
  std::size_t input_size() const { return input_.size(); }
  /// It does not read any more what it is sent.
  bool input_refused() const { return refused_; }
  /// Runs, or is being started.
  bool running() const { return process_.has_value() || starting_ != nullptr; }
  /// Not while it is being started.
  int pid() const { return process_->pid(); }
  /// It has ended by itself or by a signal; on_job_ended() comes when its pipes have been read.
  bool exited() const { return status_.has_value(); }
  /// Begins the end sequence; nothing if that was done before, or nothing runs. One that has exited
  /// is waited for no longer than until what it has printed has been read.
  void terminate();
  /// KILL to its process group, at once. Output that its owner does not want now is not waited for.
  void kill();
  /// STOP, or CONT, to its process group; nothing if nothing runs. One that is being started is
  /// stopped when it is there.
  void suspend(bool stop);
  /// The sink may want output again, or no more.
  void reconsider();

  void on_ready(int fd, bool readable, bool writable) override;

 private:
  void begin();
  void adopt(Subprocess process);
  void on_started(Result<Subprocess> process) override;
  void watch_output(UniqueFd& fd, bool errors, bool& watched);
  void tell_unread();
  bool read_output(UniqueFd& fd, bool errors);
  void write_input();
  bool write_some_input();
  void refuse_input();
  void on_exit();
  bool output_held() const;
  void stop_waiting();
  void kill_group();
  void next_step();
  void send_kill();
  void too_late();
  void end_if_complete();
  void end();
  void close_fd(UniqueFd& fd);

  EventLoop& loop_;
  ReadBuffer& shared_;
  CommandSink& sink_;
  const std::vector<MapOptions::Step>& end_sequence_;
  Spawner* starting_ = nullptr;  ///< what is starting it in the background
  std::optional<Subprocess> process_;
  std::optional<ExitStatus> status_;
  OutputQueue input_;
  int file_ = -1;
  std::uint64_t file_offset_ = 0, file_left_ = 0;
  bool input_closing_ = false;
  bool refused_ = false;
  bool large_ = false;  ///< its pipes have been made larger
  bool watches_output_ = false, watches_errors_ = false;
  bool told_unread_ = false;
  bool suspended_ = false;
  bool ending_ = false;
  std::size_t step_ = 0;  ///< of the end sequence, next
  bool killed_ = false;
  bool forced_ = false;  ///< kill() was asked for
  Timer timer_;          ///< for what it waits for: its end after a signal, its pipes after its end
};

}  // namespace spread
