#include "spread/embed/pool_run.h"

#include <memory>
#include <utility>
#include <vector>

#include "spread/api/message_sink.h"
#include "spread/base/buffers.h"
#include "spread/base/json_string.h"
#include "spread/engine/engine.h"
#include "spread/io/guard.h"
#include "spread/io/system.h"
#include "spread/run/engine_run.h"
#include "spread/tasks/worker_mode.h"

namespace spread::embed {
namespace {

/// As --worker takes it.
std::string as_json(const std::vector<std::string>& words) {
  ByteBuffer text;
  for (const std::string& word : words) {
    text.append(text.empty() ? "[" : ",");
    append_json_string(word, text);
  }
  text.append(text.empty() ? "[]" : "]");
  return std::string(as_text(text.view()));
}

/// What it is as the options of `spread run`.
RunOptions options_of(const Settings& settings, const Environment& environment) {
  RunOptions run;
  HostOptions& hosts = run.common.hosts;
  if (settings.slots > 0) hosts.slots = settings.slots;
  hosts.sshlogins = settings.hosts;
  hosts.launch = settings.launch;
  run.workers.command.words = settings.command;
  run.workers.command.directory = settings.directory;
  run.workers.command.environment = settings.remote_environment;
  for (const auto& list : settings.argument_lists) run.workers.lists.lists.push_back(as_json(list));
  for (const std::string& item : settings.prep) {
    run.workers.prep.push_back({PrepItem::Kind::Encoded, item});
  }
  run.workers.wire = settings.json ? Wire::Json : Wire::Msgpack;
  run.workers.max_frame = settings.max_frame_bytes;
  run.workers.tails.to = TailsTo::None;
  run.tasks.window.tasks = settings.window;
  run.tasks.lost_after.reset();
  if (settings.lost_after) run.tasks.lost_after = from_seconds(*settings.lost_after);
  if (settings.max_tasks > 0) run.tasks.lifetime.max_tasks = settings.max_tasks;
  if (settings.max_age > 0) run.tasks.lifetime.max_age = from_seconds(settings.max_age);
  run.tasks.lifetime.max_rss = settings.max_rss_bytes;
  run.failure.retries = settings.retries;
  run.failure.crash_retries = settings.crash_retries;
  run.failure.start_retries = settings.start_retries;
  if (settings.timeout) run.failure.timeout = from_seconds(*settings.timeout);
  if (settings.max_busy) run.failure.max_busy = from_seconds(*settings.max_busy);
  run.common.ends.shutdown_timeout = from_seconds(settings.shutdown_timeout);
  run.common.ends.kill_grace = from_seconds(settings.kill_grace);
  run.start_all = settings.start_all;
  run.common.report.progress = ProgressStyle::None;
  run.common.report.stderr_level.reset();  // what workers log is told with its task and level
  run.common.spill.temporary_directory = environment.temporary_directory();
  run.history.enabled = settings.keeps_history;
  run.history.name = settings.history_file;
  return run;
}

Result<Plan> plan_of(const RunOptions& run, const Environment& environment, Streams streams) {
  PlanOptions wanted;
  wanted.hosts = run.common.hosts;
  wanted.lists = run.workers.lists;
  wanted.command = run.workers.command;
  wanted.prep = run.workers.prep;
  wanted.wire = run.workers.wire;
  wanted.max_frame = run.workers.max_frame;
  wanted.kill_grace = run.common.ends.kill_grace;
  auto plan = make_plan(std::move(wanted), environment, streams);
  if (!plan) return plan;
  plan->features = kFeatures;
  // Of a run around the host program.
  plan->chunk = plan->max_rss = "";
  if (run.tasks.lost_after) plan->beat = beat_of(*run.tasks.lost_after);
  if (run.tasks.lifetime.max_rss > 0) plan->max_rss = std::to_string(run.tasks.lifetime.max_rss);
  return plan;
}

/// Variables as the Settings have them.
class Variables {
 public:
  explicit Variables(const std::vector<std::string>& variables) {
    for (const std::string& each : variables) pointers_.push_back(const_cast<char*>(each.c_str()));
    pointers_.push_back(nullptr);
  }
  Environment view() const { return Environment(pointers_.data()); }

 private:
  std::vector<char*> pointers_;
};

/// What a run of the program would say on stderr.
class Messages final : public MessageSink {
 public:
  explicit Messages(Sink& sink) : sink_(sink) {}
  void on_message(std::string_view message) override {
    last_ = message;
    sink_.message(message);
  }
  void on_text(std::string_view text) override { sink_.text(text); }
  const std::string& last() const { return last_; }

 private:
  Sink& sink_;
  std::string last_;
};

}  // namespace

Result<std::string> run_pool(const Settings& settings, PoolUpstream& upstream, Sink& sink,
                             const std::function<void()>& opened) {
  Messages messages(sink);
  const Variables variables(settings.environment);
  const Environment environment = variables.view();
  const RunOptions run = options_of(settings, environment);
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  Streams streams;
  streams.guest = true;
  streams.messages = &messages;
  auto plan = plan_of(run, environment, streams);
  if (!plan) return tl::unexpected(plan.error());
  auto guard = Guard::start(run.common.ends.kill_grace, run.common.spill.temporary_directory);
  if (!guard) return tl::unexpected(guard.error());
  OutputWriter output(*loop, no_output());
  ReportedRun reported;
  reported.workers_load = true;
  auto reporter = Reporter::create(run.common.report, reported, environment, streams, *loop,
                                   plan->host_names, output);
  if (!reporter) return tl::unexpected(reporter.error());
  (*reporter)->add_observer(upstream, settings.observes_tasks);
  EngineConfig config{scheduler_options(run), run.starts, run.history, run.common.ends.kill_grace};
  config.scheduler.fatal_ends = false;
  const WorkerSetup setup{run.workers,     &run.tasks, nullptr,  run.common.spill,
                          run.common.ends, streams,    &upstream};
  Engine engine(std::move(config),
                {*plan, *guard, *loop, nullptr, output, **reporter, environment, streams});
  SPREAD_TRY(engine.open(std::make_unique<WorkerMode>(engine, setup)));
  opened();
  engine.execute();
  std::string why;
  if (!upstream.ended()) why = engine.scheduler().stop_reason();
  if (why.empty() && engine.given_up()) why = messages.last();
  upstream.conclude(why.empty() ? "the pool has ended" : why);
  return why;
}

}  // namespace spread::embed
