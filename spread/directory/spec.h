// spread/directory: what a run directory says: its spec, and the state of its run as the files
// have it (docs/run-directories.md). Knows no files. Start here, then state.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/base/buffers.h"

namespace spread {

/// The newest that is understood.
inline constexpr std::uint64_t kSpecFormat = 1;

/// The names in a run directory.
inline constexpr std::string_view kSpecName = "spec.json", kJournalName = "journal",
                                  kOutName = "out", kLogName = "log", kTailsName = "tails",
                                  kPidName = "pid", kStopName = "stop", kInputName = "input";

/// A file of a run's input.
struct InputFile {
  std::string name;  ///< as the command line has it; "-" is standard input
  std::string path;  ///< absolute; of a copy, its name in the run directory
  bool copied = false;
  std::uint64_t offset = 0;  ///< of standard input: where it was read from
  std::uint64_t size = 0;
  std::string digest;  ///< of all of its bytes, 16 hexadecimal digits
  bool operator==(const InputFile&) const = default;
};

/// What a run directory was made for.
struct RunSpec {
  std::uint64_t format = kSpecFormat;
  std::string spread;              ///< its version
  std::vector<std::string> words;  ///< the command line without the program; any bytes
  std::string directory;           ///< where it was given
  std::vector<InputFile> input;
  bool copying = false;  ///< its input has not been copied to its end
  bool operator==(const RunSpec&) const = default;
};

/// JSON, and a newline. Texts that are no UTF-8 are {"$bin": base64}.
Status format_spec(const RunSpec& spec, ByteBuffer& out);
/// What it does not know is passed over; format, words and directory must be there, and a newer
/// format is refused.
Result<RunSpec> parse_spec(std::string_view json);

/// What may be removed of a run directory: a file by this name in it, or in `tails`. Files that are
/// to take the place of another one are among them: a run that is killed leaves those.
bool is_file_of_run(std::string_view name);
bool is_tail_of_run(std::string_view name);

}  // namespace spread
