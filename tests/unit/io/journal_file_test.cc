#include "spread/io/journal_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "spread/io/system.h"
#include "spread/journal/record_log.h"

namespace spread {
namespace {

namespace fs = std::filesystem;

std::string error_of(const Result<JournalFile>& file) { return file ? "" : file.error().message; }
std::string error_of(const Status& status) { return status ? "" : status.error().message; }

/// As in /proc/PID/stat.
char stat_state(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  return stat[stat.rfind(") ") + 2];
}

class JournalFiles : public testing::Test {
 protected:
  JournalFiles() {
    char folder[] = "/tmp/spread-journal-XXXXXX";
    folder_ = mkdtemp(folder);
    name_ = folder_ + "/j";
  }
  ~JournalFiles() override { fs::remove_all(folder_); }

  void write(const std::string& text) { std::ofstream(name_, std::ios::binary) << text; }
  std::string text() {
    std::ifstream file(name_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// An error without the folder.
  std::string told(std::string error) {
    for (std::size_t at; (at = error.find(folder_ + '/')) != std::string::npos;) {
      error.erase(at, folder_.size() + 1);
    }
    return error;
  }
  static std::string fragments(std::string_view record, std::uint64_t at) {
    ByteBuffer out;
    RecordLogWriter(at).append(as_bytes(record), out);
    return std::string(as_text(out.view()));
  }
  static Status add(JournalFile& file, std::string_view record) {
    return file.append(as_bytes(fragments(record, file.end())));
  }
  static std::string part_of(const WriterIdentity& writer) {
    JournalPart part;
    part.writer = writer;
    ByteBuffer out;
    append_part(part, out);
    return std::string(as_text(out.view()));
  }
  /// The records of the file of this name: "one two.".
  std::string records() {
    auto file = JournalFile::open_to_read(name_);
    if (!file) return file.error().message;
    RecordLogReader reader(*file);
    std::string all;
    LogRead read;
    while ((read = reader.next()) == LogRead::Record) {
      all += as_text(reader.record());
      all += ' ';
    }
    return all + (read == LogRead::End ? "." : "torn");
  }

  std::string folder_, name_;
};

TEST_F(JournalFiles, IsMadeForItsOwnerAlone) {
  auto file = JournalFile::create(name_);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(text(), kJournalMagic);
  EXPECT_EQ(file->end(), kJournalMagic.size());
  struct stat status {};
  ASSERT_EQ(stat(name_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(JournalFiles, IsNotMadeWhereAFileIs) {
  write("precious");
  const auto file = JournalFile::create(name_);
  EXPECT_EQ(told(error_of(file)), "j: cannot make it: File exists");
  EXPECT_EQ(file.error().number, EEXIST);
  EXPECT_EQ(text(), "precious");
}

TEST_F(JournalFiles, IsAppendedToAndReadBack) {
  auto file = JournalFile::create(name_);
  ASSERT_TRUE(add(*file, "one"));
  ASSERT_TRUE(add(*file, "two"));
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(records(), "one two .");
}

TEST_F(JournalFiles, IsContinued) {
  {
    auto file = JournalFile::create(name_);
    ASSERT_TRUE(add(*file, "one"));
  }
  auto file = JournalFile::open_to_append(name_);
  ASSERT_TRUE(file.has_value()) << error_of(file);
  EXPECT_EQ(file->end(), text().size());
  ASSERT_TRUE(add(*file, "two"));
  EXPECT_EQ(records(), "one two .");
}

TEST_F(JournalFiles, IsCutBack) {
  auto file = JournalFile::create(name_);
  ASSERT_TRUE(add(*file, "one"));
  const std::uint64_t end = file->end();
  ASSERT_TRUE(file->append(as_bytes("torn")));
  EXPECT_EQ(records(), "one torn");
  ASSERT_TRUE(file->truncate_to(end));
  ASSERT_TRUE(add(*file, "two"));
  EXPECT_EQ(records(), "one two .");
}

// Its writer was killed before it had the magic.
TEST_F(JournalFiles, IsBegunWhereNothingIsInIt) {
  for (const std::string begun : {"", "spread j"}) {
    write(begun);
    {
      auto file = JournalFile::open_to_append(name_);
      ASSERT_TRUE(file.has_value()) << error_of(file);
      ASSERT_TRUE(add(*file, "one"));
    }
    EXPECT_EQ(records(), "one .");
    write(begun);
    EXPECT_EQ(records(), ".");
    EXPECT_EQ(text(), begun);
  }
}

TEST_F(JournalFiles, RefusesWhatIsNoJournal) {
  const auto refused = [this] {
    const std::string error = error_of(JournalFile::open_to_read(name_));
    EXPECT_EQ(error, error_of(JournalFile::take_over(name_)));
    const std::string other = error_of(JournalFile::open_to_append(name_));
    EXPECT_TRUE(error == other || other.find("Is a directory") != std::string::npos) << other;
    return told(error);
  };
  EXPECT_EQ(refused(), "j: cannot open it: No such file or directory");
  write("a file of the user's\n");
  EXPECT_EQ(refused(), "j: it is no journal of spread");
  EXPECT_EQ(text(), "a file of the user's\n");
  write(std::string("spread journal\n\1", 16));
  EXPECT_EQ(refused(), "j: it is the journal of a newer spread");
  write(std::string(10'000, '\0'));
  EXPECT_EQ(refused(),
            "j: it begins with zeros: either no journal, or one that a power cut has taken");
  fs::remove(name_);
  mkfifo(name_.c_str(), 0600);
  EXPECT_EQ(refused(), "j: it is no regular file");
  fs::remove(name_);
  fs::create_directory(name_);
  EXPECT_EQ(refused(), "j: it is a directory");
}

TEST_F(JournalFiles, IsWrittenByOneAtATime) {
  auto file = JournalFile::create(name_);
  EXPECT_EQ(
      told(error_of(JournalFile::open_to_append(name_))),
      "j: another process is writing it (last record 0 s ago); --take-over continues in its place");
  ASSERT_TRUE(add(*file, part_of({"n3", "boot", 4711, 5})));
  const timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, name_.c_str(), times, 0), 0);
  const std::string error = told(error_of(JournalFile::open_to_append(name_)));
  EXPECT_TRUE(error.starts_with("j: pid 4711 on n3 is writing it (last record ")) << error;
  EXPECT_TRUE(error.ends_with(" d ago); --take-over continues in its place")) << error;
  // Readers take no lock.
  EXPECT_TRUE(JournalFile::open_to_read(name_).has_value());
}

// Of a master that was killed, a process that it was about to start has the lock until its exec.
TEST_F(JournalFiles, IsWaitedForWhereItsWriterIsGoneAndTheLockIsNot) {
  const std::string begun = name_ + ".begun";
  const pid_t child = fork();
  if (child == 0) {
    // It must not inherit the lock, and sleep nowhere else.
    while (access(begun.c_str(), F_OK) != 0) sched_yield();
    _exit(JournalFile::open_to_append(name_) ? 0 : 1);
  }
  auto file = JournalFile::create(name_);
  WriterIdentity gone = own_identity();
  ++gone.pid_start;
  ASSERT_TRUE(add(*file, part_of(gone)));
  std::ofstream(begun) << "begun";
  // It has found the lock held, and sleeps; or it has ended.
  while (std::string_view("SZ").find(stat_state(child)) == std::string_view::npos) sched_yield();
  ASSERT_TRUE(file->close());
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(JournalFiles, NamesNoWriterThatIsGone) {
  auto file = JournalFile::create(name_);
  WriterIdentity gone = own_identity();
  ++gone.pid_start;
  ASSERT_TRUE(add(*file, part_of(gone)));
  EXPECT_TRUE(told(error_of(JournalFile::open_to_append(name_)))
                  .starts_with("j: another process is writing it (last record "));
}

// A worker may outlive the run that started it.
TEST_F(JournalFiles, IsNotLockedByAProcessThatWasStarted) {
  auto file = std::make_optional(JournalFile::create(name_));
  int hold[2];
  ASSERT_EQ(pipe(hold), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(hold[0], 0);
    close(hold[1]);
    execl("/bin/sh", "sh", "-c", "echo >&2; read wait", nullptr);
    _exit(1);
  }
  file.reset();
  // The child has exec'd when its descriptors are closed: then the lock is free.
  int status = 0;
  close(hold[0]);
  Result<JournalFile> again = JournalFile::open_to_append(name_);
  while (!again && waitpid(child, &status, WNOHANG) == 0)
    again = JournalFile::open_to_append(name_);
  EXPECT_TRUE(again.has_value()) << error_of(again);
  close(hold[1]);
  waitpid(child, &status, 0);
}

TEST_F(JournalFiles, KnowsWhenItIsNoLongerTheOne) {
  auto file = JournalFile::create(name_);
  EXPECT_TRUE(file->check_ours());
  fs::rename(name_, name_ + "2");
  EXPECT_EQ(told(error_of(file->check_ours())),
            "j: it was removed or renamed while it was written");
  write("other");
  EXPECT_EQ(told(error_of(file->check_ours())), "j: it has been taken over by another run");
}

TEST_F(JournalFiles, IsTakenOver) {
  auto old = JournalFile::create(name_);
  ASSERT_TRUE(add(*old, "one"));
  ASSERT_TRUE(old->append(as_bytes("torn")));
  fs::create_symlink("j", folder_ + "/link");
  auto file = JournalFile::take_over(folder_ + "/link");
  ASSERT_TRUE(file.has_value()) << error_of(file);
  EXPECT_TRUE(fs::is_symlink(folder_ + "/link"));
  EXPECT_TRUE(file->check_ours());
  EXPECT_EQ(told(error_of(old->check_ours())), "j: it has been taken over by another run");
  ASSERT_TRUE(add(*file, "two"));
  EXPECT_EQ(records(), "one two .");
  struct stat status {};
  ASSERT_EQ(stat(name_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  // Locked, and nothing lies beside it.
  EXPECT_FALSE(JournalFile::open_to_append(name_).has_value());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
}

TEST_F(JournalFiles, IsNotTakenOverWhereItIsDamaged) {
  {
    auto file = JournalFile::create(name_);
    for (const char* record : {"one", "two", "three"}) ASSERT_TRUE(add(*file, record));
  }
  std::string damaged = text();
  damaged[30] ^= 1;
  write(damaged);
  EXPECT_EQ(told(error_of(JournalFile::take_over(name_))), "j: damaged at byte 26");
  EXPECT_EQ(text(), damaged);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(JournalFiles, IsAsItWasWhereItCannotBeWritten) {
  auto file = JournalFile::create(name_);
  ASSERT_TRUE(add(*file, "one"));
  const std::string before = text();
  // A limit stands for a full disk.
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const Status added = add(*file, std::string(5000, 'x'));
    const bool right = !added && added.error().number == EFBIG && file->end() == before.size() &&
                       added.error().message == name_ + ": cannot write it: File too large";
    _exit(right ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text(), before);
}

// ---- who the writer is

TEST(WriterIdentity, IsThatOfALivingProcess) {
  const WriterIdentity own = own_identity();
  EXPECT_EQ(own.host, host_name());
  EXPECT_EQ(own.pid, static_cast<std::uint64_t>(getpid()));
  EXPECT_GT(own.pid_start, 0u);
  EXPECT_GE(own.boot.size(), 36u);
  EXPECT_FALSE(is_provably_gone(own));
  EXPECT_TRUE(own == own_identity());
}

TEST(WriterIdentity, IsGoneWhenItsProcessIs) {
  WriterIdentity other = own_identity();
  const pid_t child = fork();
  if (child == 0) _exit(0);
  other.pid = static_cast<std::uint64_t>(child);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(is_provably_gone(other));
}

TEST(WriterIdentity, IsGoneBeforeItsParentHasAskedForItsStatus) {
  WriterIdentity other = own_identity();
  const pid_t child = fork();
  if (child == 0) _exit(0);
  other.pid = static_cast<std::uint64_t>(child);
  other.pid_start = 0;
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  EXPECT_TRUE(is_provably_gone(other));
  waitpid(child, nullptr, 0);
}

TEST(WriterIdentity, IsGoneWhenAnotherHasItsPid) {
  WriterIdentity other = own_identity();
  ++other.pid_start;
  EXPECT_TRUE(is_provably_gone(other));
  other.pid_start = 0;  // not known
  EXPECT_FALSE(is_provably_gone(other));
}

TEST(WriterIdentity, OfAnotherBootMayBeThere) {
  WriterIdentity other = own_identity();
  other.pid = 0;
  EXPECT_FALSE(is_provably_gone(other));
  other = own_identity();
  ++other.pid_start;
  other.boot = "another";
  EXPECT_FALSE(is_provably_gone(other));
  other.boot.clear();
  EXPECT_FALSE(is_provably_gone(other));
}

}  // namespace
}  // namespace spread
