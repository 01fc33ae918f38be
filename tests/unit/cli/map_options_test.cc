// Each option of `spread map`, by itself.
#include "map_support.h"

namespace spread::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

// ---------------------------------------------------------------- jobs at a time

TEST(MapJobs, AreACountOrAPercentage) {
  for (const Words& words : {Words{"-j3"}, {"-P", "3"}, {"--jobs=3"}, {"--max-procs", "3"}}) {
    EXPECT_EQ(options(words).hosts.slots, 3) << words[0];
  }
  EXPECT_EQ(options({"-j", "150%"}).hosts.slots, 150);
  EXPECT_TRUE(options({"-j", "150%"}).hosts.slots_percent);
}

TEST(MapJobs, MayBeBesideTheCpus) {
  EXPECT_EQ(options({"-j+2"}).hosts.slots_offset, 2);
  EXPECT_EQ(options({"-j", "-1"}).hosts.slots_offset, -1);
  EXPECT_EQ(options({"--max-procs=-1"}).hosts.slots_offset, -1);
  EXPECT_FALSE(options({"-j+2"}).hosts.slots.has_value());
}

TEST(MapJobs, ZeroIsNoLimit) {
  EXPECT_TRUE(options({"-P0"}).hosts.slots_unlimited);
  EXPECT_FALSE(options({}).hosts.slots_unlimited);
}

TEST(MapJobs, MayStandInAFile) {
  const std::string file = SPREAD_SOURCE_DIR "/CMakeLists.txt";
  EXPECT_EQ(options({"-j", file}).hosts.slots_file, file);
  EXPECT_FALSE(options({"-j", file}).hosts.slots.has_value());
}

TEST(MapJobs, LastOneCounts) {
  const Options last_count =
      options({"-j50%", "-j+2", "-j0", "-j", SPREAD_SOURCE_DIR "/README.md", "-j4"});
  EXPECT_EQ(last_count.hosts.slots, 4);
  EXPECT_FALSE(last_count.hosts.slots_percent);
  EXPECT_EQ(last_count.hosts.slots_offset, 0);
  EXPECT_FALSE(last_count.hosts.slots_unlimited);
  EXPECT_EQ(last_count.hosts.slots_file, "");
  EXPECT_FALSE(options({"-j4", "-j0"}).hosts.slots.has_value());
}

TEST(MapJobs, OthersAreErrors) {
  for (const char* bad : {"", "x", "1.5", "65537", "0%", "-5%", "+", "no/such/file", "/"}) {
    EXPECT_THAT(error({"-j", bad}), HasSubstr("-j: expected a number of slots")) << bad;
  }
}

TEST(MapJobs, StartOnlyWhenTheyMay) {
  EXPECT_EQ(options({"--delay", "0.5"}).starts.delay, Duration(milliseconds(500)));
  EXPECT_EQ(options({"--memfree", "1.5G"}).starts.free_memory, std::uint64_t{3} << 29);
  EXPECT_EQ(options({"--memfree", "2g"}).starts.free_memory, 2000000000u);
  EXPECT_EQ(options({"--load", "1.5"}).starts.load_max->value, 1.5);
  EXPECT_FALSE(options({"--load", "1.5"}).starts.load_max->percent);
  EXPECT_EQ(options({"--load", "80%"}).starts.load_max->value, 80);
  EXPECT_TRUE(options({"--load", "80%"}).starts.load_max->percent);
  EXPECT_FALSE(options({}).starts.load_max || options({}).starts.free_memory || map({}).nice);
  EXPECT_THAT(error({"--delay", "-1"}), HasSubstr("--delay: expected a time"));
  EXPECT_THAT(error({"--memfree", "0"}), HasSubstr("--memfree: expected at least 1 byte"));
  for (const char* bad : {"0", "0%", "", "%", "x", "-1", "1%%"}) {
    EXPECT_THAT(error({"--load", bad}), HasSubstr("--load: expected a load above 0")) << bad;
  }
}

TEST(MapJobs, NicenessIsFromMinus20To19) {
  EXPECT_EQ(map({"--nice", "19"}).nice, 19);
  EXPECT_EQ(map({"--nice", "-20"}).nice, -20);
  for (const char* bad : {"20", "-21", "", "-", "x", "1.5", "+1"}) {
    EXPECT_THAT(error({"--nice", bad}), HasSubstr("--nice: expected a whole number from -20 to 19"))
        << bad;
  }
}

// ---------------------------------------------------------------- items in

