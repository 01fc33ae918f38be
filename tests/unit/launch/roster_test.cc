#include "spread/launch/roster.h"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace spread {
namespace {

/// Options, files and a machine; `summary` shows the roster they make.
struct Bench {
  HostOptions options;
  WorkerLists lists;
  CommandOptions command;
  LaunchContext context;
  std::map<std::string, std::string> files;

  Bench() {
    command.words = {"./w", "a b"};
    context.local_cpus = 4;
    context.home = "/home/me";
  }
  Result<Roster> build() const {
    return build_roster(options, lists, command.words, context,
                        [this](const std::string& name) -> Result<std::string> {
                          const auto file = files.find(name);
                          if (file == files.end())
                            return fail("open " + name + ": No such file or directory");
                          return file->second;
                        });
  }
  /// "name:slots ..." in the order of the slots, then "?name" for those to be asked.
  std::string summary() const {
    const auto roster = build();
    return roster ? summary_of(*roster) : "error: " + roster.error().message;
  }
  static std::string summary_of(const Roster& roster) {
    std::string text;
    for (std::size_t i = 0; i < roster.slots.size();) {
      std::size_t end = i;
      while (end < roster.slots.size() && roster.slots[end].host == roster.slots[i].host &&
             roster.slots[end].exact.empty() == roster.slots[i].exact.empty()) {
        ++end;
      }
      text += fmt::format("{}{}{}:{}", text.empty() ? "" : " ",
                          roster.slots[i].exact.empty() ? "" : "list@",
                          roster.hosts[number(roster.slots[i].host)].name, end - i);
      i = end;
    }
    for (const HostId id : roster.ask_cpus) {
      text += fmt::format("{}?{}", text.empty() ? "" : " ", roster.hosts[number(id)].name);
    }
    return text;
  }
};

TEST(Roster, IsThisMachineWithASlotForEveryCpu) { EXPECT_EQ(Bench().summary(), "localhost:4"); }

TEST(Roster, TakesSlotsFromJ) {
  Bench bench;
  bench.options.slots = 3;
  EXPECT_EQ(bench.summary(), "localhost:3");
  bench.options.sshlogins = {"a,b"};
  EXPECT_EQ(bench.summary(), "a:3 b:3");
}

TEST(Roster, TakesAPercentageOfTheCpusAndAtLeastOne) {
  Bench bench;
  bench.options.slots_percent = true;
  bench.options.slots = 50;
  EXPECT_EQ(bench.summary(), "localhost:2");
  bench.options.slots = 1;
  EXPECT_EQ(bench.summary(), "localhost:1");
  bench.options.slots = 200;
  EXPECT_EQ(bench.summary(), "localhost:8");
}

TEST(Roster, TheCountOfAHostBeatsJ) {
  Bench bench;
  bench.options.slots = 3;
  bench.options.sshlogins = {"2/a,b"};
  EXPECT_EQ(bench.summary(), "a:2 b:3");
}

TEST(Roster, AsksOtherMachinesForTheirCpus) {
  Bench bench;
  bench.options.sshlogins = {"a,2/b,:,c"};
  EXPECT_EQ(bench.summary(), "b:2 localhost:4 ?a ?c");
}

TEST(Roster, AddsSlotsWhenAHostHasAnswered) {
  Bench bench;
  bench.options.sshlogins = {"a,2/b"};
  Roster roster = *bench.build();
  add_slots(roster, bench.options, bench.command.words, HostId{0}, 3);
  EXPECT_EQ(Bench::summary_of(roster), "b:2 a:3");
  EXPECT_EQ(roster.slots.back().number, 3u);
}

TEST(Roster, AddsAPercentageOfTheAnswer) {
  Bench bench;
  bench.options.sshlogins = {"a"};
  bench.options.slots = 50;
  bench.options.slots_percent = true;
  Roster roster = *bench.build();
  add_slots(roster, bench.options, bench.command.words, HostId{0}, 16);
  EXPECT_EQ(Bench::summary_of(roster), "a:8");
}

TEST(Roster, MergesAHostGivenTwiceAndTheLastCountWins) {
  Bench bench;
  bench.options.sshlogins = {"1/a,b", "2/a"};
  bench.options.slf_files = {"f"};
  bench.files["f"] = "3/b\na\n";
  EXPECT_EQ(bench.summary(), "a:2 b:3");
}

TEST(Roster, AnotherSshCommandIsAnotherHost) {
  Bench bench;
  bench.options.slots = 1;
  bench.options.sshlogins = {"ssh -p 1 a,ssh -p 2 a"};
  const Roster roster = *bench.build();
  EXPECT_EQ(roster.hosts.size(), 2u);
  EXPECT_NE(roster.slots[0].key, roster.slots[1].key);
}

TEST(Roster, ReadsGnuParallelsHostFiles) {
  Bench bench;
  bench.options.slots = 1;
  bench.options.slf_files = {"..", "."};
  bench.files["/home/me/.parallel/sshloginfile"] = "a";
  bench.files["/etc/parallel/sshloginfile"] = "b";
  EXPECT_EQ(bench.summary(), "a:1 b:1");
}

TEST(Roster, ListsComeFirstAndCountOnThisMachine) {
  Bench bench;
  bench.options.slots = 2;
  bench.lists.lists = {"x 1", "[\"y\"]"};
  bench.lists.files = {"f"};
  bench.files["f"] = "z\n";
  const Roster roster = *bench.build();
  EXPECT_EQ(Bench::summary_of(roster), "list@localhost:3 localhost:2");
  EXPECT_EQ(roster.slots[0].exact, (ArgumentList{"x", "1"}));
  EXPECT_EQ(roster.slots[2].exact, ArgumentList{"z"});
  for (std::size_t i = 0; i < roster.slots.size(); ++i) EXPECT_EQ(roster.slots[i].number, i + 1);
}

TEST(Roster, ListsBesideHostsStayOnThisMachine) {
  Bench bench;
  bench.options.sshlogins = {"2/a"};
  bench.lists.lists = {"x"};
  EXPECT_EQ(bench.summary(), "list@localhost:1 a:2");
}

TEST(Roster, ListsAloneMakeNoOtherSlots) {
  Bench bench;
  bench.command.words.clear();
  bench.lists.lists = {"x", "x"};
  const Roster roster = *bench.build();
  EXPECT_EQ(Bench::summary_of(roster), "list@localhost:2");
  EXPECT_TRUE(roster.warnings.empty());
}

TEST(Roster, WarnsOfHostsThatNothingRunsOn) {
  Bench bench;
  bench.command.words.clear();
  bench.lists.lists = {"x"};
  bench.options.sshlogins = {"2/a"};
  const Roster roster = *bench.build();
  EXPECT_EQ(Bench::summary_of(roster), "list@localhost:1");
  EXPECT_EQ(roster.warnings.size(), 1u);
}

TEST(Roster, KeysAreTheSameForTheSameListOnTheSameHost) {
  Bench bench;
  bench.options.sshlogins = {"2/a,1/b"};
  bench.lists.lists = {"x '1 2'", "x 3", "x \"1 2\""};
  const Roster roster = *bench.build();
  EXPECT_EQ(roster.slots[0].key, "localhost\tx '1 2'");
  EXPECT_EQ(roster.slots[2].key, roster.slots[0].key);
  EXPECT_NE(roster.slots[1].key, roster.slots[0].key);
  EXPECT_EQ(roster.slots[3].key, "a\t./w 'a b'");
  EXPECT_EQ(roster.slots[4].key, roster.slots[3].key);
  EXPECT_EQ(roster.slots[5].key, "b\t./w 'a b'");
}

TEST(Roster, KeysAreMadeBeforePlaceholdersAreReplaced) {
  Bench bench;
  bench.command.words = {"w", "{slot}"};
  EXPECT_EQ(bench.build()->slots[1].command, "w '{slot}'");
}

TEST(Roster, LaunchLocalUsesTheCpusHere) {
  Bench bench;
  bench.options.launch = "local";
  bench.options.sshlogins = {"fast,1/slow"};
  EXPECT_EQ(bench.summary(), "fast:4 slow:1");
  bench.options.sshlogins.clear();
  EXPECT_EQ(bench.summary(), "localhost:4");
}

TEST(Roster, ATemplateWithoutHostNeedsNoHosts) {
  Bench bench;
  bench.options.launch = "docker exec -i box";
  EXPECT_EQ(bench.summary(), "?localhost");
  bench.options.slots = 2;
  EXPECT_EQ(bench.summary(), "localhost:2");
}

TEST(Roster, ATemplateWithHostNeedsHosts) {
  Bench bench;
  bench.options.launch = "srun";
  EXPECT_EQ(bench.summary(), "error: --launch 'srun': which hosts? name them with -S or --slf");
}

TEST(Roster, ErrorsNameTheOptionOrTheFileAndLine) {
  const auto error = [](auto change) {
    Bench bench;
    change(bench);
    return bench.summary();
  };
  EXPECT_EQ(error([](Bench& b) { b.options.sshlogins = {"a,"}; }),
            "error: -S: host '': the host's name is missing");
  EXPECT_EQ(error([](Bench& b) { b.options.slf_files = {"f"}; }),
            "error: --slf: open f: No such file or directory");
  EXPECT_EQ(error([](Bench& b) {
              b.options.slf_files = {"f"};
              b.files["f"] = "\n-x\n";
            }),
            "error: --slf: f:2: host '-x': a name cannot begin with -");
  EXPECT_EQ(error([](Bench& b) {
              b.options.slf_files = {"f"};
              b.files["f"] = "# none\n";
            }),
            "error: --slf: f: no hosts in it");
  EXPECT_EQ(error([](Bench& b) { b.options.slf_files = {"-"}; }),
            "error: --slf -: stdin holds the tasks; write the hosts to a file");
  EXPECT_EQ(error([](Bench& b) {
              b.lists.lists = {"a", "b 'c"};
            }),
            "error: --worker 'b 'c': a ' that is never closed at column 3");
  EXPECT_EQ(error([](Bench& b) {
              b.lists.files = {"f"};
              b.files["f"] = "a\n[null]\n";
            }),
            "error: --args-file: f:2: not a JSON array of strings and numbers: word 1 is null");
  EXPECT_EQ(error([](Bench& b) {
              b.lists.files = {"f"};
              b.files["f"] = "";
            }),
            "error: --args-file: f: no lists in it");
  EXPECT_EQ(error([](Bench& b) {
              b.options.sshlogins = {"a"};
              b.options.launch = "x 'y";
            }),
            "error: --launch 'x 'y': a ' that is never closed at column 3");
}

TEST(Roster, ChecksJ) {
  const auto with = [](double slots, bool percent) {
    Bench bench;
    bench.options.slots = slots;
    bench.options.slots_percent = percent;
    return bench.summary();
  };
  EXPECT_EQ(with(0, false), "error: -j: expected a whole number from 1, or N%");
  EXPECT_EQ(with(1.5, false), "error: -j: expected a whole number from 1, or N%");
  EXPECT_EQ(with(-1, true), "error: -j: must be more than 0%");
  EXPECT_EQ(with(65537, false), "error: -j: more than 65536 slots on one host");
  EXPECT_EQ(with(1e9, true), "error: -j: more than 65536 slots on one host");
  EXPECT_EQ(with(65536, false), "localhost:65536");
}

}  // namespace
}  // namespace spread
