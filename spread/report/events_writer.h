// What happens in a run, as it happens: for programs (--events) and for people (--explain).
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

#include "spread/api/observer.h"
#include "spread/base/buffers.h"
#include "spread/report/summary.h"

namespace spread {

/// --events: one JSON object a line for everything that happens, in the order in which it happens.
/// `time` is in seconds since the start of the run; the first line has the wall time of that start.
/// Text that is not UTF-8 has U+FFFD in place of each bad byte; a number that is none is null.
/// Appends to `out`, which must live as long; its owner writes it out.
class EventsWriter final : public Observer {
 public:
  /// `wall_seconds`: the time of day at `start`, in seconds since 1970.
  EventsWriter(ByteBuffer& out, TimePoint start, double wall_seconds);
  void run_ended(int exit_status, const PartTotals& totals, TimePoint now);

  void on(const WorkerStarted& event, TimePoint now) override;
  void on(const WorkerReady& event, TimePoint now) override;
  void on(const WorkerEnded& event, TimePoint now) override;
  void on(const TaskSent& event, TimePoint now) override;
  void on(const TaskAnswered& event, TimePoint now) override;
  void on(const TaskFinished& event, TimePoint now) override;
  void on(const TaskProgress& event, TimePoint now) override;
  void on(const WorkerLog& event, TimePoint now) override;
  void on(const WorkerTail& event, TimePoint now) override;
  void on(const Decision& event, TimePoint now) override;

 private:
  class Line;
  /// `now` as it is written: many events have the time of the same turn.
  std::string_view time_text(TimePoint now);

  ByteBuffer& out_;
  TimePoint start_;
  TimePoint written_time_ = kForever;
  ByteBuffer time_text_;
};

/// --explain: a line for every decision, with the seconds since the start of the run:
///   [   0.013] start worker 2 on n1: 5 tasks wait, and n1 is the fastest host
/// Appends to what `out` returns, which is asked for each line: there may be a progress line to be
/// taken away first.
class Explain final : public Observer {
 public:
  Explain(std::function<ByteBuffer&()> out, TimePoint start)
      : out_(std::move(out)), start_(start) {}

  using Observer::on;
  void on(const Decision& event, TimePoint now) override;
  void on(const WorkerStarted& event, TimePoint now) override;
  void on(const WorkerEnded& event, TimePoint now) override;

 private:
  void add(std::string_view text, TimePoint now);

  std::function<ByteBuffer&()> out_;
  TimePoint start_;
};

}  // namespace spread
