#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/job_options.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/arguments/argument_source.h"
#include "spread/launch/job_agent.h"
#include "spread/templates/command_template.h"

namespace spread {

/// RunMode::terminal_note() of `pipe`.
inline constexpr std::string_view kBlocksTyped = "; Ctrl-D ends it (a file: < FILE)";

/// What JobMode and FilterMode are told of a run: the options of `map` or `pipe`, which outlive
/// both.
struct JobSetup {
  const JobOptions& job;
  const ItemOptions& items;  ///< `pipe`: as if nothing were given
  const CutOptions* cut;     ///< `pipe`; null in `map`
  std::uint32_t retries = 1;
  const SpillOptions& spill;
  const EndOptions& ends;
  const ReportOptions& report;
  Environment environment;
  Streams streams;

  bool has_items() const { return cut == nullptr; }
};

/// --term-seq, or what is done without it.
inline std::vector<EndStep> end_sequence_of(const JobSetup& setup) {
  if (!setup.job.end_sequence.empty()) return setup.job.end_sequence;
  return {EndStep::term(setup.ends.kill_grace)};
}

/// What `map` executes: its command and the texts of its options, with placeholders, for each task.
class JobCommands {
 public:
  /// Errors are those of usage. With --header the names are not known yet: set_names() follows.
  static Result<JobCommands> create(const JobSetup& setup);
  Status set_names(const std::vector<std::string>& names);
  /// Which shell runs the script, and why, for people; empty = none does.
  std::string shell_note() const;
  /// What of the script only bash knows, where that is why bash runs it; else nothing.
  std::string bash_reason(std::string_view payload) const;
  /// The exported function of bash that it calls; empty = none.
  std::string function() const { return command_->shell({}).function; }
  /// What to tell once the names are known: braces that name no column. Mostly empty.
  std::string warning() const;

  /// The argument list; an Error means that the kernel would not take it.
  Status render(std::string_view payload, const TaskContext& context, Arguments& out) const {
    return command_->render(payload, context, out);
  }
  /// The same as a line for a shell.
  std::string text(std::string_view payload, const TaskContext& context) const;
  /// What goes in front of each line of the job's output; empty = nothing.
  std::string tag(std::string_view payload, const TaskContext& context) const;
  /// --wd and --results for this job; empty where the option was not given.
  std::string directory(std::string_view payload, const TaskContext& context) const;
  /// --wd where it is the same for all jobs, else nothing.
  std::string fixed_directory() const;
  std::string results_folder(std::string_view payload, const TaskContext& context) const;
  /// --transferfile and --return for this job. An Error: not the name of a file.
  Result<std::vector<FilePlace>> transfer_files(std::string_view payload,
                                                const TaskContext& context) const;
  Result<std::vector<FilePlace>> return_files(std::string_view payload,
                                              const TaskContext& context) const;
  /// The command names $SPREAD_ITEM itself (a program that it runs may know it, too).
  bool mentions_item_variable() const;
  /// The folder of each job has an item in its name.
  bool results_by_item() const { return results_.has_item(); }
  /// An Error if an item leads `folder`, of results_folder(), up by a `..` of its own.
  Status check_results_folder(std::string_view folder) const;

  /// Whether the kernel takes the arguments and a variable of so many bytes together.
  bool fit_together(const Arguments& arguments, std::size_t variable_bytes) const;

  /// How long a command line may get, and what each value adds to it (-X, -m, -s).
  /// `filled`: without -s it is 128 KiB, else what the kernel permits.
  ArgumentSourceOptions::Line line_costs(bool filled) const;

 private:
  explicit JobCommands(const JobSetup& setup) : setup_(&setup) {}
  Status check_items_known() const;
  Status check_braces(const TemplateOptions& how, const PlaceholderSyntax& syntax);
  std::string text_of(const TextTemplate& text, std::string_view payload,
                      const TaskContext& context) const;
  Result<std::vector<FilePlace>> places_of(const std::vector<TextTemplate>& names,
                                           std::string_view payload,
                                           const TaskContext& context) const;
  /// Of a command line: with the pointers of its words, or without them and without the shell.
  enum class Count { Kernel, Text };
  std::size_t bytes_of(std::string_view payload, Count count) const;

  const JobSetup* setup_;  ///< outlives this
  std::size_t arguments_bytes_max_ = 0;
  std::optional<CommandTemplate> command_;
  TextTemplate tag_, directory_, results_;
  std::vector<TextTemplate> transfer_files_, return_files_;
  std::vector<std::string> names_, unknown_columns_;
};

}  // namespace spread
