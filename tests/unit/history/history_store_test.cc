#include "spread/history/history_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace spread {
namespace {

class HistoryFile : public testing::Test {
 protected:
  HistoryFile() {
    std::string name = std::filesystem::temp_directory_path() / "spread_history.XXXXXX";
    folder_ = mkdtemp(name.data());
    file_ = folder_ / "state" / "spread" / "history.db";
  }
  ~HistoryFile() override { std::filesystem::remove_all(folder_); }

  HistoryStore opened() {
    auto store = HistoryStore::open(file_);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }
  std::string why_not() {
    auto store = HistoryStore::open(file_);
    return store ? "" : store.error().message;
  }
  /// As the format of SQLite has them in its header: 1 = a rollback journal, 2 = a write-ahead log.
  std::string journal_versions() {
    std::ifstream file(file_, std::ios::binary);
    file.seekg(18);
    const int to_write = file.get();
    return std::to_string(to_write) + " " + std::to_string(file.get());
  }
  void write(const std::string& text) {
    std::filesystem::create_directories(file_.parent_path());
    std::ofstream(file_) << text;
  }
  void sql(const char* text) {
    std::filesystem::create_directories(file_.parent_path());
    auto database = Database::open(file_, true);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute(text));
  }

  std::filesystem::path folder_, file_;
};

HistoryKey key(const std::string& host, std::vector<std::string> command = {"work", "a b"},
               const std::string& prep = "") {
  return {host, std::move(command), prep};
}

Observation took(const HistoryKey& of, double seconds, std::uint64_t tasks = 10) {
  Observation seen;
  seen.key = of;
  seen.seconds = seconds;
  seen.tasks = static_cast<double>(tasks);
  seen.answers = tasks;
  seen.launch_seconds = 0.25;
  seen.launches = 1;
  return seen;
}

