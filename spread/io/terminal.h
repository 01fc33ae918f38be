#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"

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

/// The descriptors above 2 that spread's caller opened for the processes started here (`3>>log`,
/// `<(...)`, make's jobserver): those that are not close-on-exec. All descriptors of spread are
/// close-on-exec from the call on that makes them.
std::vector<int> inherited_descriptors();

/// Which descriptor of spread the name of a file stands for: "fd:4", "/dev/fd/4",
/// "/proc/self/fd/4", "/dev/stdin", "/dev/stdout", "/dev/stderr".
std::optional<int> named_descriptor(std::string_view name);
/// Checks that it is open; if it is above 2, makes it close-on-exec, so that no child has it.
Status claim_descriptor(int fd);

}  // namespace spread
