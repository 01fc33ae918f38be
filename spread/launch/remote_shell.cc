#include "spread/launch/remote_shell.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/quote.h"
#include "spread/launch/environment_line.h"
#include "spread/launch/launcher.h"

namespace spread {
namespace {

// POSIX sh without ' \ and newline, which makes it nearly one plain quoted word for every login
// shell. $1 mode, $2 directory, $3 poll, $4 grace, then NAME=VALUE..., --, the worker's words.

// Mode `b`: the words have \n for a newline and \\ for a backslash. The _ keeps $( ) from taking
// newlines off the end.
constexpr std::string_view kDecode =
    R"(if [ "$1" = b ]; then shift; )"
    R"(for spread_w do shift; spread_w=$(printf "%b_" "$spread_w"); set -- "$@" "${spread_w%_}"; )"
    R"(done; else shift; fi; )";
constexpr std::string_view kChangeDirectory =
    R"(if [ -n "$1" ]; then cd -- "$1" >/dev/null || exit 125; fi; )";
// kill -0 may not look at an sshd of another user (dropbear's is root's), so there are several ways
// to look. Where none shows sshd alive at the start, the guard does not watch it: to end a good
// worker is worse than to leave one behind. The guard finds that out before the worker starts
// (`wait`), so that a connection that is lost at once is not taken for one that cannot be watched.
// The two `&` make the guard init's child; a subshell in its place would not, since ksh93 makes no
// process for it. The trap is for the TERM to the guard's own group; the KILL may hit the guard as
// well. If the worker does not lead a group (`-$$` is none), only the worker itself is ended.
constexpr std::string_view kGuard =
    R"({ trap "" HUP INT QUIT TERM PIPE; p=$PPID; w=$$; )"
    R"(if kill -0 "$p"; then a="kill -0 $p"; )"
    R"(elif [ -d "/proc/$p" ]; then a="test -d /proc/$p"; )"
    R"(elif ps -p "$p"; then a="ps -p $p"; else a=:; fi; )"
    R"({ while sleep "$2" && kill -0 "$w"; do $a || { )"
    R"(kill -s TERM -- "-$w" || kill -s TERM "$w"; sleep "$3"; )"
    R"(kill -s KILL -- "-$w" || kill -s KILL "$w"; exit; }; done; } & } )"
    R"(</dev/null >/dev/null 2>&1 & wait "$!"; )";
constexpr std::string_view kTakeWords =
    R"(shift 3; until [ "$1" = -- ]; do export "$1"; shift; done; shift; spread_check "$1"; )";

// Before the exec, for bash and ksh end with it when it fails, without their trap. `read` takes a
// byte at a time in some shells, which of a binary is some hundred reads: 0.1 ms.
constexpr std::string_view kCheckInterpreter =
    R"(spread_check() { case $1 in */*) spread_p=$1;; *) spread_p=$(command -v "$1");; esac; )"
    R"(case $spread_p in */*);; *) return 0;; esac; )"
    R"([ -f "$spread_p" ] && [ -x "$spread_p" ] || return 0; spread_l=; )"
    R"(IFS= read -r spread_l <"$spread_p"; case $spread_l in "#!"?*);; *) return 0;; esac; )"
    R"(spread_p=$1; set -f; set -- ${spread_l#??}; set +f; )"
    R"([ -n "$1" ] && [ ! -e "$1" ] || return 0; spread_l="its interpreter $1"; )"
    R"(case $1 in *[[:cntrl:]]) spread_l="its first line ends with a carriage return (CR LF), so )"
    R"(its interpreter ${1%?}<CR>";; esac; )"
    R"(printf "%s" "spread: cannot start $spread_p: $spread_l is missing" >&2; echo >&2; exit 126; }; )";

// The smallest quota of the script's cgroup and those above it (v2), or that of the container (v1),
// rounded up. nproc heeds the affinity, and also OMP_NUM_THREADS, which says nothing about
// processes.
constexpr std::string_view kCpuQuestion =
    R"(n=$(OMP_NUM_THREADS= OMP_THREAD_LIMIT= nproc 2>/dev/null || )"
    R"(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); r=/sys/fs/cgroup; )"
    R"(use() { case $1 in ""|max|-*|*[a-z]*) return;; esac; [ "$2" -gt 0 ] 2>/dev/null || return; )"
    R"(c=$((($1+$2-1)/$2)); [ "$c" -ge "$n" ] || n=$c; }; )"
    R"(d=$r$(sed -n "s/^0:://p" /proc/self/cgroup 2>/dev/null); )"
    R"(while :; do q=; t=0; { read -r q t <"$d/cpu.max"; } 2>/dev/null; use "$q" "$t"; )"
    R"(case $d in "$r"/?*) d=${d%/*};; *) break;; esac; done; )"
    R"(q=; t=0; { read -r q <$r/cpu/cpu.cfs_quota_us; read -r t <$r/cpu/cpu.cfs_period_us; } )"
    R"(2>/dev/null; use "$q" "$t"; echo "spread-cpus $n")";

bool is_plain(char c) {
  return is_name_char(c) || c == '.' || c == '/' || c == '-' || c == ',' || c == ':';
}

/// What kDecode undoes.
std::string encode_newlines(std::string_view word) {
  std::string encoded;
  for (const char c : word) {
    if (c == '\\') {
      encoded += "\\\\";
    } else if (c == '\n') {
      encoded += "\\n";
    } else {
      encoded += c;
    }
  }
  return encoded;
}

std::string start_shell(std::string_view script, bool exec) {
  return fmt::format("{}/bin/sh -c {}", exec ? "exec " : "", quote_for_login_shell(script));
}

}  // namespace

std::string quote_for_login_shell(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
  std::string quoted;
  bool open = false;
  for (const char c : word) {
    // ' ends a quotation everywhere. Inside one, fish still reads \\ and \', and csh still expands
    // the history at !, even in `csh -c`. A backslash outside protects all three in all shells.
    const bool outside = c == '\'' || c == '\\' || c == '!';
    if (outside == open) quoted += '\'';
    open = !outside;
    if (outside) quoted += '\\';
    quoted += c;
  }
  if (open) quoted += '\'';
  return word.empty() ? "''" : quoted;
}

std::string format_remote(const RemoteCommand& command, bool exec) {
  ArgumentList words = {command.directory, command.poll_seconds,
                        std::to_string(command.grace_seconds)};
  for (const auto& [name, value] : command.environment) words.push_back(name + '=' + value);
  words.push_back("--");
  words.insert(words.end(), command.words.begin(), command.words.end());
  // Only where it is needed: it costs the other side a fork per word.
  const bool encode = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.find('\n') != std::string::npos;
  });
  std::string script =
      fmt::format("{}{}{}{}", kCheckInterpreter, kDecode, kChangeDirectory, kGuard);
  if (command.reads_exports) script.append(kNewline).append(kReadExports);
  script += kTakeWords;
  if (command.has_functions) script += kThroughBash;
  std::string line = start_shell(script + R"(exec "$@")", exec);
  line += encode ? " spread b" : " spread -";
  for (const std::string& word : words) {
    line += ' ';
    line += quote_for_login_shell(encode ? encode_newlines(word) : word);
  }
  return line;
}

std::string_view interpreter_check() { return kCheckInterpreter; }

std::string_view cpu_question() { return kCpuQuestion; }

std::string format_remote_cpu_question(bool exec) { return start_shell(kCpuQuestion, exec); }

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
