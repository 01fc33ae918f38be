#include "spread/results/output.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "results_support.h"
#include "spread/wire/codec.h"
#include "spread/wire/json.h"

namespace spread {
namespace {

using test::ok_result;

TaskResult json_result(std::uint64_t id, std::string_view json) {
  ByteBuffer value;
  EXPECT_TRUE(wire::json_to_msgpack(json, value).has_value()) << json;
  return ok_result(id, as_text(value.view()));
}

TaskResult text_result(std::uint64_t id, std::string_view text) {
  TaskResult result = ok_result(id, "");
  result.value = wire::text_value(Slice::copy_of(as_bytes(text)));
  return result;
}

TaskResult failed(std::uint64_t id, Outcome outcome = Outcome::Failed) {
  TaskResult result = ok_result(id, "");
  result.outcome = outcome;
  result.value = wire::make_error("ValueError", "bad \"input\"");
  return result;
}

// A formatter and what came out of it.
struct Output {
  explicit Output(OutputFormat format, char terminator = '\n', bool ordered = true)
      : formatter(options(format, terminator, ordered), hosts) {}

  static OutputOptions options(OutputFormat format, char terminator, bool ordered) {
    OutputOptions made;
    made.format = format;
    made.terminator = terminator;
    made.ordered = ordered;
    return made;
  }
  std::string of(const TaskResult& result) {
    OutputQueue queue;
    formatter.append(result, queue);
    std::vector<ByteView> pieces(100);
    const std::size_t count = queue.gather(pieces);
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += as_text(pieces[i]);
    return text;
  }

