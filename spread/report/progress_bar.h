#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "spread/api/report_options.h"
#include "spread/api/time.h"
#include "spread/base/byte_buffer.h"
#include "spread/report/progress.h"

namespace spread {

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
