// spread/history: what is remembered of hosts' past performance, so that the next run starts and
// serves the fastest first. Start with history_store.h; here is the arithmetic, without a database.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spread/core/key_record.h"

namespace spread {

/// What a record of the past is about.
struct HistoryKey {
  std::string host;                  ///< as it was given; "localhost" for this machine
  std::vector<std::string> command;  ///< the argument list before placeholders were replaced
  std::string prep_digest;           ///< of the prep items; empty without any

  bool operator==(const HistoryKey&) const = default;
};

/// What one run has shown of a key.
struct Observation {
  HistoryKey key;
  double seconds = 0;  ///< per task; 0 = no task was answered
  double tasks = 0;    ///< how many answers `seconds` is worth
  double launch_seconds = 0;
  std::uint64_t launches = 0;
  std::uint64_t answers = 0, failures = 0, refusals = 0;
};
Observation observe(const HistoryKey& key, const KeyRecord& record);

/// What is remembered of a key.
struct KeyHistory {
  double seconds = 0;  ///< per task; 0 = never answered
  double weight = 0;   ///< tasks that `seconds` is worth, after decay
  double launch_seconds = 0;
  double failure_rate = 0, busy_rate = 0;  ///< of the dispatches, moving averages
  std::uint64_t tasks = 0;                 ///< ever
  std::int64_t last_used = 0;              ///< Unix time
};
/// What was known counts half as much as what a run of as many tasks shows.
void merge(KeyHistory& known, const Observation& seen, std::int64_t unix_now);

/// How much slower than others the lists were of which one argument, or the host, is a part:
/// natural logarithms of factors, a decayed mean and variance. Parts are scored one by one, as in
/// gmisclib's spread_jobs, so that a list never seen, made of known parts, gets a sensible prior.
struct PartHistory {
  double weight = 0;
  double mean = 0;
  double variance = 0;
};
/// `seen`: mean and variance over the keys of one run.
void merge(PartHistory& known, const PartHistory& seen);

/// The parts of a key: its host and each different argument.
std::vector<std::string> parts_of(const HistoryKey& key);

struct Factor {
  double log = 0;
  double confidence = 0;  ///< 0 = nothing is known
};
/// A part whose factor was always about the same (a slow host) says more than one whose factor
/// varied (`ssh`).
Factor combine(const std::vector<PartHistory>& parts);

/// The factors that a run has shown: each key's seconds relative to the others'. `known`: the
/// factors that each key had before; they fix the scale, so that factors from runs with different
/// hosts can be compared. Empty where fewer than two keys were seen working: there is nothing to
/// compare.
std::vector<std::optional<double>> log_factors(const std::vector<Observation>& run,
                                               const std::vector<Factor>& known);

/// What a run has shown of each part.
std::map<std::string, PartHistory> score_parts(const std::vector<Observation>& run,
                                               const std::vector<std::optional<double>>& factors);

}  // namespace spread