TEST_F(HistoryFile, AMissingFileIsAnEmptyHistoryAndIsNotCreatedByLooking) {
  HistoryStore store = opened();
  const auto priors = store.lookup({key("a")});
  ASSERT_TRUE(priors);
  EXPECT_FALSE((*priors)[0].service_seconds);
  EXPECT_TRUE(store.rows({})->empty());
  EXPECT_EQ(*store.reset({}), 0u);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(HistoryFile, WhatWasRecordedIsFoundByTheNextRun) {
  ASSERT_TRUE(opened().record({took(key("a"), 1), took(key("b"), 4)}, 1000));
  const auto priors = opened().lookup({key("b"), key("a"), key("c")});
  ASSERT_TRUE(priors);
  EXPECT_DOUBLE_EQ(*(*priors)[0].service_seconds, 4);
  EXPECT_DOUBLE_EQ(*(*priors)[1].service_seconds, 1);
  EXPECT_DOUBLE_EQ(*(*priors)[1].launch_seconds, 0.25);
  EXPECT_FALSE((*priors)[2].service_seconds);
  EXPECT_FALSE((*priors)[2].launch_seconds);
}

TEST_F(HistoryFile, ARunThatDidNothingWritesNothing) {
  ASSERT_TRUE(opened().record({took(key("a"), 0, 0)}, 1000));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(HistoryFile, AbsoluteTimesCarryOverForTheSameKeyOnly) {
  ASSERT_TRUE(opened().record({took(key("a"), 1), took(key("b"), 4)}, 1000));
  const auto priors =
      opened().lookup({key("a", {"other"}), key("a", {"work", "a b"}, "digest"), key("b", {"x"})});
  ASSERT_TRUE(priors);
  for (const Prior& prior : *priors) EXPECT_FALSE(prior.service_seconds);
  EXPECT_GT(*(*priors)[2].host_factor / *(*priors)[0].host_factor, 3);
}

TEST_F(HistoryFile, RowsAreChosenByHostAndArguments) {
  ASSERT_TRUE(opened().record({took(key("a"), 1), took(key("b"), 4), took(key("b", {"x"}), 2)}, 7));
  HistoryStore store = opened();
  EXPECT_EQ(store.rows({})->size(), 3u);
  EXPECT_EQ(store.rows({"b"})->size(), 2u);
  EXPECT_EQ(store.rows({"b", "x"})->size(), 1u);
  EXPECT_EQ(store.rows({"a b"})->size(), 2u);
  EXPECT_EQ(store.rows({"wor"})->size(), 0u);
  EXPECT_EQ(store.rows({"b", "x"})->front().key, key("b", {"x"}));
}

TEST_F(HistoryFile, RowsOfACommandComeFastestFirst) {
  ASSERT_TRUE(opened().record({took(key("a"), 3), took(key("b"), 1), took(key("c"), 2)}, 7));
  const auto rows = opened().rows({});
  ASSERT_TRUE(rows);
  EXPECT_EQ((*rows)[0].key.host, "b");
  EXPECT_EQ((*rows)[2].key.host, "a");
}

TEST_F(HistoryFile, ResetForgetsAHostAndItsFactor) {
  ASSERT_TRUE(opened().record({took(key("a"), 1), took(key("b"), 4)}, 7));
  EXPECT_EQ(*opened().reset({"b"}), 1u);
  const auto priors = opened().lookup({key("a"), key("b")});
  EXPECT_TRUE((*priors)[0].service_seconds);
  EXPECT_FALSE((*priors)[1].service_seconds);
}

TEST_F(HistoryFile, ResetWithoutWordsForgetsEverything) {
  ASSERT_TRUE(opened().record({took(key("a"), 1), took(key("b"), 4)}, 7));
  EXPECT_EQ(*opened().reset({}), 2u);
  EXPECT_TRUE(opened().rows({})->empty());
  EXPECT_FALSE((*opened().lookup({key("a")}))[0].host_factor);
}

TEST_F(HistoryFile, AFileThatIsNoDatabaseIsAnErrorThatNamesIt) {
  write(std::string(4096, 'x'));
  EXPECT_EQ(why_not(), "read history " + file_.string() + ": file is not a database");
}

TEST_F(HistoryFile, ATruncatedDatabaseIsAnErrorAndNotACrash) {
  ASSERT_TRUE(opened().record({took(key("a"), 1), took(key("b"), 4)}, 7));
  std::filesystem::resize_file(file_, 5000);
  auto store = HistoryStore::open(file_);
  EXPECT_FALSE(store && store->lookup({key("a")}) && store->record({took(key("a"), 1)}, 8));
}

TEST_F(HistoryFile, AnotherProgramsDatabaseIsLeftAlone) {
  sql("CREATE TABLE bookmarks (url TEXT)");
  EXPECT_NE(why_not().find("another program's database"), std::string::npos);
}

TEST_F(HistoryFile, ADatabaseOfANewerSpreadIsLeftAlone) {
  ASSERT_TRUE(opened().record({took(key("a"), 1)}, 7));
  sql("PRAGMA user_version = 2");
  EXPECT_NE(why_not().find("newer spread"), std::string::npos);
}

TEST_F(HistoryFile, AnEmptyFileIsAnEmptyHistory) {
  write("");
  HistoryStore store = opened();
  EXPECT_TRUE(store.rows({})->empty());
  EXPECT_FALSE((*store.lookup({key("a")}))[0].service_seconds);
  ASSERT_TRUE(store.record({took(key("a"), 1)}, 7));
  EXPECT_EQ(opened().rows({})->size(), 1u);
}

TEST_F(HistoryFile, ADirectoryThatCannotBeMadeIsAnError) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "state") << "a file where a directory should be";
  auto store = HistoryStore::open(file_);
  EXPECT_FALSE(store && store->record({took(key("a"), 1)}, 7));
}

