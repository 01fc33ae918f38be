#include "spread/io/launcher_threads.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spread {
namespace {

/// A call whose child writes to a pipe, and a folder for programs.
class Spawn : public testing::Test {
 protected:
  Spawn() {
    if (mkdtemp(folder_) == nullptr) std::abort();
  }
  ~Spawn() override { std::system(("rm -rf " + std::string(folder_)).c_str()); }

  std::string path(const std::string& name) const { return std::string(folder_) + "/" + name; }
  void program(const std::string& name, const std::string& text, mode_t mode = 0755) {
    std::ofstream(path(name)) << text;
    chmod(path(name).c_str(), mode);
  }
  /// PATH, as the search sees it.
  void search(const std::string& value) { path_ = value; }

  /// What the child writes to stdout; "error N" if it could not be started.
  std::string run(const std::vector<std::string>& words, const std::string& directory = "") {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    SpawnCall call;
    call.set_words(words);
    call.set_directory(directory);
    call.dup_to(ends[1], 1);
    if (standard_only_) call.keep_standard_only();
    call.keep_ignored(keeps_ignored_);
    call.limit_descriptors(descriptor_limit_);
    call.set_search_path(path_.c_str());
    call.environment = {nullptr};
    call.run();
    close(ends[1]);
    std::string text;
    char piece[4096];
    for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<std::size_t>(n));
    }
    close(ends[0]);
    if (call.pid < 0) return "error " + std::to_string(call.error);
    int status;
    while (waitpid(call.pid, &status, 0) < 0) {
    }
    return text;
  }

  bool standard_only_ = false;
  bool keeps_ignored_ = false;
  std::uint64_t descriptor_limit_ = 0;
  char folder_[32] = "/tmp/spread-spawn-XXXXXX";
  const std::string path_before_ = getenv("PATH");
  std::string path_ = path_before_;
};

std::string error(int number) { return "error " + std::to_string(number); }

TEST_F(Spawn, PassesTheWordsAsTheyAre) {
  EXPECT_EQ(run({"/bin/printf", "%s|", "a b", "", "*"}), "a b||*|");
}

TEST_F(Spawn, StartsInADirectory) {
  EXPECT_EQ(run({"/bin/pwd"}, "/usr"), "/usr\n");
  EXPECT_EQ(run({"/bin/pwd"}, "/nowhere"), error(ENOENT));
}

TEST_F(Spawn, SearchesThePathInItsOrder) {
  mkdir(path("a").c_str(), 0755);
  mkdir(path("b").c_str(), 0755);
  program("a/one", "#!/bin/sh\necho first\n");
  program("b/one", "#!/bin/sh\necho second\n");
  search("/nowhere:" + path("a") + ":" + path("b"));
  EXPECT_EQ(run({"one"}), "first\n");
  search(path("b") + ":" + path("a"));
  EXPECT_EQ(run({"one"}), "second\n");
  EXPECT_EQ(run({"two"}), error(ENOENT));
  search(path_before_);
}

TEST_F(Spawn, TakesAnEmptyPartOfThePathForTheCurrentDirectory) {
  program("one", "#!/bin/sh\necho here\n");
  for (const char* value : {"", ":/nowhere", "/nowhere:"}) {
    search(value);
    EXPECT_EQ(run({"one"}, folder_), "here\n") << value;
  }
  search("/nowhere");
  EXPECT_EQ(run({"one"}, folder_), error(ENOENT));
  search(path_before_);
}

// As execvp(3): one that may not be executed is what was meant, unless another is found.
TEST_F(Spawn, TellsOfAProgramThatMayNotBeExecuted) {
  mkdir(path("a").c_str(), 0755);
  program("a/one", "#!/bin/sh\n", 0644);
  search(path("a") + ":/nowhere");
  EXPECT_EQ(run({"one"}), error(EACCES));
  search(path_before_);
}

TEST_F(Spawn, RefusesNamesThatCannotBe) {
  EXPECT_EQ(run({""}), error(ENOENT));
  EXPECT_EQ(run({std::string(300, 'x')}), error(ENAMETOOLONG));
  EXPECT_EQ(run({"/"}), error(EACCES));
}

