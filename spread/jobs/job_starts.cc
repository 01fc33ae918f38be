// What a job is started with: its words, environment, input, files.
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/io/files.h"
#include "spread/jobs/job_commands.h"
#include "spread/jobs/job_mode.h"

namespace spread {
namespace {

// The kernel's limit for one string of the environment, as for an argument.
constexpr std::size_t kVariableBytesMax = 131072 - 16;

}  // namespace

TaskContext JobMode::context_of(TaskId task, WorkerId worker) const {
  TaskContext context;
  context.sequence = number(task) + 1;
  // Not the number on its host: two jobs that run have different ones, wherever they are.
  if (worker != kNoWorker) context.slot = number(worker) + 1;
  return context;
}

Status JobMode::prepare(WorkerId worker, const SendTask& send, const Job*& job) {
  const TaskContext context = context_of(send.task, worker);
  const std::string_view payload = values_of(send.payload);
  SPREAD_TRY(commands_->render(payload, context, arguments_));
  // Where there is no bash, the message says that spread chose it.
  job_.bash_reason = arguments_[0] == "bash" ? commands_->bash_reason(payload) : "";
  if (xargs_ && xargs_->asks()) SPREAD_TRY(ask_for_xargs());
  if (!limits_.empty()) put_limits_before();
  SPREAD_TRY(set_environment(context, payload));
  job_.spawn.argv = arguments_.argv();
  job_.spawn.environment = environment_;
  job_.spawn.inherits = true;
  job_.spawn.directory = commands_->directory(payload, context);
  job_.spawn.input = items().to_stdin || pipe_ ? Connect::Pipe : Connect::Null;
  job_.results_folder = commands_->results_folder(payload, context);
  job_.results_by_item = commands_->results_by_item();
  SPREAD_TRY(commands_->check_results_folder(job_.results_folder));
  const Connect out = output_                        ? Connect::Pipe
                      : !job_.results_folder.empty() ? Connect::File
                                                     : Connect::Inherit;
  job_.spawn.output = job_.spawn.errors = out;
  if (output_) job_.tag = commands_->tag(payload, context);
  if (xargs_) xargs_->connect(job_.spawn);
  set_input(send);
  if (!all_local_ && !engine_.plan().is_local(worker)) SPREAD_TRY(set_files(payload, context));
  if (options().print_commands) {
    engine_.reporter().show_command(xargs_ ? shown_words() : commands_->text(payload, context));
    // With -u the job writes to the same place as spread, and it is about to start.
    if (!output_) engine_.reporter().flush_messages();
  }
  const std::uint32_t tries = setup_.retries;
  if (output_ && !one_attempt_ && engine_.plan().is_local(worker) && tries > 0 &&
      send.attempt >= tries) {
    output_->set_final(send.task);
  }
  job = &job_;
  return {};
}

std::string JobMode::shown_words() const {
  std::string shown;
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    shown += (i == 0 ? "" : " ") + shell_escape(arguments_[i]);
  }
  return shown;
}

/// -p: a command that the user declines becomes one that does nothing, so that the slot goes on.
Status JobMode::ask_for_xargs() {
  const Result<bool> wanted = xargs_->ask(shown_words());
  if (!wanted) {
    engine_.abort(wanted.error().message);
    return tl::unexpected(wanted.error());
  }
  if (*wanted) return {};
  arguments_.clear();
  arguments_.add("true");
  return {};
}

void JobMode::put_limits_before() {
  limited_.clear();
  // dash would drop the functions that bash has exported.
  const bool bash = arguments_[0] == "bash";
  limited_.add(bash ? "bash" : "/bin/sh");
  limited_.add("-c");
  limited_.add(limits_);
  limited_.add(bash ? "bash" : "sh");
  for (std::size_t i = 0; i < arguments_.size(); ++i) limited_.add(arguments_[i]);
  std::swap(limited_, arguments_);
}

