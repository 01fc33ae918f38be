#include "spread/history/history_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "spread/base/posix.h"
#include "spread/base/quote.h"
#include "spread/history/damaged_file.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

constexpr std::int64_t kVersion = 1;
// "sprd", so that another program's database is not taken for one of spread. Part of the format.
constexpr std::int64_t kApplication = 0x73707264;
constexpr const char* kPruneKeys =
    "DELETE FROM key WHERE rowid IN (SELECT rowid FROM key ORDER BY last_used DESC"
    " LIMIT -1 OFFSET ?)";
constexpr const char* kPruneParts =
    "DELETE FROM part WHERE rowid IN (SELECT rowid FROM part ORDER BY last_used DESC"
    " LIMIT -1 OFFSET ?)";

constexpr const char* kSchema = R"(
CREATE TABLE key (
  host TEXT NOT NULL, command TEXT NOT NULL, prep TEXT NOT NULL,
  seconds REAL NOT NULL, weight REAL NOT NULL, launch_seconds REAL NOT NULL,
  failure_rate REAL NOT NULL, busy_rate REAL NOT NULL,
  tasks INTEGER NOT NULL, last_used INTEGER NOT NULL,
  PRIMARY KEY (host, command, prep));
CREATE TABLE part (
  part TEXT PRIMARY KEY, weight REAL NOT NULL, mean REAL NOT NULL, variance REAL NOT NULL,
  last_used INTEGER NOT NULL);
PRAGMA application_id = 1936749156;
PRAGMA user_version = 1;
)";
static_assert(kApplication == 1936749156 && kVersion == 1);

// What a file says is not believed beyond this, so that the arithmetic behind it stays finite.
constexpr double kSecondsMax = 1e7;
constexpr double kLogFactorMax = 10;

double within(double value, double least, double most) {
  return std::isfinite(value) ? std::clamp(value, least, most) : 0;
}

KeyHistory read_key(const Statement& row, int column) {
  KeyHistory history;
  history.seconds = within(row.real(column), 0, kSecondsMax);
  history.weight = within(row.real(column + 1), 0, kSecondsMax);
  history.launch_seconds = within(row.real(column + 2), 0, kSecondsMax);
  history.failure_rate = within(row.real(column + 3), 0, 1);
  history.busy_rate = within(row.real(column + 4), 0, 1);
  history.tasks = static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(column + 5), 0));
  history.last_used = row.integer(column + 6);
  return history;
}

/// From column 0 on.
PartHistory read_part(const Statement& row) {
  return {within(row.real(0), 0, kSecondsMax), within(row.real(1), -kLogFactorMax, kLogFactorMax),
          within(row.real(2), 0, kLogFactorMax * kLogFactorMax)};
}

/// It holds argument lists, which other users must not read; XDG asks for that, too. A folder that
/// exists keeps its permissions.
void make_private_folders(const std::filesystem::path& folder) {
  std::error_code failed;
  if (folder.empty() || std::filesystem::exists(folder, failed)) return;
  make_private_folders(folder.parent_path());
  sys::mkdir(folder.c_str(), 0700);
}

bool matches(const HistoryKey& key, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return key.host == word ||
           std::find(key.command.begin(), key.command.end(), word) != key.command.end();
  });
}

}  // namespace

Result<std::string> default_history_file(const char* xdg_state_home, const char* home) {
  // The XDG base directory specification: a relative path is to be ignored.
  const auto usable = [](const char* path) { return path != nullptr && path[0] == '/'; };
  if (usable(xdg_state_home)) return std::string(xdg_state_home) + "/spread/history.db";
  if (usable(home)) return std::string(home) + "/.local/state/spread/history.db";
  return fail("history: neither XDG_STATE_HOME nor HOME is set; name a file with --history");
}

tl::unexpected<Error> HistoryStore::error(const char* doing, const Error& why) {
  damaged_ = database_ && database_->damaged();
  return fail(std::string(doing) + " history " + file_ + ": " + why.message);
}

Result<HistoryStore> HistoryStore::open(const std::string& file, int wait_milliseconds,
                                        IfDamaged if_damaged) {
  HistoryStore store(file);
  store.wait_milliseconds_ = wait_milliseconds;
  store.if_damaged_ = if_damaged;
  if (Status connected = store.connect(false); !connected) {
    SPREAD_TRY(store.set_aside(connected.error()));
  }
  return store;
}