TEST(MapItems, EndWithOneByte) {
  EXPECT_EQ(options({"-0"}).records.delimiter, '\0');
  EXPECT_EQ(options({"--null"}).records.delimiter, '\0');
  EXPECT_EQ(options({"-d", "\\t"}).records.delimiter, '\t');
  EXPECT_EQ(options({"--delimiter=,"}).records.delimiter, ',');
  EXPECT_EQ(options({"--csv", "-0"}).records.delimiter, '\0');
  EXPECT_THAT(error({"-0", "-d,"}), HasSubstr("-0 and -d exclude each other"));
}

TEST(MapItems, AreCutIntoColumns) {
  EXPECT_EQ(arguments({"-C", "[ \t]+"}).column_separator, "[ \t]+");
  EXPECT_EQ(arguments({"--colsep=,"}).column_separator, ",");
  EXPECT_TRUE(arguments({"--csv"}).csv);
  EXPECT_TRUE(arguments({"--header", ":"}).header);
  EXPECT_FALSE(arguments({}).csv || arguments({}).header);
  EXPECT_THAT(error({"--colsep", ""}), HasSubstr("--colsep: expected a regular expression"));
  EXPECT_THAT(error({"--header", "1"}), HasSubstr("--header: expected :, not '1'"));
}

TEST(MapItems, AreTrimmed) {
  using Trim = ArgumentOptions::Trim;
  EXPECT_FALSE(arguments({}).trim.has_value());
  EXPECT_EQ(arguments({"--trim", "n"}).trim, Trim::No);
  EXPECT_EQ(arguments({"--trim", "l"}).trim, Trim::Left);
  EXPECT_EQ(arguments({"--trim", "r"}).trim, Trim::Right);
  EXPECT_EQ(arguments({"--trim", "lr"}).trim, Trim::Both);
  EXPECT_EQ(arguments({"--trim", "rl"}).trim, Trim::Both);
  EXPECT_THAT(error({"--trim", "x"}), HasSubstr("--trim: expected n, l, r, lr or rl, not 'x'"));
}

TEST(MapItems, AreLinked) {
  EXPECT_TRUE(arguments({"--link"}).link);
  EXPECT_FALSE(arguments({}).link);
}

TEST(MapItems, AreCounted) {
  EXPECT_EQ(arguments({"-n2"}).items_max, 2u);
  EXPECT_EQ(arguments({"--max-args", "2"}).items_max, 2u);
  EXPECT_EQ(arguments({"-N0"}).items_exact, 0u);
  EXPECT_EQ(arguments({"--max-replace-args=3"}).items_exact, 3u);
  EXPECT_EQ(arguments({"-L", "4"}).lines, 4u);
  EXPECT_EQ(arguments({"--max-lines", "4"}).lines, 4u);
  EXPECT_EQ(arguments({"-s", "64K"}).bytes_max, 65536u);
  EXPECT_EQ(arguments({"--max-chars", "100"}).bytes_max, 100u);
  EXPECT_FALSE(arguments({}).exit_if_long);
  EXPECT_TRUE(arguments({"-x"}).exit_if_long);
  EXPECT_TRUE(arguments({"--exit"}).exit_if_long);
  EXPECT_FALSE(arguments({}).items_max || arguments({}).items_exact || arguments({}).lines);
  for (const char* name : {"-n", "-L", "-s"}) {
    EXPECT_THAT(error({name, "0"}), HasSubstr(std::string(name) + ": expected")) << name;
  }
  EXPECT_THAT(error({"-N", "-1"}), HasSubstr("-N: expected a whole number of at least 0"));
}

TEST(MapItems, FillTheLine) {
  using Fill = ArgumentOptions::Fill;
  EXPECT_EQ(arguments({}).fill, Fill::No);
  EXPECT_EQ(arguments({"-X"}).fill, Fill::Context);
  EXPECT_EQ(arguments({"-m"}).fill, Fill::Joined);
  EXPECT_EQ(arguments({"--xargs"}).fill, Fill::Joined);
  EXPECT_TRUE(arguments({"-X"}).fill_evenly && arguments({"-m"}).fill_evenly);
  EXPECT_FALSE(arguments({"--xargs"}).fill_evenly);
}

TEST(MapItems, NoRunIfEmptyIsAcceptedAndChangesNothing) {
  EXPECT_FALSE(arguments({"-r"}).items_max || arguments({"--no-run-if-empty"}).items_max);
}

// ---------------------------------------------------------------- the command

