// spread/report: what a run tells a person. Observers of spread/api/observer.h that count or write
// into buffers; output/reporter flushes them. Pure: no descriptor, no clock. Start here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/observer.h"
#include "spread/api/shared_options.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"

namespace spread {

/// `Jobs` are tasks that have a process each: what stays is not a worker but a slot. `Workers` are
/// processes that have ended: the units of `all`, which has no tasks.
enum class ProgressUnit : std::uint8_t { Tasks, Jobs, Workers };

/// What the Scheduler has counted so far.
struct ProgressCounts {
  std::uint64_t finished = 0;  ///< with whatever outcome
  std::uint64_t failed = 0;    ///< of those, the ones without a result
  std::uint64_t retried = 0;   ///< attempts beyond a task's first
  std::uint64_t running = 0;   ///< sent and not answered
};

/// What a progress line shows, at one moment.
struct ProgressSnapshot : ProgressCounts {
  ProgressUnit unit = ProgressUnit::Tasks;
  std::uint64_t total = 0;    ///< units known so far: tasks read, or the slots of `all`
  bool total_final = false;   ///< no more will come
  std::uint32_t workers = 0;  ///< alive; of Jobs, slots
  std::uint32_t loading = 0;  ///< of those, the ones that have not answered yet
  /// How many there will be, guessed while the input is open: see set_total().
  std::optional<std::uint64_t> likely_total;
  double rate = 0;  ///< finished per second, lately
  std::optional<Duration> left;
  Duration elapsed{};
};

/// Watches workers come and go, and samples what has been counted, in constant memory per worker.
/// Never needs the whole input: while it is open there are counts and a rate, and a time left only
/// where the input is a file, of which it is known how much has been read.
class Progress final : public Observer {
 public:
  /// `loads`: a worker's first answer is a sign that it has loaded. (A filter may need long for
  /// its first line without loading anything.)
  Progress(TimePoint start, ProgressUnit unit, bool loads = false)
      : start_(start), unit_(unit), loads_(loads) {}

  /// It began at `start`, with so many finished then: the rate is that of the others.
  void begin_at(TimePoint start, std::uint64_t finished) {
    start_ = start;
    before_ = finished;
  }
  /// So many are alive, where no events tell.
  void set_workers(std::uint32_t alive) { alive_ = alive; }
  /// Units known so far; `final` once there will be no more. `share`: of the input's bytes, how
  /// many have been read for those units; 0 = unknown. Called by the reader of the input.
  void set_total(std::uint64_t total, bool final, double share = 0);

  using Observer::on;
  void on(const WorkerStarted& event, TimePoint now) override;
  void on(const WorkerEnded& event, TimePoint now) override;
  /// It has said that it has loaded, or has answered.
  void prepared(WorkerId worker);
  /// A task has succeeded, and took so long.
  void took(Duration duration) { durations_[durations_taken_++ % kDurations] = duration; }
  /// Some times a second, and before snapshot(). Of Workers, the ones that have ended are counted
  /// here.
  void sample(const ProgressCounts& counts, TimePoint now);

  ProgressSnapshot snapshot(TimePoint now) const;

 private:
  struct Worker {
    bool alive = false;
    bool loading = false;
  };
  struct Sample {
    TimePoint when;
    std::uint64_t finished;
  };
  static constexpr std::size_t kSamples = 64;
  static constexpr std::size_t kDurations = 64;

  Worker& worker(WorkerId id);
  void keep_sample(TimePoint now);
  /// The point from which the rate is measured: recent, but with enough finished since.
  Sample rate_origin(TimePoint now) const;
  std::uint64_t trusted_count() const;
  Duration median_duration() const;
  std::optional<Duration> time_left(const ProgressSnapshot& shown, std::uint64_t measured) const;

  TimePoint start_;
  std::uint64_t before_ = 0;
  ProgressUnit unit_;
  bool loads_;
  std::uint64_t total_ = 0;
  bool total_final_ = false;
  double share_ = 0;
  ProgressCounts counts_;
  std::uint32_t alive_ = 0;
  std::uint32_t loading_ = 0;
  std::vector<Worker> workers_;
  std::array<Sample, kSamples> samples_{};  ///< a ring
  std::size_t samples_taken_ = 0;
  std::array<Duration, kDurations> durations_{};  ///< a ring of the latest successes
  std::size_t durations_taken_ = 0;
};

/// One line of at most `columns` columns (10 or more), without a newline. What matters least is
/// left out first. With `utf8`, the bar is drawn in eighths of a column.
///   [====>      ] 1234/20000  3.1k/s  ETA 12s  2 failed  3 workers
///   [====>      ] 80908 ~40%  13k/s  ETA 6s  3 workers                while a file is read
///   80908/90911+  13k/s  3 workers  still reading                      while anything else is
/// `style` must be Bar, Eta or Plain.
std::string format_progress(const ProgressSnapshot& shown, ProgressStyle style, std::size_t columns,
                            bool utf8);

/// Where a progress line goes.
struct ProgressScreen {
  bool terminal = false;  ///< a line can be drawn over
  bool dumb = false;      ///< TERM=dumb or unset: it cannot after all
  bool utf8 = false;
  /// Results go into a pipe, whose reader may draw on the same terminal: a pager, another run.
  bool piped = false;
};

/// `locale` is the first of LC_ALL, LC_CTYPE and LANG that is set and not empty; `term` is TERM.
ProgressScreen describe_screen(bool terminal, std::string_view term, std::string_view locale);

/// When to draw: on a terminal in place, at most ten times a second and only what has changed; else
/// (only if asked for) a line of its own every five seconds and one at the end. Automatic draws a
/// bar on a terminal after two seconds and is silent elsewhere, and where results go into a pipe.
class ProgressLine {
 public:
  /// What erase() appends.
  static constexpr std::string_view kErase = "\r\x1b[K";

  ProgressLine(ProgressStyle style, ProgressScreen screen, TimePoint start);

  /// On a terminal, where it shares a line with whatever else is written.
  bool in_place() const { return screen_.terminal && !screen_.dumb; }
  /// The user has not asked for it: a run in the background does not draw over what is typed.
  bool unasked() const { return unasked_; }
  /// When `draw` has something to do next; kForever if never.
  TimePoint next_deadline() const { return next_; }
  /// Draws if it is time. `columns` is the terminal's width now (0 = unknown).
  void draw(const Progress& progress, TimePoint now, std::size_t columns, ByteBuffer& out);
  /// In place of draw() while the terminal's line holds text of another program, which drawing
  /// would wipe out, or another process group has the terminal.
  void wait_for_line(TimePoint now);
  bool drawn() const { return !drawn_.empty(); }
  /// Clears the line. Needed before anything else is written to the same terminal; the line comes
  /// back with the next `draw`.
  void erase(ByteBuffer& out);
  /// The end of the run: clears the line, or adds the last one.
  void finish(const Progress& progress, TimePoint now, ByteBuffer& out);

 private:
  ProgressStyle style_;
  ProgressScreen screen_;
  bool unasked_;
  TimePoint next_;
  std::string drawn_;  ///< what stands on the terminal
};

}  // namespace spread
