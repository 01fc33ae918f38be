#include "spread/results/gather_form.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "memory_spill_file.h"
#include "results_support.h"
#include "spread/results/result_pair.h"

namespace spread {
namespace {

using test::MemorySpillFile;
using test::ok_result;

TaskResult failed(std::uint64_t id) {
  TaskResult result = ok_result(id, "");
  result.outcome = Outcome::Failed;
  return result;
}

std::string text_of(OutputQueue& out) { return std::string(as_text(out.only_piece())); }

std::string streamed(GatherAs how, std::vector<TaskResult> results) {
  GatherForm form(how);
  OutputQueue out;
  form.begin(out);
  for (const TaskResult& result : results) form.add(result, out);
  form.end(out);
  return text_of(out);
}

std::string held(GatherAs how, OutputFormat format, std::vector<TaskResult> results) {
  MemorySpillFile file;
  HeldResults kept(1 << 20, file);
  HeldGatherForm form(how, format);
  for (TaskResult& result : results) form.take(std::move(result), kept);
  OutputQueue out;
  form.begin(out);
  for (TaskResult result; !kept.empty();) {
    EXPECT_TRUE(kept.take(result));
    form.add(result, out);
  }
  form.end(out);
  return text_of(out);
}

/// Of worker `worker`, with its payload, both integers below 128.
TaskResult answered(std::uint64_t id, std::uint32_t worker, char payload, char value) {
  TaskResult result = ok_result(id, "");
  result.worker = WorkerId{worker};
  result.value = pair_of(test::encoded({&payload, 1}), test::encoded({&value, 1}));
  return result;
}

TEST(GatherForm, AListHasNullForWhatFailed) {
  EXPECT_EQ(streamed(GatherAs::List, {ok_result(0, "\x01"), failed(1), ok_result(2, "\x03")}),
            "[1,null,3]\n");
}

TEST(GatherForm, ConcatJoinsListsAndLeavesOutWhatFailed) {
  EXPECT_EQ(streamed(GatherAs::Concat, {ok_result(0, "\x92\x01\x02"), failed(1),
                                        ok_result(2, "\x90"), ok_result(3, "\x91\x04")}),
            "[1,2,4]\n");
}

TEST(GatherForm, AMapHasTheNumbersOfTasks) {
  EXPECT_EQ(streamed(GatherAs::Map, {failed(0), ok_result(1, "\x05"), ok_result(2, "\x06")}),
            "{\"1\":5,\"2\":6}\n");
}

TEST(GatherForm, NothingIsAnEmptyValue) {
  EXPECT_EQ(streamed(GatherAs::List, {}), "[]\n");
  EXPECT_EQ(streamed(GatherAs::Map, {}), "{}\n");
  EXPECT_EQ(held(GatherAs::ByWorker, OutputFormat::Json, {}), "[]\n");
  EXPECT_EQ(held(GatherAs::Map, OutputFormat::Msgpack, {}), "\x80");
}

TEST(HeldGatherForm, TellsWorkersApartHoweverTheyAnswer) {
  EXPECT_EQ(held(GatherAs::ByWorker, OutputFormat::Json,
                 {answered(2, 7, 12, 22), answered(1, 0, 11, 21), answered(0, 7, 10, 20)}),
            "[{\"number\":0,\"parameters\":[11],\"results\":[21]},"
            "{\"number\":7,\"parameters\":[10,12],\"results\":[20,22]}]\n");
}

TEST(HeldGatherForm, LeavesOutWhatNoWorkerHad) {
  TaskResult none = answered(0, 0, 1, 2);
  none.worker = kNoWorker;
  none.outcome = Outcome::NotComputed;
  EXPECT_EQ(held(GatherAs::ByWorker, OutputFormat::Json, {std::move(none)}), "[]\n");
}

TEST(HeldGatherForm, OfMsgpackSaysHowManyThereAre) {
  EXPECT_EQ(held(GatherAs::List, OutputFormat::Msgpack, {failed(1), ok_result(0, "\x01")}),
            "\x92\x01\xc0");
  EXPECT_EQ(held(GatherAs::Concat, OutputFormat::Msgpack,
                 {ok_result(0, "\x92\x01\x02"), ok_result(1, "\x91\x03")}),
            "\x93\x01\x02\x03");
  EXPECT_EQ(held(GatherAs::Map, OutputFormat::Msgpack, {failed(0), ok_result(1, "\x05")}),
            "\x81\x01\x05");
}

}  // namespace
}  // namespace spread
