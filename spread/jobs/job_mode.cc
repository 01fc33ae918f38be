// Where the jobs of `map` and `pipe` come from, and what becomes of what they print. What each is
// started with is in job_starts.cc, how their ends are told in job_endings.cc.
#include "spread/jobs/job_mode.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "spread/base/numbers.h"
#include "spread/base/quote.h"
#include "spread/engine/login_end.h"
#include "spread/io/files.h"
#include "spread/io/system.h"
#include "spread/jobs/job_commands.h"
#include "spread/jobs/job_input.h"
#include "spread/jobs/remote_job_slot.h"
#include "spread/launch/job_agent.h"

namespace spread {
namespace {

JobOutputOptions output_options(const JobSetup& setup) {
  JobOutputOptions output;
  output.ordered = setup.job.ordered;
  output.one_attempt = setup.retries == 1;
  output.memory_bytes = setup.spill.memory;
  if (setup.job.table != JobOptions::Table::None) {
    output.mode = JobOutputMode::Whole;
  } else if (setup.job.records) {
    output.mode = JobOutputMode::Blocks;
  } else if (setup.job.output == JobOptions::Output::LineBuffered) {
    output.mode = JobOutputMode::Lines;
  }
  return output;
}

}  // namespace

JobMode::JobMode(Engine& engine, const JobSetup& setup)
    : engine_(engine),
      setup_(setup),
      end_sequence_(end_sequence_of(setup)),
      failures_(setup.report.explain || options().print_commands) {}

Status JobMode::open() {
  if (items().xargs) {
    xargs_.emplace(setup_, engine_.reporter());
    SPREAD_TRY(xargs_->open());
  }
  auto commands = JobCommands::create(setup_);
  if (!commands) return tl::unexpected(commands.error());
  commands_ = std::move(*commands);
  limits_ = job_limits_script(options().limits);
  if (options().nice) SPREAD_TRY(engine_.spawner().give_niceness(*options().nice));
  auto resume = JobResume::create(setup_);
  if (!resume) return tl::unexpected(resume.error());
  resume_ = std::move(*resume);
  const std::vector<HostSpec>& hosts = engine_.plan().roster.hosts;
  all_local_ = std::all_of(hosts.begin(), hosts.end(), [](const HostSpec& h) { return h.local; });
  if (!all_local_) mark_ = random_mark();
  SPREAD_TRY(open_files());
  tell_shell();
  const bool fed = !setup_.has_items() || items().to_stdin || moves_files();
  // Each job goes to its directory by itself, and is told functions: a shell does not pass them on.
  agent_ = {job_agent_command(mark_, fed), {}, {}};
  const auto& named = options().command.environment;
  std::copy_if(named.begin(), named.end(), std::back_inserter(agent_.environment),
               [](const auto& variable) { return is_identifier(variable.first); });
  const bool captured =
      options().output != JobOptions::Output::Ungrouped && options().results_directory.empty();
  const std::vector<const OutputWriter*> streams = {&engine_.output(),
                                                    &engine_.reporter().errors_writer()};
  written_.emplace(streams);
  if (!captured) return {};
  TempFile file(setup_.spill.place(), setup_.spill.max_bytes);
  if (!setup_.spill.directory.empty()) {
    if (const Status there = TempFile(setup_.spill.directory, 0).check(); !there) {
      return fail("--spill-dir: " + there.error().message);
    }
  }
  spill_ = std::make_unique<TempSpill>(std::move(file));
  JobOutputOptions how = output_options(setup_);
  if (how.mode == JobOutputMode::Whole) {
    auto table = JobTable::open(options(), setup_.report.joblog_append, engine_.loop(),
                                engine_.output(), engine_.reporter());
    if (!table) return tl::unexpected(table.error());
    table_ = table->get();
    sink_ = std::move(*table);
  } else if (options().records) {
    sink_ = std::make_unique<RecordSink>(engine_.output(), &engine_.reporter());
  } else {
    sink_ = std::make_unique<StandardSink>(engine_.output(), engine_.reporter(), how.mode);
  }
  // What is lost with its host is tried again.
  how.one_attempt = how.one_attempt && all_local_;
  one_attempt_ = how.one_attempt;
  output_ = std::make_unique<JobOutput>(how, *sink_, spill_.get());
  if (table_ != nullptr) written_.emplace(std::vector{&table_->writer(), streams[1]});
  return {};
}

void JobMode::tell_shell() {
  if (const std::string note = commands_->shell_note(); setup_.report.explain && !note.empty()) {
    engine_.reporter().say(note);
  }
  if (const std::string note = retry_note(items().resume); !note.empty())
    engine_.reporter().say(note);
  const std::string function = commands_->function();
  const auto& sent = options().command.environment;
  if (all_local_ || function.empty() ||
      std::any_of(sent.begin(), sent.end(), [&](const auto& variable) {
        return variable.first == "BASH_FUNC_" + function + "%%";
      })) {
    return;
  }
  engine_.reporter().say(
      fmt::format("{0} is a function of this shell, which other machines do not have: --env {0} "
                  "takes it there",
                  printable(function)));
}

bool JobMode::moves_files() const {
  return !options().base_files.empty() || !items().transfer_files.empty() ||
         !items().return_files.empty();
}

Status JobMode::open_files() {
  if (moves_files() && all_local_) {
    engine_.reporter().say(
        "--basefile, --transferfile and --return are for jobs on other machines (-S), and there "
        "are none");
  }
  for (const std::string& name : options().base_files) {
    auto place = file_place(name);
    if (!place) return fail("--basefile: " + place.error().message);
    if (const auto there = file_status(place->path_here()); !there) {
      return fail("--basefile: " + there.error().message);
    }
    base_files_.push_back(std::move(*place));
  }
  return {};
}

std::string JobMode::base_directory() const {
  return remote_directory(commands_->fixed_directory());
}

Result<std::unique_ptr<TaskInput>> JobMode::open_input() {
  const Plan& plan = engine_.plan();
  if (xargs_) return xargs_->open_input(engine_.loop());
  if (setup_.has_items()) {
    return open_job_input(setup_, *commands_, plan.workers(), engine_.loop(), source_);
  }
  auto pipe =
      PipeInput::open(*setup_.cut, slots_of_blocks(plan), true, engine_.loop(), setup_.streams);
  if (!pipe) return tl::unexpected(pipe.error());
  pipe_ = std::move(*pipe);
  return pipe_->take_input();
}

std::unique_ptr<RunSlot> JobMode::make_slot(WorkerId worker) {
  if (engine_.plan().is_local(worker)) return std::make_unique<JobSlot>(engine_, *this, worker);
  const HostId host = engine_.plan().roster.slots[number(worker)].host;
  return std::make_unique<RemoteJobSlot>(engine_, *this, worker,
                                         host_files_.try_emplace(host, clean_up()).first->second);
}

/// A job of `map` on this machine reads nothing, or one item, which is written at once.
std::uint64_t JobMode::descriptors_per_slot() const {
  constexpr std::uint64_t kTwoPipesAndPidfd = 3;
  return all_local_ && setup_.has_items() ? kTwoPipesAndPidfd : RunMode::descriptors_per_slot();
}

std::string_view JobMode::terminal_note() const {
  return setup_.has_items() ? RunMode::terminal_note() : kBlocksTyped;
}

// ---------------------------------------------------------------- tasks in

bool JobMode::accept(TaskId task, Record& record) {
  if (xargs_) xargs_->tell_warnings();
  if (pipe_) {
    if (const std::string note = pipe_->take_note(); !note.empty()) engine_.reporter().say(note);
  }
  if (items().arguments.header && !std::exchange(names_set_, true)) {
    if (const Status named = commands_->set_names(source_->names()); !named) {
      engine_.abort(named.error().message);
    } else if (const std::string warning = commands_->warning(); !warning.empty()) {
      engine_.reporter().say(warning);
    }
  }
  const std::uint64_t sequence = number(task) + 1;
  if (!resume_.is_done(*commands_, sequence, as_text(record.payload.body.view()))) return true;
  end_output(task, {});
  return false;
}

/// xargs reads when it has room for a job, and says what is wrong then: behind those that it began.
bool JobMode::takes_input_error(const std::string& error) {
  if (xargs_) input_error_ = error;
  return xargs_.has_value();
}

void JobMode::tell_input_error() {
  if (!input_error_.empty()) engine_.reporter().say(std::exchange(input_error_, {}));
}

// ---------------------------------------------------------------- output

bool JobMode::may_read(TaskId task, bool errors) const {
  if (!output_) return !engine_.output().full() && !engine_.reporter().errors_full();
  return output_->may_read(task, errors ? JobStream::Err : JobStream::Out);
}

void JobMode::append(TaskId task, bool errors, Slice bytes, std::string_view tag) {
  // -u of another machine's job: here it has no descriptor of spread to write to.
  if (!output_) {
    if (errors) return engine_.reporter().errors().append(bytes.view());
    return engine_.output().queue().append(std::move(bytes));
  }
  const JobStream stream = errors ? JobStream::Err : JobStream::Out;
  if (engine_.journal() != nullptr) {
    engine_.journal()->printed(task, static_cast<std::uint8_t>(stream), bytes.view());
  }
  if (table_ != nullptr) table_->look_at(task, stream, bytes.view(), !tag.empty());
  output_->append(task, stream, bytes, tag);
}

int JobMode::bypass(TaskId task, std::string_view tag) const {
  // Jobs of map print little, and what several print is written at once. A table, and messages in
  // the same place, have to know where lines end.
  if (!pipe_ || !output_ || !tag.empty() || table_ != nullptr || engine_.reporter().one_place() ||
      engine_.journal() != nullptr || !output_->may_bypass(task)) {
    return -1;
  }
  return engine_.output().bypass();
}

void JobMode::bypassed(TaskId task, std::size_t size) {
  engine_.output().bypassed(size);
  output_->bypassed(task);
}

OutcomeMarks JobMode::marks() {
  // What a job of this machine writes by itself, to spread's stdout or to files, is there when it
  // ends.
  if (!output_) return {done_, written_->written(done_)};
  return {output_->accepted(), written_->written(output_->handed_on())};
}

std::string JobMode::remote_directory(const std::string& directory) const {
  const std::string& here = engine_.plan().context.current_directory;
  if (directory == ".") return here;
  return directory.substr(0, 2) == "./" ? here + directory.substr(1) : directory;
}

Status JobMode::advance(bool) {
  if (!engine_.scheduler().has_waiting()) tell_input_error();
  return output_ ? pump_output() : Status{};
}

Status JobMode::pump_output() {
  SPREAD_TRY(output_->pump());
  if (output_->has_spill_error()) engine_.warn(output_->take_spill_error());
  if (table_ != nullptr) SPREAD_TRY(table_->flush());
  if (const auto stuck = output_->stuck()) SPREAD_TRY(loosen(*stuck));
  make_way_for_retry();
  return {};
}

/// Everything waits for a job that is to be tried again, which waits for a slot, and those that
/// have one wait for room for what they print.
void JobMode::make_way_for_retry() {
  const bool waits = output_->full() && options().ordered;
  const std::optional<TaskId> oldest =
      waits ? engine_.scheduler().in_the_way() : std::optional<TaskId>();
  output_->lift_limits(oldest);
  if (!oldest || std::exchange(made_way_told_, true)) return;
  engine_.reporter().say(fmt::format(
      "job {} is to be tried again and has no slot, and what runs cannot be read, since "
      "--reorder-mem and --spill-max are used up: job {} may use more memory, so that it ends",
      number(*output_->head()) + 1, number(*oldest) + 1));
}

/// A job must go live, or nothing moves.
Status JobMode::loosen(TaskId stuck) {
  output_->set_final(stuck);
  engine_.post(LastTry{stuck});
  SPREAD_TRY(output_->pump());
  if (output_->stuck() == stuck) {
    engine_.abort(
        table_ != nullptr
            ? fmt::format("job {} has printed more than --reorder-mem and --spill-max can hold, "
                          "and a row of --results is written when the job has ended",
                          number(stuck) + 1)
            : fmt::format("job {} has printed more to stderr than --reorder-mem and --spill-max "
                          "can hold, and in a record it comes behind stdout, which has not ended",
                          number(stuck) + 1));
    constexpr int kAtOnce = 3;  // what it still prints could never be read
    engine_.post(StopRequested{kAtOnce});
    return {};
  }
  engine_.reporter().say(fmt::format(
      "job {} has printed more than --reorder-mem and --spill-max can hold: what it has printed "
      "is passed on, and it is not tried again",
      number(stuck) + 1));
  return {};
}

}  // namespace spread
