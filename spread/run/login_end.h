#pragma once

#include <string>

#include "spread/api/options.h"
#include "spread/api/task.h"
#include "spread/io/subprocess.h"
#include "spread/run/plan.h"

namespace spread {

/// Why a login is over, in one line: what it ended with, what that usually means (`hosts`: how it
/// was launched) where it had not become `ready`, and the last it printed.
std::string login_end_reason(const Plan& plan, const HostOptions& hosts, WorkerId worker,
                             ExitStatus status, bool ready, std::string last_words);

}  // namespace spread
