// A history file that is damaged, or in a file system that refuses: what becomes of it, and that a
// run is never ended by it. What refuses is SQLite's own table of system calls.

#include "spread/history/damaged_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "spread/history/history_store.h"

namespace spread {
namespace {

using IfDamaged = HistoryStore::IfDamaged;

Observation took(const std::string& host, double seconds) {
  Observation seen;
  seen.key = {host, {"work"}, ""};
  seen.seconds = seconds;
  seen.tasks = 10;
  seen.answers = 10;
  return seen;
}

class DamagedFile : public testing::Test {
 protected:
  DamagedFile() {
    std::string name = std::filesystem::temp_directory_path() / "spread_history.XXXXXX";
    folder_ = mkdtemp(name.data());
    file_ = folder_ / "history.db";
  }
  ~DamagedFile() override { std::filesystem::remove_all(folder_); }

  void make(std::size_t hosts = 2) {
    auto store = HistoryStore::open(file_);
    ASSERT_TRUE(store);
    std::vector<Observation> run;
    for (std::size_t i = 0; i < hosts; ++i) run.push_back(took("host" + std::to_string(i), 1));
    ASSERT_TRUE(store->record(run, 7));
  }
  void write(const std::string& bytes) { std::ofstream(file_, std::ios::binary) << bytes; }
  static std::string read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// Without its lock, as of a run that is about to move it.
  UniqueFd held() const { return open_file(file_.c_str(), O_RDWR | O_CLOEXEC); }
  std::size_t files() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  /// What a run does; the error or the notice, if there was one.
  std::string run(IfDamaged if_damaged) {
    auto store = HistoryStore::open(file_, 1, if_damaged);
    if (!store) return store.error().message;
    if (auto priors = store->lookup({{"host0", {"work"}, ""}}); !priors) {
      return priors.error().message;
    }
    if (Status kept = store->record({took("host0", 2)}, 8); !kept) return kept.error().message;
    return store->take_notice();
  }

