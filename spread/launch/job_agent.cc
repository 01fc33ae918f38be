#include "spread/launch/job_agent.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/launch/environment_line.h"
#include "spread/launch/remote_shell.h"

namespace spread {
namespace {

// $1 is the mark. Names begin with spread_, for a request is evaluated in the same shell. The
// subshell keeps what a request does to itself (cd, exec) from the loop. printf and read are in
// every POSIX shell; `read -r` takes any line, however long, and not a byte more.
constexpr std::string_view kBegin = R"(spread_m=$1; exec 3<&0; )"
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

std::string enter(std::string_view directory) {
  if (directory.empty()) return {};
  return "cd -- " + quote_in_line(directory) + " >/dev/null || exit 125; ";
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
  std::string script(kNewline);
  script += kBegin;
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
    body += "mkdir -p -- " + quote_in_line(job.directory) + " || exit 125; ";
  }
  body += enter(job.directory);
  body += format_exports(job.environment);
  if (!job.bash_reason.empty()) {
    body += "command -v bash >/dev/null 2>&1 || { printf \"%s\\n\" " +
            quote_in_line("sh: cannot start bash" + missing_bash(job.bash_reason)) +
            " >&2; exit 127; }; ";
  }
  // A path: to look for other names along PATH would cost a process for each job.
  if (job.words.front().find('/') != std::string::npos) {
    body += "spread_check " + quote_in_line(job.words.front()) + "; ";
  }
  std::string words;
  for (const std::string& word : job.words) words += " " + quote_in_line(word);
  // exec: so that the shell's own words (its $?, a message) are about the job and not about a
  // child.
  if (has_functions(job.environment)) {
    body += "set --" + words + "; " + std::string(kThroughBash) + "exec \"$@\"";
  } else {
    body += "exec" + words;
  }
  return as_request(body, job.fed);
}

std::string format_agent_script(std::string_view script, const std::vector<std::string>& words,
                                std::string_view directory, bool fed) {
  std::string body = enter(directory) + "set --";
  for (const std::string& word : words) body += " " + quote_in_line(word);
  return as_request(body + "; " + std::string(script), fed);
}

namespace {

// All scripts have the job's directory as $1. tar's -h: a link would point to nowhere over there;
// -o: files belong to the user who is logged in, also where that is root.

// stat is not POSIX: GNU's and busybox' know -c, those of the BSDs -f.
constexpr std::string_view kLook =
    R"(m=; if [ -n "$1" ]; then cd -- "$1" 2>/dev/null || m=1; fi; shift; for f do )"
    R"(if [ -n "$m" ] || ! [ -e "$f" ]; then echo -; else )"
    R"(d=f; if [ -d "$f" ]; then d=d; fi; )"
    R"(s=$(stat -L -c "%s %Y %i" -- "$f" 2>/dev/null || stat -L -f "%z %m %i" -- "$f" 2>/dev/null); )"
    R"(echo "$d ${s:-?}"; fi; done)";
// A job's directory need not be there: it may be what its files are to fill.
constexpr std::string_view kReceive =
    R"(if [ -n "$1" ]; then mkdir -p -- "$1" && cd -- "$1" || exit 125; fi; )"
    R"(cd -- "$2" || exit 125; exec tar -xpof -)";
constexpr std::string_view kSend =
    R"(if [ -n "$1" ]; then cd -- "$1" || exit 125; fi; cd -- "$2" || exit 125; shift 2; m=; )"
    R"(for f do shift; if [ -e "$f" ]; then set -- "$@" "$f"; else )"
    R"(printf "there is no %s\n" "${f#./}" >&2; m=1; fi; done; )"
    R"(if [ "$#" -gt 0 ]; then tar -chf - "$@" || exit 2; fi; [ -z "$m" ] || exit 3)";
// Empty folders are removed only below the job's directory: those above it belong to others.
constexpr std::string_view kRemove =
    R"(if [ -n "$1" ]; then cd -- "$1" || exit 0; fi; shift; rm -rf -- "$@"; for f do )"
    R"(case $f in ./*) d=${f%/*}; while [ "$d" != . ] && rmdir -- "$d" 2>/dev/null; )"
    R"(do d=${d%/*}; done;; esac; done; exit 0)";

ArgumentList paths_there(const std::vector<FilePlace>& files, std::string_view directory) {
  ArgumentList words = {std::string(directory)};
  for (const FilePlace& file : files) words.push_back(file.path_there());
  return words;
}

bool has_component(std::string_view path, std::string_view component) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == component) return true;
    begin = end + 1;
  }
  return false;
}

