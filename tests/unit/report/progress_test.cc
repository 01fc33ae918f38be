#include "spread/report/progress.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1000)};

/// A run told to a Progress, in its own time.
class FakeRun {
 public:
  explicit FakeRun(ProgressUnit unit = ProgressUnit::Tasks) : progress(kStart, unit) {}

  void start_workers(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      progress.on(WorkerStarted{WorkerId{i}, "h", 1}, now);
    }
  }
  void end_worker(std::uint32_t worker, bool expected) {
    progress.on(WorkerEnded{WorkerId{worker}, expected, "why"}, now);
  }
  void finish(bool ok = true) {
    ++counts.finished;
    if (!ok) ++counts.failed;
    progress.sample(counts, now);
  }
  /// One task from dispatch to result, `duration` long.
  void compute(std::uint32_t worker, Duration duration) {
    now += duration;
    progress.prepared(WorkerId{worker});
    progress.took(duration);
    finish();
  }
  ProgressSnapshot shown() const { return progress.snapshot(now); }

  ProgressCounts counts;
  Progress progress;
  TimePoint now = kStart;
};

TEST(Progress, ShowsWhatHasBeenCountedAtTheLastSample) {
  FakeRun run;
  run.progress.set_total(5, false);
  run.progress.sample({3, 2, 1, 4}, run.now);
  EXPECT_EQ(run.shown().total, 5u);
  EXPECT_EQ(run.shown().finished, 3u);
  EXPECT_EQ(run.shown().failed, 2u);
  EXPECT_EQ(run.shown().retried, 1u);
  EXPECT_EQ(run.shown().running, 4u);
}

TEST(Progress, WorkersLoadUntilTheirFirstAnswer) {
  FakeRun run;
  run.progress = Progress(kStart, ProgressUnit::Tasks, true);
  run.start_workers(3);
  EXPECT_EQ(run.shown().loading, 3u);
  run.compute(0, seconds(1));
  run.compute(0, seconds(1));
  EXPECT_EQ(run.shown().loading, 2u);
  run.progress.prepared(WorkerId{2});
  run.progress.prepared(WorkerId{2});
  EXPECT_EQ(run.shown().loading, 1u);
  run.end_worker(1, false);
  EXPECT_EQ(run.shown().loading, 0u);
  EXPECT_EQ(run.shown().workers, 2u);
}

TEST(Progress, WhereNothingIsLoadedNobodyIsLoading) {
  FakeRun run;
  run.start_workers(2);
  EXPECT_EQ(run.shown().loading, 0u);
}

TEST(Progress, TotalIsGuessedByTheShareOfTheInputThatHasBeenRead) {
  FakeRun run;
  run.start_workers(1);
  run.progress.set_total(1000, false, 0.25);
  EXPECT_EQ(run.shown().likely_total, 4000u);
  for (std::uint64_t task = 0; task < 100; ++task) run.compute(0, seconds(1));
  EXPECT_EQ(run.shown().left, seconds(3900));
  run.progress.set_total(4100, true, 1);
  EXPECT_EQ(run.shown().likely_total, std::nullopt);
  EXPECT_EQ(run.shown().left, seconds(4000));
}

TEST(Progress, FileThatHasGrownIsNoMeasure) {
  FakeRun run;
  run.progress.set_total(1000, false, 1.5);
  EXPECT_EQ(run.shown().likely_total, std::nullopt);
}

TEST(Progress, WorkerThatNeverStartedMayEnd) {
  FakeRun run;
  run.end_worker(7, false);
  EXPECT_EQ(run.shown().workers, 0u);
  EXPECT_EQ(run.shown().finished, 0u);
}

TEST(Progress, OpenInputHasNoTimeLeft) {
  FakeRun run;
  run.start_workers(1);
  run.progress.set_total(1000, false);
  for (std::uint64_t task = 0; task < 100; ++task) run.compute(0, milliseconds(100));
  EXPECT_FALSE(run.shown().left.has_value());
  EXPECT_NEAR(run.shown().rate, 10, 0.5);
}

