// Of the one value that --gather makes of all results.
#include <cstdlib>

#include "case.h"
#include "pieces.h"
#include "wire.h"

namespace spread::world {
namespace {

class Gathered {
 public:
  explicit Gathered(Case& it) : case_(it), scenario_(it.scenario) {}

  void value() {
    const std::string& gather = scenario_.pieces.gather;
    const bool map = gather == "map";
    const std::string& out = case_.outcome.out;
    std::string json = out;
    if (scenario_.pieces.msgpack) {
      json = json_of(out).value_or("");
      whole_ = !json.empty();
    } else {
      whole_ = json.ends_with(map ? "}\n" : "]\n");
      if (whole_) json.pop_back();
    }
    if (!whole_ && must_be_whole())
      return case_.say("no whole value of --gather, but " + out.substr(0, 60));
    // Of what is written at the end alone, a part is no value that could be read.
    if (!whole_ && (scenario_.pieces.held() || !cut_off(json, map))) return;
    if (!json.starts_with(map ? '{' : '[')) return wrong(json);
    std::vector<std::string> parts = elements(json);
    if (gather == "list") in_list(parts);
    if (gather == "concat") concatenated(parts);
    if (gather == "map") in_map(parts);
    if (gather == "by-worker") by_worker(parts);
  }

 private:
  bool must_be_whole() const {
    const bool fills = scenario_.pieces.held() && scenario_.spill_fills;
    if (case_.reader_left() || case_.machine.disk_was_full) return false;
    if (*case_.outcome.status == 0) return true;
    // When all tasks are done, a slow reader is waited for until a signal comes.
    if (case_.signalled() && scenario_.out.pause > 0) return false;
    return !fills && case_.machine.end_signals.size() < 2 && scenario_.out.stops_after == SIZE_MAX;
  }

  /// What is there of a value whose end is missing: its last element may be torn.
  static bool cut_off(std::string& json, bool map) {
    const std::size_t comma = json.rfind(',');
    if (comma == std::string::npos) return false;
    json = json.substr(0, comma) + (map ? "}" : "]");
    return true;
  }

  void wrong(const std::string& what) {
    case_.say("the value of --gather has: " + what.substr(0, 100));
  }

  /// False: that is not its result.
  bool deliver(std::size_t i, const std::string& result) {
    if (i >= scenario_.tasks.size() || result != result_of(scenario_, i)) return false;
    return case_.delivered.insert(i).second;
  }

  void in_list(const std::vector<std::string>& parts) {
    if (case_.undisturbed() && parts.size() != scenario_.tasks.size()) {
      case_.say("--gather list has " + std::to_string(parts.size()) + " elements, of " +
                std::to_string(scenario_.tasks.size()) + " tasks");
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool none = parts[i] == "null" && i < scenario_.tasks.size();
      if (!none && !deliver(i, parts[i])) return wrong(parts[i]);
    }
  }

  /// Each element begins with the number of its task.
  void concatenated(const std::vector<std::string>& parts) {
    std::size_t next = 0;
    for (std::size_t at = 0; at < parts.size();) {
      const auto i = static_cast<std::size_t>(std::atoll(bare(parts[at]).c_str()));
      const std::size_t count = elements_of(i);
      if (i < next || count == 0) return wrong(parts[at]);
      if (!whole_ && at + count > parts.size()) return;
      const auto first = parts.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last =
          parts.begin() + static_cast<std::ptrdiff_t>(std::min(at + count, parts.size()));
      if (!deliver(i, list({first, last}))) return wrong(parts[at]);
      next = i + 1;
      at += count;
    }
    // Of an empty list nothing is there to see.
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      if (elements_of(i) == 0 && scenario_.tasks[i].finished > 0) case_.delivered.insert(i);
    }
  }

  void in_map(const std::vector<std::string>& parts) {
    std::size_t next = 0;
    for (const std::string& part : parts) {
      const bool text = part[0] == '"';
      const auto i = static_cast<std::size_t>(std::atoll(part.c_str() + (text ? 1 : 0)));
      const std::string key = text ? quoted(std::to_string(i)) : std::to_string(i);
      const bool right = text != scenario_.pieces.msgpack && part.starts_with(key + ":") &&
                         i >= next && deliver(i, part.substr(key.size() + 1));
      if (!right) return wrong(part);
      next = i + 1;
    }
  }

  void by_worker(const std::vector<std::string>& parts) {
    long before = -1;
    std::set<std::size_t> seen;
    for (const std::string& part : parts) {
      const std::string number = value_of(part, "number");
      const std::vector<std::string> payloads = elements(value_of(part, "parameters"));
      const std::vector<std::string> results = elements(value_of(part, "results"));
      if (std::atol(number.c_str()) <= before || payloads.empty() ||
          payloads.size() != results.size())
        return wrong(part);
      before = std::atol(number.c_str());
      std::size_t next = 0;
      for (std::size_t k = 0; k < payloads.size(); ++k) {
        const std::size_t i = task_of(payloads[k]);
        if (i < next || i >= scenario_.tasks.size() || !seen.insert(i).second)
          return wrong(payloads[k]);
        next = i + 1;
        const bool none = results[k] == "null";
        if (!none && !deliver(i, results[k])) return wrong(results[k]);
        if (!was_there(i, number, !none)) {
          case_.say("--gather by-worker has task " + std::to_string(i) + " at worker " + number +
                    ", where it was not");
        }
      }
    }
  }

  std::size_t task_of(const std::string& payload) const {
    const bool shards = !scenario_.pieces.payloads.empty();
    const std::string number = shards ? value_of(payload, "index") : bare(payload);
    const auto i = static_cast<std::size_t>(std::atoll(number.c_str()));
    const bool right = i < scenario_.tasks.size() && payload == payload_of(scenario_, i);
    return right ? i : SIZE_MAX;
  }

  bool was_there(std::size_t i, const std::string& number, bool ok) const {
    for (const TaskPlan::Try& attempt : scenario_.tasks[i].tries) {
      if (ok && attempt.end != TaskPlan::End::Ok) continue;
      if (variable(*attempt.by, "SPREAD_WORKER") == number) return true;
    }
    // What has failed may have been lost on its way to a worker.
    return !ok && !case_.undisturbed();
  }

  Case& case_;
  const Scenario& scenario_;
  bool whole_ = false;
};

}  // namespace

void judge_gathered(Case& it) { Gathered(it).value(); }

}  // namespace spread::world