bool HistoryStore::is_ours() const {
  switch (if_damaged_) {
    case IfDamaged::Refuse: return false;
    case IfDamaged::SetAsideIfOurs: return is_written_by(file_, kApplication);
    case IfDamaged::SetAside: return true;
  }
  return false;
}

/// `why` again, unless it was damage and the file is gone from its place: then the history is
/// empty.
Status HistoryStore::set_aside(const Error& why) {
  if (!damaged_) return tl::unexpected(why);
  database_.reset();
  if (!is_ours()) return tl::unexpected(why);
  const Result<std::string> aside = move_aside(file_, std::move(in_place_), kAsideMax);
  if (!aside) return fail(why.message + "; it cannot be set aside: " + aside.error().message);
  damaged_ = false;
  // Of several runs the one that renames it tells.
  if (!aside->empty()) {
    notice_ = "damaged history: " + why.message + "; the file is now " + *aside +
              ", and a new one is begun";
  }
  return {};
}

Status HistoryStore::connect(bool create) {
  std::error_code failed;
  const bool exists = std::filesystem::exists(file_, failed);
  if (failed) return error("open", Error{failed.message()});
  if (!exists && !create) return {};
  if (!exists) {
    const std::filesystem::path folder = std::filesystem::path(file_).parent_path();
    make_private_folders(folder);
    if (!folder.empty()) std::filesystem::create_directories(folder, failed);
    if (failed) return error("create the directory of", Error{failed.message()});
  }
  Result<UniqueFd> kept = keep_in_place(file_, create);
  if (!kept) return error("open", kept.error());
  // Another run may have set it aside just now.
  if (!*kept && !std::filesystem::exists(file_, failed)) return {};
  in_place_ = std::move(*kept);
  Result<Database> opened = Database::open(file_, create);
  if (!opened) return error("open", opened.error());
  database_.emplace(std::move(*opened));
  database_->wait_at_most(wait_milliseconds_);
  Status checked = leave_wal();
  if (checked) checked = check_schema();
  if (!checked) database_.reset();
  return checked;
}

/// An exclusive lock before the first look lets SQLite read such a log without memory that is
/// shared.
Status HistoryStore::leave_wal() {
  if (!has_wal(file_)) return {};
  for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=DELETE",
                          "PRAGMA locking_mode=NORMAL"}) {
    if (Status done = database_->execute(sql); !done) return error("read", done.error());
  }
  return {};
}

Status HistoryStore::check_schema() {
  const Result<std::int64_t> application = database_->pragma("application_id");
  if (!application) return error("read", application.error());
  const Result<std::int64_t> version = database_->pragma("user_version");
  if (!version) return error("read", version.error());
  if (*application == kApplication) {
    if (*version <= kVersion) return {};
    return error("read",
                 Error{"it was written by a newer spread (format " + std::to_string(*version) +
                       ", this one knows " + std::to_string(kVersion) + ")"});
  }
  // An empty file is as good as none: a run that was killed just now may have left it.
  Statement tables(*database_, "SELECT count(*) FROM sqlite_master");
  const Result<bool> row = tables.step();
  if (!row) return error("read", row.error());
  if (*application == 0 && tables.integer(0) == 0) return {};
  // Another run may have made the first tables between the two looks.
  const Result<std::int64_t> now = database_->pragma("application_id");
  if (now && *now == kApplication && *application == 0) return {};
  return error("read", Error{"it is another program's database"});
}

void HistoryStore::wait_at_most(int milliseconds) {
  wait_milliseconds_ = milliseconds;
  if (database_) database_->wait_at_most(milliseconds);
}

/// Inside a transaction: another run may have done it meanwhile.
Status HistoryStore::create_schema() {
  const Result<std::int64_t> version = database_->pragma("user_version");
  if (!version) return tl::unexpected<Error>(version.error());
  if (*version != 0) return {};
  return database_->execute(kSchema);
}

// ---------------------------------------------------------------- reading

