#include "spread/launch/route.h"

#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/base/ascii.h"
#include "spread/base/quote.h"
#include "spread/launch/placeholders.h"

namespace spread {
namespace {

// -u: plain srun sends output line by line. --overlap and --exact: without them the second step on
// a node waits for the first to end. --mem=0: a step would otherwise ask for all memory per CPU.
// --cpu-bind=none: a step of one task is bound to one CPU, whatever the worker wants.
constexpr std::string_view kSrun =
    "srun -Q -u --overlap --exact --mem=0 --cpu-bind=none -N1 -n1 -w {host}";
// One mpirun per worker: stdin goes to rank 0 only, and the ranks' stdout is merged.
constexpr std::string_view kMpirun = "mpirun -np 1 --host {host}";

std::string_view built_in(std::string_view launch) {
  if (launch == "ssh") return "ssh {host}";
  if (launch == "srun") return kSrun;
  if (launch == "mpirun") return kMpirun;
  return launch;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// ssh with spread's options, but for those that the user's words name: on its command line the
/// first value of an option wins, so spread's would hide the user's.
ArgumentList with_ssh_options(ArgumentList words) {
  const std::string named = lower_case(shell_join(words));
  ArgumentList options = {"-T"};
  for (const char* option :
       {"BatchMode=yes", "ServerAliveInterval=15", "ServerAliveCountMax=3", "ConnectTimeout=10"}) {
    const std::string text = option;
    if (named.find(lower_case(text.substr(0, text.find('=')))) != std::string::npos) continue;
    options.push_back("-o");
    options.push_back(text);
  }
  words.insert(words.begin() + 1, options.begin(), options.end());
  return words;
}

Route through_login_shell(ArgumentList before, ArgumentList after) {
  Route route{Route::Kind::LoginShell, std::move(before), std::move(after), true};
  if (base_name(route.before.front()) == "ssh") {
    route.before = with_ssh_options(std::move(route.before));
  }
  return route;
}

tl::unexpected<Error> bad_launch(std::string_view launch, std::string_view why) {
  return fail(fmt::format("--launch {}: {}", show_text(launch), why));
}

}  // namespace

bool launch_needs_hosts(std::string_view launch) {
  return built_in(launch).find("{host}") != std::string_view::npos;
}

Result<Route> route_by_login(const HostSpec& host, std::string_view command) {
  auto words = shell_split(command);
  if (!words) return fail(fmt::format("--ssh {}: {}", show_text(command), words.error().message));
  if (words->empty() || words->front().empty()) {
    return fail("--ssh: expected a program and its options, such as 'ssh -p 2222'");
  }
  words->push_back(host.name);
  return through_login_shell(std::move(*words), {});
}

Result<Route> route_to(const HostSpec& host, std::string_view launch) {
  if (host.local) return Route{};
  if (!host.login.empty()) {
    ArgumentList words = host.login;
    words.push_back(host.name);
    return through_login_shell(std::move(words), {});
  }
  if (launch == "local") return Route{};
  auto words = shell_split(built_in(launch.empty() ? "ssh" : launch));
  if (!words) return bad_launch(launch, words.error().message);
  if (words->empty() || words->front().empty() || words->front() == "{cmd}") {
    return bad_launch(launch, "expected a program and its words, such as 'docker exec -i {host}'");
  }
  ArgumentList before, after;
  bool seen_command = false, host_is_last = false;
  for (const std::string& word : *words) {
    if (word == "{cmd}" && !std::exchange(seen_command, true)) continue;
    if (word.find("{cmd}") != std::string::npos) {
      return bad_launch(launch, "{cmd} must be a word of its own, and only one");
    }
    if (!seen_command) host_is_last = word == "{host}";
    (seen_command ? after : before).push_back(replace_placeholders(word, {{"{host}", host.name}}));
  }
  if (base_name(before.front()) != "ssh") {
    return Route{Route::Kind::Words, std::move(before), std::move(after), true};
  }
  Route route = through_login_shell(std::move(before), std::move(after));
  route.first_word = host_is_last;
  return route;
}

}  // namespace spread
