#include "spread/run/run.h"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/posix.h"
#include "spread/base/quote.h"
#include "spread/input/job_retry.h"
#include "spread/io/system.h"
#include "spread/jobs/job_input.h"
#include "spread/output/complain.h"

namespace spread {

Status print_commands(const JobSetup& setup, std::uint32_t slots) {
  auto commands = JobCommands::create(setup);
  if (!commands) return tl::unexpected(commands.error());
  if (const std::string note = commands->shell_note(); !note.empty())
    warn(setup.streams.errors, note);
  if (const std::string note = retry_note(setup.items.resume); !note.empty())
    warn(setup.streams.errors, note);
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  const ArgumentSource* source = nullptr;
  auto input = open_job_input(setup, *commands, slots, *loop, source);
  if (!input) return tl::unexpected(input.error());
  auto resume = JobResume::create(setup);
  if (!resume) return tl::unexpected(resume.error());
  Record record;
  const bool on_terminal = is_terminal(setup.streams.output);
  constexpr std::size_t kTextMax = 64 * 1024;
  std::string text;  // that is not printed yet
  std::string bad;   // the first one; the others are shown
  for (std::uint64_t sequence = 1; !(*input)->ended();) {
    if (!(*input)->next(record)) {
      SPREAD_TRY(print(setup.streams.output, std::exchange(text, {})));
      if (!(*input)->ended()) loop->wait(kForever);
      continue;
    }
    if (sequence == 1 && setup.items.arguments.header) {
      SPREAD_TRY(commands->set_names(source->names()));
      const std::string warning = commands->warning();
      if (!warning.empty()) warn(setup.streams.errors, warning);
    }
    const std::string_view payload = as_text(record.payload.body.view());
    if (!record.bad.empty() || resume->is_done(*commands, sequence, payload)) {
      if (bad.empty() && !record.bad.empty()) bad = fmt::format("job {}: {}", sequence, record.bad);
      ++sequence;
      continue;
    }
    TaskContext context;
    context.sequence = sequence;
    context.slot = static_cast<std::uint32_t>((sequence - 1) % slots) + 1;
    std::string line = commands->text(payload, context) + "\n";
    if (on_terminal) line = printable(line);
    text += line;
    if (text.size() >= kTextMax) SPREAD_TRY(print(setup.streams.output, std::exchange(text, {})));
    ++sequence;
  }
  SPREAD_TRY(print(setup.streams.output, text));
  if (!(*input)->error().empty()) return fail((*input)->error());
  if (!bad.empty()) return fail(bad);
  return {};
}

}  // namespace spread