  std::filesystem::path folder_, file_;
};

TEST_F(DamagedFile, IsRenamedAndANewOneIsBegun) {
  const std::string text(4096, 'x');
  write(text);
  const std::string notice = run(IfDamaged::SetAside);
  EXPECT_NE(notice.find("is now " + file_.string() + ".damaged,"), std::string::npos) << notice;
  EXPECT_TRUE(read(file_.string() + ".damaged") == text);
  EXPECT_EQ(run(IfDamaged::SetAside), "");
  EXPECT_EQ(HistoryStore::open(file_)->rows({})->size(), 1u);
}

TEST_F(DamagedFile, StaysAsItIsWhereTheUserHasNamedItAndSpreadHasNotWrittenIt) {
  const std::string text(4096, 'x');
  write(text);
  EXPECT_NE(run(IfDamaged::SetAsideIfOurs).find("not a database"), std::string::npos);
  EXPECT_TRUE(read(file_) == text);
  EXPECT_EQ(files(), 1u);
}

TEST_F(DamagedFile, IsRecognizedByItsHeader) {
  make(100);
  std::filesystem::resize_file(file_, 5000);
  const std::string bytes = read(file_);
  EXPECT_NE(run(IfDamaged::SetAsideIfOurs).find(".damaged,"), std::string::npos);
  EXPECT_TRUE(read(file_.string() + ".damaged") == bytes);
}

TEST_F(DamagedFile, OfZerosIsWhatAPowerCutLeaves) {
  write(std::string(8192, '\0'));
  EXPECT_NE(run(IfDamaged::SetAsideIfOurs).find(".damaged,"), std::string::npos);
}

TEST_F(DamagedFile, WithoutATableIsDamaged) {
  make();
  {
    auto database = Database::open(file_, false);
    ASSERT_TRUE(database && database->execute("DROP TABLE part"));
  }
  EXPECT_NE(run(IfDamaged::SetAsideIfOurs).find("no such table: part; the file is now"),
            std::string::npos);
}

TEST_F(DamagedFile, ATriggerDoesNothing) {
  make();
  {
    auto database = Database::open(file_, false);
    ASSERT_TRUE(database && database->execute("CREATE TRIGGER forget AFTER INSERT ON key BEGIN "
                                              "DELETE FROM key; END"));
  }
  EXPECT_EQ(run(IfDamaged::SetAside), "");
  EXPECT_EQ(HistoryStore::open(file_)->rows({})->size(), 2u);
}

TEST_F(DamagedFile, ThatIsAskedForIsAnErrorAndStays) {
  write(std::string(4096, 'x'));
  EXPECT_FALSE(HistoryStore::open(file_));
  EXPECT_EQ(files(), 1u);
}

TEST_F(DamagedFile, OfAnotherProgramIsLeftAloneAlsoInThePlaceOfSpread) {
  {
    auto database = Database::open(file_, true);
    ASSERT_TRUE(database && database->execute("CREATE TABLE bookmarks (url TEXT)"));
  }
  EXPECT_NE(run(IfDamaged::SetAside).find("another program's"), std::string::npos);
  EXPECT_EQ(files(), 1u);
}

TEST_F(DamagedFile, TakesItsJournalAlong) {
  write(std::string(4096, 'x'));
  std::ofstream(file_.string() + "-journal") << "of the old one";
  ASSERT_TRUE(move_aside(file_, held(), 9));
  EXPECT_EQ(read(file_.string() + ".damaged-journal"), "of the old one");
  EXPECT_FALSE(std::filesystem::exists(file_.string() + "-journal"));
}

TEST_F(DamagedFile, NeverReplacesAnother) {
  for (int i = 0; i < HistoryStore::kAsideMax; ++i) {
    write(std::string(4096, static_cast<char>('a' + i)));
    EXPECT_NE(run(IfDamaged::SetAside).find("the file is now"), std::string::npos);
  }
  EXPECT_EQ(read(file_.string() + ".damaged")[0], 'a');
  EXPECT_EQ(read(file_.string() + ".damaged-9")[0], 'i');
  write(std::string(4096, 'z'));
  EXPECT_NE(run(IfDamaged::SetAside).find("cannot be set aside: there are 9 files"),
            std::string::npos);
  EXPECT_EQ(read(file_)[0], 'z');
}

TEST_F(DamagedFile, IsSetAsideOnceBySeveralRuns) {
  make();
  UniqueFd second_run = held();
  const Result<std::string> first = move_aside(file_, held(), 9);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, file_.string() + ".damaged");
  make();  // a new one; the second run had opened the old one
  const Result<std::string> second = move_aside(file_, std::move(second_run), 9);
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, "");
  EXPECT_TRUE(std::filesystem::exists(file_));
  EXPECT_EQ(files(), 2u);
}

TEST_F(DamagedFile, KeepsItsNameWhileAnotherRunHasItOpen) {
  make();
  Result<UniqueFd> other = keep_in_place(file_, false);
  ASSERT_TRUE(other && *other);
  const Result<std::string> moved = move_aside(file_, held(), 9);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().message, "another run has it open");
  EXPECT_EQ(files(), 1u);
  other->reset();
  EXPECT_EQ(move_aside(file_, held(), 9).value(), file_.string() + ".damaged");
}

TEST_F(DamagedFile, OfSeveralRunsAtTheSameTimeIsKeptAndEachGoesOn) {
  const std::string text(4096, 'x');
  write(text);
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t pid = fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      bool good = true;
      for (int i = 0; i < 20; ++i) {
        auto store =
            HistoryStore::open(file_, HistoryStore::kWaitMilliseconds, IfDamaged::SetAside);
        good = good && store && store->record({took("host0", 1)}, i);
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
  std::size_t kept = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    if (read(file.path()) == text) ++kept;
  }
  EXPECT_EQ(kept, 1u);
  EXPECT_EQ(HistoryStore::open(file_)->rows({})->size(), 1u);
}

