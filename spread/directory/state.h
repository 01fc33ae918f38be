#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spread/api/time.h"
#include "spread/journal/contents.h"
#include "spread/journal/part_record.h"

namespace spread {

/// docs/run-directories.md, "States".
enum class RunState : std::uint8_t { Prepared, Running, Finished, Failed, Stopped, Gone, Silent };
std::string_view name_of(RunState state);

/// What the files of a run directory say of its run.
struct DirectoryFacts {
  std::size_t parts = 0;          ///< that have begun in the journal
  WriterIdentity writer;          ///< of the last part
  std::optional<JournalEnd> end;  ///< of the last part

  enum class Lock : std::uint8_t { Free, Held, Unknown };
  Lock lock = Lock::Free;
  bool writer_gone = false;  ///< provably (is_provably_gone)
  bool same_host = false;    ///< the writer was of this host

  std::uint64_t tasks = 0;       ///< that have been read
  std::uint64_t done = 0;        ///< that are final and were computed
  std::uint64_t failed = 0;      ///< of these, without a result
  bool all_read = false;         ///< there are no others
  std::int64_t last_record = 0;  ///< seconds since 1970

  // Of the last part.
  bool jobs = false;              ///< its tasks are jobs: it is of map or pipe
  std::int64_t began = 0;         ///< seconds since 1970
  std::uint64_t done_before = 0;  ///< of `done`, in the parts before
  std::uint64_t retried = 0;      ///< attempts that were followed by another
  Duration task_time{};           ///< what the tasks that are done took, in all parts
  std::uint32_t workers = 0;      ///< that have been started, and have not ended
};

RunState state_of(const DirectoryFacts& facts);
/// The exit status of the last part; none where it has not come to an end.
std::optional<int> status_of(const DirectoryFacts& facts);
/// One line, without a newline. `now`: seconds since 1970.
std::string describe(const DirectoryFacts& facts, std::int64_t now);

/// What `spread` is asked to do with a run directory.
enum class DirectoryCall : std::uint8_t { Run, State, Retrieve, Attach, Stop, Clean };
/// Why that cannot be now, and what can; empty: it can. `failed_again`: --resume-failed.
std::string why_not(DirectoryCall call, const DirectoryFacts& facts, const std::string& directory,
                    bool failed_again = false);

}  // namespace spread
