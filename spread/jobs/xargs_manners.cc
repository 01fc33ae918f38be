#include "spread/jobs/xargs_manners.h"

#include <fmt/format.h>

#include <algorithm>

#include "spread/io/system.h"
#include "spread/io/terminal.h"

namespace spread {
namespace {

// POSIX: of what the system has room for, xargs leaves so much to what a command may add to its
// environment.
constexpr std::size_t kHeadroomBytes = 2048;
// _POSIX_ARG_MAX: what every system has room for.
constexpr std::size_t kEverySystemBytes = 4096;
// What JobCommands keeps free for what a job's environment has more than spread's.
constexpr std::size_t kKernelSpareBytes = 4096;
// As GNU xargs: longer lines gain nothing.
constexpr std::size_t kXargsLineBytes = 128 * 1024;

}  // namespace

XargsManners::XargsManners(const JobSetup& setup, Reporter& reporter)
    : setup_(setup), xargs_(*setup.items.xargs), reporter_(reporter) {}

std::size_t XargsManners::bytes_max_of_system() const {
  const std::size_t taken = environment_bytes(setup_.environment) + kHeadroomBytes;
  return argument_max() - std::min(argument_max(), taken);
}

std::size_t XargsManners::bytes_max() const {
  const std::uint64_t wanted = xargs_.bytes_max.value_or(kXargsLineBytes);
  return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes_max_of_system()));
}

Status XargsManners::open() {
  for (const std::string& warning : xargs_.warnings) reporter_.say(warning);
  if (xargs_.bytes_max.value_or(0) > bytes_max_of_system()) {
    reporter_.say(fmt::format("value {} for -s option should be <= {}", *xargs_.bytes_max,
                              bytes_max_of_system()));
  }
  if (xargs_.show_limits) show_limits();
  // What goes wrong from here on is told without the reporter.
  reporter_.flush_messages();
  if (bytes_max_of_system() == 0) return fail("environment is too large for exec");
  if (xargs_.open_terminal || xargs_.ask) {
    auto terminal = open_terminal(setup_.streams);
    if (!terminal) return tl::unexpected(terminal.error());
    terminal_ = std::move(*terminal);
  }
  // A process in a group of its own is stopped when it reads the terminal, as an editor does, or
  // ssh that asks for a password. With one at a time no other command wants the terminal.
  in_our_group_ = xargs_.processes == 1 && is_in_foreground(setup_.streams);
  return {};
}

void XargsManners::show_limits() {
  const std::size_t environment = environment_bytes(setup_.environment);
  const auto line = [&](std::string_view what, std::size_t bytes) {
    reporter_.pass_on(fmt::format("{}: {}\n", what, bytes));
  };
  reporter_.pass_on(fmt::format("Your environment variables take up {} bytes\n", environment));
  line("POSIX upper limit on argument length (this system)", bytes_max_of_system());
  line("POSIX smallest allowable upper limit on argument length (all systems)", kEverySystemBytes);
  line("Maximum length of command we could actually use",
       bytes_max_of_system() - std::min(bytes_max_of_system(), environment));
  line("Size of command buffer we are actually using", bytes_max());
  line("Maximum parallelism (--max-procs must be no greater)", slots_without_limit(setup_.streams));
}

Result<std::unique_ptr<TaskInput>> XargsManners::open_input(EventLoop& loop) {
  XargsSourceOptions how;
  how.command = xargs_.command;
  how.delimiter = xargs_.delimiter;
  how.end_mark = xargs_.end_mark;
  how.replacement = xargs_.replacement;
  how.lines_max = xargs_.lines_max;
  how.items_max = xargs_.items_max;
  how.bytes_max = bytes_max();
  const std::size_t space = argument_space(setup_.environment);
  how.kernel_bytes_max = space - std::min(space, kKernelSpareBytes);
  how.exit_if_long = xargs_.exit_if_long;
  how.run_if_empty = xargs_.run_if_empty;
  auto source = XargsSource::make(std::move(how));
  if (!source) return tl::unexpected(source.error());
  source_ = source->get();
  std::vector<std::string> files = setup_.items.input.files;
  if (files.empty()) files.push_back("-");
  return TaskInput::open_reader(std::move(*source), files, loop, setup_.streams);
}

void XargsManners::connect(SpawnOptions& spawn) const {
  spawn.own_group = !in_our_group_;
  spawn.input = Connect::Null;
  if (xargs_.open_terminal) {
    spawn.input = Connect::File;
    spawn.files[0] = terminal_.get();
  } else if (!setup_.items.input.files.empty() && setup_.items.input.files.front() != "-") {
    spawn.input = Connect::Inherit;
  }
}

void XargsManners::set_environment(
    std::uint32_t slot, std::vector<std::pair<std::string, std::string>>& variables) const {
  variables.clear();
  if (!xargs_.slot_variable.empty()) {
    variables.emplace_back(xargs_.slot_variable, std::to_string(slot - 1));
  }
}

Result<bool> XargsManners::ask(const std::string& command) {
  reporter_.show_question(command + " ?...");
  auto answer = read_typed_line(terminal_.get());
  if (!answer) return tl::unexpected(answer.error());
  if (!*answer) return fail("the terminal has ended: no answer to -p");
  const std::string& line = **answer;
  return !line.empty() && (line[0] == 'y' || line[0] == 'Y');
}

std::string XargsManners::last_words(int exit_status, int signal, int error) const {
  const std::string& name = xargs_.command.front();
  if (error != 0) return fmt::format("{}: {}", name, errno_text(error));
  if (signal != 0) return fmt::format("{}: terminated by signal {}", name, signal);
  return fmt::format("{}: exited with status {}; aborting", name, exit_status);
}

void XargsManners::tell_warnings() {
  if (source_ == nullptr) return;
  if (const std::string warning = source_->take_warning(); !warning.empty()) reporter_.say(warning);
}

void XargsManners::finish() {
  if (source_ != nullptr && setup_.items.input.files.empty())
    give_back(setup_.streams.input, source_->unread_bytes());
}

}  // namespace spread
