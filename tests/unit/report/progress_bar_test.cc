#include "spread/report/progress.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/report/readable.h"

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr TimePoint kStart{seconds(1000)};
constexpr ProgressScreen kTerminal{true, false, false, false};
constexpr ProgressScreen kPipe{false, false, false, false};
constexpr ProgressScreen kDumb{true, true, false, false};
constexpr ProgressScreen kPiped{true, false, false, true};

ProgressSnapshot snapshot() {
  ProgressSnapshot shown;
  shown.total = 20000;
  shown.total_final = true;
  shown.finished = 1234;
  shown.failed = 2;
  shown.retried = 1;
  shown.running = 6;
  shown.workers = 3;
  shown.rate = 3123;
  shown.left = seconds(12);
  return shown;
}

std::size_t columns_of(const std::string& line) {
  std::size_t columns = 0;
  for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return columns;
}

std::string taken(ByteBuffer& buffer) {
  std::string text(as_text(buffer.view()));
  buffer.clear();
  return text;
}

TEST(FormatProgress, BarHasEverythingWhereThereIsRoom) {
  EXPECT_EQ(format_progress(snapshot(), ProgressStyle::Bar, 79, false),
            "[=>               ] 1234/20000  3.1k/s  ETA 12s  2 failed  1 retried  3 workers");
}

TEST(FormatProgress, EtaBeginsWithTheTimeLeft) {
  EXPECT_EQ(format_progress(snapshot(), ProgressStyle::Eta, 100, false),
            "ETA 12s  1234/20000  3.1k/s  6 sent  2 failed  1 retried  3 workers");
}

TEST(FormatProgress, PlainIsCounts) {
  EXPECT_EQ(format_progress(snapshot(), ProgressStyle::Plain, 100, false),
            "1234/20000  6 sent  3.1k/s  2 failed  1 retried  3 workers");
}

TEST(FormatProgress, OpenInputHasNeitherBarNorTimeLeft) {
  ProgressSnapshot shown = snapshot();
  shown.total_final = false;
  shown.left.reset();
  const std::string line = format_progress(shown, ProgressStyle::Bar, 100, false);
  EXPECT_THAT(line, AllOf(StartsWith("1234/20000+  3.1k/s"), Not(HasSubstr("ETA")),
                          EndsWith("  still reading")));
}

TEST(FormatProgress, FileThatIsBeingReadHasAShareAndATimeLeft) {
  ProgressSnapshot shown = snapshot();
  shown.total_final = false;
  shown.likely_total = 3000;
  EXPECT_EQ(format_progress(shown, ProgressStyle::Bar, 79, false),
            "[=======>          ] 1234 ~41%  3.1k/s  ETA 12s  2 failed  1 retried  3 workers");
  EXPECT_EQ(format_progress(shown, ProgressStyle::Bar, 12, false), "1234 ~41%");
  // More have come than it seemed.
  shown.finished = 3100;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 79, false), HasSubstr(" 3100 ~99%  "));
}

TEST(FormatProgress, LoadingWorkersAreSaidToBe) {
  ProgressSnapshot shown = snapshot();
  shown.loading = 3;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 200, false),
              EndsWith("  3 workers loading"));
  shown.loading = 1;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 200, false),
              EndsWith("  3 workers, 1 loading"));
}

TEST(FormatProgress, FitsEveryWidth) {
  ProgressSnapshot large = snapshot();
  large.total = large.finished = UINT64_MAX;
  large.total_final = false;
  large.rate = 1e18;
  large.left = kNoLimit;
  ProgressSnapshot guessed = large;
  guessed.likely_total = guessed.total;
  guessed.loading = 2;
  for (const ProgressSnapshot& shown : {snapshot(), large, guessed, ProgressSnapshot{}}) {
    for (const ProgressStyle style :
         {ProgressStyle::Bar, ProgressStyle::Eta, ProgressStyle::Plain}) {
      for (const bool utf8 : {false, true}) {
        for (std::size_t columns = 10; columns <= 200; ++columns) {
          const std::string line = format_progress(shown, style, columns, utf8);
          EXPECT_LE(columns_of(line), columns) << line;
          EXPECT_FALSE(line.empty());
          EXPECT_NE(line.back(), ' ') << line;
        }
      }
    }
  }
}

TEST(FormatProgress, NarrowLinesKeepTheCountThenTheTimeThenTheFailures) {
  EXPECT_EQ(format_progress(snapshot(), ProgressStyle::Bar, 10, false), "1234/20000");
  EXPECT_EQ(format_progress(snapshot(), ProgressStyle::Bar, 20, false), "1234/20000  ETA 12s");
  EXPECT_EQ(format_progress(snapshot(), ProgressStyle::Bar, 30, false),
            "1234/20000  ETA 12s  2 failed");
}

