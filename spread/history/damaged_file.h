#pragma once

#include <cstdint>
#include <string>

#include "spread/api/result.h"

namespace spread {

/// Whether the SQLite file `file` says in its header that this application has written it, or has
/// zeros in the place of a header, which is what a power cut leaves of one.
bool is_written_by(const std::string& file, std::uint32_t application);

/// Whether it says in its header that it has a write-ahead log.
bool has_wal(const std::string& file);

/// The number of the file in its file system; 0 = there is none of this name.
std::uint64_t inode_of(const std::string& file);

/// Renames `file`, and a journal that belongs to it, to `file`.damaged, or to the first free one of
/// `file`.damaged-2, ...: `names_max` names at most, and never in the place of another file.
/// Returns the new name. Of several processes that do so at the same time only one finds it: the
/// others are told an empty name, since the file is another one than `inode` by then.
Result<std::string> move_aside(const std::string& file, std::uint64_t inode, int names_max);

}  // namespace spread