TEST(MapCommand, HasItsWayToRun) {
  using Mode = JobOptions::Mode;
  EXPECT_EQ(map({"-c"}).mode, Mode::Shell);
  EXPECT_EQ(map({"--shell"}).mode, Mode::Shell);
  EXPECT_EQ(map({"-q"}).mode, Mode::Exec);
  EXPECT_EQ(map({"--quote"}).mode, Mode::Exec);
  EXPECT_EQ(map({"--shell-path", "/bin/bash"}).shell, "/bin/bash");
  EXPECT_TRUE(options({"--allow-paste"}).items.allow_paste);
  EXPECT_TRUE(options({"--stdin"}).items.to_stdin);
  EXPECT_EQ(options({"--wd", "/d"}).job.command.directory, "/d");
  EXPECT_EQ(options({"--workdir=/d"}).job.command.directory, "/d");
}

TEST(MapCommand, NamesItsPlaceholder) {
  EXPECT_EQ(options({"-I", ":::x"}).items.replacement, ":::x");
  EXPECT_EQ(options({"-I,"}).items.replacement, ",");
  EXPECT_EQ(options({}).items.replacement, "");
}

TEST(MapCommand, NamesMustNotBeEmpty) {
  for (const char* name :
       {"-I", "--shell-path", "--wd", "--tagstring", "--results", "--joblog", "-a", "--colsep"}) {
    EXPECT_THAT(error({name, ""}), HasSubstr(std::string(name) + ": expected ")) << name;
  }
}

// ---------------------------------------------------------------- output

TEST(MapOutput, IsGroupedInOrderUnlessTold) {
  using Output = JobOptions::Output;
  EXPECT_EQ(map({"--group"}).output, Output::Grouped);
  EXPECT_TRUE(options({"-k"}).output.ordered);
  EXPECT_TRUE(options({"--keep-order"}).output.ordered);
  EXPECT_FALSE(options({"--unordered"}).output.ordered);
}

TEST(MapOutput, LinesComeAsTheyComeUnlessTheOrderIsAskedFor) {
  for (const char* name : {"--lb", "--line-buffer"}) {
    EXPECT_EQ(map({name}).output, JobOptions::Output::LineBuffered) << name;
    EXPECT_FALSE(options({name}).output.ordered) << name;
    EXPECT_TRUE(options({name, "-k"}).output.ordered) << name;
  }
}

TEST(MapOutput, UngroupedHasNoOrder) {
  for (const char* name : {"-u", "--ungroup"}) {
    EXPECT_EQ(map({name}).output, JobOptions::Output::Ungrouped) << name;
    EXPECT_FALSE(options({name}).output.ordered) << name;
  }
}

TEST(MapOutput, HasTags) {
  EXPECT_EQ(map({}).tag, "");
  EXPECT_EQ(map({"--tag"}).tag, "{}");
  EXPECT_EQ(map({"--tagstring", "{#}:{/}"}).tag, "{#}:{/}");
  EXPECT_EQ(map({"--tag", "--tagstring", "x"}).tag, "x");
}

TEST(MapOutput, GoesToFilesAndRecords) {
  EXPECT_EQ(map({"--results", "d"}).results_directory, "d");
  EXPECT_TRUE(map({"--out", "records"}).records);
  EXPECT_FALSE(map({"--out", "text"}).records);
  EXPECT_THAT(error({"--out", "json"}), HasSubstr("--out: expected text or records, not 'json'"));
}

// ---------------------------------------------------------------- failures

TEST(MapFailures, TimeoutRetriesAndHaltAreThoseOfRun) {
  EXPECT_EQ(options({"--timeout", "1d3.5h"}).failure.timeout, Duration(std::chrono::minutes(1650)));
  EXPECT_EQ(options({"--timeout", "300%"}).failure.timeout_percent, 300);
  EXPECT_EQ(options({"--retries", "0"}).failure.retries, 0u);
  EXPECT_EQ(options({"--halt", "now,fail=10%"}).halt.count, 10);
  EXPECT_EQ(options({"--halt", "-2"}).halt.why, HaltOptions::Why::Success);
  EXPECT_EQ(options({"--kill-grace", "1"}).ends.kill_grace, Duration(seconds(1)));
}

TEST(MapFailures, EndSequenceIsSignalsAndMilliseconds) {
  const auto steps = map({"--term-seq", "TERM,200,SIGINT,0,9"}).end_sequence;
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].signal, 15);
  EXPECT_EQ(steps[0].wait, Duration(milliseconds(200)));
  EXPECT_EQ(steps[1].signal, 2);
  EXPECT_EQ(steps[1].wait, Duration::zero());
  EXPECT_EQ(steps[2].signal, 9);
  EXPECT_EQ(map({"--term-seq", "TERM,200,TERM,100,TERM,50,KILL,25"}).end_sequence.size(), 4u);
  EXPECT_THAT(map({}).end_sequence, IsEmpty());
}

