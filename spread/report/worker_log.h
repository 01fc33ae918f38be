#pragma once

#include <string>
#include <vector>

#include "spread/api/observer.h"
#include "spread/base/buffers.h"

namespace spread {

/// --log: what workers log and print between their answers, a line each:
///   2026-11-29T16:04:05.123Z warning worker 3 on n1, task 8: cache miss
/// The time is UTC; tasks count from 1, as in messages. Of a text with several lines, those after
/// the first begin with four blanks. Control characters are escaped, as they are on stderr.
/// Appends to `out`, which must live as long; its owner writes it out.
class WorkerLogWriter final : public Observer {
 public:
  /// `hosts`: by WorkerId, as messages call them; it may grow. `wall_seconds`: what is to be added
  /// to a TimePoint for the seconds since 1970. Messages below `least` are left out.
  WorkerLogWriter(ByteBuffer& out, const std::vector<std::string>& hosts, double wall_seconds,
                  LogLevel least)
      : out_(out), hosts_(hosts), wall_seconds_(wall_seconds), least_(least) {}

  using Observer::on;
  void on(const WorkerLog& event, TimePoint now) override;

 private:
  ByteBuffer& out_;
  const std::vector<std::string>& hosts_;
  double wall_seconds_;
  LogLevel least_;
};

}  // namespace spread
