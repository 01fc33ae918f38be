#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "job_output_support.h"
#include "memory_spill_file.h"
#include "spread/results/job_output.h"

namespace spread {
namespace {

using test::job_options;
using test::Jobs;
using test::kErr;
using test::kOut;
using test::MemorySpillFile;

constexpr std::size_t kMiB = 1024 * 1024;

std::string text_of_job(std::uint64_t id, std::size_t size) {
  std::string text = std::to_string(id) + ":";
  while (text.size() < size) text += text.substr(0, size - text.size());
  return text;
}

TEST(JobOutputMemory, AMillionSilentJobsBehindASlowHeadCostABitEach) {
  Jobs jobs;
  for (std::uint64_t id = 1; id <= 1000000; ++id) jobs.output.finished(TaskId{id});
  jobs.pump();
  EXPECT_LE(jobs.output.memory_in_use(), 1000000u / 8 + 1024);
  jobs.out(1000001, "last");
  jobs.end(0);
  EXPECT_EQ(jobs.sink.out, "last");
  EXPECT_LE(jobs.output.memory_in_use(), 2048u);
}

TEST(JobOutputMemory, AMillionJobsOfALineBehindASlowHeadAreFlat) {
  MemorySpillFile file;
  Jobs jobs(job_options(JobOutputMode::Live, true, true, kMiB), &file);
  jobs.sink.keep_log = false;
  std::size_t peak = 0;
  constexpr std::uint64_t kCount = 1000000;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    jobs.output.append(TaskId{id}, kOut, Slice::copy_of(as_bytes(std::to_string(id) + "\n")));
    jobs.output.finished(TaskId{id});
    peak = std::max(peak, jobs.output.memory_in_use());
    ASSERT_FALSE(jobs.output.full());
  }
  EXPECT_LE(peak, kMiB);
  jobs.end(0);
  std::string expected;
  for (std::uint64_t id = 1; id <= kCount; ++id) expected += std::to_string(id) + "\n";
  EXPECT_TRUE(jobs.sink.out == expected);
  EXPECT_EQ(jobs.sink.ended, kCount);
  EXPECT_TRUE(jobs.output.empty());
  EXPECT_EQ(file.size(), 0u);
}

TEST(JobOutputMemory, TwoHundredJobsOfAMebibyteStayWithinTheBound) {
  MemorySpillFile file;
  Jobs jobs(job_options(JobOutputMode::Live, true, true, kMiB), &file);
  jobs.sink.keep_log = false;
  constexpr std::size_t kRead = 64 * 1024;
  std::size_t peak = 0;
  // Eight at a time, as they would be read.
  for (std::uint64_t first = 1; first <= 200; first += 8) {
    for (std::size_t at = 0; at < kMiB; at += kRead) {
      for (std::uint64_t id = first; id < first + 8 && id <= 200; ++id) {
        ASSERT_TRUE(jobs.output.may_read(TaskId{id}, kOut));
        const std::string text = text_of_job(id, kMiB).substr(at, kRead);
        jobs.output.append(TaskId{id}, kOut, Slice::copy_of(as_bytes(text)));
        peak = std::max(peak, jobs.output.memory_in_use());
      }
    }
    for (std::uint64_t id = first; id < first + 8 && id <= 200; ++id) {
      jobs.output.finished(TaskId{id});
    }
    jobs.pump();
  }
  EXPECT_LE(peak, kMiB);
  EXPECT_LE(file.appends, 200 * kMiB / kRead);
  jobs.end(0);
  for (std::uint64_t id = 1; id <= 200; ++id) {
    ASSERT_TRUE(jobs.sink.out.compare((id - 1) * kMiB, kMiB, text_of_job(id, kMiB)) == 0) << id;
  }
  EXPECT_TRUE(jobs.output.empty());
  EXPECT_EQ(file.size(), 0u);
}

TEST(JobOutputMemory, ALargeJobIsReadBackInPiecesAsTheSinkHasRoom) {
  MemorySpillFile file;
  Jobs jobs(job_options(JobOutputMode::Live, true, true, 64 * 1024), &file);
  jobs.sink.keep_log = false;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const std::string text = text_of_job(static_cast<std::uint64_t>(i), 64 * 1024);
    jobs.out(1, text);
    expected += text;
  }
  jobs.end(1);
  jobs.sink.room = 1;
  jobs.end(0);
  EXPECT_LE(jobs.sink.out.size(), 64u * 1024);
  EXPECT_LE(file.read_bytes, 64u * 1024);
  const std::uint64_t before = file.size();
  jobs.sink.room = 3 * kMiB;
  jobs.pump();
  EXPECT_LT(file.size(), before - 2 * kMiB) << "disk space is given back on the way";
  jobs.sink.room = UINT64_MAX;
  jobs.pump();
  EXPECT_TRUE(jobs.sink.out == expected);
  EXPECT_EQ(file.size(), 0u);
}