Result<std::vector<PartHistory>> HistoryStore::parts(const HistoryKey& key) {
  std::vector<PartHistory> found;
  Statement select(*database_, "SELECT weight, mean, variance FROM part WHERE part = ?");
  for (const std::string& part : parts_of(key)) {
    const Result<bool> row = select.bind(0, part).step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) continue;
    found.push_back(read_part(select));
    SPREAD_TRY(select.run());
  }
  return found;
}

Result<KeyHistory> HistoryStore::key_history(const HistoryKey& key) {
  Statement select(*database_,
                   "SELECT seconds, weight, launch_seconds, failure_rate, busy_rate, tasks,"
                   " last_used FROM key WHERE host = ? AND command = ? AND prep = ?");
  const Result<bool> row =
      select.bind(0, key.host).bind(1, shell_join(key.command)).bind(2, key.prep_digest).step();
  if (!row) return tl::unexpected<Error>(row.error());
  return *row ? read_key(select, 0) : KeyHistory{};
}

Result<std::vector<Prior>> HistoryStore::lookup(const std::vector<HistoryKey>& keys) {
  if (!database_) return std::vector<Prior>(keys.size());
  Result<std::vector<Prior>> found = priors(keys);
  if (found) return found;
  SPREAD_TRY(set_aside(found.error()));
  return std::vector<Prior>(keys.size());
}

Result<std::vector<Prior>> HistoryStore::priors(const std::vector<HistoryKey>& keys) {
  std::vector<Prior> priors(keys.size());
  const Result<std::int64_t> version = database_->pragma("user_version");
  if (!version) return error("read", version.error());
  if (*version == 0) return priors;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Result<KeyHistory> history = key_history(keys[i]);
    if (!history) return error("read", history.error());
    const Result<std::vector<PartHistory>> known = parts(keys[i]);
    if (!known) return error("read", known.error());
    if (history->seconds > 0) priors[i].service_seconds = history->seconds;
    if (history->launch_seconds > 0) priors[i].launch_seconds = history->launch_seconds;
    priors[i].failure_rate = history->failure_rate;
    priors[i].busy_rate = history->busy_rate;
    const Factor factor = combine(*known);
    if (factor.confidence > 0) priors[i].host_factor = std::exp(factor.log);
  }
  return priors;
}

Result<std::vector<HistoryStore::Row>> HistoryStore::rows(const std::vector<std::string>& words) {
  std::vector<Row> rows;
  if (!database_) return rows;
  const Result<std::int64_t> version = database_->pragma("user_version");
  if (!version) return error("read", version.error());
  if (*version == 0) return rows;
  Statement select(*database_,
                   "SELECT host, command, prep, seconds, weight, launch_seconds, failure_rate,"
                   " busy_rate, tasks, last_used FROM key ORDER BY command, prep, seconds, host");
  while (true) {
    const Result<bool> more = select.step();
    if (!more) return error("read", more.error());
    if (!*more) break;
    Row row;
    Result<std::vector<std::string>> command = shell_split(select.text(1));
    if (!command) return error("read", command.error());
    row.key = {select.text(0), std::move(*command), select.text(2)};
    row.history = read_key(select, 3);
    if (matches(row.key, words)) rows.push_back(std::move(row));
  }
  for (Row& row : rows) {
    const Result<std::vector<PartHistory>> known = parts(row.key);
    if (!known) return error("read", known.error());
    const Factor factor = combine(*known);
    if (factor.confidence > 0) row.factor = std::exp(factor.log);
  }
  return rows;
}

// ---------------------------------------------------------------- writing

Status HistoryStore::in_transaction(Status result) {
  if (!result) {
    database_->roll_back();
    return error("write", result.error());
  }
  if (Status done = database_->execute("COMMIT"); !done) {
    database_->roll_back();
    return error("write", done.error());
  }
  return {};
}

Status HistoryStore::record(const std::vector<Observation>& run, std::int64_t unix_now) {
  const auto idle = [](const Observation& seen) {
    return seen.answers + seen.failures + seen.refusals == 0;
  };
  if (std::all_of(run.begin(), run.end(), idle)) return {};
  const Status written = write(run, unix_now);
  if (written) return {};
  SPREAD_TRY(set_aside(written.error()));
  return write(run, unix_now);
}

