#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"

namespace spread {

/// A new folder, 0700; or one that is there and empty, which becomes that.
Status make_private_folder(const std::string& name);
/// A file for writing, 0600 when it is made: emptied, or appended to. A symbolic link is refused.
Result<UniqueFd> open_private_file(const std::string& name, bool append);
/// The file, 0600, has `text` and nothing else; a reader finds all of it, or what was there
/// before. On the disk when this returns.
Status replace_private_file(const std::string& name, std::string_view text);
Status write_whole(int fd, ByteView bytes);

/// Error::number is 0 where what is there is no regular file: a FIFO would be waited for.
Result<UniqueFd> open_regular_file(const std::string& name);
/// The same name, by which a folder can be removed: neither ends with a slash nor with `.`.
std::string own_name(const std::string& folder);
/// The name itself, not what it may lead to.
bool is_symbolic_link(const std::string& name);

/// Names of what is in a folder, but not `.` and `..`.
Result<std::vector<std::string>> names_in(const std::string& folder);
/// True: it was there, and is gone now.
bool take_file(const std::string& name);
/// No error where it is not there.
Status remove_file(const std::string& name);
/// An empty one. Error::number says what kept it from being removed.
Status remove_folder(const std::string& name);

/// The name by which a descriptor's file was opened; empty if it has none.
std::string path_of(int fd);
/// Where a descriptor stands in its file; 0 where it has no place.
std::uint64_t place_in(int fd);
/// Reads a file to its end from where the descriptor stands. `name`: for the error.
Status read_to_end(int fd, const std::string& name, const std::function<Status(ByteView)>& take);

/// Streams::begun.
void tell_begun(const Streams& streams);

}  // namespace spread
