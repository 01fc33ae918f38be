#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "spread/base/buffers.h"
#include "spread/io/event_loop.h"
#include "spread/output/output_writer.h"
#include "spread/output/sinks.h"
#include "spread/relay/incoming.h"
#include "spread/relay/open_tasks.h"
#include "spread/relay/relay.h"
#include "spread/tasks/upstream.h"
#include "spread/wire/down_message.h"
#include "spread/wire/up_writer.h"

namespace spread {

/// What is read of a master, and stands behind the prep items.
struct MasterInput {
  int fd = -1;
  wire::DownReader reader;
  Incoming bytes;

  MasterInput(int from, Wire wire, std::size_t max_frame) : fd(from), reader(wire, max_frame) {}
};

/// Waits for them, and nothing else: before the relay has said a word.
Result<std::vector<Value>> read_prep_items(MasterInput& input, std::uint64_t count);

/// A master that knows no relays, seen from the run that computes its tasks (docs/relay.md, "As one
/// worker with n slots").
class MasterAbove final : public Upstream, private ReadyHandler {
 public:
  /// While so much waits to be written, the master is not read, and workers are not either.
  static constexpr std::size_t kUnreadMax = 2 * OutputWriter::kFull;
  /// So many bytes of tasks that are not given to the run yet, and the master is not read, unless a
  /// reply of it is waited for.
  static constexpr std::size_t kWaitingMax = std::size_t{64} * 1024 * 1024;

  /// `window`: the most tasks that it is to have here. All outlive this.
  MasterAbove(const RelayMaster& told, MasterInput& input, std::uint32_t window)
      : told_(told), input_(input), window_(window) {}
  ~MasterAbove() override;
  MasterAbove(const MasterAbove&) = delete;
  MasterAbove& operator=(const MasterAbove&) = delete;

  Status open(UpstreamRun& run) override;
  Pull next(Record& record) override;
  bool waits() const override;
  void finished(TaskResult&& result) override;
  void turn() override;
  bool full() const override;
  std::uint64_t durable(std::uint64_t given) override { return mark_->written(given); }
  void withdrawn(TaskId task) override;
  void fatal(TaskId task) override;
  void printed(TaskId task, std::string_view so, std::string_view se) override;
  void progressed(TaskId task, double fraction, std::string_view text) override;
  void logged(TaskId task, LogLevel level, std::string_view text) override;
  void ask(const Question& question) override;
  bool takes_more() const override;

 private:
  void on_ready(int fd, bool readable, bool writable) override;
  void read();
  void take_input();
  bool take(const wire::DownMessage& message);
  bool add(const wire::DownMessage& message);
  void cancel(TaskId id);
  void refuse(std::string what);
  void end_input();
  void look_at_end();
  void beat();

  const RelayMaster& told_;
  MasterInput& input_;
  const std::uint32_t window_;
  UpstreamRun* run_ = nullptr;
  OutputWriter* out_ = nullptr;
  std::optional<wire::UpWriter> up_;
  std::optional<WriteMark> mark_;
  std::optional<Timer> beat_;
  std::uint64_t beaten_at_ = 0;  ///< bytes that had been written by then
  OpenTasks open_;
  Arena arena_;                  ///< of payloads that the input cannot share
  std::uint64_t questions_ = 0;  ///< that have no reply
  bool reads_ = false;           ///< the loop has the descriptor
  bool paused_ = false;
  bool input_ended_ = false;
  bool said_bye_ = false;
};

}  // namespace spread
