// A world that a seed has drawn: what the program is told to do, what its tasks and workers do, and
// who reads its output how.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "machine.h"

namespace spread::world {

/// One `submit` of a task, and how it gets the results.
struct SubmitPlan {
  enum class Get : std::uint8_t {
    Fetch,     ///< all in one
    OneByOne,  ///< it waits for one after the other
    Polls,     ///< ... and asks now and then which are ready
    Never,     ///< they are dropped
  };
  std::vector<std::size_t> which;  ///< numbers of plan_of()
  Get get = Get::Fetch;
  bool common = false;    ///< with a common part
  bool reversed = false;  ///< they are asked for in the other order
};

/// What working on a task leads to. Each time that it is begun the next of `attempts` happens, and
/// then the last again and again.
struct TaskPlan {
  enum class End : std::uint8_t {
    Ok,
    Error,
    Crash,
    Hang,
    Busy,  ///< a worker refuses it
    Mute,  ///< a worker closes its stdout, and goes on
    Deaf,  ///< ... its stdin
    Long,  ///< a command line that no kernel takes: nothing is begun
    /// Answers what is no result here: a list of a wrong length, or no list where one is wanted.
    Odd,
    // In a gang alone:
    Early,     ///< answers while its peers have more to say to each other
    Strange,   ///< calls what its peers do not
    LateBusy,  ///< refuses it when it has heard from them
  };
  std::vector<End> attempts = {End::Ok};
  End in_company = End::Ok;  ///< of a list that has it, with others; Ok: as they do by themselves
  Time duration = 0;
  std::string value;   ///< without a newline
  std::string errors;  ///< what it writes to stderr, with its newline

  /// What the members of a gang say to each other, one after the other.
  enum class Call : std::uint8_t { Visits, Barrier, Texts, Sum, Broadcast, PutGet };
  std::vector<Call> calls;
  std::size_t call_size = 0;  ///< of their values
  /// The member that does what `attempts` says, before so many of the calls; the others do well.
  std::uint64_t culprit = 0;
  std::size_t goes_wrong_before = 0;  ///< or before so many of `submits`

  /// What it hands back to the master, one `submit` after the other.
  std::vector<SubmitPlan> submits;

  /// What of the value is written first, with its number at least.
  std::string half() const {
    return value.substr(0, std::max(value.size() / 2, value.find(':') + 1));
  }

  /// What came of it.
  struct Try {
    End end;
    const Process* by;
    Time began;
    std::optional<Time> told{};  ///< when the program had read its answer
    int status = 0;              ///< as a shell has it
    bool answers = false;        ///< the program may have read some of its answer
  };
  std::deque<Try> tries;
  unsigned finished = 0;
  std::size_t begun() const { return tries.size(); }
  End next() const { return attempts[std::min<std::size_t>(tries.size(), attempts.size() - 1)]; }
  Try& begin(const Process& by, Time now) { return tries.emplace_back(Try{next(), &by, now}); }
};

/// Who writes to, or reads from, one of the program's standard descriptors.
struct StreamPlan {
  std::size_t piece = 65536;           ///< bytes moved at a time
  Time pause = 0;                      ///< between two pieces
  std::size_t stops_after = SIZE_MAX;  ///< bytes; then it moves no more
  bool closes = false;                 ///< when it stops
};

/// How the workers are.
struct WorkerPlan {
  Time preparation = 0;
  Time pause_at_end = 0;
  bool lives_on = false;                     ///< at the end of its input
  std::optional<Time> ends_after = Time{0};  ///< after TERM; nothing: never
  std::string tail;                          ///< after its input has ended
  /// All answers of some are for tasks that they were never given.
  unsigned answers_wrongly_one_in = 0;
  unsigned starts_badly_one_in = 0;  ///< ends before it has read anything
  unsigned filter_dies_one_in = 0;   ///< in the middle of its input
  bool grandchild = false;           ///< leaves a process in its group that holds its pipes
  bool grandchild_obeys = false;     ///< ... and ends at TERM
};

/// A member at one attempt of a gang. Each has a number, which it tells its peers.
struct Visit {
  std::size_t task = 0;
  std::uint64_t rank = 0, size = 0;
  const Process* by = nullptr;
  const TaskPlan::Try* attempt = nullptr;  ///< of the culprit
  Time began = 0;
  std::vector<std::size_t> gang{};  ///< the visits of all members, by rank, when it has heard it
  /// When it waited for a reply; one without an end is that in which it was ended.
  struct Wait {
    Time from;
    std::optional<Time> to{};
  };
  std::deque<Wait> waits{};
  std::optional<Time> told{};  ///< when the program had read its answer
  bool ok = false;             ///< its answer is a value
  bool refused = false;        ///< it heard that its gang has failed
};

/// `gang` in place of `run`.
struct GangPlan {
  std::uint64_t members = 0;  ///< 0: `run`
  bool exact = false;
  std::string gather = "list";

  std::deque<Visit> visits;
};

/// A task or a sub-task at a worker, in worlds with sub-tasks. Each has a number, by which it is
/// known in results.
struct Stay {
  static constexpr std::uint64_t kFirstPart = std::uint64_t{1} << 52;
  bool is_part() const { return id >= kFirstPart; }

