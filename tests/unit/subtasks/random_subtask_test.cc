// Owners that submit, wait, fetch and are dropped at any moment, against a naive model: every
// question has one reply, with what the model says.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/random.h"
#include "subtask_testing.h"

namespace spread {
namespace {

constexpr std::uint64_t kOwners = 4;

/// Looks at everything, each time.
struct Model {
  struct Entry {
    std::uint64_t owner;
    std::string result;  ///< as fetch has it; empty = unfinished
    bool gone;
  };
  struct Wait {
    bool fetches = false;
    std::size_t count = 0;
    std::vector<std::uint64_t> ids;
  };

  bool finished(std::uint64_t index) const { return !entries[index].result.empty(); }
  bool all_known(std::uint64_t owner, const std::vector<std::uint64_t>& ids) const {
    return std::all_of(ids.begin(), ids.end(), [&](std::uint64_t index) {
      return index < entries.size() && !entries[index].gone && entries[index].owner == owner;
    });
  }
  std::size_t count_finished(const std::vector<std::uint64_t>& ids) const {
    return static_cast<std::size_t>(
        std::count_if(ids.begin(), ids.end(), [&](std::uint64_t i) { return finished(i); }));
  }
  /// The answer, if it can be given.
  std::string answer(const Wait& wait) {
    if (count_finished(wait.ids) < wait.count) return "...";
    std::string text;
    for (const std::uint64_t index : wait.ids) {
      if (!finished(index)) continue;
      text += (text.empty() ? "" : ",") + (wait.fetches ? entries[index].result : test::id(index));
      if (wait.fetches) entries[index].gone = true;
    }
    return "[" + text + "]";
  }

  std::vector<Entry> entries;
  std::map<std::uint64_t, Wait> waits;
};

class Trial {
 public:
  explicit Trial(std::uint64_t seed) : random_(seed) {}

  void run() {
    for (int step = 0; step < 500 && !testing::Test::HasFailure(); ++step) {
      const std::uint64_t owner = random_.below(kOwners);
      switch (random_.below(10)) {
        case 0:
        case 1: submit(owner); break;
        case 2: ready(owner); break;
        case 3:
        case 4:
        case 5: wait(owner); break;
        case 6: random_.below(4) == 0 ? drop(owner) : finish(); break;
        default: finish();
      }
      EXPECT_EQ(book_.open(), model_.waits.size());
    }
    for (std::uint64_t owner = 0; owner < kOwners; ++owner) drop(owner);
    EXPECT_TRUE(book_.book().empty());
    EXPECT_EQ(book_.book().held_bytes(), 0u);
  }
  std::size_t fetched() const { return fetched_; }

 private:
  void submit(std::uint64_t owner) {
    const std::uint64_t count = random_.below(4);
    std::string payloads, expected;
    for (std::uint64_t i = 0; i < count; ++i) {
      payloads += (i > 0 ? "," : "") + std::to_string(i);
      expected += (i > 0 ? "," : "") + test::id(model_.entries.size());
      model_.entries.push_back({owner, "", false});
    }
    const std::string common = random_.below(2) == 0 ? ",\"common\"" : "";
    EXPECT_EQ(book_.ask(owner, "submit", "[" + payloads + "]" + common), "[" + expected + "]");
  }
  /// Mostly known ones, each once.
  std::vector<std::uint64_t> some_ids(std::uint64_t owner) {
    std::vector<std::uint64_t> ids;
    for (std::uint64_t index = 0; index < model_.entries.size(); ++index) {
      const bool known = model_.all_known(owner, {index});
      if (random_.below(known ? 2 : 300) == 0) ids.insert(ids.begin() + place(ids.size()), index);
    }
    return ids;
  }
  std::ptrdiff_t place(std::size_t size) {
    return static_cast<std::ptrdiff_t>(random_.below(size + 1));
  }
  static std::string list(const std::vector<std::uint64_t>& ids) {
    std::string text;
    for (const std::uint64_t index : ids) text += (text.empty() ? "" : ",") + test::id(index);
    return "[" + text + "]";
  }
  void ready(std::uint64_t owner) {
    const std::vector<std::uint64_t> ids = some_ids(owner);
    const std::string reply = book_.ask(owner, "ready", list(ids));
    if (!model_.all_known(owner, ids)) return expect_refused(reply, "UnknownSubtask");
    EXPECT_EQ(reply, model_.answer({false, 0, ids}));
  }
  void wait(std::uint64_t owner) {
    Model::Wait wait{random_.below(2) == 0, 0, some_ids(owner)};
    wait.count = wait.fetches ? wait.ids.size() : random_.below(wait.ids.size() + 1);
    const std::string count = wait.fetches ? "" : "," + std::to_string(wait.count);
    const std::string reply =
        book_.ask(owner, wait.fetches ? "fetch" : "wait", list(wait.ids) + count);
    if (!model_.all_known(owner, wait.ids)) return expect_refused(reply, "UnknownSubtask");
    if (model_.waits.count(owner) > 0) return expect_refused(reply, "BadAsk");
    const std::string expected = model_.answer(wait);
    EXPECT_EQ(reply, expected);
    if (expected == "...") {
      model_.waits[owner] = wait;
    } else if (wait.fetches) {
      fetched_ += wait.ids.size();
    }
  }
  void finish() {
    if (model_.entries.empty()) return;
    const std::uint64_t index = random_.below(model_.entries.size());
    Model::Entry& entry = model_.entries[index];
    if (model_.finished(index) && !entry.gone) return;
    const bool ok = random_.below(3) > 0;
    const std::string value = std::to_string(random_.below(1000));
    book_.heard(entry.owner);
    EXPECT_EQ(book_.finish(index, value, ok), !entry.gone);
    if (entry.gone) return;
    entry.result = (ok ? "[\"ok\"," : "[\"error\",") + value + "]";
    const auto waits = model_.waits.find(entry.owner);
    const std::string expected = waits == model_.waits.end() ? "..." : model_.answer(waits->second);
    EXPECT_EQ(book_.heard(entry.owner), expected == "..." ? "nothing" : expected);
    if (expected == "...") return;
    if (waits->second.fetches) fetched_ += waits->second.ids.size();
    model_.waits.erase(waits);
  }
  void drop(std::uint64_t owner) {
    std::vector<std::uint64_t> expected;
    for (std::uint64_t index = 0; index < model_.entries.size(); ++index) {
      Model::Entry& entry = model_.entries[index];
      if (entry.owner != owner || entry.gone) continue;
      if (!model_.finished(index)) expected.push_back(index);
      entry.gone = true;
    }
    model_.waits.erase(owner);
    book_.drop(owner);
    EXPECT_EQ(book_.cancelled(), expected);
  }
  static void expect_refused(const std::string& reply, const std::string& type) {
    EXPECT_EQ(reply.substr(0, 2 + type.size()), "! " + type);
  }

  Random random_;
  test::TestBook book_;
  Model model_;
  std::size_t fetched_ = 0;
};

TEST(RandomSubtasks, AreWhatTheModelSays) {
  const char* const given = std::getenv("SPREAD_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t trials = given != nullptr ? 1 : 200;
  std::size_t fetched = 0;
  for (std::uint64_t seed = first; seed < first + trials; ++seed) {
    SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
    Trial trial(seed);
    trial.run();
    fetched += trial.fetched();
    if (testing::Test::HasFailure()) return;
  }
  if (given == nullptr) {
    EXPECT_GT(fetched, 5 * trials) << "the trials were about nothing";
  }
}

}  // namespace
}  // namespace spread