TEST(MapFailures, OtherEndSequencesAreErrors) {
  for (const char* bad :
       {"", ",", "TERM,", "200", "200,TERM", "TERM,KILL", "TERM,-1,KILL", "FOO", "TERM,200,", "0",
        "65", "term", "TERM,1.5,KILL", "TERM,99999999999", "SIG", "SIGSIGTERM", "TERM, 200"}) {
    EXPECT_THAT(error({"--term-seq", bad}), HasSubstr("--term-seq: expected signals and ")) << bad;
  }
}

TEST(MapFailures, ExitStatusIsOneOfTwo) {
  EXPECT_FALSE(options({}).job.xargs_status);
  EXPECT_FALSE(options({"--exit-status", "parallel"}).job.xargs_status);
  EXPECT_TRUE(options({"--exit-status", "xargs"}).job.xargs_status);
  EXPECT_THAT(error({"--exit-status", "x"}), HasSubstr("expected parallel or xargs, not 'x'"));
}

// ---------------------------------------------------------------- progress and records

TEST(MapReport, VerboseIsThatOfGnuParallel) {
  for (const char* name : {"-t", "-v", "--verbose"}) {
    EXPECT_TRUE(map({name}).print_commands) << name;
    EXPECT_FALSE(options({name}).report.explain) << name;
  }
  EXPECT_TRUE(options({"--explain"}).report.explain);
  EXPECT_TRUE(options({"--explain"}).report.summary);
}

TEST(MapReport, JoblogMayBeAppendedTo) {
  EXPECT_EQ(options({"--joblog", "l"}).report.joblog, "l");
  EXPECT_FALSE(options({"--joblog", "l"}).report.joblog_append);
  EXPECT_EQ(options({"--jl", "+l"}).report.joblog, "l");
  EXPECT_TRUE(options({"--jl", "+l"}).report.joblog_append);
  EXPECT_FALSE(options({"--jl", "+l", "--jl", "m"}).report.joblog_append);
  EXPECT_EQ(options({"--jl", "./+l"}).report.joblog, "./+l");
  EXPECT_THAT(error({"--joblog", "+"}), HasSubstr("--joblog: expected a file"));
}

TEST(MapReport, ResumingAppendsToTheJoblog) {
  const Options resume = options({"--resume", "--joblog", "l"});
  EXPECT_TRUE(resume.items.resume.resume && resume.report.joblog_append);
  EXPECT_FALSE(resume.items.resume.resume_failed);
  const Options failed = options({"--joblog", "l", "--resume-failed"});
  EXPECT_TRUE(failed.items.resume.resume && failed.items.resume.resume_failed &&
              failed.report.joblog_append);
}

TEST(MapReport, ResumingNeedsAJoblog) {
  EXPECT_THAT(error({"--resume"}), HasSubstr("--resume needs --journal or --joblog"));
  EXPECT_THAT(error({"--resume-failed"}), HasSubstr("--resume-failed needs --journal or --joblog"));
}

TEST(MapReport, RestIsThatOfRun) {
  EXPECT_EQ(options({"--bar"}).report.progress, ProgressStyle::Bar);
  EXPECT_EQ(options({"--eta"}).report.progress, ProgressStyle::Eta);
  EXPECT_EQ(options({"--progress"}).report.progress, ProgressStyle::Plain);
  EXPECT_EQ(options({"--no-bar"}).report.progress, ProgressStyle::None);
  EXPECT_TRUE(options({"--dry-run"}).dry_run);
  EXPECT_TRUE(options({"--summary"}).report.summary);
  EXPECT_EQ(options({"--events", "e"}).report.events, "e");
  EXPECT_EQ(options({"--history", "h"}).history.name, "h");
  EXPECT_FALSE(options({"--no-history"}).history.enabled);
  EXPECT_EQ(options({"--read-ahead", "5"}).read_ahead, 5u);
  EXPECT_EQ(options({"--reorder-mem", "1M"}).spill.memory, 1u << 20);
  EXPECT_EQ(options({"--spill-dir", "/s"}).spill.directory, "/s");
  EXPECT_EQ(options({"--spill-max", "1K"}).spill.max_bytes, 1024u);
}

}  // namespace
}  // namespace spread::cli
