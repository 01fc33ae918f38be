#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/engine/plan.h"
#include "spread/io/event_loop.h"
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

/// The stderr of a start that may yet fail, when it is told once for all tries: kept for a second,
/// since what a process says of its end comes just before it. So a worker that says how far it is
/// with loading is a second late, and no later.
class HeldErrors {
 public:
  static constexpr Duration kFor = std::chrono::seconds(1);
  static constexpr std::size_t kBytesMax = 64 * 1024;

  /// `due`: is called when it is to be passed on.
  HeldErrors(EventLoop& loop, std::function<void()> due)
      : loop_(loop), due_(loop, std::move(due)) {}

  void add(std::string_view text) {
    if (text_.empty()) due_.set(after(loop_.now(), kFor));
    text_ += text;
    if (text_.size() > kBytesMax) due_.set(loop_.now());
  }
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::string take() {
    due_.set(kForever);
    return std::exchange(text_, {});
  }

 private:
  EventLoop& loop_;
  Timer due_;
  std::string text_;
};

/// The script in which a shell sets the limits of a job and then becomes its command, the words
/// behind the script's name; empty without limits. A shell, since a limit that spread set before a
/// spawn would be its own, too.
std::string job_limits_script(const ProcessLimits& limits);

/// Which limit a job that failed has met, as far as that shows in how it ended and in its last
/// words: ", ..." to be put behind how it ended. Empty: none.
std::string_view limit_met(const ProcessLimits& limits, int signal, std::string_view last_words);

}  // namespace spread