TEST(JobOutputMemory, ADiscardedAttemptGivesItsDiskSpaceBack) {
  MemorySpillFile file;
  Jobs jobs(job_options(JobOutputMode::Live, true, false, 64 * 1024), &file);
  for (int i = 0; i < 40; ++i) jobs.out(1, std::string(64 * 1024, 'x'));
  EXPECT_GT(file.size(), 2 * kMiB);
  jobs.output.discard(TaskId{1});
  EXPECT_EQ(file.size(), 0u);
}

TEST(JobOutputMemory, AFullDiskStopsAllButTheHeadAndLosesNothing) {
  MemorySpillFile file;
  int refused = 0;
  file.has_room = [&](std::size_t size) {
    if (file.size() + size <= kMiB) return true;
    ++refused;
    return false;
  };
  Jobs jobs(job_options(JobOutputMode::Live, true, true, 64 * 1024), &file);
  jobs.sink.keep_log = false;
  std::size_t held = 0;
  const std::string piece(16 * 1024, 'y');
  while (jobs.output.may_read(TaskId{1}, kOut)) {
    jobs.out(1, piece);
    held += piece.size();
    ASSERT_LE(held, 2 * kMiB);
  }
  EXPECT_GT(held, kMiB / 2);
  EXPECT_TRUE(jobs.output.full());
  EXPECT_EQ(jobs.output.take_spill_error(), "write spill: No space left on device");
  EXPECT_EQ(jobs.output.take_spill_error(), "");
  EXPECT_FALSE(jobs.output.stuck().has_value());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(jobs.output.may_read(TaskId{0}, kOut));
    jobs.out(0, "live");
  }
  EXPECT_EQ(jobs.sink.out.size(), 4000u);
  EXPECT_LE(refused, 10) << "tried again at every read";
  jobs.end(0);
  EXPECT_FALSE(jobs.output.full());
  jobs.end(1);
  EXPECT_EQ(jobs.sink.out.size(), 4000u + held);
}

TEST(JobOutputMemory, WithoutASpillFileMemoryAloneIsTheBound) {
  Jobs jobs(job_options(JobOutputMode::Live, true, true, 64 * 1024));
  jobs.out(1, std::string(100000, 'x'));
  EXPECT_TRUE(jobs.output.full());
  EXPECT_FALSE(jobs.output.may_read(TaskId{1}, kOut));
  EXPECT_TRUE(jobs.output.may_read(TaskId{0}, kErr));
  jobs.end(0);
  EXPECT_FALSE(jobs.output.full());
}

TEST(JobOutputMemory, AHeadThatMayNotGoLiveCanStillEndWhenFull) {
  Jobs jobs(job_options(JobOutputMode::Live, true, false, 64 * 1024));
  jobs.out(1, std::string(100000, 'x'));
  EXPECT_TRUE(jobs.output.may_read(TaskId{0}, kOut));
  jobs.out(0, "a little");
  EXPECT_TRUE(jobs.output.may_read(TaskId{0}, kOut));
  EXPECT_FALSE(jobs.output.stuck().has_value());
}

TEST(JobOutputMemory, AJobWhoseLimitsAreLiftedIsReadThoughAllRoomIsUsed) {
  Jobs jobs(job_options(JobOutputMode::Live, true, false, 64 * 1024));
  jobs.out(1, std::string(100000, 'x'));
  EXPECT_FALSE(jobs.output.may_read(TaskId{1}, kOut));
  jobs.output.lift_limits(TaskId{1});
  EXPECT_TRUE(jobs.output.may_read(TaskId{1}, kOut));
  EXPECT_FALSE(jobs.output.may_read(TaskId{2}, kOut));
  jobs.out(1, std::string(100000, 'y'));
  jobs.output.lift_limits(std::nullopt);
  EXPECT_FALSE(jobs.output.may_read(TaskId{1}, kOut));
  jobs.end(1);
  jobs.end(0);
  EXPECT_EQ(jobs.sink.out.size(), 200000u);
}

