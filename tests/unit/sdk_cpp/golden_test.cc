// The golden bytes of tests/golden/frames.json: what every master sends, and what every SDK says.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "golden_cases.h"
#include "worker_process.h"

namespace spread::test {
namespace {

std::string with_header(const std::string& body) {
  std::string frame = "\xc6";
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(body.size() >> shift);
  return frame + body;
}

/// Every golden task goes through a worker that hands the payload back; through msgpack-c's objects
/// what is in its shortest form comes back as it was.
void expect_payloads_back(const std::string& worker_kind, bool canonical_only) {
  WorkerProcess worker(WorkerProcess::kind(worker_kind));
  worker.receive();
  for (const auto& one : cases("down", "task")) {
    if (canonical_only && !one.value("canonical", false)) continue;
    const std::string task = bytes_of(one["hex"]);
    const std::string value = bytes_of(one["value_hex"]);
    // Header, array, id, value, third element: what is between 6 and the value is the id.
    const std::string meta = one.contains("meta_hex") ? bytes_of(one["meta_hex"]) : std::string();
    const std::string id = task.substr(6, task.size() - 6 - value.size() - meta.size());
    worker.send_bytes(task);
    EXPECT_EQ(worker.receive_bytes(), with_header("\x93" + id + "\xa2ok" + value) + "\n")
        << one["name"];
  }
}

TEST(SdkGolden, EveryTaskIsRead) { expect_payloads_back("raw", false); }

TEST(SdkGolden, EveryValueSurvivesConversion) { expect_payloads_back("object", true); }

TEST(SdkGolden, EveryPrepItemIsRead) {
  const auto items = cases("down", "prep");
  WorkerProcess worker(
      WorkerProcess::kind("prep raw", {"SPREAD_PREP=" + std::to_string(items.size())}));
  worker.receive();
  std::string values;
  for (const auto& item : items) {
    worker.send_bytes(bytes_of(item["hex"]));
    values += bytes_of(item["value_hex"]);
  }
  worker.send("[1,null]");
  const std::string answer = worker.receive_bytes();
  EXPECT_EQ(answer.substr(answer.size() - 1 - values.size(), values.size()), values);
}

TEST(SdkGolden, MessagesHaveTheGoldenBytes) {
  for (const char* name : {"error", "error with trace", "fatal", "busy", "busy with reason",
                           "progress", "log", "log beyond ASCII"}) {
    const auto one = cases("up", name).front();
    WorkerProcess worker(WorkerProcess::kind("say"));
    worker.receive();
    worker.send("[7," + one["expect"][0]["message"].dump() + "]");
    EXPECT_EQ(worker.receive_bytes(), bytes_of(one["hex"])) << name;
  }
}

}  // namespace
}  // namespace spread::test
