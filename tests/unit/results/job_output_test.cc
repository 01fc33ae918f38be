#include "spread/results/job_output.h"

#include <gtest/gtest.h>

#include "job_output_support.h"

namespace spread {
namespace {

using test::job_options;
using test::Jobs;
using test::kErr;
using test::kOut;

TEST(JobOutput, HandsTheHeadOnAsItPrints) {
  Jobs jobs;
  jobs.out(0, "a");
  jobs.err(0, "b");
  jobs.out(0, "c");
  EXPECT_EQ(jobs.log(), "0o:a 0e:b 0o:c ");
}

TEST(JobOutput, KeepsTaskOrderWhateverEndsFirst) {
  Jobs jobs;
  jobs.out(2, "two");
  jobs.end(2);
  jobs.out(1, "one");
  jobs.end(1);
  EXPECT_EQ(jobs.log(), "");
  jobs.out(0, "zero");
  jobs.end(0);
  EXPECT_EQ(jobs.log(), "0o:zero 0. 1o:one 1. 2o:two 2. ");
  EXPECT_TRUE(jobs.output.empty());
}

TEST(JobOutput, WritesStdoutOfAJobThatWaitedBeforeItsStderr) {
  Jobs jobs;
  jobs.err(1, "e1");
  jobs.out(1, "o1");
  jobs.err(1, "e2");
  jobs.end(1);
  jobs.end(0);
  EXPECT_EQ(jobs.log(), "1o:o1 1e:e1e2 1. ");
}

TEST(JobOutput, GoesLiveWithARunningJobThatBecomesTheHead) {
  Jobs jobs;
  jobs.out(1, "held ");
  jobs.end(0);
  EXPECT_EQ(jobs.log(), "1o:held  ");
  jobs.out(1, "live");
  EXPECT_EQ(jobs.log(), "1o:live ");
}

TEST(JobOutput, TellsNothingOfJobsThatPrintedNothing) {
  Jobs jobs;
  for (const std::uint64_t id : {3u, 1u, 0u, 2u}) jobs.end(id);
  EXPECT_EQ(jobs.log(), "");
  jobs.out(4, "x");
  EXPECT_EQ(jobs.log(), "4o:x ");
}

TEST(JobOutput, HoldsTheHeadUntilNoOtherAttemptIsPossible) {
  Jobs jobs(job_options(JobOutputMode::Live, true, false));
  jobs.out(0, "a");
  EXPECT_EQ(jobs.log(), "");
  jobs.output.set_final(TaskId{0});
  jobs.pump();
  EXPECT_EQ(jobs.log(), "0o:a ");
  jobs.out(0, "b");
  EXPECT_EQ(jobs.log(), "0o:b ");
}

TEST(JobOutput, DropsWhatAFailedAttemptPrinted) {
  Jobs jobs(job_options(JobOutputMode::Live, true, false));
  jobs.out(0, "first try");
  EXPECT_TRUE(jobs.output.discard(TaskId{0}));
  jobs.out(0, "second");
  jobs.end(0);
  EXPECT_EQ(jobs.log(), "0o:second 0. ");
}

TEST(JobOutput, HoldsTheNextAttemptToo) {
  Jobs jobs(job_options(JobOutputMode::Live, true, false));
  jobs.out(0, "1");
  jobs.output.discard(TaskId{0});
  jobs.out(0, "2");
  EXPECT_EQ(jobs.log(), "");
}

TEST(JobOutput, SaysWhenADiscardedAttemptHadBeenSeen) {
  Jobs jobs;
  jobs.out(0, "seen");
  EXPECT_FALSE(jobs.output.discard(TaskId{0}));
}

TEST(JobOutput, IsReadyForTheFirstAttemptToBeFinalBeforeItPrints) {
  Jobs jobs(job_options(JobOutputMode::Live, true, false));
  jobs.output.set_final(TaskId{0});
  jobs.out(0, "a");
  EXPECT_EQ(jobs.log(), "0o:a ");
  jobs.output.set_final(TaskId{1});
  jobs.end(1);
  jobs.end(0);
  EXPECT_TRUE(jobs.output.empty());
}

TEST(JobOutput, UnorderedDeliversWholeJobsAsTheyEnd) {
  Jobs jobs(job_options(JobOutputMode::Live, false));
  jobs.out(0, "a0");
  jobs.err(5, "b5");
  jobs.out(5, "a5");
  EXPECT_EQ(jobs.log(), "");
  jobs.end(5);
  EXPECT_EQ(jobs.log(), "5o:a5 5e:b5 5. ");
  jobs.end(0);
  EXPECT_EQ(jobs.log(), "0o:a0 0. ");
}

TEST(JobOutput, UnorderedKeepsJobsWholeWhileTheSinkIsFull) {
  Jobs jobs(job_options(JobOutputMode::Live, false));
  const std::string large(100000, 'x');
  jobs.sink.room = 1;
  jobs.out(3, large);
  jobs.out(2, "two");
  jobs.end(3);
  jobs.end(2);
  jobs.sink.room = UINT64_MAX;
  jobs.pump();
  EXPECT_EQ(jobs.sink.out, large + "two");
}

TEST(JobOutput, StopsWhenTheSinkIsFullAndGoesOnWhereItStopped) {
  Jobs jobs;
  jobs.sink.room = 1;
  jobs.out(0, "ab");  // the last that it takes
  jobs.out(0, "cd");
  jobs.err(0, "ef");
  EXPECT_EQ(jobs.log(), "0o:ab ");
  EXPECT_FALSE(jobs.output.may_read(TaskId{0}, kOut));
  jobs.sink.room = 100;
  jobs.pump();
  EXPECT_EQ(jobs.log(), "0o:cd 0e:ef ");
  EXPECT_TRUE(jobs.output.may_read(TaskId{0}, kOut));
}

TEST(JobOutput, BlocksHoldTheStderrOfTheHeadUntilItsEnd) {
  Jobs jobs(job_options(JobOutputMode::Blocks, true));
  jobs.err(0, "e");
  jobs.out(0, "o1");
  EXPECT_EQ(jobs.log(), "0o:o1 ");
  jobs.out(0, "o2");
  jobs.end(0, "status");
  EXPECT_EQ(jobs.log(), "0o:o2 0e:e 0.status ");
}

TEST(JobOutput, HandsNotesOverInOrderEvenOfSilentJobs) {
  Jobs jobs(job_options(JobOutputMode::Blocks, true));
  jobs.out(2, "x");
  jobs.end(2, "n2");
  jobs.end(1, "n1");
  jobs.end(0, "n0");
  EXPECT_EQ(jobs.log(), "0.n0 1.n1 2o:x 2.n2 ");
}

TEST(JobOutput, UnorderedNotesDoNotComeIntoAnotherRecord) {
  Jobs jobs(job_options(JobOutputMode::Blocks, false));
  jobs.out(0, std::string(100000, 'x'));
  jobs.sink.room = 1;
  jobs.end(0, "n0");  // 64 KiB of it are out
  jobs.end(1, "n1");
  const std::string first = jobs.log();
  jobs.sink.room = UINT64_MAX;
  jobs.pump();
  EXPECT_EQ(first, "0o:" + std::string(65536, 'x') + " ");
  EXPECT_EQ(jobs.log(), "0o:" + std::string(100000 - 65536, 'x') + " 0.n0 1.n1 ");
}

TEST(JobOutput, LastLinesAreThoseOfStderrOnly) {
  Jobs jobs;
  jobs.out(0, "no\n");
  jobs.err(0, "one\ntw", "tag\t");
  jobs.err(0, "o\nthree\n", "tag\t");
  EXPECT_EQ(jobs.output.last_lines(TaskId{0}, 2), "two\nthree");
  EXPECT_EQ(jobs.output.last_lines(TaskId{0}, 9), "one\ntwo\nthree");
  EXPECT_EQ(jobs.output.last_lines(TaskId{0}, 0), "");
  EXPECT_EQ(jobs.output.last_lines(TaskId{1}, 2), "");
}

TEST(JobOutput, LastLinesAreBoundedAndWhole) {
  Jobs jobs;
  for (int i = 0; i < 10000; ++i) jobs.err(0, "line " + std::to_string(i) + "\n");
  const std::string last = jobs.output.last_lines(TaskId{0}, 1000);
  EXPECT_LE(last.size(), JobOutput::kLastBytes);
  EXPECT_GT(last.size(), JobOutput::kLastBytes - 20);
  EXPECT_EQ(last.substr(0, 5), "line ");
  EXPECT_EQ(last.substr(last.size() - 9), "line 9999");
  EXPECT_LT(jobs.output.memory_in_use(), 10000u);
}

TEST(JobOutput, LastLinesOfOneEndlessLineAreItsEnd) {
  Jobs jobs;
  jobs.err(0, std::string(100000, 'x') + "end");
  const std::string last = jobs.output.last_lines(TaskId{0}, 3);
  EXPECT_EQ(last, std::string(JobOutput::kLastBytes - 3, 'x') + "end");
}

}  // namespace
}  // namespace spread
