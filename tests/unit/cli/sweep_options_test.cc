#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spread/cli/flags.h"
#include "spread/cli/take_apart.h"

namespace spread::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<ParsedCommandLine> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "spread");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

template <typename T>
T parsed_as(std::vector<const char*> words) {
  auto line = parse(std::move(words));
  EXPECT_TRUE(line.has_value()) << line.error().message;
  SubcommandOptions options = take_apart(std::move(line->options));
  EXPECT_TRUE(std::holds_alternative<T>(options));
  return std::get<T>(std::move(options));
}

std::string error_for(std::vector<const char*> words) {
  const auto line = parse(std::move(words));
  return line ? "" : line.error().message;
}

TEST(SweepOptions, OfTheSubcommandMayStandAmongItsWords) {
  const auto sweep = parsed_as<SweepCommand>({"sweep", "a=list:1", "--seed", "7", "f",
                                              "--samples=9", "--runs", "2", "--where", "a>0",
                                              "--out", "csv", "--csv-style", "savetxt", "-"});
  EXPECT_THAT(sweep.sweep.specs, ElementsAre("a=list:1", "f", "-"));
  EXPECT_EQ(sweep.sweep.seed, 7u);
  EXPECT_EQ(sweep.sweep.samples, 9u);
  EXPECT_EQ(sweep.sweep.runs, 2u);
  EXPECT_EQ(sweep.sweep.where, "a>0");
  EXPECT_EQ(sweep.output.format, OutputFormat::Csv);
  EXPECT_EQ(sweep.output.csv_style, CsvStyle::Savetxt);
}

TEST(SweepOptions, HaveDefaults) {
  const auto sweep = parsed_as<SweepCommand>({"sweep", "a=list:1"});
  EXPECT_FALSE(sweep.sweep.seed || sweep.sweep.samples || sweep.sweep.runs);
  EXPECT_EQ(sweep.output.format, OutputFormat::Json);
  EXPECT_EQ(sweep.output.csv_style, CsvStyle::Plain);
}

TEST(SweepOptions, OfRunAreItsInput) {
  const auto run = parsed_as<RunOptions>(
      {"run", "--sweep", "a=list:1", "--sweep", "f", "--seed", "0", "--", "w"});
  EXPECT_THAT(run.tasks.sweep.specs, ElementsAre("a=list:1", "f"));
  EXPECT_EQ(run.tasks.sweep.seed, 0u);
  EXPECT_EQ(run.tasks.output.format, OutputFormat::Json);
  EXPECT_EQ(
      parsed_as<RunOptions>({"run", "--sweep", "f", "--out", "text", "w"}).tasks.output.format,
      OutputFormat::Text);
}

TEST(SweepOptions, ExcludeOtherInput) {
  EXPECT_THAT(error_for({"run", "--sweep", "f", "-a", "g", "w"}),
              HasSubstr("--sweep and -a exclude each other"));
  EXPECT_THAT(error_for({"gang", "-n2", "--sweep", "f", "w", ":::", "1"}),
              HasSubstr("--sweep and ::: exclude each other"));
  EXPECT_THAT(error_for({"run", "--sweep", "f", "-d,", "w"}),
              HasSubstr("--sweep and -d exclude each other"));
  EXPECT_EQ(error_for({"run", "--sweep", "f", "--in", "json", "--prep-file", "p", "w"}), "");
  EXPECT_THAT(error_for({"run", "--where", "a", "w"}),
              HasSubstr("--where is for --sweep, which is missing"));
  EXPECT_THAT(error_for({"sweep"}), HasSubstr("no parameter is given"));
  EXPECT_THAT(error_for({"sweep", "a=list:1", "--csv-style", "plain"}),
              HasSubstr("--csv-style is for --out csv"));
}

TEST(SweepOptions, DrawUntilOk) {
  const auto run =
      parsed_as<RunOptions>({"run", "--sweep", "f", "--until-ok", "9", "--max-rounds", "3", "w"});
  EXPECT_EQ(run.tasks.sweep.until_ok, 9u);
  EXPECT_EQ(run.tasks.sweep.max_rounds, 3u);
  EXPECT_EQ(
      parsed_as<RunOptions>({"run", "--sweep", "f", "--until-ok", "9", "w"}).tasks.sweep.max_rounds,
      10u);
  EXPECT_THAT(error_for({"run", "--until-ok", "9", "w"}),
              HasSubstr("--until-ok is for --sweep, which is missing"));
  EXPECT_THAT(error_for({"run", "--sweep", "f", "--max-rounds", "9", "w"}),
              HasSubstr("--max-rounds is for --until-ok N"));
  EXPECT_THAT(error_for({"run", "--sweep", "f", "--until-ok", "9", "--samples", "9", "w"}),
              HasSubstr("--until-ok and --samples exclude each other"));
  EXPECT_THAT(error_for({"run", "--sweep", "f", "--until-ok", "9", "--runs", "9", "w"}),
              HasSubstr("--until-ok and --runs exclude each other"));
  EXPECT_THAT(error_for({"run", "--sweep", "f", "--until-ok", "0", "w"}),
              HasSubstr("--until-ok: "));
}

TEST(CsvOptions, AreForCsvAlone) {
  const auto run = parsed_as<RunOptions>(
      {"run", "--out", "csv", "--columns", "a,b", "--columns", "c", "--csv-style", "savetxt", "w"});
  EXPECT_EQ(run.tasks.output.format, OutputFormat::Csv);
  EXPECT_THAT(run.tasks.output.columns, ElementsAre("a", "b", "c"));
  EXPECT_EQ(run.tasks.output.csv_style, CsvStyle::Savetxt);
  EXPECT_THAT(error_for({"run", "--columns", "a", "w"}), HasSubstr("--columns is for --out csv"));
  EXPECT_THAT(error_for({"run", "--csv-style", "plain", "w"}),
              HasSubstr("--csv-style is for --out csv"));
  EXPECT_THAT(error_for({"run", "--out", "csv", "--columns", "a,,b", "w"}),
              HasSubstr("--columns: expected names"));
  EXPECT_THAT(error_for({"run", "--out", "csv", "--columns", "a,a", "w"}),
              HasSubstr("--columns: the column 'a' is named twice"));
  EXPECT_THAT(error_for({"run", "--out", "csv", "--gather", "list", "w"}),
              HasSubstr("--out must be json or msgpack"));
}

TEST(SweepOptions, AreNumbersInTheirRange) {
  EXPECT_THAT(error_for({"sweep", "a=list:1", "--samples", "0"}), HasSubstr("--samples: "));
  EXPECT_THAT(error_for({"sweep", "a=list:1", "--samples", "9223372036854775808"}),
              HasSubstr("--samples: "));
  EXPECT_THAT(error_for({"sweep", "a=list:1", "--seed", "4294967296"}), HasSubstr("--seed: "));
  EXPECT_THAT(error_for({"sweep", "a=list:1", "--runs", "0"}), HasSubstr("--runs: "));
  EXPECT_THAT(error_for({"sweep", "a=list:1", "--where="}), HasSubstr("--where: "));
}

}  // namespace
}  // namespace spread::cli