TEST_F(HistoryFile, OfTooManyTheLeastRecentlyUsedAreForgotten) {
  ASSERT_TRUE(opened().record({took(key("first"), 1)}, 1));
  sql("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
      " INSERT INTO part SELECT '@h' || i, 1, 0, 0, i FROM n");
  sql("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10100)"
      " INSERT INTO key SELECT 'h' || i, 'work', '', 1, 1, 0, 0, 0, 1, i FROM n");
  ASSERT_TRUE(opened().record({took(key("last"), 1), took(key("other"), 2)}, 100'000));
  HistoryStore store = opened();
  EXPECT_EQ(static_cast<std::int64_t>(store.rows({})->size()), HistoryStore::kKeysMax);
  EXPECT_TRUE(store.rows({"first"})->empty());
  EXPECT_TRUE(store.rows({"h100"})->empty());
  EXPECT_EQ(store.rows({"last"})->size(), 1u);
  auto database = Database::open(file_, false);
  ASSERT_TRUE(database);
  Statement count(*database, "SELECT count(*) FROM part");
  ASSERT_TRUE(count.step());
  EXPECT_EQ(count.integer(0), HistoryStore::kPartsMax);
}

TEST_F(HistoryFile, ItNeverHasAWriteAheadLog) {
  ASSERT_TRUE(opened().record({took(key("a"), 1)}, 7));
  EXPECT_EQ(journal_versions(), "1 1");
}

TEST_F(HistoryFile, AFileThatWasGivenAWriteAheadLogIsChangedBackAndLosesNothing) {
  ASSERT_TRUE(opened().record({took(key("a"), 1)}, 7));
  sql("PRAGMA journal_mode=WAL");
  ASSERT_EQ(journal_versions(), "2 2");
  HistoryStore store = opened();
  ASSERT_TRUE(store.record({took(key("b"), 1)}, 8));
  EXPECT_EQ(store.rows({})->size(), 2u);
  EXPECT_EQ(journal_versions(), "1 1");
  EXPECT_FALSE(std::filesystem::exists(file_.string() + "-wal"));
}

TEST_F(HistoryFile, AWriteAheadLogThatAnotherProgramUsesIsAnErrorAtOnce) {
  ASSERT_TRUE(opened().record({took(key("a"), 1)}, 7));
  auto other = Database::open(file_, false);
  ASSERT_TRUE(other && other->execute("PRAGMA journal_mode=WAL"));
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  const auto store = HistoryStore::open(file_, 1);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("locked"), std::string::npos);
}

TEST_F(HistoryFile, ALockedFileIsAnErrorAfterAWhileAndKeepsWhatItHolds) {
  ASSERT_TRUE(opened().record({took(key("a"), 1)}, 7));
  auto other = Database::open(file_, false);
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
  HistoryStore store = opened();
  store.wait_at_most(1);
  const Status refused = store.record({took(key("b"), 1)}, 8);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("locked"), std::string::npos);
  ASSERT_TRUE(other->execute("COMMIT"));
  EXPECT_EQ(opened().rows({})->size(), 1u);
}

TEST_F(HistoryFile, ItIsNobodyElsesToRead) {
  const mode_t before = umask(0);
  ASSERT_TRUE(opened().record({took(key("a"), 1)}, 7));
  umask(before);
  using std::filesystem::perms;
  const auto of = [](const std::filesystem::path& path) {
    return std::filesystem::status(path).permissions();
  };
  EXPECT_EQ(of(file_), perms::owner_read | perms::owner_write);
  EXPECT_EQ(of(folder_ / "state" / "spread"), perms::owner_all);
  EXPECT_EQ(of(folder_ / "state"), perms::owner_all);
}

TEST_F(HistoryFile, AFolderThatIsThereKeepsItsPermissions) {
  std::filesystem::create_directories(file_.parent_path());
  const auto before = std::filesystem::status(file_.parent_path()).permissions();
  ASSERT_TRUE(opened().record({took(key("a"), 1)}, 7));
  EXPECT_EQ(std::filesystem::status(file_.parent_path()).permissions(), before);
}

TEST_F(HistoryFile, TwoProcessesThatRecordAtTheSameTimeLoseNothing) {
  constexpr int kRecords = 50;
  std::vector<pid_t> children;
  for (int child = 0; child < 2; ++child) {
    const pid_t pid = fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      bool good = true;
      for (int i = 0; i < kRecords; ++i) {
        auto store = HistoryStore::open(file_);
        good = good && store && store->record({took(key("a"), 1, 1), took(key("b"), 2, 1)}, i);
      }
      _exit(good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  const auto rows = opened().rows({"a"});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at(0).history.tasks, 2u * kRecords);
}

TEST(HistoryDefaultFile, FollowsTheXdgSpecification) {
  EXPECT_EQ(*default_history_file("/state", "/home/u"), "/state/spread/history.db");
  EXPECT_EQ(*default_history_file(nullptr, "/home/u"), "/home/u/.local/state/spread/history.db");
  EXPECT_EQ(*default_history_file("", "/home/u"), "/home/u/.local/state/spread/history.db");
  EXPECT_EQ(*default_history_file("relative", "/h"), "/h/.local/state/spread/history.db");
  EXPECT_FALSE(default_history_file(nullptr, nullptr));
}

}  // namespace
}  // namespace spread