TEST_F(Spawn, GivesShAScriptFromThePathWithoutAnInterpreter) {
  program("one", "echo \"$0\" \"$@\"\n");
  search(folder_);
  EXPECT_EQ(run({"one", "a b"}), path("one") + " a b\n");
  search(path_before_);
}

TEST_F(Spawn, ManyWordsNeedNoStack) {
  std::vector<std::string> words(100000, "x");
  words[0] = path("one");
  program("one", "echo $#\n");
  EXPECT_EQ(run(words), "99999\n");
}

TEST_F(Spawn, ResetsSignalsAndLeadsAGroup) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
  const std::string script =
      "grep -E 'Sig(Blk|Ign)' /proc/self/status; set -- $(cat /proc/$$/stat); "
      "[ $5 -eq $$ ] && echo leads";
  EXPECT_EQ(run({"/bin/sh", "-c", "PATH=/usr/bin:/bin; " + script}),
            "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nleads\n");
  signal(SIGPIPE, SIG_DFL);
  signal(SIGUSR1, SIG_DFL);
}

TEST_F(Spawn, KeepsIgnoredWhatNohupMadeIgnored) {
  const std::vector<int> signals = {SIGHUP, SIGUSR1, SIGPIPE, SIGINT};
  for (const int number : signals) signal(number, SIG_IGN);
  keeps_ignored_ = true;
  EXPECT_EQ(run({"/bin/sh", "-c", "/bin/grep SigIgn /proc/self/status"}),
            "SigIgn:\t0000000000000201\n");
  for (const int number : signals) signal(number, SIG_DFL);
}

TEST_F(Spawn, HasTheDescriptorsThatAreNotCloseOnExecOrNoneAboveTwo) {
  const int shared = dup2(0, 77);
  const int other = dup2(0, 78);
  const std::string script = "for n in 77 78; do [ -e /proc/$$/fd/$n ] && echo $n; done; :";
  EXPECT_EQ(run({"/bin/sh", "-c", script}), "77\n78\n");
  standard_only_ = true;
  EXPECT_EQ(run({"/bin/sh", "-c", script}), "");
  close(shared);
  close(other);
}

TEST_F(Spawn, HasTheLimitOfDescriptorsThatIsGiven) {
  descriptor_limit_ = 55;
  EXPECT_EQ(run({"/bin/sh", "-c", "ulimit -n"}), "55\n");
}

TEST_F(Spawn, NamesAnInterpreterThatIsMissing) {
  const auto problem = [&](const std::string& text) {
    program("one", text);
    SpawnCall call;
    const std::vector<std::string> words = {path("one")};
    call.set_words(words);
    call.environment = {nullptr};
    call.run();
    return call.problem();
  };
  EXPECT_EQ(problem("#!/nowhere/sh\n"), "its interpreter /nowhere/sh is missing");
  EXPECT_EQ(problem("#! /nowhere/sh -e\n"), "its interpreter /nowhere/sh is missing");
  EXPECT_EQ(problem("#!/nowhere/sh"), "its interpreter /nowhere/sh is missing");
  EXPECT_EQ(problem("#!/bin/sh\r\necho\r\n"),
            "its first line ends with a carriage return (CR LF), so its interpreter /bin/sh<CR> is "
            "missing");
}

TEST_F(Spawn, SaysOfAMissingProgramThatItIsMissing) {
  SpawnCall call;
  const std::vector<std::string> words = {path("none")};
  call.set_words(words);
  call.environment = {nullptr};
  call.run();
  EXPECT_EQ(call.problem(), "No such file or directory");
}

TEST_F(Spawn, CanBeUsedAgainAfterAFailure) {
  SpawnCall call;
  call.environment = {nullptr};
  const std::vector<std::string> bad = {"/nowhere/x"}, good = {"/bin/true"};
  call.set_words(bad);
  call.run();
  EXPECT_EQ(call.error, ENOENT);
  EXPECT_LT(call.pid, 0);
  call.clear();
  call.set_words(good);
  call.run();
  EXPECT_EQ(call.error, 0);
  int status = -1;
  ASSERT_EQ(waitpid(call.pid, &status, 0), call.pid);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace spread