TEST(FormatProgress, LargeCountsAreShortenedRatherThanCut) {
  ProgressSnapshot shown = snapshot();
  shown.total = 20000000;
  shown.finished = 1234567;
  EXPECT_EQ(format_progress(shown, ProgressStyle::Bar, 10, false), "1.2M/20M");
}

TEST(FormatProgress, BarFillsFromEmptyToFull) {
  ProgressSnapshot shown = snapshot();
  shown.finished = 0;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 200, false), StartsWith("[>     "));
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 200, true), StartsWith("[      "));
  shown.finished = shown.total / 2;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 200, false),
              StartsWith("[" + std::string(20, '=') + ">" + std::string(19, ' ') + "] "));
  shown.finished = shown.total;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 200, false),
              StartsWith("[" + std::string(40, '=') + "] "));
}

TEST(FormatProgress, FinishedRunShowsWhatItTook) {
  ProgressSnapshot shown = snapshot();
  shown.finished = shown.total;
  shown.workers = 0;
  shown.left = Duration::zero();
  shown.elapsed = milliseconds(12340);
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 100, false),
              EndsWith("20000/20000  3.1k/s  in 12.3s  2 failed  1 retried"));
}

TEST(FormatProgress, OneWorkerIsSingular) {
  ProgressSnapshot shown = snapshot();
  shown.workers = 1;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 200, false), EndsWith("1 worker"));
}

TEST(FormatProgress, WhereNoProcessStaysTheNounIsSlot) {
  ProgressSnapshot shown = snapshot();
  shown.unit = ProgressUnit::Jobs;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Bar, 200, false), EndsWith("3 slots"));
  shown.workers = 1;
  EXPECT_THAT(format_progress(shown, ProgressStyle::Plain, 200, false), EndsWith("1 slot"));
}

// ---------------------------------------------------------------- when it is drawn

struct Screen {
  explicit Screen(ProgressStyle style, ProgressScreen screen) : line(style, screen, kStart) {}

  std::string draw(Duration since_start, std::size_t columns = 80) {
    line.draw(progress, kStart + since_start, columns, out);
    return taken(out);
  }

  Progress progress{kStart, ProgressUnit::Tasks};
  ProgressLine line;
  ByteBuffer out;
};

TEST(ProgressLine, AutomaticWaitsTwoSecondsOnATerminal) {
  Screen screen(ProgressStyle::Automatic, kTerminal);
  EXPECT_EQ(screen.line.next_deadline(), kStart + seconds(2));
  EXPECT_EQ(screen.draw(milliseconds(1999)), "");
  EXPECT_THAT(screen.draw(seconds(2)), AllOf(StartsWith("\r"), EndsWith("\x1b[K")));
}

TEST(ProgressLine, AutomaticIsSilentElsewhere) {
  for (const ProgressScreen where : {kPipe, kDumb, kPiped}) {
    Screen screen(ProgressStyle::Automatic, where);
    EXPECT_EQ(screen.line.next_deadline(), kForever);
    EXPECT_EQ(screen.draw(seconds(10)), "");
    screen.line.finish(screen.progress, kStart + seconds(20), screen.out);
    EXPECT_EQ(taken(screen.out), "");
  }
}

TEST(ProgressLine, NoneIsSilent) {
  Screen screen(ProgressStyle::None, kTerminal);
  EXPECT_EQ(screen.line.next_deadline(), kForever);
  EXPECT_EQ(screen.draw(seconds(10)), "");
}

TEST(ProgressLine, AskedForIsDrawnAtOnce) {
  Screen screen(ProgressStyle::Bar, kTerminal);
  EXPECT_NE(screen.draw(milliseconds(100)), "");
}

TEST(ProgressLine, IsDrawnTenTimesASecondAtMost) {
  Screen screen(ProgressStyle::Bar, kTerminal);
  std::uint64_t drawn = 0;
  for (int ms = 0; ms <= 10000; ++ms) {
    screen.progress.set_total(static_cast<std::uint64_t>(ms), false);
    if (!screen.draw(milliseconds(ms)).empty()) ++drawn;
  }
  EXPECT_EQ(drawn, 100u);
}

TEST(ProgressLine, UnchangedLineIsNotDrawnAgain) {
  Screen screen(ProgressStyle::Bar, kTerminal);
  EXPECT_NE(screen.draw(milliseconds(100)), "");
  EXPECT_EQ(screen.draw(milliseconds(300)), "");
  screen.progress.set_total(7, false);
  EXPECT_THAT(screen.draw(milliseconds(500)), HasSubstr("0/7+"));
}