/// Without "./" in front and "/" at the end.
std::string_view stripped(std::string_view name) {
  while (name.size() > 1 && name.back() == '/') name.remove_suffix(1);
  while (name.substr(0, 2) == "./") {
    name.remove_prefix(2);
    while (name.substr(0, 1) == "/") name.remove_prefix(1);
  }
  return name;
}

bool parse_fact(std::string_view& line, auto& number) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc()) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!line.empty()) line.remove_prefix(1);
  return true;
}

RemoteFile parse_status(std::string_view line) {
  RemoteFile file;
  if (line == "-") return file;
  file.exists = true;
  FileStatus status;
  status.folder = line.front() == 'd';
  line.remove_prefix(2);
  if (parse_fact(line, status.size) && parse_fact(line, status.modified) &&
      parse_fact(line, status.inode)) {
    file.status = status;
  }
  return file;
}

}  // namespace

Result<FilePlace> file_place(std::string_view name) {
  const std::string shown = show_text(name);
  FilePlace place{".", ".", {}};
  if (const std::size_t cut = name.find("/./"); cut != std::string_view::npos) {
    place.here = cut == 0 ? "/" : std::string(name.substr(0, cut));
    // So that no program takes "-x/./y" for an option.
    if (place.here.front() != '/' && place.here.front() != '.') place.here.insert(0, "./");
    name.remove_prefix(cut + 3);
  } else if (name.substr(0, 1) == "/") {
    place.here = place.there = "/";
  } else {
    name = stripped(name);
    std::string up;
    while (name.substr(0, 3) == "../") {
      up += up.empty() ? ".." : "/..";
      name = stripped(name.substr(3));
    }
    if (!up.empty()) place.here = place.there = up;
  }
  name = stripped(name);
  while (name.substr(0, 1) == "/") name.remove_prefix(1);
  if (name.empty() || name == ".") return fail(shown + " names no file");
  if (has_component(name, "..")) return fail(shown + " has a .. within; write it without");
  place.name = name;
  return place;
}

std::string format_look(const std::vector<FilePlace>& files, std::string_view directory) {
  return format_agent_script(kLook, paths_there(files, directory), "", false);
}

Result<std::vector<RemoteFile>> parse_look(std::string_view text, std::size_t files) {
  std::vector<RemoteFile> found;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (end == std::string_view::npos || line.empty()) break;
    if (line != "-" && (line.size() < 3 || line[1] != ' ')) break;
    found.push_back(parse_status(line));
    text.remove_prefix(end + 1);
  }
  if (found.size() != files || !text.empty()) {
    return fail("cannot understand what the other side says of its files: " + show_text(text));
  }
  return found;
}

std::string format_receive(std::string_view base, std::string_view directory) {
  return format_agent_script(kReceive, {std::string(directory), std::string(base)}, "", true);
}

std::string format_send(const std::vector<FilePlace>& files, std::string_view directory) {
  ArgumentList words = {std::string(directory), files.front().there};
  for (const FilePlace& file : files) words.push_back("./" + file.name);
  return format_agent_script(kSend, words, "", false);
}

std::string format_remove(const std::vector<FilePlace>& files, std::string_view directory) {
  return format_agent_script(kRemove, paths_there(files, directory), "", false);
}

ArgumentList pack_here(const std::vector<FilePlace>& files, std::string_view current_directory) {
  ArgumentList words = {"tar", "-chf", "-"};
  for (const FilePlace& file : files) {
    // Absolute, for each -C is seen from the one before.
    const bool absolute = file.here.front() == '/';
    words.insert(words.end(),
                 {"-C", absolute ? file.here : fmt::format("{}/{}", current_directory, file.here),
                  "./" + file.name});
  }
  return words;
}

ArgumentList unpack_here(std::string_view folder) {
  return {"tar", "-xpof", "-", "-C", std::string(folder)};
}

}  // namespace spread
