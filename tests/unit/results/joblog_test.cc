#include "spread/results/joblog.h"

#include <gtest/gtest.h>

#include "results_support.h"
#include "spread/wire/json.h"

namespace spread {
namespace {

std::string shown(const Value& payload) {
  ByteBuffer out;
  append_joblog_command(payload, out);
  return std::string(as_text(out.view()));
}

std::string command_of_text(std::string_view text) {
  return shown(wire::text_value(Slice::copy_of(as_bytes(text))));
}

std::string line_of(const JoblogLine& line) {
  ByteBuffer out;
  append_joblog_line(line, out);
  return std::string(as_text(out.view()));
}

// As GNU parallel 20221122 prints it, but for the command.
TEST(Joblog, HasTheColumnsOfGnuParallel) {
  JoblogLine line;
  line.task = TaskId{0};
  line.host = ":";
  line.started = 1795236150.158;
  line.duration = Duration(9000000);
  line.exit_status = 1;
  line.command = "sleep 0.01; exit 1";
  EXPECT_EQ(joblog_header() + line_of(line),
            "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
            "1\t:\t1795236150.158\t     0.009\t0\t0\t1\t0\tsleep 0.01; exit 1\n");
}

TEST(Joblog, TellsBytesAndSignal) {
  JoblogLine line;
  line.task = TaskId{41};
  line.host = "n1";
  line.duration = Duration(12345678900000);
  line.sent_bytes = 5;
  line.received_bytes = 7;
  line.exit_status = -1;
  line.signal = 15;
  EXPECT_EQ(line_of(line), "42\tn1\t0.000\t 12345.679\t5\t7\t-1\t15\t\n");
}

TEST(Joblog, KeepsALineALineWhateverTheCommandHolds) {
  JoblogLine line;
  line.host = ":";
  line.command = "a\tb\nc\rd\\e";
  EXPECT_EQ(line_of(line), "1\t:\t0.000\t     0.000\t0\t0\t0\t0\ta\\tb\\nc\\rd\\\\e\n");
}

std::string command_of(std::string_view host, std::string_view text) {
  return joblog_command_of({1, host, text, false});
}

TEST(Joblog, CommandIsReadAsItWasRun) {
  const std::string command = "a\tb\nc\rd\\e\\n'\\\\";
  EXPECT_EQ(command_of("localhost", joblog_escape(command)), command);
  EXPECT_EQ(command_of("n1", joblog_escape(command)), command);
}

TEST(Joblog, CommandOfGnuParallelHasNoEscapesButOne) {
  using namespace std::string_view_literals;
  EXPECT_EQ(command_of(":", "echo a\\nb \\\\ \t|\0echo"sv), "echo a\\nb \\\\ \t|\necho");
  // On other machines: by what spread does not write.
  EXPECT_EQ(command_of("n1", "echo a\\ b\\n"), "echo a\\ b\\n");
  EXPECT_EQ(command_of("n1", "echo a\tb\\n"), "echo a\tb\\n");
  EXPECT_EQ(command_of("n1", "echo a\\n\0b"sv), "echo a\\n\nb");
  EXPECT_EQ(command_of("n1", "echo a\\"), "echo a\\");
}

// A power cut leaves zeros of a file that had grown.
TEST(JoblogRecord, ATornLineMayHaveZerosBehindIt) {
  const std::string zeros(5000, '\0');
  EXPECT_TRUE(JoblogRecord::is_torn_line(zeros));
  EXPECT_TRUE(JoblogRecord::is_torn_line("Seq\tHo" + zeros));
  EXPECT_TRUE(JoblogRecord::is_torn_line("17\t:\t1795" + zeros));
  EXPECT_FALSE(JoblogRecord::is_torn_line("other text" + zeros));
}

TEST(JoblogCommand, ShowsStringsAsTheyAreAndOtherPayloadsAsJson) {
  EXPECT_EQ(command_of_text("a line"), "a line");
  EXPECT_EQ(shown(test::encoded("\x92\x01\xa1x")), "[1,\"x\"]");
}

TEST(JoblogCommand, CutsALongPayloadBetweenCharacters) {
  std::string text(kJoblogCommandBytes - 1, 'a');
  EXPECT_EQ(command_of_text(text + "b"), text + "b");
  EXPECT_EQ(command_of_text(text + "ä"), text + "...");
  EXPECT_EQ(command_of_text(text + "bc"), text + "b...");
}

}  // namespace
}  // namespace spread
