#include <string>

#include <gtest/gtest.h>

#include "job_output_support.h"
#include "spread/results/job_output.h"
#include "spread/results/job_output_held.h"

namespace spread {
namespace {

using test::job_options;
using test::Jobs;
using test::kOut;

constexpr JobOutputMode kLines = JobOutputMode::Lines;

std::string prefixed(std::string_view text, std::size_t piece) {
  LinePrefixer prefixer;
  ByteBuffer out;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    prefixer.append(as_bytes(text.substr(0, piece)), "T\t", out);
  }
  return std::string(as_text(out.view()));
}

TEST(LinePrefixer, PutsThePrefixBeforeEachLineHoweverItIsCut) {
  for (const std::size_t piece : {1u, 2u, 3u, 100u}) {
    EXPECT_EQ(prefixed("a\nbcd\n\ne", piece), "T\ta\nT\tbcd\nT\t\nT\te");
  }
}

// As GNU parallel does it, but for CR LF.
TEST(LinePrefixer, TakesACarriageReturnForTheBeginOfALine) {
  for (const std::size_t piece : {1u, 2u, 3u, 100u}) {
    EXPECT_EQ(prefixed("1%\r2%\r\rdone\n", piece), "T\t1%\rT\t2%\rT\t\rT\tdone\n");
    EXPECT_EQ(prefixed("a\r\nb\r\n", piece), "T\ta\r\nT\tb\r\n");
    EXPECT_EQ(prefixed("a\r\r\n\n", piece), "T\ta\rT\t\r\nT\t\n");
  }
}

TEST(JobOutputLines, HandsWholeLinesOnAsTheyCome) {
  Jobs jobs(job_options(kLines, false));
  jobs.out(0, "a\nb");
  jobs.out(1, "x\ny\nz");
  EXPECT_EQ(jobs.log(), "0o:a\n 1o:x\ny\n ");
  jobs.out(0, "c\nd");
  EXPECT_EQ(jobs.log(), "0o:bc\n ");
}

TEST(JobOutputLines, AnUnfinishedLineOfOneStreamDoesNotHoldTheOther) {
  Jobs jobs(job_options(kLines, false));
  jobs.out(0, "half");
  jobs.err(0, "error\n");
  EXPECT_EQ(jobs.log(), "0e:error\n ");
}

// As GNU parallel: no newline is added.
TEST(JobOutputLines, TheLastLineGoesOutAsItIsAtTheEnd) {
  Jobs jobs(job_options(kLines, false));
  jobs.out(0, "a\nb");
  jobs.out(1, "x");
  jobs.end(1);
  jobs.end(0);
  EXPECT_EQ(jobs.log(), "0o:a\n 1o:x 1. 0o:b 0. ");
}

TEST(JobOutputLines, OrderedIsTheHeadByLine) {
  Jobs jobs(job_options(kLines, true));
  jobs.out(1, "x\n");
  jobs.out(0, "a\nb");
  EXPECT_EQ(jobs.log(), "0o:a\n ");
  jobs.end(0);
  EXPECT_EQ(jobs.log(), "0o:b 0. 1o:x\n ");
  jobs.out(1, "y\n");
  EXPECT_EQ(jobs.log(), "1o:y\n ");
}

TEST(JobOutputLines, TheHeadsEndlessLineIsNotHeldForEver) {
  Jobs jobs(job_options(kLines, true));
  for (int i = 0; i < 100; ++i) jobs.out(0, std::string(10000, 'x'));
  EXPECT_GT(jobs.sink.out.size(), 900000u);
}

TEST(JobOutputLines, HoldsAnAttemptThatIsNotTheLast) {
  Jobs jobs(job_options(kLines, false, false));
  jobs.out(0, "a\nb");
  EXPECT_EQ(jobs.log(), "");
  jobs.output.set_final(TaskId{0});
  jobs.pump();
  EXPECT_EQ(jobs.log(), "0o:a\n ");
}

TEST(JobOutputLines, ASlowReaderHearsOfEveryJob) {
  Jobs jobs(job_options(kLines, false));
  jobs.sink.room = 0;
  const std::string line = std::string(99, 'x') + "\n";
  for (std::uint64_t id = 0; id < 3; ++id) jobs.out(id, line);
  EXPECT_FALSE(jobs.output.may_read(TaskId{0}, kOut));
  for (int turn = 0; turn < 3; ++turn) {
    jobs.sink.room = 1;
    jobs.pump();
    jobs.output.append(TaskId{0}, kOut, Slice::copy_of(as_bytes(line)));
  }
  const std::string log = jobs.log();
  for (const char* start : {"0o:", "1o:", "2o:"}) {
    EXPECT_NE(log.find(start), std::string::npos) << start;
  }
}

TEST(JobOutputLines, ASinkThatIsFullInALongLineGetsItsRestFirst) {
  Jobs jobs(job_options(kLines, false));
  jobs.sink.room = 0;
  jobs.out(0, std::string(100000, 'x') + "\n");
  jobs.sink.room = 1;
  jobs.pump();
  jobs.sink.room = UINT64_MAX;
  jobs.out(1, "y\n");
  EXPECT_EQ(jobs.sink.out, std::string(100000, 'x') + "\ny\n");
}

TEST(JobOutputTags, MarkEachLineOfBothStreamsLiveAndHeld) {
  Jobs jobs;
  jobs.out(0, "a", "0\t");
  jobs.err(0, "e\n", "0\t");
  jobs.out(0, "b\nc", "0\t");
  jobs.out(1, "x\ny", "1\t");
  jobs.err(1, "z", "1\t");
  jobs.end(1);
  jobs.end(0);
  EXPECT_EQ(jobs.sink.out, "0\tab\n0\tc1\tx\n1\ty");
  EXPECT_EQ(jobs.sink.err, "0\te\n1\tz");
}

TEST(JobOutputTags, GoOnAcrossThePiecesOfALargeRead) {
  Jobs jobs;
  std::string text, expected;
  for (int i = 0; i < 20000; ++i) {
    text += std::to_string(i) + "\n";
    expected += "tag\t" + std::to_string(i) + "\n";
  }
  jobs.out(0, text, "tag\t");
  EXPECT_EQ(jobs.sink.out, expected);
}

TEST(JobOutputTags, AReplacedAttemptBeginsWithATag) {
  Jobs jobs(job_options(JobOutputMode::Live, true, false));
  jobs.out(0, "half a li", "t\t");
  jobs.output.discard(TaskId{0});
  jobs.out(0, "again\n", "t\t");
  jobs.end(0);
  EXPECT_EQ(jobs.sink.out, "t\tagain\n");
}

}  // namespace
}  // namespace spread
