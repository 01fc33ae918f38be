#include "fault_points.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "draw.h"
#include "world.h"

namespace spread::world {
namespace {

using What = PointFault::What;

constexpr std::uint64_t kSeed = 1;
/// More than any of the runs has; of the last ones all are looked at, too, where the first are.
constexpr std::uint64_t kCalls = 20'000, kLast = 50;

World world_of(const FixedRun& run, std::uint64_t point, PointFault fault) {
  Scenario scenario = run.scenario;
  Faults& faults = scenario.faults;
  if (fault.what == What::Fails) {
    faults.fails_at_call = point;
    faults.failure = fault.kind;
  } else {
    faults.killed_at_call = point;
    faults.power_cut = fault.what == What::PowerCut;
  }
  return World(std::move(scenario), kSeed);
}

/// How each call of a run could fail.
class Possible {
 public:
  /// Runs it once, without a fault.
  explicit Possible(const FixedRun& run) {
    // Another process fills it.
    void* const memory = ::mmap(nullptr, kCalls * sizeof(Set), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sets_ = static_cast<Set*>(memory);
    const int status = in_a_process([&] {
      World world(run.scenario, kSeed);
      world.notes_failures = true;
      world.on_over = [this](const Machine& machine) { note(machine); };
      world.execute();
    });
    right = status == 0;
    while (calls + 1 < kCalls && (sets_[calls + 1] & kMade) != 0) ++calls;
  }
  Possible(const Possible&) = delete;
  Possible& operator=(const Possible&) = delete;
  ~Possible() { ::munmap(sets_, kCalls * sizeof(Set)); }

  bool right = false;
  std::uint64_t calls = 0;
  /// None: it was over before.
  std::vector<PointFault> at(std::uint64_t point, bool resumes) const {
    std::vector<PointFault> faults;
    const Set set = sets_[point];
    if ((set & kMade) == 0) return faults;
    for (const sys::FaultRow& row : sys::kFaultRows) {
      if ((set & bit(row.kind)) != 0) faults.push_back({What::Fails, row.kind});
    }
    faults.push_back({What::Killed});
    if (resumes) faults.push_back({What::PowerCut});
    return faults;
  }

 private:
  using Set = std::uint32_t;
  static constexpr Set kMade = 1U << 31;
  static Set bit(FaultKind kind) { return 1U << static_cast<unsigned>(kind); }

  void note(const Machine& machine) {
    for (std::uint64_t i = 1; i < kCalls && i <= machine.calls(); ++i) sets_[i] = kMade;
    for (const auto& [call, kinds] : machine.could_fail) {
      for (const FaultKind kind : kinds) {
        if (call < kCalls) sets_[call] |= bit(kind);
      }
    }
  }

  Set* sets_;
};

struct Tried {
  std::uint64_t runs = 0;
  int failed = 0;
  std::map<std::string, std::uint64_t> of_kind{};
};

void try_one(const FaultPoints& points, const FixedRun& run, std::uint64_t point, PointFault fault,
             Tried& tried) {
  ++tried.runs;
  ++tried.of_kind[fault.name()];
  const int status = in_a_process([&] { world_of(run, point, fault).execute(); });
  if (status == 0) return;
  ++tried.failed;
  std::string how = fault.name() + " at call " + std::to_string(point) + " of " + run.name;
  if (WIFSIGNALED(status)) how += " (signal " + std::to_string(WTERMSIG(status)) + ")";
  std::fprintf(stderr, "world: %s; replay: %s %s fault %s %llu %s\n", how.c_str(),
               points.program.c_str(), points.what.c_str(), run.name.c_str(),
               static_cast<unsigned long long>(point), fault.name().c_str());
}

}  // namespace

std::string PointFault::name() const {
  if (what == What::Killed) return "kill";
  if (what == What::PowerCut) return "power-cut";
  return std::string(row_of(kind).name);
}

std::optional<PointFault> find_fault(const std::string& name) {
  std::vector<PointFault> all = {{What::Killed}, {What::PowerCut}};
  for (const sys::FaultRow& row : sys::kFaultRows) all.push_back({What::Fails, row.kind});
  for (const PointFault& each : all) {
    if (each.name() == name) return each;
  }
  return std::nullopt;
}

int run_fault_points(const FaultPoints& points) {
  const std::vector<FixedRun> runs = fixed_runs(points.what);
  std::vector<std::unique_ptr<Possible>> possible;
  for (const FixedRun& run : runs) {
    possible.push_back(std::make_unique<Possible>(run));
    if (possible.back()->right) continue;
    std::fprintf(stderr, "world: %s of %s goes wrong without any fault\n", run.name.c_str(),
                 points.what.c_str());
    return 1;
  }
  const char* const given = std::getenv("SPREAD_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  Draw draw(seed);
  Tried tried;
  std::uint64_t last = 0;
  const int most = points.until_one ? 1 : 200;
  for (std::uint64_t point = points.first; point < kCalls; ++point) {
    const bool first = point < points.first + points.count;
    std::vector<std::pair<std::size_t, PointFault>> here;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (!first && (points.first != 1 || point + kLast <= possible[i]->calls)) continue;
      const Scenario& it = runs[i].scenario;
      for (const PointFault& fault : possible[i]->at(point, it.resumes || it.journal.there)) {
        here.emplace_back(i, fault);
      }
    }
    if (here.empty()) continue;
    if (first) last = point;
    if (points.some) here = {here[draw.between(0, here.size() - 1)]};
    for (const auto& [i, fault] : here) {
      if (tried.failed < most) try_one(points, runs[i], point, fault, tried);
    }
  }
  std::printf("world: %llu faults at the calls %llu to %llu%s of %zu runs of %s%s: %s\n",
              static_cast<unsigned long long>(tried.runs),
              static_cast<unsigned long long>(points.first), static_cast<unsigned long long>(last),
              points.first == 1 ? " and the last" : "", runs.size(), points.what.c_str(),
              points.some ? (", seed " + std::to_string(seed)).c_str() : "",
              tried.failed == 0 ? "passed" : "FAILED");
  std::string counted;
  for (const auto& [kind, count] : tried.of_kind) {
    counted += (counted.empty() ? "counted: " : ", ") + kind + " " + std::to_string(count);
  }
  std::puts(counted.c_str());
  return tried.failed == 0 ? 0 : 1;
}

void show_fault_point(const FixedRun& run, std::uint64_t point, PointFault fault, bool trace) {
  World world = world_of(run, point, fault);
  world.show = true;
  world.trace = trace;
  world.execute();
}

}  // namespace spread::world
