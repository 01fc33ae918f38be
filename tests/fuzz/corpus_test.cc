// Runs every committed input through its target: what once broke a decoder stays fixed, with every
// compiler and under the sanitizers, without libFuzzer.
// A parser of what stays on disk (a journal, a run directory) has its place among these.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "targets.h"

namespace spread::fuzz {
namespace {

int run_folder(const std::filesystem::path& folder, void (*target)(ByteView)) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    // Every prefix too: the end of the bytes is where decoders look too far.
    const std::size_t first = bytes.size() > 2000 ? bytes.size() : 0;
    for (std::size_t size = first; size <= bytes.size(); ++size) {
      target(as_bytes(std::string_view(bytes).substr(0, size)));
    }
    ++count;
  }
  return count;
}

/// What once went wrong: tests/issues/README.md.
int run_issues(const std::string& name, void (*target)(ByteView)) {
  const std::filesystem::path folder =
      std::filesystem::path(SPREAD_SOURCE_DIR) / "tests/issues" / name;
  return std::filesystem::exists(folder) ? run_folder(folder, target) : 0;
}

/// How many inputs the corpus has.
int run_corpus(const std::string& name, void (*target)(ByteView)) {
  run_issues(name, target);
  return run_folder(std::filesystem::path(SPREAD_SOURCE_DIR) / "tests/fuzz/corpus" / name, target);
}

TEST(FuzzCorpus, Agent) { EXPECT_GE(run_corpus("agent", agent), 10); }
TEST(FuzzCorpus, Arguments) { EXPECT_GT(run_corpus("arguments", arguments), 20); }
TEST(FuzzCorpus, Blocks) { EXPECT_GT(run_corpus("blocks", blocks), 20); }
TEST(FuzzCorpus, Codec) { EXPECT_GT(run_corpus("codec", codec), 20); }
TEST(FuzzCorpus, Command) { EXPECT_GT(run_corpus("command", command), 20); }
TEST(FuzzCorpus, Edits) { EXPECT_GT(run_corpus("edits", edits), 10); }
TEST(FuzzCorpus, Flags) { EXPECT_GT(run_corpus("flags", flags), 20); }
TEST(FuzzCorpus, Gang) { EXPECT_GT(run_corpus("gang", gang), 20); }
TEST(FuzzCorpus, Hosts) { EXPECT_GT(run_corpus("hosts", hosts), 20); }
TEST(FuzzCorpus, Joblog) { EXPECT_GT(run_corpus("joblog", joblog), 10); }
TEST(FuzzCorpus, Journal) { EXPECT_GT(run_corpus("journal", journal), 20); }
TEST(FuzzCorpus, Json) { EXPECT_GT(run_corpus("json", json), 20); }
TEST(FuzzCorpus, Msgpack) { EXPECT_GT(run_corpus("msgpack", msgpack), 10); }
TEST(FuzzCorpus, Pickle) { EXPECT_GT(run_corpus("pickle", pickle), 50); }
TEST(FuzzCorpus, Pool) { EXPECT_GT(run_corpus("pool", pool), 10); }
TEST(FuzzCorpus, Quoting) { EXPECT_GT(run_corpus("quoting", quoting), 10); }
TEST(FuzzCorpus, Records) { EXPECT_GT(run_corpus("records", records), 20); }
TEST(FuzzCorpus, Master) { EXPECT_GE(run_corpus("master", master), 6); }
TEST(FuzzCorpus, Relay) { EXPECT_GE(run_corpus("relay", relay), 4); }
TEST(FuzzCorpus, Sdk) { EXPECT_GT(run_corpus("sdk", sdk), 10); }
TEST(FuzzCorpus, Session) { EXPECT_GT(run_corpus("session", session), 30); }
TEST(FuzzCorpus, Shards) { EXPECT_GT(run_corpus("shards", shards), 10); }
TEST(FuzzCorpus, Subtasks) { EXPECT_GT(run_corpus("subtasks", subtasks), 10); }
TEST(FuzzCorpus, Sweeps) { EXPECT_GT(run_corpus("sweeps", sweeps), 10); }
TEST(FuzzCorpus, Xargs) { EXPECT_GT(run_corpus("xargs", xargs), 10); }

}  // namespace
}  // namespace spread::fuzz
