// The golden bytes of tests/golden/frames.json: what every master sends, and what every SDK says.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "worker_process.h"

namespace spread::test {
namespace {

/// "c6(61*3)00": hex, with repeated stretches in brackets.
std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size();) {
    if (hex[at] != '(') {
      bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
      at += 2;
      continue;
    }
    const std::size_t star = hex.find('*', at);
    const std::size_t end = hex.find(')', at);
    const std::string stretch = bytes_of(hex.substr(at + 1, star - at - 1));
    for (int n = std::stoi(hex.substr(star + 1, end - star - 1)); n > 0; --n) bytes += stretch;
    at = end + 1;
  }
  return bytes;
}

std::vector<nlohmann::json> cases(const std::string& direction, const std::string& kind) {
  std::ifstream file(SPREAD_SOURCE_DIR "/tests/golden/frames.json");
  const auto golden = nlohmann::json::parse(file);
  std::vector<nlohmann::json> found;
  for (const auto& one : golden["cases"]) {
    if (one["wire"] != "msgpack" || one["direction"] != direction) continue;
    if (direction == "up" ? one["name"] == kind : one["message"]["kind"] == kind) {
      found.push_back(one);
    }
  }
  if (found.empty()) throw std::runtime_error("no golden case " + direction + " " + kind);
  return found;
}

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
