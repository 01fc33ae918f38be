#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/base/posix.h"
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
///
/// It has a rollback journal, never a write-ahead log: that needs memory which all its users share,
/// and homes are often on network file systems, which have none. A file that has been given such a
/// log is changed back.
class HistoryStore {
 public:
  /// For another run that is writing, where a user waits for the answer.
  static constexpr int kWaitMilliseconds = 3000;
  /// Rows of a table; of more, those not used for longest are forgotten.
  static constexpr std::int64_t kKeysMax = 10'000, kPartsMax = 50'000;
  /// Damaged files that are kept beside each other. Of more the last one stays where it is.
  static constexpr int kAsideMax = 9;

  /// What becomes of a file that is damaged: SQLite cannot read it, or not what spread wrote there.
  enum class IfDamaged : std::uint8_t {
    Refuse,
    /// It is renamed, never deleted, if it shows that spread has written it (its header says so) or
    /// if a power cut has left zeros of it; another is an error.
    SetAsideIfOurs,
    SetAside,  ///< whatever it holds: of a place that is spread's own
  };

  /// Fails if the file is unreadable, no database, another program's, or of a newer spread.
  static Result<HistoryStore> open(const std::string& file,
                                   int wait_milliseconds = kWaitMilliseconds,
                                   IfDamaged if_damaged = IfDamaged::Refuse);
  /// What became of a damaged file, once; empty where there was none.
  std::string take_notice() { return std::exchange(notice_, {}); }

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
  Status leave_wal();
  Status check_schema();
  Status create_schema();
  Result<std::vector<Prior>> priors(const std::vector<HistoryKey>& keys);
  Status write(const std::vector<Observation>& run, std::int64_t unix_now);
  Status merge_run(const std::vector<Observation>& run, std::int64_t unix_now);
  Result<std::vector<PartHistory>> parts(const HistoryKey& key);
  Result<KeyHistory> key_history(const HistoryKey& key);
  Status store(const HistoryKey& key, const KeyHistory& history);
  Status merge_part(const std::string& part, const PartHistory& seen, std::int64_t unix_now);
  Status prune();
  Status in_transaction(Status result);
  tl::unexpected<Error> error(const char* doing, const Error& why);
  bool is_ours() const;
  Status set_aside(const Error& why);

  int wait_milliseconds_ = kWaitMilliseconds;
  IfDamaged if_damaged_ = IfDamaged::Refuse;
  std::string file_;
  UniqueFd in_place_;  ///< as long as the database is open; before it, since it is closed after it
  std::optional<Database> database_;
  bool damaged_ = false;  ///< the last error was the file's fault
  std::string notice_;
};

}  // namespace spread