TEST(Progress, NothingFinishedHasNoTimeLeft) {
  FakeRun run;
  run.start_workers(1);
  run.progress.set_total(10, true);
  run.now += seconds(5);
  EXPECT_FALSE(run.shown().left.has_value());
}

TEST(Progress, TimeLeftFollowsTheRate) {
  FakeRun run;
  run.start_workers(1);
  run.progress.set_total(1000, true);
  for (std::uint64_t task = 0; task < 200; ++task) run.compute(0, milliseconds(100));
  EXPECT_NEAR(to_seconds(*run.shown().left), 80, 2);
}

TEST(Progress, FirstTasksSpeakThroughTheirMedian) {
  FakeRun run;
  run.start_workers(2);
  run.progress.set_total(13, true);
  for (const auto duration : {seconds(2), seconds(2), seconds(90)}) run.compute(0, duration);
  // 10 tasks, 2 workers, 2 s each: the one of 90 s does not count.
  EXPECT_EQ(run.shown().left, Duration(seconds(10)));
}

TEST(Progress, NoWorkerMeansNoMedianTime) {
  FakeRun run;
  run.start_workers(1);
  run.progress.set_total(13, true);
  run.compute(0, seconds(1));
  run.end_worker(0, false);
  EXPECT_FALSE(run.shown().left.has_value());
}

TEST(Progress, RateAndTimeAreThoseOfThePartThatHasBegun) {
  FakeRun run;
  run.progress.begin_at(kStart + seconds(100), 1000);
  run.progress.set_total(1100, true);
  run.progress.set_workers(1);
  run.progress.sample({1000}, kStart + seconds(102));
  EXPECT_EQ(run.progress.snapshot(kStart + seconds(102)).rate, 0);
  run.progress.sample({1008}, kStart + seconds(104));
  const ProgressSnapshot shown = run.progress.snapshot(kStart + seconds(104));
  EXPECT_EQ(shown.rate, 2);
  EXPECT_EQ(shown.left, Duration(seconds(46)));
  EXPECT_EQ(shown.elapsed, Duration(seconds(4)));
  EXPECT_EQ(shown.workers, 1u);
}

TEST(Progress, RateForgetsTheBeginning) {
  FakeRun run;
  run.start_workers(1);
  std::uint64_t task = 0;
  for (; task < 100; ++task) run.compute(0, seconds(1));
  for (; task < 1100; ++task) run.compute(0, milliseconds(20));
  EXPECT_NEAR(run.shown().rate, 50, 2);
}

TEST(Progress, RateOfRareTasksReachesFurtherBack) {
  FakeRun run;
  run.start_workers(1);
  for (std::uint64_t task = 0; task < 20; ++task) run.compute(0, seconds(60));
  EXPECT_NEAR(run.shown().rate, 1.0 / 60, 0.002);
}

TEST(Progress, RateFallsWhenNothingFinishes) {
  FakeRun run;
  run.start_workers(1);
  for (std::uint64_t task = 0; task < 100; ++task) run.compute(0, milliseconds(100));
  const double before = run.shown().rate;
  run.now += seconds(100);
  EXPECT_LT(run.shown().rate, before / 5);
}

TEST(Progress, MillionsInOneInstantAreNoDivisionByZero) {
  FakeRun run;
  for (std::uint64_t task = 0; task < 100000; ++task) run.finish();
  run.progress.set_total(200000, true);
  EXPECT_EQ(run.shown().rate, 0);
  EXPECT_FALSE(run.shown().left.has_value());
}

TEST(Progress, FinishedRunHasNothingLeft) {
  FakeRun run;
  run.progress.set_total(1, true);
  run.compute(0, seconds(1));
  EXPECT_EQ(run.shown().left, Duration::zero());
}

TEST(Progress, AllCountsWorkersThatHaveEnded) {
  FakeRun run(ProgressUnit::Workers);
  run.progress.set_total(3, true);
  run.start_workers(3);
  run.end_worker(0, true);
  run.end_worker(1, false);
  EXPECT_EQ(run.shown().finished, 2u);
  EXPECT_EQ(run.shown().failed, 1u);
  EXPECT_EQ(run.shown().workers, 1u);
}

}  // namespace
}  // namespace spread
