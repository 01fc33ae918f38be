#include "spread/launch/job_agent.h"

#include "spread/base/quote.h"
#include "spread/launch/remote_shell.h"

namespace spread {
namespace {

// $1 is the mark. Names begin with spread_, for a request is evaluated in the same shell. The
// subshell keeps what a request does to itself (cd, exec) from the loop. printf and read are in
// every POSIX shell; `read -r` takes any line, however long, and not a byte more.
constexpr std::string_view kBegin =
    R"(spread_m=$1; spread_n=$(printf "\n_"); spread_n=${spread_n%_}; exec 3<&0; )"
    R"(spread_say() { printf "\001%s %s\n" "$spread_m" "$1" >&2; )"
    R"(printf "\001%s %s\n" "$spread_m" "$1"; }; )";

// Tries whether a reader takes exactly 3 bytes: printf writes all six at once, so that a reader
// that takes too many finds them there.
constexpr std::string_view kFeed =
    R"sh(spread_try() { [ "$(printf abcdef | { "$@" >/dev/null 2>&1; cat; })" = def ]; }; )sh"
    R"sh(spread_dd="iflag=count_bytes,fullblock"; )sh"
    R"sh(if spread_try head -c 3; then spread_take() { head -c "$1"; }; )sh"
    R"sh(elif spread_try dd bs=65536 count=3 "$spread_dd"; then )sh"
    R"sh(spread_take() { dd bs=65536 count="$1" "$spread_dd" 2>/dev/null; }; )sh"
    R"sh(else spread_take() { dd bs=1 count="$1" 2>/dev/null; }; fi; )sh"
    R"sh(spread_feed() { while IFS= read -r spread_c && [ "$spread_c" != . ]; )sh"
    R"sh(do spread_take "$spread_c"; done <&3; }; )sh";

// 256+n for signal n is ksh's way.
constexpr std::string_view kLoop =
    R"(spread_say ready; )"
    R"(while IFS= read -r spread_line; do ( eval "$spread_line" ) </dev/null; spread_s=$?; )"
    R"([ "$spread_s" -lt 256 ] || spread_s=$((spread_s-128)); spread_say "$spread_s"; done)";

/// In single quotes, but for newlines, which would end the request's line, and the quote itself.
std::string quote(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) {
    switch (c) {
      case '\'': quoted += R"('\'')"; break;
      case '\n': quoted += R"('"$spread_n"')"; break;
      default: quoted += c;
    }
  }
  return quoted + "'";
}

std::string enter(std::string_view directory) {
  if (directory.empty()) return {};
  return "cd -- " + quote(directory) + " >/dev/null || exit 125; ";
}

/// `body` in a process of its own, whose input the chunks are. The reader outlives it: one that got
/// SIGPIPE would leave the rest of a chunk to be taken for a request.
std::string fed_by_chunks(std::string_view body) {
  return "spread_feed | { ( " + std::string(body) +
         " ); spread_s=$?; cat >/dev/null; [ \"$spread_s\" -lt 256 ] || "
         "spread_s=$((spread_s-128)); "
         "exit \"$spread_s\"; }";
}

std::string as_request(const std::string& body, bool fed) {
  return (fed ? fed_by_chunks(body) : body) + "\n";
}

}  // namespace

ArgumentList job_agent_command(std::string_view mark, bool fed) {
  std::string script(kBegin);
  script += interpreter_check();
  if (fed) script += kFeed;
  script += kLoop;
  return {"/bin/sh", "-c", std::move(script), "sh", std::string(mark)};
}

std::string job_agent_prefix(std::string_view mark) { return "\001" + std::string(mark) + " "; }

std::string missing_bash(std::string_view reason) {
  return ", which this machine has not and the script needs: it has " + std::string(reason) +
         " (--shell-path names another shell)";
}

std::string chunk_header(std::size_t size) { return std::to_string(size) + "\n"; }

std::string format_agent_job(const AgentJob& job) {
  // Only spread talks to the agent: the job must not read its requests.
  std::string body = "exec 3<&-; ";
  if (job.make_directory && !job.directory.empty()) {
    body += "mkdir -p -- " + quote(job.directory) + " || exit 125; ";
  }
  body += enter(job.directory);
  std::string by_env;
  for (const auto& [name, value] : job.environment) {
    if (is_identifier(name)) {
      body += "export " + name + "=" + quote(value) + "; ";
    } else {
      by_env += " " + quote(name + "=" + value);
    }
  }
  if (!job.bash_reason.empty()) {
    body += "command -v bash >/dev/null 2>&1 || { printf \"%s\\n\" " +
            quote("sh: cannot start bash" + missing_bash(job.bash_reason)) + " >&2; exit 127; }; ";
  }
  // A path: to look for other names along PATH would cost a process for each job.
  if (job.words.front().find('/') != std::string::npos) {
    body += "spread_check " + quote(job.words.front()) + "; ";
  }
  // So that the shell's own words (its $?, a message) are about the job and not about a child.
  body += "exec";
  // env(1) would take a program called A=b for one more assignment, and a shell between the two
  // (dash, say) drops variables with such names.
  const bool env_can = job.words.front().find('=') == std::string::npos;
  if (!by_env.empty() && env_can) body += " env" + by_env;
  for (const std::string& word : job.words) body += " " + quote(word);
  return as_request(body, job.fed);
}

std::string format_agent_script(std::string_view script, const std::vector<std::string>& words,
                                std::string_view directory, bool fed) {
  std::string body = enter(directory) + "set --";
  for (const std::string& word : words) body += " " + quote(word);
  return as_request(body + "; " + std::string(script), fed);
}

}  // namespace spread