  std::vector<std::string> hosts{"n0", "n\"1"};
  OutputFormatter formatter;
};

TEST(TextOutput, WritesStringsAsTheyAre) {
  Output output(OutputFormat::Text);
  EXPECT_EQ(output.of(json_result(0, R"("a\tä\"b")")), "a\tä\"b\n");
  EXPECT_EQ(output.of(text_result(0, "a line")), "a line\n");
  EXPECT_EQ(output.of(text_result(0, "")), "\n");
}

TEST(TextOutput, WritesStringsOfEveryLengthAsTheyAre) {
  Output output(OutputFormat::Text);
  for (const std::size_t size : {0u, 1u, 31u, 32u, 255u, 256u, 16383u, 16384u, 65535u, 65536u}) {
    const std::string text(size, 'x');
    EXPECT_EQ(output.of(text_result(0, text)), text + "\n");
    EXPECT_EQ(output.of(json_result(0, "\"" + text + "\"")), text + "\n");
    const std::string binary(size, '\xff');
    EXPECT_EQ(output.of(text_result(0, binary)), binary + "\n");
  }
}

TEST(TextOutput, WritesOtherValuesAsCompactJson) {
  Output output(OutputFormat::Text);
  EXPECT_EQ(output.of(json_result(0, R"({ "a" : [1, 2.5, null, true] })")),
            "{\"a\":[1,2.5,null,true]}\n");
  EXPECT_EQ(output.of(json_result(0, "49")), "49\n");
}

TEST(TextOutput, WritesAnEmptyLineForWhatIsNotOk) {
  Output output(OutputFormat::Text);
  EXPECT_EQ(output.of(failed(0)), "\n");
  EXPECT_EQ(output.of(failed(0, Outcome::Lost)), "\n");
  EXPECT_EQ(output.of(failed(0, Outcome::NotComputed)), "\n");
}

TEST(TextOutput, EndsRecordsWithTheTerminator) {
  Output output(OutputFormat::Text, '\0');
  EXPECT_EQ(output.of(text_result(0, "a\nb")), std::string("a\nb\0", 4));
  EXPECT_EQ(output.of(failed(0)), std::string(1, '\0'));
  EXPECT_EQ(output.formatter.take_warning(), "");
}

TEST(TextOutput, DoesNotCopyALargeString) {
  Output output(OutputFormat::Text);
  const TaskResult result = text_result(0, std::string(1 << 20, 'x'));
  OutputQueue queue;
  output.formatter.append(result, queue);
  ByteView piece;
  ASSERT_EQ(queue.gather({&piece, 1}), 1u);
  EXPECT_EQ(piece.data(), result.value.body.view().data());
}

TEST(TextOutput, AStringOfSeveralLinesIsOneLineOfJson) {
  Output output(OutputFormat::Text);
  EXPECT_EQ(output.of(text_result(7, "a\nb")), "\"a\\nb\"\n");
  EXPECT_EQ(output.formatter.take_warning(), "");
}

TEST(TextOutput, WarnsOnceOfATerminatorInBytes) {
  Output output(OutputFormat::Text);
  output.of(text_result(6, "fine"));
  EXPECT_EQ(output.of(text_result(7, "a\n\xff")), "a\n\xff\n");
  output.of(text_result(8, "c\n\xff"));
  EXPECT_EQ(output.formatter.take_warning(),
            "task 7: the result contains a newline, so line N of the output is no longer that of "
            "task N; --out json or --out0 keeps them apart");
  EXPECT_EQ(output.formatter.take_warning(), "");
}

TEST(TextOutput, DoesNotWarnWhereThereIsNoOrderToLose) {
  Output output(OutputFormat::Text, '\n', false);
  output.of(text_result(7, "a\n\xff"));
  EXPECT_EQ(output.formatter.take_warning(), "");
}

TEST(JsonOutput, WritesOneCompactDocumentALine) {
  Output output(OutputFormat::Json);
  EXPECT_EQ(output.of(json_result(0, "[1, \"a\\nb\"]")), "[1,\"a\\nb\"]\n");
  EXPECT_EQ(output.of(text_result(0, "a line")), "\"a line\"\n");
  EXPECT_EQ(output.of(failed(0)), "null\n");
}

TEST(JsonOutput, WarnsOnceOfNaN) {
  Output output(OutputFormat::Json);
  EXPECT_EQ(output.of(json_result(3, "[NaN]")), "[null]\n");
  EXPECT_EQ(output.of(json_result(4, "[Infinity]")), "[null]\n");
  EXPECT_EQ(output.formatter.take_warning(),
            "task 4: NaN or an infinity was written as null (JSON has no such numbers)");
  EXPECT_EQ(output.formatter.take_warning(), "");
}

TEST(JsonOutput, WritesAValueThatCannotBeReadAsNullAndSaysSo) {
  Output output(OutputFormat::Json);
  EXPECT_EQ(output.of(ok_result(5, "\x93\x01\x02")), "null\n");
  EXPECT_EQ(output.formatter.take_warning().rfind("task 6: the result was written as null: ", 0),
            0u);
}

TEST(MsgpackOutput, WritesTheValueAsItIs) {
  Output output(OutputFormat::Msgpack);
  EXPECT_EQ(output.of(ok_result(0, "\x92\x01\x02")), "\x92\x01\x02");
  EXPECT_EQ(output.of(text_result(0, "abc")),
            "\xa3"
            "abc");
  EXPECT_EQ(output.of(failed(0)), "\xc0");
}

TEST(PickleOutput, WritesAPickleForEachResult) {
  Output output(OutputFormat::Pickle);
  EXPECT_EQ(output.of(json_result(0, "[1]")),
            "\x80\x02](K\x01"
            "e.");
  EXPECT_EQ(output.of(failed(0)), "\x80\x02N.");
  EXPECT_EQ(output.of(json_result(0, "{\"$ext\":[80,\"Ti4=\"]}")), "N.");
}

TEST(PickleOutput, WhatNoPickleCanHoldIsNoneAndIsToldOnce) {
  Output output(OutputFormat::Pickle);
  EXPECT_EQ(output.of(json_result(4, "{\"$ext\":[5,\"AA==\"]}")), "\x80\x02N.");
  EXPECT_EQ(output.formatter.take_warning(),
            "task 5: the result was written as None: it has an ext of type 5, which is nothing in "
            "Python");
  EXPECT_EQ(output.of(json_result(5, "{\"$ext\":[5,\"AA==\"]}")), "\x80\x02N.");
  EXPECT_EQ(output.formatter.take_warning(), "");
}

TEST(RecordOutput, TellsEverythingOfAResult) {
  Output output(OutputFormat::Records);
  TaskResult result = json_result(12, "[1]");
  result.worker = WorkerId{1};
  result.attempts = 2;
  result.duration = Duration(1234567890);
  EXPECT_EQ(output.of(result),
            "{\"id\":12,\"status\":\"ok\",\"value\":[1],\"error\":null,\"worker\":1,"
            "\"host\":\"n\\\"1\",\"attempts\":2,\"seconds\":1.234568}\n");
}

TEST(RecordOutput, TellsTheErrorOfAFailure) {
  Output output(OutputFormat::Records);
  EXPECT_EQ(output.of(failed(0)),
            "{\"id\":0,\"status\":\"failed\",\"value\":null,"
            "\"error\":{\"type\":\"ValueError\",\"message\":\"bad \\\"input\\\"\"},"
            "\"worker\":0,\"host\":\"n0\",\"attempts\":1,\"seconds\":0}\n");
}

TEST(RecordOutput, TellsTheTrace) {
  Output output(OutputFormat::Records);
  TaskResult result = failed(0);
  ByteBuffer map;
  ASSERT_TRUE(
      wire::json_to_msgpack(R"({"type":"T","message":"m","trace":"a\nb"})", map).has_value());
  result.value = test::encoded(as_text(map.view()));
  EXPECT_NE(output.of(result).find(R"("error":{"type":"T","message":"m","trace":"a\nb"})"),
            std::string::npos);
}

TEST(RecordOutput, HasNoWorkerWhereNobodyAnswered) {
  Output output(OutputFormat::Records);
  TaskResult result = failed(0, Outcome::NotComputed);
  result.worker = kNoWorker;
  result.attempts = 0;
  EXPECT_NE(output.of(result).find("\"worker\":null,\"host\":null,\"attempts\":0,\"seconds\":0}\n"),
            std::string::npos);
  EXPECT_NE(output.of(result).find("\"status\":\"not computed\""), std::string::npos);
}

TEST(RecordOutput, IsOneLineOfJsonWhateverTheErrorSays) {
  Output output(OutputFormat::Records);
  TaskResult result = failed(0, Outcome::Lost);
  result.value = wire::make_error("E\n", "\xff\x01\n");
  const std::string line = output.of(result);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  ByteBuffer value;
  EXPECT_TRUE(wire::json_to_msgpack(line.substr(0, line.size() - 1), value).has_value()) << line;
}

}  // namespace
}  // namespace spread
