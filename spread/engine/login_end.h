#pragma once

#include <string>
#include <string_view>

#include "spread/api/command_options.h"
#include "spread/api/task.h"
#include "spread/engine/plan.h"
#include "spread/io/subprocess.h"
#include "spread/report/start_failures.h"

namespace spread {

/// The exit status of ssh when it did not get there, or lost the way.
inline constexpr int kLoginLost = 255;

/// Why a login is over, in one line: what it ended with, what that usually means (`command`: what
/// was launched) where it had not become `ready`, and the last it printed.
std::string login_end_reason(const Plan& plan, const CommandOptions& command, WorkerId worker,
                             ExitStatus status, bool ready, std::string last_words);

/// What ssh says where it does not get to the host. (That it ends with 255 says little: so does a
/// Perl program that dies.)
bool is_ssh_failure(std::string_view said);
/// "try: ssh n2 true"; empty where no ssh is involved.
std::string login_hint(const Plan& plan, HostId host);
/// The host of the slot cannot be reached.
FailedStart unreachable_host(const Plan& plan, HostId host, std::string how, std::string said);
/// A login to the slot's host that ended before it was of any use.
FailedStart failed_login(const Plan& plan, const CommandOptions& command, WorkerId worker,
                         ExitStatus status, std::string said);

}  // namespace spread
