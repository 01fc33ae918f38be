// The runs whose system calls fail, one after the other. Each has more than 2,000 of them.
#include "draw.h"
#include "fault_points.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

constexpr char kJoblog[] = "/world/joblog";

class FixedRuns {
 public:
  explicit FixedRuns(std::string what) : what_(std::move(what)) {}

  std::vector<FixedRun> runs() {
    if (what_ == "run") all_of_run();
    if (what_ == "map") all_of_map();
    if (what_ == "pipe") all_of_pipe();
    return std::move(runs_);
  }

 private:
  void all_of_run() {
    {
      Scenario& it =
          add("json", {"--wire", "json", "--window", "2", "--retries", "2", "--tails", "stderr"});
      it.window = 2;
      it.worker.tail = "tail\n";
      tasks(it, 400, 200);
      slow_reader(it);
    }
    {
      Scenario& it =
          add("records", {"--wire", "msgpack", "--retries", "2", "--unordered", "--joblog", kJoblog,
                          "--log", "/world/log", "--events", "/world/events"});
      it.wire = "msgpack";
      it.ordered = false;
      it.joblog = kJoblog;
      it.in_file = true;
      to_file(it);
      tasks(it, 260, 100);
    }
    {
      Scenario& it = add("spill", {"--wire", "lines", "--retries", "2", "--reorder-mem", "1"});
      it.wire = "lines";
      it.window = 1;
      it.little_memory = true;
      tasks(it, 340, 3000);
      it.tasks[0].duration = 2 * kSecond;
    }
    {
      Scenario& it = journal("journal", "batch", {"--wire", "json", "--window", "2"});
      it.window = 2;
      tasks(it, 280, 200);
      slow_reader(it);
    }
    {
      Scenario& it = journal("journal-file", "answer", {"--wire", "msgpack", "--unordered"});
      it.wire = "msgpack";
      it.ordered = false;
      it.in_file = true;
      to_file(it);
      tasks(it, 280, 400);
    }
    for (FixedRun& each : runs_) finish(each.scenario, "worker");
  }

  void all_of_map() {
    {
      Scenario& it = add("joblog", {"--retries", "2", "--joblog", kJoblog});
      it.joblog = kJoblog;
      it.resumes = true;
      tasks(it, 140, 200);
      slow_reader(it);
    }
    {
      Scenario& it = add("results", {"--retries", "2", "--results", "/world/results"});
      it.results = "/world/results";
      it.faults.threads = it.faults.counts_threads = true;
      it.in_file = true;
      tasks(it, 110, 200);
    }
    {
      Scenario& it =
          add("table", {"--retries", "2", "--joblog", kJoblog, "--results", "/world/t.csv"});
      it.joblog = kJoblog;
      it.table = "/world/t.csv";
      it.resumes = true;
      tasks(it, 140, 200);
    }
    {
      Scenario& it = add("spill", {"--retries", "2", "--reorder-mem", "1", "--tag"});
      it.little_memory = true;
      to_file(it);
      it.tag = true;
      tasks(it, 120, 6000);
      it.tasks[0].duration = 2 * kSecond;
    }
    {
      Scenario& it = journal("journal", "none", {"--reorder-mem", "1"});
      it.little_memory = true;
      tasks(it, 110, 2000);
      slow_reader(it);
    }
    {
      Scenario& it = journal("journal-file", "batch", {"--tag"});
      it.tag = true;
      it.in_file = true;
      to_file(it);
      tasks(it, 110, 200);
    }
    for (FixedRun& each : runs_) finish(each.scenario, "job");
  }

  void all_of_pipe() {
    Scenario& ordered = add("ordered", {"--block", "300"});
    ordered.in_file = true;
    ordered.out_file = true;
    blocks(ordered, 2000);
    Scenario& robin = add("round-robin", {"--round-robin", "--block", "300"});
    robin.ordered = false;
    blocks(robin, 8000);
    slow_reader(robin);
    Scenario& kept = journal("journal", "batch", {"--block", "300"});
    blocks(kept, 2000);
    slow_reader(kept);
    Scenario& file = journal("journal-file", "answer", {"--block", "300"});
    file.in_file = true;
    to_file(file);
    blocks(file, 2000);
    for (FixedRun& each : runs_) finish(each.scenario, "filter");
  }

  Scenario& add(const std::string& name, std::initializer_list<std::string> words) {
    Scenario& scenario = runs_.emplace_back(FixedRun{name, {}}).scenario;
    scenario.subcommand = what_;
    scenario.slots = 3;
    scenario.retries = 2;
    scenario.shutdown_timeout = 2 * kSecond;
    scenario.kill_grace = 500 * kMillisecond;
    scenario.words = {"spread",       what_,   "--no-history", "--no-bar",
                      "--kill-grace", "500ms", "-j",           "3"};
    if (what_ == "run") {
      const std::initializer_list<std::string> more = {"--shutdown-timeout", "2s"};
      scenario.words.insert(scenario.words.end(), more);
    }
    scenario.words.insert(scenario.words.end(), words);
    scenario.worker.ends_after = 50 * kMillisecond;
    scenario.in.closes = true;
    return scenario;
  }

  /// It is gone on with until it is done.
  Scenario& journal(const std::string& name, const std::string& durable,
                    std::initializer_list<std::string> words) {
    Scenario& scenario = add(name, words);
    scenario.journal.there = true;
    scenario.journal.durable = durable;
    const std::initializer_list<std::string> own = {"--journal", kJournal, "--durable", durable,
                                                    "--resume"};
    scenario.words.insert(scenario.words.end(), own);
    if (what_ != "pipe") scenario.words.insert(scenario.words.end(), {"--retries", "2"});
    return scenario;
  }

  void finish(Scenario& scenario, const std::string& program) {
    if (what_ == "run") scenario.words.push_back("--");
    scenario.words.push_back(program);
  }

  /// Some fail, and are tried again.
  void tasks(Scenario& scenario, std::size_t count, std::uint64_t size_max) {
    for (std::size_t i = 0; i < count; ++i) {
      TaskPlan task;
      task.value = text(draw_, i, draw_.between(1, size_max));
      task.duration = static_cast<Time>(draw_.between(0, 20)) * kMillisecond;
      if (i % 8 == 5) task.errors = "err " + text(draw_, i, 30) + "\n";
      const bool errors = scenario.wire != "lines";
      if (i % 30 == 17) task.attempts = {errors ? End::Error : End::Crash, End::Ok};
      if (i % 50 == 29) task.attempts = {End::Crash, End::Ok};
      scenario.input += std::to_string(i) + "\n";
      scenario.tasks.push_back(std::move(task));
    }
  }

  void blocks(Scenario& scenario, std::size_t lines) {
    for (std::size_t i = 0; i < lines; ++i) {
      scenario.input += text(draw_, i, draw_.between(1, 60)) + "\n";
    }
  }

  /// -o FILE
  static void to_file(Scenario& scenario) {
    scenario.out_file = scenario.out_named = true;
    scenario.words.insert(scenario.words.begin() + 2, {"-o", kOutFile});
  }

  static void slow_reader(Scenario& scenario) {
    scenario.out.piece = 100;
    scenario.out.pause = kMillisecond;
    scenario.faults.pipe_capacity = 4096;
  }

  std::string what_;
  std::vector<FixedRun> runs_;
  Draw draw_{1};
};

}  // namespace

std::vector<FixedRun> fixed_runs(const std::string& what) { return FixedRuns(what).runs(); }

}  // namespace spread::world
