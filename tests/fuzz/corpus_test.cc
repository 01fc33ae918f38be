// Runs every committed input through its target: what once broke a decoder stays fixed, with every
// compiler and under the sanitizers, without libFuzzer.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "targets.h"

namespace spread::fuzz {
namespace {

int run_corpus(const std::string& folder, void (*target)(ByteView)) {
  int count = 0;
  const std::filesystem::path corpus(std::string(SPREAD_SOURCE_DIR) + "/tests/fuzz/corpus/");
  for (const auto& entry : std::filesystem::directory_iterator(corpus / folder)) {
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

TEST(FuzzCorpus, Arguments) { EXPECT_GT(run_corpus("arguments", arguments), 20); }
TEST(FuzzCorpus, Blocks) { EXPECT_GT(run_corpus("blocks", blocks), 20); }
TEST(FuzzCorpus, Codec) { EXPECT_GT(run_corpus("codec", codec), 20); }
TEST(FuzzCorpus, Command) { EXPECT_GT(run_corpus("command", command), 20); }
TEST(FuzzCorpus, Hosts) { EXPECT_GT(run_corpus("hosts", hosts), 20); }
TEST(FuzzCorpus, Json) { EXPECT_GT(run_corpus("json", json), 20); }
TEST(FuzzCorpus, Msgpack) { EXPECT_GT(run_corpus("msgpack", msgpack), 10); }
TEST(FuzzCorpus, Pickle) { EXPECT_GT(run_corpus("pickle", pickle), 50); }
TEST(FuzzCorpus, Sweeps) { EXPECT_GT(run_corpus("sweeps", sweeps), 10); }

}  // namespace
}  // namespace spread::fuzz
