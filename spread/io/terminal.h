#pragma once

#include <optional>
#include <string>

#include "spread/api/result.h"
#include "spread/base/unique_fd.h"

namespace spread {

/// We are in the foreground of a terminal: who is in our process group may read it.
bool is_in_foreground();
/// Our terminal, for reading.
Result<UniqueFd> open_terminal();
/// A line that is typed there, without its newline; none at its end. Meanwhile INT, TERM, HUP and
/// TSTP do what they do to any process: nothing else goes on.
Result<std::optional<std::string>> read_typed_line(int terminal);
/// What was read too far of a file: whoever shares it reads on `bytes` before. Nothing where it
/// cannot be done (a pipe).
void give_back(int fd, std::size_t bytes);

}  // namespace spread
