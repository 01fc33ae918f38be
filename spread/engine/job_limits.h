#pragma once

#include <string>
#include <string_view>

#include "spread/api/command_options.h"

namespace spread {

/// The script in which a shell sets the limits of a job and then becomes its command, the words
/// behind the script's name; empty without limits. A shell, since a limit that spread set before a
/// spawn would be its own, too.
std::string job_limits_script(const ProcessLimits& limits);

/// Which limit a job that failed has met, as far as that shows in how it ended and in its last
/// words: ", ..." to be put behind how it ended. Empty: none.
std::string_view limit_met(const ProcessLimits& limits, int signal, std::string_view last_words);

}  // namespace spread
