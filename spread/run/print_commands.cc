// --dry-run of `map` and `pipe`: the commands, and nothing is started.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/input/pipe_input.h"
#include "spread/io/event_loop.h"
#include "spread/io/system.h"
#include "spread/jobs/job_input.h"
#include "spread/output/complain.h"
#include "spread/run/run.h"

namespace spread {
namespace {

/// Lines on stdout, many at a time.
class CommandLines {
 public:
  explicit CommandLines(int to) : to_(to), on_terminal_(is_terminal(to)) {}

  Status add(const std::string& line) {
    constexpr std::size_t kTextMax = 64 * 1024;
    text_ += on_terminal_ ? printable(line + "\n") : line + "\n";
    return text_.size() >= kTextMax ? flush() : Status();
  }
  Status flush() { return text_.empty() ? Status() : print(to_, std::exchange(text_, {})); }

 private:
  int to_;
  bool on_terminal_;
  std::string text_;
};

/// What comes behind the command: a comment of the shell.
std::string block_comment(const CutOptions& cut, const PipeInput& pipe, TaskId task,
                          const Value& payload) {
  std::string text =
      fmt::format("  # block {}: {} bytes", number(task) + 1, pipe.sent_bytes(task, payload));
  if (!pipe.by_ranges()) return text;
  const FilePart part = PipeInput::part_of(payload.body.view());
  const std::string name =
      cut.files.empty() ? "standard input" : printable_line(cut.files[part.file], 4096);
  return text + fmt::format(", from byte {} of {}", pipe.offset(part), name);
}

/// The tasks of a run, and the command of each.
struct CommandPlan {
  JobCommands commands;
  const ArgumentSource* source = nullptr;  ///< of `map`
  std::optional<PipeInput> pipe{};         ///< of `pipe`
  std::unique_ptr<TaskInput> input{};

  Status open(const JobSetup& setup, std::uint32_t slots, EventLoop& loop) {
    if (setup.has_items()) {
      auto opened = open_job_input(setup, commands, slots, loop, source);
      if (!opened) return tl::unexpected(opened.error());
      input = std::move(*opened);
      return {};
    }
    auto opened = PipeInput::open(*setup.cut, slots, true, loop, setup.streams);
    if (!opened) return tl::unexpected(opened.error());
    pipe.emplace(std::move(*opened));
    input = pipe->take_input();
    return {};
  }
};

std::string command_line(const CommandPlan& plan, const JobSetup& setup, std::uint64_t sequence,
                         std::uint32_t slots, const Value& payload) {
  TaskContext context;
  context.sequence = sequence;
  context.slot = static_cast<std::uint32_t>((sequence - 1) % slots) + 1;
  if (!plan.pipe) return plan.commands.text(as_text(payload.body.view()), context);
  return plan.commands.text({}, context) +
         block_comment(*setup.cut, *plan.pipe, TaskId{sequence - 1}, payload);
}

Result<CommandPlan> begin(const JobSetup& setup) {
  auto commands = JobCommands::create(setup);
  if (!commands) return tl::unexpected(commands.error());
  for (const std::string& note :
       {commands->shell_note(), std::string(retry_note(setup.items.resume))}) {
    if (!note.empty()) warn(setup.streams, note);
  }
  return CommandPlan{std::move(*commands)};
}

}  // namespace

Status print_filters(const JobSetup& setup, std::uint32_t slots) {
  const auto plan = begin(setup);
  if (!plan) return tl::unexpected(plan.error());
  CommandLines lines(setup.streams.output);
  for (std::uint32_t slot = 1; slot <= slots; ++slot) {
    SPREAD_TRY(lines.add(plan->commands.text({}, {slot, slot})));
  }
  return lines.flush();
}

Status print_commands(const JobSetup& setup, std::uint32_t slots) {
  auto plan = begin(setup);
  if (!plan) return tl::unexpected(plan.error());
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  SPREAD_TRY(plan->open(setup, slots, *loop));
  const auto resume = JobResume::create(setup);
  if (!resume) return tl::unexpected(resume.error());
  TaskInput& input = *plan->input;
  CommandLines lines(setup.streams.output);
  Record record;
  std::string bad;  // the first one; the others are shown
  for (std::uint64_t sequence = 1; !input.ended();) {
    if (!input.next(record)) {
      SPREAD_TRY(lines.flush());
      if (!input.ended()) loop->wait(kForever);
      continue;
    }
    if (sequence == 1 && setup.items.arguments.header) {
      SPREAD_TRY(plan->commands.set_names(plan->source->names()));
      const std::string warning = plan->commands.warning();
      if (!warning.empty()) warn(setup.streams, warning);
    }
    if (plan->pipe) {
      if (const std::string note = plan->pipe->take_note(); !note.empty())
        warn(setup.streams, note);
    }
    if (bad.empty() && !record.bad.empty()) bad = fmt::format("job {}: {}", sequence, record.bad);
    const std::string_view payload = as_text(record.payload.body.view());
    if (record.bad.empty() && !resume->is_done(plan->commands, sequence, payload)) {
      SPREAD_TRY(lines.add(command_line(*plan, setup, sequence, slots, record.payload)));
    }
    ++sequence;
  }
  SPREAD_TRY(lines.flush());
  if (!input.error().empty()) return fail(input.error());
  if (!bad.empty()) return fail(bad);
  return {};
}

}  // namespace spread
