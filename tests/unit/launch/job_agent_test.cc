// The agent is a script: it is tried in every shell of this machine that may be /bin/sh elsewhere.
#include "spread/launch/job_agent.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/quote.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

constexpr std::string_view kMark = "0123456789abcdef";

std::vector<std::string> agent_shells() {
  std::vector<std::string> found;
  for (const std::string path :
       {"/bin/sh", "/bin/bash", "/bin/dash", "/bin/busybox sh", "/bin/ksh", "/bin/mksh"}) {
    if (access(path.substr(0, path.find(' ')).c_str(), X_OK) == 0) found.push_back(path);
  }
  return found;
}

class JobAgent : public ::testing::Test {
 protected:
  JobAgent() {
    if (mkdtemp(folder_) == nullptr) std::abort();
  }
  ~JobAgent() override { test::run_program({"rm", "-rf", folder_}); }

  std::string path(const std::string& name) const { return std::string(folder_) + "/" + name; }

  /// What the agent writes to stdout when `shell` reads these bytes. `path_first`: a directory to
  /// be searched before PATH.
  std::string say(const std::string& shell, const std::string& bytes, bool fed = true,
                  const std::string& path_first = "") {
    std::ofstream(path("in"), std::ios::binary) << bytes;
    const ArgumentList agent = job_agent_command(kMark, fed);
    std::string command = shell;
    for (std::size_t i = 1; i < agent.size(); ++i) command += " " + shell_quote(agent[i]);
    // Through a pipe, as it comes over ssh: of a file a shell could give back what it read too far.
    std::string line = "cat " + path("in") + " | ";
    if (!path_first.empty()) line += "PATH=" + path_first + ":$PATH ";
    return test::run_program({"/bin/sh", "-c", line + command}).out;
  }
  static std::string mark(const std::string& text) { return job_agent_prefix(kMark) + text + "\n"; }
  static std::string fed(std::vector<std::string> words, const std::vector<std::string>& chunks) {
    AgentJob job;
    job.words = std::move(words);
    job.fed = true;
    std::string bytes = format_agent_job(job);
    for (const std::string& chunk : chunks) bytes += chunk_header(chunk.size()) + chunk;
    return bytes + std::string(kChunksEnd);
  }
  static std::string plain(std::vector<std::string> words) {
    AgentJob job;
    job.words = std::move(words);
    return format_agent_job(job);
  }

  /// A directory with programs of these names and scripts.
  std::string programs(const std::vector<std::pair<std::string, std::string>>& scripts) {
    mkdir(path("bin").c_str(), 0755);
    for (const auto& [name, script] : scripts) {
      const std::string file = path("bin/" + name);
      std::ofstream(file) << "#!/bin/sh\n" << script;
      chmod(file.c_str(), 0755);
    }
    return path("bin");
  }

  char folder_[32] = "/tmp/spread-agent-XXXXXX";
};

TEST_F(JobAgent, RunsOneJobAfterTheOther) {
  for (const std::string& shell : agent_shells()) {
    SCOPED_TRACE(shell);
    EXPECT_EQ(say(shell, plain({"echo", "a b"}) + plain({"sh", "-c", "exit 7"}), false),
              mark("ready") + "a b\n" + mark("0") + mark("7"));
  }
}

TEST_F(JobAgent, NamesAMissingInterpreter) {
  const std::string broken = path("broken"), plain_text = path("text");
  std::ofstream(broken) << "#! /no/such/interpreter -x\n";
  std::ofstream(plain_text) << "# /no/such/interpreter\necho text\n";
  for (const std::string& file : {broken, plain_text}) chmod(file.c_str(), 0755);
  for (const std::string& shell : agent_shells()) {
    SCOPED_TRACE(shell);
    EXPECT_EQ(say(shell, plain({broken, "a b"}) + plain({plain_text}), false),
              mark("ready") + mark("126") + "text\n" + mark("0"));
  }
}

TEST_F(JobAgent, GivesAJobAnyBytes) {
  std::string all;
  for (int round = 0; round < 300; ++round) {
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  }
  for (const std::string& shell : agent_shells()) {
    SCOPED_TRACE(shell);
    EXPECT_EQ(say(shell, fed({"cat"}, {all, "x", all}) + plain({"echo", "next"})),
              mark("ready") + all + "x" + all + mark("0") + "next\n" + mark("0"));
  }
}

