#include "spread/launch/remote_shell.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/random.h"
#include "spread/launch/launcher.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

using Words = std::vector<std::string>;

/// Those of the shells that this machine has; sh and bash are always there.
std::vector<std::string> installed(const std::vector<std::string>& paths) {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    if (access(path.substr(0, path.find(' ')).c_str(), X_OK) == 0) found.push_back(path);
  }
  return found;
}
std::vector<std::string> login_shells() {
  return installed({"/bin/sh", "/bin/bash", "/bin/dash", "/bin/zsh", "/bin/ksh", "/bin/mksh",
                    "/usr/bin/fish", "/bin/csh", "/bin/tcsh"});
}
/// What /bin/sh may be on the other machine.
std::vector<std::string> posix_shells() {
  return installed(
      {"/bin/sh", "/bin/bash", "/bin/dash", "/bin/busybox sh", "/bin/ksh", "/bin/mksh"});
}

std::string with_posix_shell(std::string remote, const std::string& shell) {
  return remote.replace(remote.find("/bin/sh"), 7, shell);
}

RemoteCommand command(Words words) {
  RemoteCommand remote;
  remote.words = std::move(words);
  remote.environment = {{"SPREAD_HOST", "it's a\\b!c"}, {"SPREAD_SLOT", "7"}};
  remote.poll_seconds = "0.05";
  remote.grace_seconds = 0;
  return remote;
}

std::string random_word(Random& random) {
  static constexpr std::string_view kSpecial = "'\"\\$`!|&;<>()[]{}*?~#%=^@-+:, \t\n\r\x7f";
  std::string word;
  for (std::uint64_t n = random.below(12); n > 0; --n) {
    word += random.below(2) == 0 ? kSpecial[random.below(kSpecial.size())]
                                 : static_cast<char>(1 + random.below(255));
  }
  return word;
}

