// How items of the input become the arguments of jobs (`map`). The defaults here are those of
// --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/input_options.h"
#include "spread/api/xargs_options.h"

namespace spread {

struct ArgumentOptions {
  enum class Fill : std::uint8_t {
    No,
    Joined,  ///< -m: as many items as fit into one command line, all of them where {} stands
    Context  ///< -X: the word around {} is repeated for each
  };
  enum class Trim : std::uint8_t { No, Left, Right, Both };
  std::string column_separator;  ///< --colsep, a pattern; empty = one column
  bool csv = false;
  bool header = false;                       ///< --header: the first record names the columns
  std::optional<Trim> trim;                  ///< unset = Both with column_separator, else No
  bool link = false;                         ///< --link: items of all sources are paired
  std::optional<std::uint64_t> items_max;    ///< -n
  std::optional<std::uint64_t> items_exact;  ///< -N: {1} to {N}; 0 = take one, insert none
  std::optional<std::uint64_t> lines;        ///< -L
  Fill fill = Fill::No;
  bool fill_evenly = true;  ///< -m, -X: the last items shared out over the slots; --xargs: not
  std::optional<std::size_t> bytes_max;  ///< -s: of a job's command line
  bool exit_if_long = false;             ///< -x: an item that is longer ends the run
  bool skip_blank = false;               ///< -r: items of white space alone are left out
};

/// Which jobs of an earlier run, which its joblog has, need not be run.
struct ResumeOptions {
  bool resume = false;  ///< --resume and --resume-failed
  bool resume_failed = false;
  bool retry_failed = false;         ///< the jobs are those of the joblog that failed
  bool retry_drops_command = false;  ///< and a command or items were given besides
};

struct ItemOptions {
  InputOptions input;
  char delimiter = '\n';  ///< -0, -d: ends an item of a file
  ArgumentOptions arguments;
  std::string replacement;  ///< -I; empty = {}
  bool allow_paste = false;
  bool to_stdin = false;  ///< --stdin
  ResumeOptions resume;
  /// For jobs on other machines, with placeholders.
  std::vector<std::string> transfer_files;  ///< --transferfile: before each job
  std::vector<std::string> return_files;    ///< --return: after it
  std::optional<XargsOptions> xargs;        ///< `spread xargs`: where it differs
};

}  // namespace spread
