// Each option by itself: its value, its limits, its conflicts.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/cli/flags.h"

namespace spread::cli {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

Result<ParsedCommandLine> parse(const std::string& subcommand, std::vector<std::string> words) {
  words.insert(words.begin(), subcommand);
  words.insert(words.end(), {"--", "w"});
  std::vector<const char*> argv{"spread"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

Options options_of(const std::string& subcommand, const std::vector<std::string>& words) {
  const auto parsed = parse(subcommand, words);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  return parsed ? parsed->options : Options{};
}
Options run(const std::vector<std::string>& words) { return options_of("run", words); }

bool counts(const Options& options) { return counts_answers(options.wire, options.window.tasks); }

std::string error(const std::vector<std::string>& words, const std::string& subcommand = "run") {
  const auto parsed = parse(subcommand, words);
  EXPECT_FALSE(parsed.has_value()) << testing::PrintToString(words);
  return parsed ? "" : parsed.error().message;
}

TEST(HostFlags, SlotsAreACountOrAPercentage) {
  EXPECT_EQ(run({"-j", "3"}).hosts.slots, 3);
  EXPECT_EQ(run({"-P3"}).hosts.slots, 3);
  EXPECT_EQ(run({"--jobs=3"}).hosts.slots, 3);
  EXPECT_FALSE(run({"-j3"}).hosts.slots_percent);
  EXPECT_EQ(run({"-j", "150%"}).hosts.slots, 150);
  EXPECT_TRUE(run({"-j", "150%"}).hosts.slots_percent);
  EXPECT_FALSE(run({}).hosts.slots.has_value());
}

TEST(HostFlags, SlotsThatAreNoneAreErrors) {
  for (const char* bad : {"0", "-1", "x", "1.5", "", "0%", "-5%", "100001", "1e3", "0x3", "3 "}) {
    EXPECT_THAT(error({"-j", bad}), HasSubstr("-j: expected a ")) << bad;
  }
}

TEST(HostFlags, HostsAreKeptAsGiven) {
  const Options options =
      run({"-S", "8/a,b", "--slf", "f", "-S", ":", "--launch", "ssh -x {host}", "--wd", "."});
  EXPECT_THAT(options.hosts.sshlogins, ElementsAre("8/a,b", ":"));
  EXPECT_THAT(options.hosts.slf_files, ElementsAre("f"));
  EXPECT_EQ(options.hosts.launch, "ssh -x {host}");
  EXPECT_EQ(options.job.command.directory, ".");
  EXPECT_THAT(run({"--sshlogin", "a", "--sshloginfile", "g"}).hosts.slf_files, ElementsAre("g"));
}

TEST(HostFlags, NamesMustNotBeEmpty) {
  for (const char* name : {"-S", "--slf", "--worker", "--args-file", "--launch", "--wd", "-a",
                           "--prep-file", "--joblog", "--events", "--history", "--spill-dir"}) {
    EXPECT_THAT(error({name, ""}), HasSubstr(std::string(name) + ": expected ")) << name;
  }
}

TEST(HostFlags, WhatBothEndsSayInPicklesGoesThroughAsItIs) {
  EXPECT_TRUE(run({"--wire", "pickle", "--in", "pickle"}).records.verbatim);
  EXPECT_TRUE(run({"--wire", "pickle", "--in", "pickle"}).pickle.verbatim);
  EXPECT_FALSE(run({"--wire", "pickle", "--in", "pickle", "--out", "json"}).pickle.verbatim);
  EXPECT_FALSE(run({"--wire", "json", "--in", "pickle"}).records.verbatim);
  EXPECT_FALSE(run({"--wire", "json", "--in", "pickle"}).pickle.verbatim);
}

TEST(HostFlags, WireIsOneOfFour) {
  EXPECT_EQ(run({}).wire, Wire::Msgpack);
  EXPECT_EQ(run({"--wire", "msgpack"}).wire, Wire::Msgpack);
  EXPECT_EQ(run({"--wire", "json"}).wire, Wire::Json);
  EXPECT_EQ(run({"--wire=lines"}).wire, Wire::Lines);
  EXPECT_THAT(error({"--wire", "marshal"}),
              HasSubstr("--wire: expected msgpack, json, lines or pickle, not 'marshal'"));
}

TEST(HostFlags, WireLinesHasAWindowOnlyIfItIsGiven) {
  EXPECT_FALSE(counts(run({"--wire", "lines"})));
  EXPECT_FALSE(counts(run({"--wire", "lines", "--window", "1"})));
  EXPECT_TRUE(counts(run({"--wire", "lines", "--window", "2"})));
  EXPECT_FALSE(counts(run({"--wire", "json", "--window", "2"})));
  EXPECT_THAT(error({"--wire", "lines", "--window", "2", "--crash-retries", "1"}),
              HasSubstr("leave out --window 2"));
  EXPECT_EQ(run({"--wire", "lines", "--window", "1"}).window.tasks, 1u);
  EXPECT_EQ(run({"--wire", "lines", "--prep", "x"}).prep.size(), 1u);
}

TEST(HostFlags, StartAllIsSet) {
  EXPECT_FALSE(run({}).start_all);
  EXPECT_TRUE(run({"--start-all"}).start_all);
}

TEST(InputFlags, FormatIsOneOfFive) {
  EXPECT_EQ(run({"--in", "lines"}).records.format, InputFormat::Lines);
  EXPECT_EQ(run({"--in", "json"}).records.format, InputFormat::Json);
  EXPECT_EQ(run({"--in", "msgpack"}).records.format, InputFormat::Msgpack);
  EXPECT_EQ(run({"--in", "csv"}).records.format, InputFormat::Csv);
  EXPECT_EQ(run({"--in", "pickle"}).records.format, InputFormat::Pickle);
  EXPECT_THAT(error({"--in", "xml"}),
              HasSubstr("--in: expected lines, json, msgpack, csv or pickle"));
}

TEST(InputFlags, DelimiterIsOneByte) {
  EXPECT_EQ(run({}).records.delimiter, '\n');
  EXPECT_EQ(run({"-0"}).records.delimiter, '\0');
  EXPECT_EQ(run({"--null"}).records.delimiter, '\0');
  EXPECT_EQ(run({"-d,"}).records.delimiter, ',');
  EXPECT_EQ(run({"-d", "\\t"}).records.delimiter, '\t');
  EXPECT_EQ(run({"-d", "\\0"}).records.delimiter, '\0');
  EXPECT_EQ(run({"--delimiter", "\\n"}).records.delimiter, '\n');
  EXPECT_EQ(run({"-d", "\\x1F"}).records.delimiter, '\x1f');
  EXPECT_EQ(run({"-d", "\\101"}).records.delimiter, 'A');
  EXPECT_EQ(run({"-d", "\\\\"}).records.delimiter, '\\');
  EXPECT_EQ(run({"-d", "\\"}).records.delimiter, '\\');
  for (const char* bad : {"", "ab", "\\q", "\\x", "\\x100", "\\x1g", "\\400", "\\8", "ä"}) {
    EXPECT_THAT(error({"-d", bad}), HasSubstr("-d: expected one byte")) << bad;
  }
}

TEST(InputFlags, DelimitersAreForLines) {
  EXPECT_THAT(error({"-0", "--in", "json"}), HasSubstr("-0 is for --in lines only"));
  EXPECT_THAT(error({"--in", "csv", "-d;"}), HasSubstr("-d is for --in lines only"));
  EXPECT_THAT(error({"-0", "-d,"}), HasSubstr("-0 and -d exclude each other"));
}

TEST(InputFlags, FilesKeepTheirOrder) {
  EXPECT_THAT(run({"-a", "f", "--arg-file=-"}).items.input.files, ElementsAre("f", "-"));
}

TEST(InputFlags, PrepItemsKeepTheirOrderAcrossKinds) {
  const Options options =
      run({"--prep-file", "f", "--prep", "a", "--prep-json", "{}", "--prep", "b"});
  ASSERT_EQ(options.prep.size(), 4u);
  EXPECT_EQ(options.prep[0].kind, PrepItem::Kind::File);
  EXPECT_EQ(options.prep[1].kind, PrepItem::Kind::Text);
  EXPECT_EQ(options.prep[1].text, "a");
  EXPECT_EQ(options.prep[2].kind, PrepItem::Kind::Json);
  EXPECT_EQ(options.prep[3].text, "b");
}

TEST(OutputFlags, FormatFollowsTheInput) {
  EXPECT_EQ(run({}).output.format, OutputFormat::Text);
  EXPECT_EQ(run({"--in", "csv"}).output.format, OutputFormat::Text);
  EXPECT_EQ(run({"--in", "json"}).output.format, OutputFormat::Json);
  EXPECT_EQ(run({"--in", "msgpack"}).output.format, OutputFormat::Msgpack);
  EXPECT_EQ(run({"--in", "pickle"}).output.format, OutputFormat::Pickle);
  EXPECT_EQ(run({"--out", "text", "--in", "json"}).output.format, OutputFormat::Text);
  EXPECT_EQ(run({"--out", "records"}).output.format, OutputFormat::Records);
  EXPECT_EQ(run({"--out", "json"}).output.format, OutputFormat::Json);
  EXPECT_EQ(run({"--out", "msgpack"}).output.format, OutputFormat::Msgpack);
}

TEST(OutputFlags, Out0IsText) {
  const Options options = run({"--in", "json", "--out0"});
  EXPECT_EQ(options.output.format, OutputFormat::Text);
  EXPECT_EQ(options.output.terminator, '\0');
  EXPECT_EQ(run({"--out", "text", "--out0"}).output.terminator, '\0');
  EXPECT_EQ(run({}).output.terminator, '\n');
  EXPECT_THAT(error({"--out0", "--out", "json"}), HasSubstr("--out0 is for --out text only"));
}

TEST(OutputFlags, OrderIsKeptUnlessTold) {
  EXPECT_TRUE(run({}).output.ordered);
  EXPECT_TRUE(run({"-k"}).output.ordered);
  EXPECT_TRUE(run({"--keep-order"}).output.ordered);
  EXPECT_FALSE(run({"--unordered"}).output.ordered);
  EXPECT_THAT(error({"-k", "--unordered"}), HasSubstr("exclude each other"));
}

TEST(OutputFlags, TailsGoToAPlaceOrADirectory) {
  EXPECT_EQ(run({}).tails.to, TailsTo::Stdout);
  EXPECT_EQ(run({"--tails", "stderr"}).tails.to, TailsTo::Stderr);
  EXPECT_EQ(run({"--tails", "none"}).tails.to, TailsTo::None);
  EXPECT_EQ(run({"--tails", "stdout"}).tails.to, TailsTo::Stdout);
  const Options options = run({"--tails", "out/"});
  EXPECT_EQ(options.tails.to, TailsTo::Directory);
  EXPECT_EQ(options.tails.directory, "out/");
  EXPECT_EQ(run({"--tails", ".."}).tails.to, TailsTo::Directory);
  EXPECT_THAT(error({"--tails", "no-such-directory"}), HasSubstr("or a directory (DIR/)"));
}

TEST(OutputFlags, ShowOutputIsSlotOrNone) {
  EXPECT_TRUE(run({"--show-output", "slot"}).show_output);
  EXPECT_FALSE(run({"--show-output", "none"}).show_output);
  EXPECT_THAT(error({"--show-output", "x"}), HasSubstr("expected slot or none"));
}

TEST(FailureFlags, RetriesMayBeForEver) {
  EXPECT_EQ(run({"--retries", "0"}).failure.retries, 0u);
  EXPECT_EQ(run({"--crash-retries", "5"}).failure.crash_retries, 5u);
  EXPECT_EQ(run({"--start-retries", "1"}).failure.start_retries, 1u);
  EXPECT_THAT(error({"--retries", "-1"}), HasSubstr("a whole number of at least 0, not '-1'"));
  EXPECT_THAT(error({"--crash-retries", "0"}), HasSubstr("at least 1"));
  EXPECT_THAT(error({"--start-retries", "0"}), HasSubstr("at least 1"));
  EXPECT_THAT(error({"--retries", "4294967296"}), HasSubstr("--retries: expected"));
}

TEST(FailureFlags, TimeoutIsASpanOrAPercentage) {
  EXPECT_EQ(run({"--timeout", "1.5"}).failure.timeout, Duration(std::chrono::milliseconds(1500)));
  EXPECT_EQ(run({"--timeout", "10m"}).failure.timeout, Duration(seconds(600)));
  EXPECT_EQ(run({"--timeout", "300%"}).failure.timeout_percent, 300.0);
  EXPECT_FALSE(run({"--timeout", "1s", "--timeout", "300%"}).failure.timeout.has_value());
  EXPECT_FALSE(run({"--timeout", "300%", "--timeout", "1s"}).failure.timeout_percent.has_value());
  for (const char* bad : {"0", "-1", "x", "", "0%", "x%", "%"}) {
    EXPECT_THAT(error({"--timeout", bad}), HasSubstr("--timeout: expected a ")) << bad;
  }
}

TEST(FailureFlags, TimeoutOfAllIsItsShutdownTimeout) {
  EXPECT_EQ(options_of("all", {"--timeout", "3"}).ends.shutdown_timeout, Duration(seconds(3)));
  EXPECT_THAT(error({"--timeout", "3", "--shutdown-timeout", "4"}, "all"),
              HasSubstr("exclude each other"));
  EXPECT_EQ(run({"--timeout", "3", "--shutdown-timeout", "4"}).ends.shutdown_timeout,
            Duration(seconds(4)));
}

TEST(FailureFlags, BusyAndBenchAreSpans) {
  EXPECT_EQ(run({"--max-busy", "2h"}).failure.max_busy, Duration(seconds(7200)));
  EXPECT_EQ(run({"--bench", "0"}).failure.bench, Duration::zero());
  EXPECT_THAT(error({"--max-busy", "0"}), HasSubstr("a time above 0"));
  EXPECT_THAT(error({"--bench", "-1s"}), HasSubstr("--bench: expected a time"));
}

TEST(FailureFlags, StrictIsSet) {
  EXPECT_FALSE(run({}).strict);
  EXPECT_TRUE(run({"--strict"}).strict);
}

struct HaltCase {
  const char* text;
  HaltOptions::When when;
  HaltOptions::Why why;
  double count;
  bool percent;
};

TEST(FailureFlags, HaltHasGnuParallelsForms) {
  using When = HaltOptions::When;
  using Why = HaltOptions::Why;
  const HaltCase cases[] = {
      {"never", When::Never, Why::Fail, 0, false},
      {"now,fail=1", When::Now, Why::Fail, 1, false},
      {"soon,success=3", When::Soon, Why::Success, 3, false},
      {"now,done=25%", When::Now, Why::Done, 25, true},
      {"soon,fail=0.5%", When::Soon, Why::Fail, 0.5, true},
      {"0", When::Never, Why::Fail, 0, false},
      {"1", When::Soon, Why::Fail, 1, false},
      {"2", When::Now, Why::Fail, 1, false},
      {"-1", When::Soon, Why::Success, 1, false},
      {"-2", When::Now, Why::Success, 1, false},
      {"10%", When::Soon, Why::Fail, 10, true},
  };
  for (const HaltCase& c : cases) {
    const HaltOptions halt = run({"--halt", c.text}).halt;
    EXPECT_EQ(halt.when, c.when) << c.text;
    EXPECT_EQ(halt.why, c.why) << c.text;
    EXPECT_EQ(halt.count, c.count) << c.text;
    EXPECT_EQ(halt.percent, c.percent) << c.text;
  }
}

TEST(FailureFlags, OtherHaltsAreErrors) {
  for (const char* bad : {"", "now", "now,fail", "now,fail=", "now,fail=0", "now,fail=x", "3",
                          "now,fail=101%", "now,fail=0%", "now,fail=-1", "later,fail=1", "-3",
                          "now,crash=1", "now=1,fail", ",fail=1", "now,=1", "0%", "now,fail=1,"}) {
    EXPECT_THAT(error({"--halt", bad}), HasSubstr("--halt: expected never, or now|soon,")) << bad;
  }
}

TEST(ReportFlags, LastStyleOfProgressCounts) {
  EXPECT_EQ(run({}).report.progress, ProgressStyle::Automatic);
  EXPECT_EQ(run({"--bar"}).report.progress, ProgressStyle::Bar);
  EXPECT_EQ(run({"--bar", "--eta"}).report.progress, ProgressStyle::Eta);
  EXPECT_EQ(run({"--progress"}).report.progress, ProgressStyle::Plain);
  EXPECT_EQ(run({"--no-bar"}).report.progress, ProgressStyle::None);
  EXPECT_THAT(error({"--no-bar", "--eta"}), HasSubstr("exclude each other"));
}

TEST(ReportFlags, ExplainImpliesTheSummary) {
  EXPECT_FALSE(run({"--summary"}).report.explain);
  EXPECT_TRUE(run({"--summary"}).report.summary);
  EXPECT_TRUE(run({"-v"}).report.explain);
  EXPECT_TRUE(run({"--explain"}).report.summary);
}

TEST(ReportFlags, RecordsAreFiles) {
  EXPECT_EQ(run({"--joblog", "l"}).report.joblog, "l");
  EXPECT_EQ(run({"--events", "e"}).report.events, "e");
  EXPECT_EQ(run({"--events", "fd:3"}).report.events, "fd:3");
  EXPECT_TRUE(run({"--dry-run"}).dry_run);
  for (const char* bad : {"fd:", "fd:x", "fd:-1", "fd:0", "fd:99999999999", "-"}) {
    EXPECT_THAT(error({"--events", bad}), HasSubstr("--events: expected")) << bad;
  }
}

TEST(ReportFlags, HistoryIsAFileOrNone) {
  EXPECT_TRUE(run({}).history.enabled);
  EXPECT_EQ(run({"--history", "h"}).history.name, "h");
  EXPECT_FALSE(run({"--no-history"}).history.enabled);
  EXPECT_THAT(error({"--history", "h", "--no-history"}), HasSubstr("exclude each other"));
}

TEST(LimitFlags, WindowIsAtLeastOne) {
  EXPECT_EQ(run({"--window", "1"}).window.tasks, 1u);
  EXPECT_THAT(error({"--window", "0"}), HasSubstr("at least 1; leave --window out"));
  EXPECT_THAT(error({"--window", "-1"}), HasSubstr("--window: expected a whole number from 1"));
  EXPECT_THAT(error({"--window", "1000001"}), HasSubstr("from 1 to 1000000"));
}

TEST(LimitFlags, SizesHaveUnits) {
  EXPECT_EQ(run({"--window-bytes", "128K"}).window.bytes, 128u * 1024);
  EXPECT_EQ(run({"--max-frame", "1M"}).max_frame, 1024u * 1024);
  EXPECT_EQ(run({"--reorder-mem", "1"}).spill.memory, 1u);
  EXPECT_EQ(run({"--spill-max", "0"}).spill.max_bytes, 0u);
  EXPECT_EQ(run({"--read-ahead", "1"}).read_ahead, 1u);
  EXPECT_EQ(run({"--spill-dir", "/s"}).spill.directory, "/s");
}

TEST(LimitFlags, SizesOutOfRangeAreErrors) {
  for (const char* name : {"--window-bytes", "--max-frame", "--reorder-mem"}) {
    EXPECT_THAT(error({name, "0"}), HasSubstr("at least 1 byte, not '0'")) << name;
    EXPECT_THAT(error({name, "-1"}), HasSubstr("a number of bytes")) << name;
  }
  EXPECT_THAT(error({"--max-frame", "4G"}), HasSubstr("at most 4294967295 bytes"));
  EXPECT_THAT(error({"--read-ahead", "0"}), HasSubstr("at least 1"));
  EXPECT_THAT(error({"--spill-max", "10Q"}), HasSubstr("a number of bytes"));
}

TEST(LimitFlags, ShutdownTimeoutMayBeNone) {
  EXPECT_EQ(run({}).ends.shutdown_timeout, Duration(seconds(60)));
  EXPECT_FALSE(options_of("all", {}).ends.shutdown_timeout.has_value());
  EXPECT_FALSE(run({"--shutdown-timeout", "none"}).ends.shutdown_timeout.has_value());
  EXPECT_EQ(run({"--shutdown-timeout", "0"}).ends.shutdown_timeout, Duration::zero());
  EXPECT_EQ(run({"--kill-grace", "1.5"}).ends.kill_grace,
            Duration(std::chrono::milliseconds(1500)));
  EXPECT_THAT(error({"--shutdown-timeout", "x"}), HasSubstr("(or none)"));
  EXPECT_THAT(error({"--kill-grace", "none"}), HasSubstr("--kill-grace: expected a time"));
}

}  // namespace
}  // namespace spread::cli