TEST(ProgressLine, LeavesTheLastColumnFree) {
  for (std::size_t columns = 11; columns <= 200; ++columns) {
    Screen screen(ProgressStyle::Bar, kTerminal);
    screen.progress.set_total(123456, true);
    const std::string drawn = screen.draw(seconds(3), columns);
    EXPECT_LT(columns_of(drawn) - std::string("\r\x1b[K").size(), columns);
  }
}

TEST(ProgressLine, UnknownWidthIsEighty) {
  Screen screen(ProgressStyle::Bar, kTerminal);
  EXPECT_NE(screen.draw(seconds(1), 0), "");
}

TEST(ProgressLine, ErasedLineComesBack) {
  Screen screen(ProgressStyle::Bar, kTerminal);
  screen.draw(milliseconds(100));
  screen.line.erase(screen.out);
  EXPECT_EQ(taken(screen.out), "\r\x1b[K");
  screen.line.erase(screen.out);
  EXPECT_EQ(taken(screen.out), "");
  EXPECT_NE(screen.draw(milliseconds(200)), "");
}

TEST(ProgressLine, EndErasesIt) {
  Screen screen(ProgressStyle::Bar, kTerminal);
  screen.draw(milliseconds(100));
  screen.line.finish(screen.progress, kStart + seconds(1), screen.out);
  EXPECT_EQ(taken(screen.out), "\r\x1b[K");
  EXPECT_EQ(screen.line.next_deadline(), kForever);
}

TEST(ProgressLine, PipeGetsALineEveryFiveSecondsAndOneAtTheEnd) {
  for (const ProgressScreen where : {kPipe, kDumb}) {
    Screen screen(ProgressStyle::Eta, where);
    EXPECT_EQ(screen.draw(milliseconds(4999)), "");
    EXPECT_EQ(screen.draw(seconds(5)), "0/0+  0/s  0 sent  still reading\n");
    EXPECT_EQ(screen.draw(seconds(9)), "");
    EXPECT_NE(screen.draw(seconds(10)), "");
    screen.line.finish(screen.progress, kStart + seconds(11), screen.out);
    EXPECT_EQ(taken(screen.out), "0/0+  0/s  0 sent  still reading\n");
  }
}

TEST(DescribeScreen, LocaleDecidesAboutUtf8) {
  EXPECT_TRUE(describe_screen(true, "xterm", "de_DE.UTF-8").utf8);
  EXPECT_TRUE(describe_screen(true, "xterm", "C.utf8").utf8);
  EXPECT_FALSE(describe_screen(true, "xterm", "C").utf8);
  EXPECT_FALSE(describe_screen(true, "xterm", "").utf8);
}

TEST(DescribeScreen, TermDecidesAboutDrawing) {
  EXPECT_FALSE(describe_screen(true, "xterm", "C").dumb);
  EXPECT_TRUE(describe_screen(true, "dumb", "C").dumb);
  EXPECT_TRUE(describe_screen(true, "", "C").dumb);
}

// ---------------------------------------------------------------- numbers for people

TEST(FormatShort, HasFourColumnsAtMost) {
  EXPECT_EQ(format_short(0), "0");
  EXPECT_EQ(format_short(0.254), "0.25");
  EXPECT_EQ(format_short(0.999), "1.0");
  EXPECT_EQ(format_short(1), "1");
  EXPECT_EQ(format_short(7.14), "7.1");
  EXPECT_EQ(format_short(9.96), "10");
  EXPECT_EQ(format_short(940.2), "940");
  EXPECT_EQ(format_short(999.6), "1.0k");
  EXPECT_EQ(format_short(3123), "3.1k");
  EXPECT_EQ(format_short(31230), "31k");
  EXPECT_EQ(format_short(1234567), "1.2M");
  EXPECT_EQ(format_short(1e18), ">999T");
  for (double n = 1; n < 9e14; n *= 1.01) EXPECT_LE(format_short(n).size(), 4u) << n;
}

TEST(FormatTimeLeft, IsRoundedUp) {
  EXPECT_EQ(format_time_left({}), "0s");
  EXPECT_EQ(format_time_left(milliseconds(1)), "1s");
  EXPECT_EQ(format_time_left(milliseconds(59001)), "1m00s");
  EXPECT_EQ(format_time_left(seconds(185)), "3m05s");
  EXPECT_EQ(format_time_left(seconds(3599)), "59m59s");
  EXPECT_EQ(format_time_left(seconds(7500)), "2h05m");
  EXPECT_EQ(format_time_left(seconds(86399)), "1d00h");
  EXPECT_EQ(format_time_left(seconds(3 * 86400 + 4 * 3600)), "3d04h");
}

}  // namespace
}  // namespace spread
