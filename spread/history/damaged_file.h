#pragma once

#include <cstdint>
#include <string>

#include "spread/api/result.h"
#include "spread/base/posix.h"

namespace spread {

/// Whether the SQLite file `file` says in its header that this application has written it, or has
/// zeros in the place of a header, which is what a power cut leaves of one.
bool is_written_by(const std::string& file, std::uint32_t application);

/// Whether it says in its header that it has a write-ahead log.
bool has_wal(const std::string& file);

/// A descriptor of `file`, which is made, for its owner alone, with `create`; an empty one where it
/// cannot be opened. As long as it is open, the file keeps
/// its name: move_aside() of another process waits for it. Without it SQLite could roll the journal
/// of a new database back into a damaged one that it has still open, as it finds a journal by its
/// name. To be had before the database is opened, and given up after it is closed: with any
/// descriptor of the file that is closed, SQLite's locks end.
Result<UniqueFd> keep_in_place(const std::string& file, bool create);

/// Renames `file`, and a journal that belongs to it, to `file`.damaged, or to the first free one of
/// `file`.damaged-2, ...: `names_max` names at most, and never in the place of another file.
/// Returns the new name. Of several processes that do so at the same time only one finds it: the
/// others are told an empty name, since the file is another one than `held` by then.
Result<std::string> move_aside(const std::string& file, UniqueFd held, int names_max);

}  // namespace spread