  std::size_t task = 0;  ///< number of plan_of()
  std::uint64_t id = 0;
  const Process* by = nullptr;
  TaskPlan::Try* attempt = nullptr;
  std::uint64_t parent = 0, depth = 0;  ///< as it is told, of a sub-task
  std::string common{};                 ///< ... as it came before
  std::optional<std::size_t> inside{};  ///< of a stay, which waits
  Time began = 0;
  struct Wait {
    Time from;
    std::vector<std::uint64_t> ids{};  ///< that it waits for, all of them
    std::optional<Time> to{};
  };
  std::deque<Wait> waits{};
  std::vector<std::size_t> failed{};  ///< of what it has submitted: what it heard to have failed
  bool dropped = false;               ///< it was told so
  std::optional<Time> over{};         ///< when the program had read its answer
  bool ok = false;                    ///< its answer is a value
};

/// Sub-tasks of `run`.
struct FamilyPlan {
  std::deque<TaskPlan> tasks;
  struct Submitted {
    std::size_t task;
    std::size_t by;  ///< a stay
    std::string common;
  };
  std::map<std::uint64_t, Submitted> submitted;  ///< by id
  std::deque<Stay> stays;
};

/// How tasks of `run` are put together, and their results.
struct PiecesPlan {
  bool there = false;       ///< some of it was drawn
  std::uint64_t chunk = 0;  ///< tasks that a list may have; 0: none come in lists
  bool reprep = false;
  unsigned reprep_fails_one_in = 0;
  std::vector<std::string> prep;      ///< what each worker is given first, as compact JSON
  std::vector<std::string> payloads;  ///< ... and as each task, where these are shards
  bool by_slots = false;              ///< of which there are as many as slots
  std::string gather;                 ///< empty: each result is a line
  bool msgpack = false;               ///< the value of all results is that, and not JSON

  /// The value is written when all is over.
  bool held() const { return !gather.empty() && (msgpack || gather == "by-worker"); }

  /// What was given out as one list and did not come to results.
  struct Failed {
    std::vector<std::size_t> tasks;
    const Process* by;
    bool died;  ///< or hung: nothing was answered
  };
  std::deque<Failed> failed;
  /// Tasks that may be in no list with others any more.
  std::set<std::size_t> suspected;
  std::set<const Process*> heard;  ///< workers that have answered something
};

/// A journal: the run is cut off, and gone on with, until it is done.
struct JournalPlan {
  bool there = false;
  std::string durable = "batch";
  std::vector<Faults> later;  ///< what goes wrong in each part behind the first; then nothing does
  bool repeats = false;       ///< when all is done, once more
  /// -j of the parts behind the first, one after the other; none: that of the first.
  std::vector<std::uint64_t> slots;
  /// It cannot be seen which boot this is, and which process was there.
  bool no_proc = false;
  unsigned boot = 1;
};

/// How logins to the other host go.
struct HostPlan {
  bool there = false;         ///< there is one, beside this machine
  Time delay = 0;             ///< until a login is there
  unsigned never_one_in = 0;  ///< ... and so many of them never are
  unsigned refuses_one_in = 0;
  unsigned dies_one_in = 0;  ///< ... in the middle of a task

  /// What is lost with a login is not counted by this oracle.
  bool loses() const { return refuses_one_in > 0 || dies_one_in > 0; }
};

inline constexpr char kOutFile[] = "/world/out", kJournal[] = "/world/journal",
                      kBootId[] = "/proc/sys/kernel/random/boot_id";
struct Scenario {
  std::string subcommand;          ///< `run` also where its tasks have gangs
  std::vector<std::string> words;  ///< all of them, from "spread" on
  std::string wire = "json";
  bool has_ids() const { return wire != "lines" && wire != "pickle"; }
  bool ordered = true;
  unsigned retries = 1, crash_retries = 3;
  std::uint64_t slots = 0;
  std::uint64_t window = 0;              ///< tasks that a worker may have; 0: spread decides
  std::uint64_t max_tasks = UINT64_MAX;  ///< that a worker's process may be sent
  bool little_memory = false;  ///< what waits for an earlier task has 64 KiB, if it has to wait
  Time timeout = 0, shutdown_timeout = 0, kill_grace = 0;
  std::string input;
  std::vector<TaskPlan> tasks;
  WorkerPlan worker;
  GangPlan gang;
  FamilyPlan family;
  PiecesPlan pieces;
  std::map<std::string, std::string> files;  ///< that are there before the run
  std::size_t said = 0;  ///< bytes that workers have sent and that are in no result
  HostPlan host;
  JournalPlan journal;
  StreamPlan in, out, errors;
  bool one_place = false;  ///< stdout and stderr are the same pipe
  bool in_file = false;    ///< stdin is a file
  bool out_file = false;   ///< results go to a file: stdout is one, ...
  bool out_named = false;  ///< ... or it is that of -o
  bool spill_fills = false, disk_fills = false;
  std::string halt;
  std::string joblog;
  bool resumes = false;  ///< a second run goes on where this one was stopped
  std::size_t torn = 0;  ///< bytes that its joblog loses before, if it was killed
  std::string results;   ///< the folder for what jobs print
  std::string table;     ///< the file that has a row for each job, in place of what it prints
  bool tag = false, ungrouped = false;
  Faults faults;

  /// From kFirstPart on they are sub-tasks.
  static constexpr std::size_t kFirstPart = 1'000'000;
  TaskPlan& plan_of(std::size_t number) {
    return number < kFirstPart ? tasks.at(number) : family.tasks.at(number - kFirstPart);
  }
  const TaskPlan& plan_of(std::size_t number) const {
    return number < kFirstPart ? tasks.at(number) : family.tasks.at(number - kFirstPart);
  }

  unsigned filters_died = 0;
  std::deque<std::string> filtered;   ///< what each filter has read
  std::vector<std::string> nonsense;  ///< what children were asked for and never should be
};

/// `what`: run, map, pipe or all; or journal-run, journal-map, journal-pipe.
Scenario draw_scenario(const std::string& what, std::uint64_t seed);
/// `what`: run, map or pipe.
Scenario draw_journal(const std::string& what, std::uint64_t seed);

/// For people: everything in it.
std::string describe(const Scenario& scenario);

}  // namespace spread::world
