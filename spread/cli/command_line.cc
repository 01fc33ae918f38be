#include "spread/cli/command_line.h"

#include <utility>

#include "spread/cli/flags.h"
#include "spread/cli/in_directory.h"
#include "spread/cli/take_apart.h"
#include "spread/io/signals.h"
#include "spread/io/system.h"
#include "spread/options/option_table.h"
#include "spread/output/complain.h"
#include "spread/run/pool_commands.h"

namespace spread::cli {

int run_command_line(int argc, const char* const* argv, Environment environment, Streams streams,
                     TakeSignals take_signals, const ProcessControl& control) {
  // Of a file that may not grow (ulimit -f), and of a reader that has left, an error tells.
  const WriteSignalsBlocked failing_writes;
  auto parsed = parse_command_line(argc, argv);
  if (!parsed) return complain(streams, parsed.error());
  if (parsed->status != 0) return complain_in_words(streams.errors, parsed->text, parsed->status);
  if (!parsed->text.empty()) {
    const Status printed = print(streams.output, parsed->text);
    return printed ? conclude_output(0, streams) : complain(streams, printed.error());
  }
  const DirectoryOptions& directory = parsed->options.directory;
  const bool is_call = (bit_of(parsed->options.subcommand) & kDirectory) != 0;
  if (!is_call && (directory.detach || !directory.name.empty())) {
    return run_in_directory({argv + 1, argv + argc}, std::move(parsed->options), environment,
                            streams, take_signals, control);
  }
  if (parsed->options.subcommand == Subcommand::PoolStart) {
    SubcommandOptions pool = take_apart(std::move(parsed->options));
    return start_pool(std::get<PoolCommand>(std::move(pool)), environment, streams, take_signals,
                      control);
  }
  return run(take_apart(std::move(parsed->options)), environment, streams, take_signals);
}

}  // namespace spread::cli