TEST_F(JobAgent, GivesAJobNoBytes) {
  for (const std::string& shell : agent_shells()) {
    SCOPED_TRACE(shell);
    EXPECT_EQ(say(shell, fed({"wc", "-c"}, {})), mark("ready") + "0\n" + mark("0"));
  }
}

TEST_F(JobAgent, ReadsAwayWhatAJobLeaves) {
  const std::string large(300000, 'y');
  for (const std::string& shell : agent_shells()) {
    SCOPED_TRACE(shell);
    EXPECT_EQ(say(shell, fed({"true"}, {large, large}) + fed({"head", "-c", "1"}, {"abc\n"}) +
                             plain({"echo", "next"})),
              mark("ready") + mark("0") + "a" + mark("0") + "next\n" + mark("0"));
  }
}

TEST_F(JobAgent, TellsTheStatusOfAJobWithInput) {
  for (const std::string& shell : agent_shells()) {
    SCOPED_TRACE(shell);
    EXPECT_EQ(
        say(shell, fed({"sh", "-c", "exit 9"}, {"abc"}) + fed({"sh", "-c", "kill -9 $$"}, {})),
        mark("ready") + mark("9") + mark("137"));
  }
}

TEST_F(JobAgent, JobsCannotReadTheRequests) {
  const std::string job = "cat <&3 2>/dev/null; cat; echo end";
  for (const std::string& shell : agent_shells()) {
    SCOPED_TRACE(shell);
    EXPECT_EQ(say(shell, plain({"sh", "-c", job}) + fed({"sh", "-c", job}, {"mine\n"})),
              mark("ready") + "end\n" + mark("0") + "mine\nend\n" + mark("0"));
  }
}

// Some heads read ahead (busybox's): what comes behind the chunk would be lost with them.
TEST_F(JobAgent, DoesNotTrustAHeadThatReadsAhead) {
  const std::string bin = programs({{"head", "dd bs=64 count=1 2>/dev/null | cut -c1-\"$2\"\n"}});
  EXPECT_EQ(say("/bin/sh", fed({"cat"}, {"abc", "def"}) + plain({"echo", "next"}), true, bin),
            mark("ready") + "abcdef" + mark("0") + "next\n" + mark("0"));
}

TEST_F(JobAgent, DoesWithTheDdOfPosix) {
  const std::string bin = programs(
      {{"head", "exit 1\n"},
       {"dd", "case \"$*\" in *iflag*) exit 1;; esac; PATH=/usr/bin:/bin exec dd \"$@\"\n"}});
  EXPECT_EQ(say("/bin/sh", fed({"cat"}, {"abc", "def"}) + plain({"echo", "next"}), true, bin),
            mark("ready") + "abcdef" + mark("0") + "next\n" + mark("0"));
}

TEST_F(JobAgent, PassesOnFunctionsOfBash) {
  AgentJob job;
  job.words = {"/bin/bash", "-c", "greet there; echo \"$NAME\""};
  job.environment = {{"BASH_FUNC_greet%%", "() {  echo \"hello, $1\"\n}"}, {"NAME", "a'b\nc"}};
  EXPECT_EQ(say("/bin/sh", format_agent_job(job)),
            mark("ready") + "hello, there\na'b\nc\n" + mark("0"));
}

TEST_F(JobAgent, GivesNoProgramAFunctionAsAnArgument) {
  AgentJob job;
  job.words = {"true"};
  job.environment = {{"BASH_FUNC_greet%%", "() {  echo hello\n}"}};
  const std::string request = format_agent_job(job);
  // An assignment of the shell itself; what bash is given does not hold it.
  EXPECT_NE(request.find("export spread_functions='greet () {  echo hello"), std::string::npos);
  EXPECT_EQ(request.rfind("hello"), request.find("hello"));
  EXPECT_EQ(request.find("env "), std::string::npos);
}

TEST_F(JobAgent, EntersTheDirectoryOfAJob) {
  AgentJob job;
  job.words = {"pwd"};
  job.directory = "/usr/bin";
  AgentJob lost = job;
  lost.directory = "/no/such";
  EXPECT_EQ(say("/bin/sh", format_agent_job(job) + format_agent_job(lost)),
            mark("ready") + "/usr/bin\n" + mark("0") + mark("125"));
}

}  // namespace
}  // namespace spread
