// What goes through a login of `map` and `pipe`: the agent that runs jobs there, and the requests
// to it that move files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/file_status.h"
#include "spread/api/result.h"
#include "spread/launch/launch_plan.h"

namespace spread {

// How `map` and `pipe` run many jobs over one login with nothing but /bin/sh on the other side. The
// agent is a loop in the shell: it reads one line, a request; runs it in a subshell with /dev/null
// as its input; and says on both its stdout and its stderr that it has ended, with a mark that no
// job prints by accident:
//
//   agent, at its start:   \001 MARK " ready\n"    on stdout, and the same on stderr
//   agent, after a job:    \001 MARK " STATUS\n"   on stdout, and the same on stderr
//
// Everything between two marks is the job's output, byte by byte. STATUS is the shell's $?: 128+n
// for signal n. The end of its input ends the agent. Rejected: one login per job (190 ms each), and
// a program of spread over there (nothing may have to be installed).
//
// A request may bring bytes (a block of `pipe`, --stdin, a file). They follow its line as chunks:
//
//   N "\n" and then N bytes, any number of times; ".\n" at the end
//
// The shell cannot read bytes, and the program that reads them for it must not take one too many,
// since the next request comes behind them. At its start the agent tries whether `head -c` reads
// exactly, else `dd` with GNU's flags, else `dd bs=1`, which always does and is slow. The agent
// discards what a job leaves of its input.

/// What to run on the far side: /bin/sh with the script and the mark. `fed`: requests may bring
/// bytes.
ArgumentList job_agent_command(std::string_view mark, bool fed);

/// What every mark in the agent's output begins with: \001, the mark, a blank.
std::string job_agent_prefix(std::string_view mark);

struct AgentJob {
  std::vector<std::string> words;
  /// See format_exports().
  std::vector<std::pair<std::string, std::string>> environment;
  std::string directory;        ///< empty = where the login began
  bool make_directory = false;  ///< it is made where it is missing
  std::string bash_reason;      ///< the job needs bash, for this: told where there is none
  bool fed = false;             ///< chunks follow, and are its input; else /dev/null
};
/// What to say behind "cannot start bash".
std::string missing_bash(std::string_view reason);
/// One line, with its newline. Any bytes but NUL may be in its parts.
std::string format_agent_job(const AgentJob& job);

/// The same for a script of spread: `script` runs in `directory` with `words` as $1, $2, ...
std::string format_agent_script(std::string_view script, const std::vector<std::string>& words,
                                std::string_view directory, bool fed);

/// What stands in front of a chunk of `size` bytes, and what ends them.
std::string chunk_header(std::size_t size);
inline constexpr std::string_view kChunksEnd = ".\n";

// Files that jobs on another machine need and make (--basefile, --transferfile, --return): names,
// and the requests to a job agent that move them as a tar archive through the login that the jobs
// use. Why not scp or rsync: docs/decisions/0011-files-through-the-login.md. Pure.

/// Where a file lies: at `base`/`name`, here and there. `name` is relative and has no `..`.
struct FilePlace {
  std::string here;   ///< base on this machine: "." is the current directory
  std::string there;  ///< base on the other one: "." is the job's directory
  std::string name;

  /// Begins with "/" or ".", so no program takes it for an option.
  std::string path_here() const { return here + "/" + name; }
  std::string path_there() const { return there + "/" + name; }
};

/// As GNU parallel has it: an absolute name is the same on both sides, a relative one stands below
/// the current directory here and the job's there; what is in front of `/./` is cut off, as
/// `rsync --relative` does: of `data/./a/b` the job sees `a/b`. Leading `../` are kept. An Error:
/// nothing is named, or `..` stands elsewhere.
Result<FilePlace> file_place(std::string_view name);

/// Asks what is there already: a line for each file.
std::string format_look(const std::vector<FilePlace>& files, std::string_view directory);
/// The answer: for each file its status; none where there is no file.
struct RemoteFile {
  bool exists = false;
  std::optional<FileStatus> status;  ///< none where the other side cannot tell
};
/// An Error: it is not the answer to that many files.
Result<std::vector<RemoteFile>> parse_look(std::string_view text, std::size_t files);

/// Unpacks the archive that follows as chunks into `base`; directories are made as needed.
std::string format_receive(std::string_view base, std::string_view directory);
/// Packs those of the files that are there, all of one base, to stdout. Its status is kSomeMissing
/// where a file is not there; stderr names it.
std::string format_send(const std::vector<FilePlace>& files, std::string_view directory);
inline constexpr int kSomeMissing = 3;
/// Removes them, and the directories above them that are empty then, up to the job's own.
std::string format_remove(const std::vector<FilePlace>& files, std::string_view directory);

/// The same on this side. `current_directory` is that of spread, absolute.
ArgumentList pack_here(const std::vector<FilePlace>& files, std::string_view current_directory);
ArgumentList unpack_here(std::string_view folder);

}  // namespace spread