/// Stands in for sshd: a process that starts `SHELL -c COMMAND` as the leader of a session and
/// waits for it. Any process that is left of what it started keeps `life_` open.
class Session {
 public:
  Session(const std::string& shell, const std::string& remote) {
    int life[2], out[2];
    if (pipe2(life, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) std::abort();
    sshd_ = fork();
    if (sshd_ == 0) {
      const pid_t pid = fork();
      if (pid == 0) {
        setsid();
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(out[1], 1);
        dup2(life[1], 9);
        execl(shell.c_str(), shell.c_str(), "-c", remote.c_str(), nullptr);
        _exit(255);
      }
      close(life[1]);
      close(out[1]);
      int status = 0;
      waitpid(pid, &status, 0);
      _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    close(life[1]);
    close(out[1]);
    life_ = life[0];
    out_ = out[0];
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    end();
    close(life_);
    close(out_);
  }

  std::string read_line() { return read_until(out_, '\n'); }
  std::string read_rest() { return read_until(out_, -1); }
  /// The connection is lost.
  void crash() {
    kill(sshd_, SIGKILL);
    end();
  }
  /// The worker's exit status.
  int end() {
    int status = 0;
    if (sshd_ > 0) waitpid(sshd_, &status, 0);
    sshd_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  bool something_lives() const { return !readable(life_, 0); }
  bool all_end() const { return readable(life_, kDeadline); }

 private:
  // Ends a hang, measures nothing.
  static constexpr int kDeadline = 60000;

  static bool readable(int fd, int milliseconds) {
    pollfd wait = {fd, POLLIN, 0};
    return poll(&wait, 1, milliseconds) == 1;
  }
  static std::string read_until(int fd, int last) {
    std::string text;
    char c;
    while (readable(fd, kDeadline) && read(fd, &c, 1) == 1) {
      text += c;
      if (c == last) break;
    }
    return text;
  }

  pid_t sshd_ = -1;
  int life_ = -1, out_ = -1;
};

/// A worker that says its number, then computes for ever.
const Words kComputing = {"sh", "-c", "echo $$; while :; do :; done"};

TEST(QuoteForLoginShell, LeavesHarmlessWordsBare) {
  EXPECT_EQ(quote_for_login_shell("/bin/a-b_c.d:e,f"), "/bin/a-b_c.d:e,f");
  EXPECT_EQ(quote_for_login_shell(""), "''");
}

TEST(QuoteForLoginShell, PutsBackslashQuoteAndBangOutside) {
  EXPECT_EQ(quote_for_login_shell("a'b\\c!"), "'a'\\''b'\\\\'c'\\!");
  EXPECT_EQ(quote_for_login_shell("!!x"), "\\!\\!'x'");
}

TEST(Remote, IsOneLine) {
  EXPECT_EQ(format_remote(command({"a\nb"})).find('\n'), std::string::npos);
}

TEST(Remote, EveryWordArrivesUnchangedThroughEveryLoginShell) {
  const std::uint64_t seed = test::seed_from_environment(3);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (const std::string& shell : login_shells()) {
    for (int round = 0; round < 8; ++round) {
      Words words;
      for (int i = 0; i < 15; ++i) words.push_back(random_word(random));
      // Newlines are encoded on the way, which is another way for all words.
      if (round % 2 == 0) {
        for (std::string& word : words) std::replace(word.begin(), word.end(), '\n', '!');
      }
      RemoteCommand remote = command({"printf", "%s\\0"});
      remote.words.insert(remote.words.end(), words.begin(), words.end());
      const auto result = test::run_program({shell, "-c", format_remote(remote)}, true);
      ASSERT_EQ(test::split_at_nul(result.out), words) << shell << " round " << round;
    }
  }
}

TEST(Remote, EveryWordArrivesUnchangedThroughEveryPosixShell) {
  const std::uint64_t seed = test::seed_from_environment(4);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  for (const std::string& shell : posix_shells()) {
    for (const char* last : {"", "\n", "a\n\n", "\\n", "\\c\n"}) {
      Words words;
      for (int i = 0; i < 30; ++i) words.push_back(random_word(random));
      words.push_back(last);
      RemoteCommand remote = command({"printf", "%s\\0"});
      remote.words.insert(remote.words.end(), words.begin(), words.end());
      const auto result = test::run_program(
          {"/bin/sh", "-c", with_posix_shell(format_remote(remote), shell)}, true);
      ASSERT_EQ(test::split_at_nul(result.out), words) << shell;
    }
  }
}

TEST(Remote, SetsTheEnvironment) {
  const RemoteCommand remote =
      command({"sh", "-c", "printf '%s %s' \"$SPREAD_HOST\" $SPREAD_SLOT"});
  for (const std::string& shell : login_shells()) {
    const auto result = test::run_program({shell, "-c", format_remote(remote)}, true);
    EXPECT_EQ(result.out, "it's a\\b!c 7") << shell << result.err;
  }
}

TEST(Remote, ChangesTheDirectory) {
  RemoteCommand remote = command({"pwd"});
  remote.directory = "/usr/bin";
  EXPECT_EQ(test::run_program({"/bin/sh", "-c", format_remote(remote)}, true).out, "/usr/bin\n");
}

TEST(Remote, EndsWith125WhereThereIsNoSuchDirectory) {
  RemoteCommand remote = command({"echo", "started"});
  remote.directory = "/nowhere at all";
  for (const std::string& shell : posix_shells()) {
    const auto result =
        test::run_program({"/bin/sh", "-c", with_posix_shell(format_remote(remote), shell)}, true);
    EXPECT_EQ(result.exit_status(), 125) << shell;
    EXPECT_EQ(result.out, "") << shell;
    EXPECT_NE(result.err.find("/nowhere at all"), std::string::npos) << shell << result.err;
  }
}

TEST(Remote, EndsAsTheWorkerEnds) {
  const std::string three = format_remote(command({"sh", "-c", "exit 3"}));
  const std::string killed = format_remote(command({"sh", "-c", "kill -9 $$"}));
  const std::string missing = format_remote(command({"no-such-program"}));
  for (const std::string& shell : posix_shells()) {
    const auto run = [&shell](const std::string& remote) {
      return test::run_program({"/bin/sh", "-c", with_posix_shell(remote, shell)}, true);
    };
    EXPECT_EQ(run(three).exit_status(), 3) << shell;
    const int status = run(killed).status;
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << shell;
    EXPECT_EQ(run(missing).exit_status(), 127) << shell;
  }
}

TEST(Remote, SaysNothingOfItsOwn) {
  for (const std::string& shell : posix_shells()) {
    const auto result = test::run_program(
        {"/bin/sh", "-c", with_posix_shell(format_remote(command({"true"})), shell)}, true);
    EXPECT_EQ(result.out + result.err, "") << shell;
  }
}

TEST(Remote, RunsBehindWordsOfTheUserWithoutExec) {
  const std::string remote = "nice " + format_remote(command({"echo", "a b"}), false);
  EXPECT_EQ(test::run_program({"/bin/sh", "-c", remote}, true).out, "a b\n");
}

TEST(Guard, EndsAComputingWorkerWhenTheConnectionIsLost) {
  for (const std::string& shell : posix_shells()) {
    Session session("/bin/sh", with_posix_shell(format_remote(command(kComputing)), shell));
    ASSERT_NE(session.read_line(), "");
    session.crash();
    EXPECT_TRUE(session.all_end()) << shell;
  }
}

TEST(Guard, WorksBehindEveryLoginShell) {
  for (const std::string& shell : login_shells()) {
    Session session(shell, format_remote(command(kComputing)));
    ASSERT_NE(session.read_line(), "") << shell;
    session.crash();
    EXPECT_TRUE(session.all_end()) << shell;
  }
}

TEST(Guard, KillsAWorkerThatIgnoresTerm) {
  for (const std::string& shell : posix_shells()) {
    const RemoteCommand remote =
        command({"sh", "-c", "trap '' TERM; echo ready; while :; do :; done"});
    Session session("/bin/sh", with_posix_shell(format_remote(remote), shell));
    ASSERT_EQ(session.read_line(), "ready\n");
    session.crash();
    EXPECT_TRUE(session.all_end()) << shell;
  }
}

TEST(Guard, GivesTheWorkerItsGrace) {
  RemoteCommand remote =
      command({"sh", "-c", "trap 'echo cleaned; exit' TERM; echo $$; while :; do :; done"});
  remote.grace_seconds = 60;
  for (const std::string& shell : posix_shells()) {
    Session session("/bin/sh", with_posix_shell(format_remote(remote), shell));
    const pid_t group = std::stoi(session.read_line());
    session.crash();
    EXPECT_EQ(session.read_line(), "cleaned\n") << shell;
    kill(-group, SIGKILL);
  }
}

TEST(Guard, EndsTheChildrenOfTheWorkerToo) {
  const RemoteCommand remote = command({"sh", "-c", "sleep 1000 & echo ready; wait"});
  Session session("/bin/sh", format_remote(remote));
  ASSERT_EQ(session.read_line(), "ready\n");
  session.crash();
  EXPECT_TRUE(session.all_end());
}

TEST(Guard, LeavesAWorkerAloneWhileTheConnectionStands) {
  // The guard looks whenever its `sleep` has ended. This one says so, and takes no time; the worker
  // ends when it has heard it often.
  std::string folder = testing::TempDir() + "spread-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string looks = folder + "/looks", sleep = folder + "/sleep";
  ASSERT_EQ(mkfifo(looks.c_str(), 0600), 0);
  std::ofstream(sleep) << "#!/bin/sh\necho look 1<>'" << looks << "'\n";
  ASSERT_EQ(chmod(sleep.c_str(), 0700), 0);
  const std::string path = getenv("PATH");
  setenv("PATH", (folder + ":" + path).c_str(), 1);
  const char* const listens =
      "exec 3<>\"$1\"; for look in 1 2 3 4 5 6 7 8; do read -r said <&3; done; echo \"$said\"";
  Session session("/bin/sh", format_remote(command({"sh", "-c", listens, "sh", looks})));
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(session.read_line(), "look\n");
  EXPECT_EQ(session.end(), 0);
  EXPECT_TRUE(session.all_end());
  std::filesystem::remove_all(folder);
}

TEST(Guard, EndsAfterTheWorker) {
  for (const std::string& shell : posix_shells()) {
    Session session("/bin/sh",
                    with_posix_shell(format_remote(command({"sh", "-c", "exit 3"})), shell));
    EXPECT_EQ(session.end(), 3) << shell;
    EXPECT_TRUE(session.all_end()) << shell;
  }
}

TEST(Guard, HoldsNothingOfTheWorkersOpen) {
  RemoteCommand remote = command({"sh", "-c", "echo $$"});
  remote.poll_seconds = "1000";
  for (const std::string& shell : posix_shells()) {
    Session session("/bin/sh", with_posix_shell(format_remote(remote), shell));
    const pid_t group = std::stoi(session.read_line());
    EXPECT_EQ(session.read_rest(), "") << shell;
    EXPECT_EQ(session.end(), 0) << shell;
    // The guard is still there, or this test would show nothing.
    EXPECT_TRUE(session.something_lives()) << shell;
    kill(-group, SIGKILL);
    EXPECT_TRUE(session.all_end()) << shell;
  }
}

TEST(Guard, IsNoChildOfTheWorker) {
  RemoteCommand remote = command({"/usr/bin/python3", "-c",
                                  "import os\n"
                                  "print(os.getpid(), flush=True)\n"
                                  "try: os.wait()\n"
                                  "except ChildProcessError: print('no children')\n"});
  remote.poll_seconds = "1000";
  for (const std::string& shell : posix_shells()) {
    Session session("/bin/sh", with_posix_shell(format_remote(remote), shell));
    const pid_t group = std::stoi(session.read_line());
    EXPECT_EQ(session.read_line(), "no children\n") << shell;
    session.end();
    kill(-group, SIGKILL);
  }
}

TEST(CpuQuestion, IsAnsweredThroughEveryLoginShell) {
  const auto expected = test::run_program({"nproc"}).out;
  for (const std::string& shell : login_shells()) {
    const auto result = test::run_program({shell, "-c", format_remote_cpu_question()});
    const auto cpus = parse_cpu_answer(result.out);
    ASSERT_TRUE(cpus) << shell << result.out << result.err;
    EXPECT_GE(*cpus, 1u);
    EXPECT_LE(*cpus, std::stoul(expected)) << shell;
    EXPECT_EQ(result.err, "") << shell;
  }
}

TEST(CpuQuestion, IsAnsweredByEveryPosixShell) {
  for (const std::string& shell : posix_shells()) {
    const auto result =
        test::run_program({"/bin/sh", "-c", with_posix_shell(format_remote_cpu_question(), shell)});
    EXPECT_TRUE(parse_cpu_answer(result.out)) << shell << result.out << result.err;
    EXPECT_EQ(result.err, "") << shell;
  }
}

TEST(CpuQuestion, MindsTheAffinity) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  const auto result = test::run_program(
      {"taskset", "-c", std::to_string(cpu), "/bin/sh", "-c", format_remote_cpu_question()});
  EXPECT_EQ(parse_cpu_answer(result.out), 1u);
}

}  // namespace
}  // namespace spread