Status HistoryStore::write(const std::vector<Observation>& run, std::int64_t unix_now) {
  if (!database_) SPREAD_TRY(connect(true));
  // A disk that is busy must not delay the end of a run. What a power cut damages is set aside.
  if (Status set = database_->execute("PRAGMA synchronous=OFF"); !set) {
    return error("write", set.error());
  }
  // IMMEDIATE: read and write under one lock, or two runs that end together forget one of them.
  if (Status begun = database_->execute("BEGIN IMMEDIATE"); !begun) {
    return error("write", begun.error());
  }
  return in_transaction(merge_run(run, unix_now));
}

Status HistoryStore::merge_run(const std::vector<Observation>& run, std::int64_t unix_now) {
  SPREAD_TRY(create_schema());
  std::vector<Factor> known;
  for (const Observation& seen : run) {
    const Result<std::vector<PartHistory>> found = parts(seen.key);
    if (!found) return tl::unexpected<Error>(found.error());
    known.push_back(combine(*found));
  }
  const std::vector<std::optional<double>> factors = log_factors(run, known);
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (run[i].answers + run[i].failures + run[i].refusals == 0) continue;
    Result<KeyHistory> history = key_history(run[i].key);
    if (!history) return tl::unexpected<Error>(history.error());
    merge(*history, run[i], unix_now);
    SPREAD_TRY(store(run[i].key, *history));
  }
  for (const auto& [part, seen] : score_parts(run, factors)) {
    SPREAD_TRY(merge_part(part, seen, unix_now));
  }
  return prune();
}

Status HistoryStore::store(const HistoryKey& key, const KeyHistory& history) {
  Statement insert(*database_, "INSERT OR REPLACE INTO key VALUES (?,?,?,?,?,?,?,?,?,?)");
  insert.bind(0, key.host).bind(1, shell_join(key.command)).bind(2, key.prep_digest);
  insert.bind(3, history.seconds).bind(4, history.weight).bind(5, history.launch_seconds);
  insert.bind(6, history.failure_rate).bind(7, history.busy_rate);
  insert.bind(8, static_cast<std::int64_t>(history.tasks)).bind(9, history.last_used);
  return insert.run();
}

Status HistoryStore::merge_part(const std::string& part, const PartHistory& seen,
                                std::int64_t unix_now) {
  PartHistory history;
  Statement select(*database_, "SELECT weight, mean, variance FROM part WHERE part = ?");
  const Result<bool> row = select.bind(0, part).step();
  if (!row) return tl::unexpected<Error>(row.error());
  if (*row) history = read_part(select);
  merge(history, seen);
  Statement insert(*database_, "INSERT OR REPLACE INTO part VALUES (?,?,?,?,?)");
  insert.bind(0, part).bind(1, history.weight).bind(2, history.mean).bind(3, history.variance);
  return insert.bind(4, unix_now).run();
}

Status HistoryStore::prune() {
  SPREAD_TRY(Statement(*database_, kPruneKeys).bind(0, kKeysMax).run());
  return Statement(*database_, kPruneParts).bind(0, kPartsMax).run();
}

Result<std::size_t> HistoryStore::reset(const std::vector<std::string>& words) {
  const Result<std::vector<Row>> doomed = rows(words);
  if (!doomed) return tl::unexpected<Error>(doomed.error());
  if (!database_ || doomed->empty()) return std::size_t{0};
  if (Status begun = database_->execute("BEGIN IMMEDIATE"); !begun) {
    return error("write", begun.error());
  }
  const auto forget = [&]() -> Status {
    if (words.empty()) return database_->execute("DELETE FROM key; DELETE FROM part;");
    Statement remove(*database_, "DELETE FROM key WHERE host = ? AND command = ? AND prep = ?");
    for (const Row& row : *doomed) {
      remove.bind(0, row.key.host).bind(1, shell_join(row.key.command));
      SPREAD_TRY(remove.bind(2, row.key.prep_digest).run());
    }
    Statement parts(*database_, "DELETE FROM part WHERE part = ?");
    for (const std::string& word : words) {
      SPREAD_TRY(parts.bind(0, "@" + word).run());
      SPREAD_TRY(parts.bind(0, "=" + word).run());
    }
    return {};
  };
  SPREAD_TRY(in_transaction(forget()));
  return doomed->size();
}

}  // namespace spread
