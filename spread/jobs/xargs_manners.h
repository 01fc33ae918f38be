#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/arguments/xargs_source.h"
#include "spread/base/posix.h"
#include "spread/input/task_input.h"
#include "spread/io/event_loop.h"
#include "spread/io/subprocess.h"
#include "spread/jobs/job_commands.h"
#include "spread/output/reporter.h"

namespace spread {

/// What JobMode does otherwise when it is xargs (`spread xargs`): its input, what jobs have as
/// standard input, the question of -p, what is said of a job that ends it all.
class XargsManners {
 public:
  /// Both must outlive this.
  XargsManners(const JobSetup& setup, Reporter& reporter);

  /// Tells what the command line has to be told, and --show-limits; opens the terminal for -o, -p.
  Status open();
  Result<std::unique_ptr<TaskInput>> open_input(EventLoop& loop);
  /// Standard input and process group of a job that is started on this machine.
  void connect(SpawnOptions& spawn) const;
  /// The variables of a job in slot `slot`, from 1.
  void set_environment(std::uint32_t slot,
                       std::vector<std::pair<std::string, std::string>>& variables) const;
  /// -p: shows the command line, and whether the answer begins with y. Waits for it.
  Result<bool> ask(const std::string& command);
  bool asks() const { return xargs_.ask; }

  /// GNU xargs' words for a job that ends the run. `error`: the errno of one that was not started.
  std::string last_words(int exit_status, int signal, int error) const;
  void tell_warnings();
  /// The run is over: a process that shares spread's standard input goes on behind the end mark.
  void finish();

 private:
  void show_limits();
  std::size_t bytes_max_of_system() const;
  std::size_t bytes_max() const;

  const JobSetup& setup_;
  const XargsOptions& xargs_;
  Reporter& reporter_;
  XargsSource* source_ = nullptr;
  UniqueFd terminal_;
  bool in_our_group_ = false;
};

}  // namespace spread
