#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/result.h"
#include "spread/history/key_history.h"
#include "spread/history/sqlite.h"

namespace spread {

/// What the past says about a slot: the optional members of SlotAdded.
struct Prior {
  std::optional<double> service_seconds;  ///< of this very key
  std::optional<double> host_factor;      ///< relative to others, from whatever they ran together
  std::optional<double> launch_seconds;
  double failure_rate = 0, busy_rate = 0;
};

/// $XDG_STATE_HOME/spread/history.db, else ~/.local/state/spread/history.db. The arguments are
/// those two variables of the environment, null where they are not set; empty or relative ones do
/// not count.
Result<std::string> default_history_file(const char* xdg_state_home, const char* home);

/// The history file (SQLite). Several runs may use one at the same time. Every error becomes a
/// warning: the run goes on without its history. Nothing is created, not even the file, before
/// record(); a file that is not there is an empty history.
class HistoryStore {
 public:
  /// For another run that is writing.
  static constexpr int kWaitMilliseconds = 3000;

  /// Fails if the file is unreadable, no database, another program's, or of a newer spread.
  static Result<HistoryStore> open(const std::string& file,
                                   int wait_milliseconds = kWaitMilliseconds);

  /// One Prior per key, in their order.
  Result<std::vector<Prior>> lookup(const std::vector<HistoryKey>& keys);
  /// Merges what a run has shown of its keys, all of them in one call, since they are compared with
  /// each other. Keys without answers, failures or refusals are left out; if none is left, nothing
  /// is written.
  Status record(const std::vector<Observation>& run, std::int64_t unix_now);

  /// How long each call waits for another run that is writing.
  void wait_at_most(int milliseconds);

  struct Row {
    HistoryKey key;
    KeyHistory history;
    std::optional<double> factor;  ///< of the host; 1 = as fast as the others
  };
  /// Those of which the host or an argument equals each of `words`; fastest host first.
  Result<std::vector<Row>> rows(const std::vector<std::string>& words);
  /// Forgets the same rows; without words everything. Returns how many rows that were.
  Result<std::size_t> reset(const std::vector<std::string>& words);

 private:
  explicit HistoryStore(std::string file) : file_(std::move(file)) {}
  Status connect(bool create);
  Status check_schema();
  Status create_schema();
  Status merge_run(const std::vector<Observation>& run, std::int64_t unix_now);
  Result<std::vector<PartHistory>> parts(const HistoryKey& key);
  Result<KeyHistory> key_history(const HistoryKey& key);
  Status store(const HistoryKey& key, const KeyHistory& history);
  Status merge_part(const std::string& part, const PartHistory& seen, std::int64_t unix_now);
  Status prune();
  Status in_transaction(Status result);
  tl::unexpected<Error> error(const char* doing, const Error& why) const;

  int wait_milliseconds_ = kWaitMilliseconds;
  std::string file_;
  std::optional<Database> database_;
};

}  // namespace spread
