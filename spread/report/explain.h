#pragma once

#include <functional>
#include <utility>

#include "spread/api/observer.h"
#include "spread/base/buffers.h"

namespace spread {

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
