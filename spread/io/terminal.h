#pragma once

#include <optional>
#include <string>

#include "spread/api/result.h"
#include "spread/api/streams.h"
#include "spread/base/unique_fd.h"

namespace spread {

/// Whether this process group is in the foreground of its terminal: its processes may read it.
bool is_in_foreground(const Streams& streams);
/// The terminal of the process, for reading.
Result<UniqueFd> open_terminal(const Streams& streams);
/// A line that is typed there, without its newline; none at its end. Meanwhile INT, TERM, HUP and
/// TSTP do what they do to any process: nothing else goes on.
Result<std::optional<std::string>> read_typed_line(int terminal);
/// Moves the file back by `bytes` that were read too far, so that a process that shares it reads
/// them next. Does nothing where that is impossible (a pipe).
void give_back(int fd, std::size_t bytes);

}  // namespace spread
