#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/shared_options.h"
#include "spread/api/time.h"
#include "spread/core/event.h"
#include "spread/core/key_record.h"
#include "spread/engine/plan.h"
#include "spread/history/history_store.h"
#include "spread/io/standard_numbers.h"

namespace spread {

/// A run and its past: priors for its slots at the start, what they have shown at the end. Whatever
/// goes wrong with the file is a warning, and the run goes on without.
class RunHistory {
 public:
  /// `guest`: see Streams.
  RunHistory(HistoryFile file, Environment environment, const Plan& plan, bool guest);

  /// Fills in what is remembered of these slots, which share the key numbers of `plan`. The file is
  /// opened only if there are two keys to be told apart: a run on one host gains nothing from it,
  /// and opening a database costs more than a trivial run.
  void advise(std::vector<SlotAdded>& slots);
  /// Keeps what the run has shown, if it is worth it: several keys, or a run of kWorthKeeping.
  void keep(const std::vector<KeyRecord>& keys, Duration elapsed, std::int64_t unix_now);
  /// What went wrong, once; empty if nothing did.
  std::string take_warning();

 private:
  static constexpr Duration kWorthKeeping = std::chrono::seconds(2);

  bool open();
  void hold_numbers(std::optional<StandardNumbersHeld>& held) const;
  std::vector<HistoryKey> history_keys() const;
  void give_up(const Error& why);

  HistoryFile file_;
  Environment environment_;
  const Plan& plan_;
  const bool guest_;
  std::optional<HistoryStore> store_;
  std::string warning_;
};

/// Where the history is: --history, else the default place.
Result<std::string> history_file(const HistoryFile& file, const Environment& environment);

}  // namespace spread