TEST(JobOutputMemory, NamesTheJobThatMustGoLiveWhenNothingElseCanMove) {
  Jobs jobs(job_options(JobOutputMode::Live, true, false, 64 * 1024));
  jobs.out(0, std::string(100000, 'x'));
  EXPECT_FALSE(jobs.output.may_read(TaskId{0}, kOut));
  ASSERT_EQ(jobs.output.stuck(), TaskId{0});
  jobs.output.set_final(TaskId{0});
  jobs.pump();
  EXPECT_FALSE(jobs.output.stuck().has_value());
  EXPECT_TRUE(jobs.output.may_read(TaskId{0}, kOut));
  EXPECT_EQ(jobs.sink.out.size(), 100000u);
}

TEST(JobOutputMemory, StderrBeyondAllRoomInBlocksIsToldToo) {
  Jobs jobs(job_options(JobOutputMode::Blocks, true, true, 64 * 1024));
  jobs.err(0, std::string(100000, 'x'));
  EXPECT_TRUE(jobs.output.may_read(TaskId{0}, kOut));
  EXPECT_FALSE(jobs.output.may_read(TaskId{0}, kErr));
  EXPECT_EQ(jobs.output.stuck(), TaskId{0});
}

TEST(JobOutputMemory, UnorderedOneJobGoesLiveWhenAllRoomIsUsed) {
  for (const JobOutputMode mode : {JobOutputMode::Live, JobOutputMode::Lines}) {
    Jobs jobs(job_options(mode, false, true, 64 * 1024));
    jobs.sink.keep_log = false;
    jobs.out(0, "a");
    jobs.out(1, std::string(100000, 'x'));  // not a line in it
    EXPECT_EQ(jobs.sink.out.size(), 100000u);
    EXPECT_FALSE(jobs.output.full());
    jobs.out(0, "b\n");
    jobs.end(0);
    EXPECT_EQ(jobs.sink.out.size(), 100000u) << "not into the line of another";
    jobs.out(1, "end\n");
    jobs.end(1);
    EXPECT_EQ(jobs.sink.out.substr(100000), "end\nab\n");
    EXPECT_TRUE(jobs.output.empty());
  }
}

TEST(JobOutputMemory, UnorderedWithRetriesNamesTheLargestWhenFull) {
  Jobs jobs(job_options(JobOutputMode::Live, false, false, 64 * 1024));
  jobs.out(0, "small");
  jobs.out(7, std::string(100000, 'x'));
  EXPECT_EQ(jobs.output.stuck(), TaskId{7});
  jobs.output.set_final(TaskId{7});
  jobs.pump();
  EXPECT_FALSE(jobs.output.full());
  EXPECT_EQ(jobs.sink.out.size(), 100000u);
}

TEST(JobOutputMemory, LinesAreWrittenAgainAfterAnEndlessLineHasEnded) {
  Jobs jobs(job_options(JobOutputMode::Lines, false, true, 64 * 1024));
  jobs.out(1, std::string(100000, 'x'));
  jobs.out(0, "waits\n");
  jobs.sink.log.clear();
  jobs.out(1, "\n");
  EXPECT_EQ(jobs.log(), "1o:\n 0o:waits\n ");
  jobs.out(0, "b\n");
  EXPECT_EQ(jobs.log(), "0o:b\n ");
}

TEST(JobOutputMemory, ASpillFileThatCannotBeReadIsAnError) {
  for (const bool ended_early : {true, false}) {
    MemorySpillFile file;
    Jobs jobs(job_options(JobOutputMode::Live, true, true, 64 * 1024), &file);
    jobs.out(1, std::string(ended_early ? 60000 : 100000, 'x'));
    if (ended_early) {
      jobs.end(1);
      jobs.out(2, std::string(60000, 'x'));
    }
    ASSERT_NE(file.appends, 0u);
    file.broken = true;
    jobs.output.finished(TaskId{0});
    const Status status = jobs.output.pump();
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().message, "read spill: Input/output error");
  }
}

}  // namespace
}  // namespace spread