const JobMode::Job* JobMode::begin(WorkerId worker, const SendTask& send, UniqueFd (&results)[2]) {
  const Job* job = nullptr;
  if (const Status ready = prepare(worker, send, job); !ready) {
    engine_.post(PayloadRefused{worker, send.task, ready.error().message});
    return nullptr;
  }
  engine_.events().sent(send);
  if (job->results_folder.empty()) return job;
  if (const Status opened = open_result_files(job->results_folder, results); !opened) {
    std::string told = "--results: " + opened.error().message;
    if (job->results_by_item) {
      engine_.post(PayloadRefused{worker, send.task, std::move(told)});
    } else {
      engine_.abort(std::move(told));
    }
    return nullptr;
  }
  return job;
}

std::string_view JobMode::values_of(const Value& payload) const {
  return pipe_ ? std::string_view() : as_text(payload.body.view());
}

Status JobMode::set_files(std::string_view payload, const TaskContext& context) {
  auto transfer = commands_->transfer_files(payload, context);
  if (!transfer) return fail("--transferfile: " + transfer.error().message);
  auto back = commands_->return_files(payload, context);
  if (!back) return fail("--return: " + back.error().message);
  job_.transfer_files = std::move(*transfer);
  job_.return_files = std::move(*back);
  return {};
}

void JobMode::set_input(const SendTask& send) {
  const Value& payload = send.payload;
  job_.range = {};
  job_.header = job_.input = {};
  if (job_.spawn.input != Connect::Pipe) return;
  if (!pipe_) {
    std::string item;
    append_item(item, as_text(payload.body.view()));
    job_.input = Slice::copy_of(as_bytes(item + '\n'));
    return;
  }
  job_.header = pipe_->header(send.task);
  if (!pipe_->by_ranges()) {
    job_.input = payload.body;
    return;
  }
  const FilePart part = PipeInput::part_of(payload.body.view());
  const std::uint64_t size = part.range.end - part.range.begin;
  job_.range = {pipe_->file(part), part.file, pipe_->offset(part), size};
}

Status JobMode::set_environment(const TaskContext& context, std::string_view payload) {
  if (xargs_) {
    xargs_->set_environment(static_cast<std::uint32_t>(context.slot), environment_);
    return {};
  }
  enum : std::size_t { kSequence, kSlot, kTheirSequence, kTheirSlot, kItem };
  if (environment_.empty()) {
    // What GNU parallel calls them, too: scripts that use these are many.
    for (const char* name : {"SPREAD_SEQ", "SPREAD_SLOT", "PARALLEL_SEQ", "PARALLEL_JOBSLOT"}) {
      environment_.emplace_back(name, "");
    }
    environment_.emplace_back("SPREAD_ITEM", "");
  }
  environment_[kSequence].second = environment_[kTheirSequence].second =
      std::to_string(context.sequence);
  environment_[kSlot].second = environment_[kTheirSlot].second = std::to_string(context.slot);
  std::string& item = environment_[kItem].second;
  item.clear();
  if (items().resume.retry_failed) {
    if (payload.find("SPREAD_ITEM") == std::string_view::npos) return {};
    return fail(
        "$SPREAD_ITEM: the joblog does not have the item; --resume-failed has it, with the "
        "line of before");
  }
  append_item(item, payload);
  const bool short_enough = item.size() <= kVariableBytesMax;
  if (short_enough && commands_->fit_together(arguments_, item.size())) return {};
  if (commands_->mentions_item_variable()) {
    const std::string most =
        short_enough ? "with the arguments the kernel does not take that in $SPREAD_ITEM as well"
                     : fmt::format("$SPREAD_ITEM can have {}", kVariableBytesMax);
    return fail(fmt::format("the item has {} bytes, and {}; send it on stdin instead (--stdin)",
                            item.size(), most));
  }
  // A job has the item in its arguments or, of any length, on its stdin.
  item.clear();
  return {};
}

}  // namespace spread
