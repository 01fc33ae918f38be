#include "spread/history/key_history.h"

#include <algorithm>
#include <cmath>

namespace spread {
namespace {

// What one run can say about a key at most, so that a million tasks of last year do not outweigh
// the thousand of today for ever.
constexpr double kWeightMax = 1000;
constexpr double kKept = 0.5;
// The part of an older run's say in a part's score that is left after a newer one.
constexpr double kPartKept = 0.8;
// Variance of a part that was seen once, as a logarithm of a factor: about 20 % either way.
constexpr double kLeastVariance = 0.04;
// So much of an observation is put in for the factor being 1.
constexpr double kNeutral = 0.1;

}  // namespace

Observation observe(const HistoryKey& key, const KeyRecord& record) {
  Observation seen;
  seen.key = key;
  // The first answer of a process may hold its start: only where there is no better one.
  if (record.answers > 0) {
    seen.tasks = static_cast<double>(record.answers);
    seen.seconds = record.total_seconds / seen.tasks;
  } else if (record.first_answers > 0) {
    seen.tasks = 0.5;
    seen.seconds = record.first_seconds / static_cast<double>(record.first_answers);
  }
  seen.launch_seconds = record.expected_launch();
  seen.launches = std::max<std::uint64_t>(record.launches, record.first_answers);
  seen.answers = record.answers + record.first_answers;
  seen.failures = record.failures;
  seen.refusals = record.refusals;
  return seen;
}

void merge(KeyHistory& known, const Observation& seen, std::int64_t unix_now) {
  known.last_used = std::max(known.last_used, unix_now);
  known.tasks += seen.answers;
  if (seen.seconds > 0) {
    const double old = known.seconds > 0 ? kKept * known.weight : 0;
    const double fresh = std::min(seen.tasks, kWeightMax);
    known.seconds = (old * known.seconds + fresh * seen.seconds) / (old + fresh);
    known.weight = std::min(old + fresh, kWeightMax);
  }
  if (seen.launches > 0) {
    known.launch_seconds = known.launch_seconds > 0
                               ? kKept * known.launch_seconds + (1 - kKept) * seen.launch_seconds
                               : seen.launch_seconds;
  }
  const double dispatches = static_cast<double>(seen.answers + seen.failures + seen.refusals);
  if (dispatches == 0) return;
  const double failed = static_cast<double>(seen.failures) / dispatches;
  const double refused = static_cast<double>(seen.refusals) / dispatches;
  const bool first = known.tasks == seen.answers;
  known.failure_rate = first ? failed : kKept * known.failure_rate + (1 - kKept) * failed;
  known.busy_rate = first ? refused : kKept * known.busy_rate + (1 - kKept) * refused;
}

void merge(PartHistory& known, const PartHistory& seen) {
  const double old = kPartKept * known.weight;
  const double weight = old + 1;
  const double off = seen.mean - known.mean;
  // The weighted form of Welford's recurrence.
  known.variance = (old * known.variance + seen.variance + off * off * old / weight) / weight;
  known.mean += off / weight;
  known.weight = weight;
}

std::vector<std::string> parts_of(const HistoryKey& key) {
  std::vector<std::string> parts = {"@" + key.host};
  for (const std::string& argument : key.command) {
    // No argument may pass for a host.
    std::string part = "=" + argument;
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) {
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

Factor combine(const std::vector<PartHistory>& parts) {
  double sum = 0;
  double weights = 0;
  for (const PartHistory& part : parts) {
    if (part.weight <= 0) continue;
    const double weight = part.weight * kLeastVariance / (part.variance + kLeastVariance);
    // A part in every list of every run has a mean of 0 and says nothing; without this it would
    // only pull the host's own factor towards 1.
    const double tells = std::min(1.0, part.mean * part.mean / (part.variance + kLeastVariance));
    sum += weight * tells * part.mean;
    weights += weight * tells;
  }
  if (weights <= 0) return {};
  return {sum / (weights + kNeutral), weights};
}

std::vector<std::optional<double>> log_factors(const std::vector<Observation>& run,
                                               const std::vector<Factor>& known) {
  std::vector<std::optional<double>> logs(run.size());
  double offset = 0, confidence = 0, plain = 0;
  std::size_t worked = 0;
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (run[i].seconds <= 0) continue;
    logs[i] = std::log(run[i].seconds);
    plain += *logs[i];
    ++worked;
    offset += known[i].confidence * (*logs[i] - known[i].log);
    confidence += known[i].confidence;
  }
  if (worked < 2) return std::vector<std::optional<double>>(run.size());
  offset = confidence > 0 ? offset / confidence : plain / static_cast<double>(worked);
  for (std::optional<double>& log : logs) {
    if (log) *log -= offset;
  }
  return logs;
}

std::map<std::string, PartHistory> score_parts(const std::vector<Observation>& run,
                                               const std::vector<std::optional<double>>& factors) {
  std::map<std::string, PartHistory> scores;
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (!factors[i]) continue;
    for (const std::string& part : parts_of(run[i].key)) {
      PartHistory& score = scores[part];
      score.weight += 1;
      const double off = *factors[i] - score.mean;
      score.mean += off / score.weight;
      score.variance += off * (*factors[i] - score.mean);
    }
  }
  for (auto& [part, score] : scores) score.variance /= score.weight;
  return scores;
}

}  // namespace spread