// Whatever bytes a file has: a run goes on with its history, without it, or with a new one; what it
// is told stays within bounds; and no byte is lost.
TEST_F(DamagedFile, OfAnyKindEndsNoRun) {
  make(40);
  const std::string good = read(file_);
  const char* given = std::getenv("SPREAD_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : 13;
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  std::size_t set_aside = 0;
  for (int round = 0; round < 300; ++round) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    std::string bad = good;
    for (unsigned i = 0; i < 1 + random() % 60; ++i) {
      bad[random() % (random() % 2 == 0 ? 200 : bad.size())] = static_cast<char>(random());
    }
    if (random() % 4 == 0) bad.resize(random() % bad.size());
    write(bad);
    auto store = HistoryStore::open(file_, 1, IfDamaged::SetAside);
    if (!store) continue;
    const auto priors = store->lookup({{"host0", {"work"}, ""}, {"host7", {"x"}, ""}});
    if (priors) {
      for (const Prior& prior : *priors) {
        EXPECT_TRUE(prior.service_seconds.value_or(1) > 0 &&
                    prior.service_seconds.value_or(1) < 1e8);
        EXPECT_TRUE(prior.host_factor.value_or(1) > 0 && prior.host_factor.value_or(1) < 1e5);
        EXPECT_TRUE(prior.failure_rate >= 0 && prior.failure_rate <= 1);
      }
    }
    static_cast<void>(store->record({took("host0", 1), took("host7", 2)}, 9));
    if (store->take_notice().empty()) continue;
    ++set_aside;
    EXPECT_EQ(read(file_.string() + ".damaged").size(), bad.size());
    EXPECT_EQ(run(IfDamaged::SetAside), "");
  }
  EXPECT_GT(set_aside, 20u);
}

/// The file system of SQLite in this process, in which one call of one kind fails.
class Refusing {
 public:
  Refusing(const char* call, int why) : call_(call) {
    why_ = why;
    calls_ = 0;
    vfs()->xSetSystemCall(vfs(), call,
                          std::string_view(call) == "fcntl"
                              ? reinterpret_cast<sqlite3_syscall_ptr>(&refuse_locks)
                              : reinterpret_cast<sqlite3_syscall_ptr>(&refuse));
  }
  Refusing(const Refusing&) = delete;
  Refusing& operator=(const Refusing&) = delete;
  ~Refusing() { vfs()->xSetSystemCall(vfs(), call_, nullptr); }
  static int calls() { return calls_; }

 private:
  static sqlite3_vfs* vfs() { return sqlite3_vfs_find(nullptr); }
  static int refuse_locks(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    if (command != F_SETLK) return fcntl(fd, command, argument);
    ++calls_;
    errno = why_;
    return -1;
  }
  static int refuse() {
    ++calls_;
    errno = why_;
    return -1;
  }

  const char* call_;
  static inline int why_ = 0, calls_ = 0;
};

class RefusingFileSystem : public DamagedFile {};

TEST_F(RefusingFileSystem, RefusedLocksAreAnErrorAtOnceAndTheFileStays) {
  make();
  const std::string bytes = read(file_);
  for (const int why : {ENOLCK, EACCES, EAGAIN, EPERM, EIO, ENOSYS, EOPNOTSUPP, ESTALE, EINTR}) {
    const Refusing refusing("fcntl", why);
    EXPECT_NE(run(IfDamaged::SetAside), "") << why;
    EXPECT_GT(Refusing::calls(), 0);
    EXPECT_LT(Refusing::calls(), 100) << "it went on trying";
  }
  EXPECT_TRUE(read(file_) == bytes);
  EXPECT_EQ(files(), 1u);
}

TEST_F(RefusingFileSystem, NoLocksAreNamedAsTheReason) {
  make();
  const Refusing refusing("fcntl", ENOLCK);
  EXPECT_NE(run(IfDamaged::SetAside).find("grants no locks"), std::string::npos);
}

TEST_F(RefusingFileSystem, WhatCannotBeReadOrWrittenIsNoDamage) {
  make();
  // Of some there are two, of which SQLite uses one.
  std::size_t met = 0;
  for (const char* call : {"pread", "pwrite", "pread64", "pwrite64", "fstat", "open"}) {
    for (const int why : {EIO, ENOSPC, EDQUOT, ESTALE}) {
      const std::string bytes = read(file_);
      const Refusing refusing(call, why);
      const std::string said = run(IfDamaged::SetAside);
      if (Refusing::calls() == 0) continue;
      ++met;
      EXPECT_NE(said, "") << call << " " << why;
      EXPECT_TRUE(read(file_) == bytes) << call << " " << why;
      EXPECT_EQ(said.find("is now"), std::string::npos) << call << " " << why << ": " << said;
    }
  }
  EXPECT_GE(met, 16u);
  EXPECT_EQ(run(IfDamaged::SetAside), "");
}

}  // namespace
}  // namespace spread
