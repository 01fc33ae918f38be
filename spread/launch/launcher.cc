#include "spread/launch/launcher.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/quote.h"
#include "spread/launch/environment_line.h"
#include "spread/launch/hosts.h"
#include "spread/launch/remote_shell.h"

namespace spread {

std::string replace_placeholders(
    std::string_view text,
    std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  std::string replaced;
  while (!text.empty()) {
    const std::size_t brace = text.find('{');
    replaced += text.substr(0, brace);
    if (brace == std::string_view::npos) break;
    text.remove_prefix(brace);
    std::size_t taken = 1;
    std::string_view value = text.substr(0, 1);
    for (const auto& [name, replacement] : values) {
      if (text.substr(0, name.size()) != name) continue;
      taken = name.size();
      value = replacement;
      break;
    }
    replaced += value;
    text.remove_prefix(taken);
  }
  return replaced;
}

namespace {

constexpr std::string_view kCpuMark = "spread-cpus ";

// Where words arrive as words: $1 is the directory. The statuses are those of remote_shell.h.
constexpr std::string_view kInDirectory = R"(cd -- "$1" >/dev/null || exit 125; shift; )";

/// The value of one, which is there afterwards.
std::string& variable(Variables& variables, std::string_view name) {
  for (auto& [known, value] : variables) {
    if (known == name) return value;
  }
  return variables.emplace_back(name, "").second;
}

Variables worker_environment(const HostSpec& host, const SlotSpec& slot, WorkerId worker,
                             const RunFacts& facts) {
  Variables variables = {{"SPREAD_HOST", host.name},
                         {"SPREAD_SLOT", std::to_string(slot.number)},
                         {"SPREAD_WORKER", std::to_string(number(worker))},
                         {"SPREAD_WORKERS", std::to_string(facts.workers)},
                         {"SPREAD_PREP", std::to_string(facts.prep_items)},
                         {"SPREAD_WIRE", std::string(name_of(facts.wire))}};
  if (facts.features) {
    variables.emplace_back("SPREAD_FEATURES", *facts.features);
    // The death of a local process is seen. Empty: what a run around this one asks for is hidden.
    const bool asked = facts.beat && !host.local;
    variables.emplace_back("SPREAD_BEAT",
                           asked ? fmt::format("{:.6g}", to_seconds(*facts.beat)) : "");
  }
  if (facts.generation) {
    variables.emplace_back("SPREAD_GENERATION", std::to_string(*facts.generation));
  }
  if (facts.chunk) variables.emplace_back("SPREAD_CHUNK", *facts.chunk);
  // What runs here is looked at from outside, without its help.
  const bool seen = host.local && !slot.relayed;
  if (facts.max_rss) variables.emplace_back("SPREAD_MAX_RSS", seen ? "" : *facts.max_rss);
  for (const auto& [name, value] : facts.instead) variable(variables, name) = value;
  return variables;
}

/// Of the words of SPREAD_FEATURES: what is behind a relay cannot be one that is seen through, too,
/// and has to schedule by itself.
void hide_relays(std::string& features) {
  constexpr std::string_view kWord = ",relay";
  const std::size_t at = features.find(kWord);
  if (at != std::string::npos) features.erase(at, kWord.size());
}

ArgumentList fill_in(const ArgumentList& command, const HostSpec& host, const SlotSpec& slot,
                     Variables& environment) {
  const std::string slot_text = std::to_string(slot.number);
  const std::string& worker_text = variable(environment, "SPREAD_WORKER");
  const std::string& prep_text = variable(environment, "SPREAD_PREP");
  ArgumentList words;
  for (const std::string& word : command) {
    words.push_back(replace_placeholders(word, {{"{host}", host.name},
                                                {"{slot}", slot_text},
                                                {"{worker}", worker_text},
                                                {"{prep}", prep_text}}));
  }
  return words;
}

/// --wd on another machine. "./" in front, so that cd neither takes it for an option or `-`, nor
/// looks into CDPATH.
std::string remote_directory(const CommandOptions& command, const LaunchContext& context) {
  const std::string& directory = command.directory;
  if (directory == ".") return context.current_directory;
  if (directory.empty() || directory.front() == '/') return directory;
  return "./" + directory;
}

/// What --env names, but for the variables of spread, which win.
Variables without(const Variables& variables, const Variables& others) {
  Variables rest;
  std::copy_if(variables.begin(), variables.end(), std::back_inserter(rest), [&](const auto& one) {
    return std::none_of(others.begin(), others.end(),
                        [&](const auto& other) { return other.first == one.first; });
  });
  return rest;
}

/// --limit-memory: by a shell, since a limit that spread set before a spawn would be its own, too.
ArgumentList within_limits(ArgumentList words, const LaunchContext& context) {
  if (context.limits.empty()) return words;
  words.insert(words.begin(), {"/bin/sh", "-c", context.limits, "spread"});
  return words;
}

LaunchPlan plan_here(ArgumentList words, Variables environment, const CommandOptions& command) {
  LaunchPlan plan;
  plan.arguments = std::move(words);
  plan.environment = std::move(environment);
  if (command.directory != ".") plan.directory = command.directory;
  return plan;
}

ArgumentList between(const Route& route, const ArgumentList& words) {
  ArgumentList arguments = route.before;
  arguments.insert(arguments.end(), words.begin(), words.end());
  arguments.insert(arguments.end(), route.after.begin(), route.after.end());
  return arguments;
}

/// `more`: what comes through its standard input.
ArgumentList through_env(const ArgumentList& words, const Variables& environment,
                         std::string directory, const Variables& more) {
  ArgumentList arguments = {"env"};
  for (const auto& [name, value] : environment) arguments.push_back(name + '=' + value);
  // env would take a program called A=b for one more assignment; sh "$@" does not.
  const bool assignment = words.front().find('=') != std::string::npos;
  if (directory.empty() && (assignment || !more.empty())) directory = ".";
  if (!directory.empty()) {
    std::string script;
    if (!more.empty()) script.append(kNewline).append(kReadExports);
    script += kInDirectory;
    if (has_functions(more)) script += kThroughBash;
    script += R"(exec "$@")";
    arguments.insert(arguments.end(), {"sh", "-c", std::move(script), "sh", std::move(directory)});
  }
  arguments.insert(arguments.end(), words.begin(), words.end());
  return arguments;
}

std::uint64_t whole_seconds(Duration duration) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  return seconds > 0 ? static_cast<std::uint64_t>(seconds) : 0;
}

/// sh and env end with 127 if there is no such program.
std::string hint_not_found(const CommandOptions& command, const std::string& host, bool by_login) {
  const std::string& program = command.words.front();
  if (const std::string hint = one_word_hint(program); !hint.empty()) {
    return fmt::format("{} is not found on {}; {}", shell_quote(program), host, hint);
  }
  // Nothing is known of where another launcher starts, nor of what it ends with itself.
  if (!by_login) {
    return fmt::format("{} is not found on {}, or a program of --launch is not there itself",
                       shell_quote(program), host);
  }
  if (program.find('/') == std::string::npos) {
    return fmt::format(
        "{} is not in the PATH of a login on {} without terminal; give its full path",
        shell_quote(program), host);
  }
  if (program.front() == '/' || !command.directory.empty()) {
    return fmt::format("there is no {} on {}", shell_quote(program), host);
  }
  return fmt::format(
      "{} is looked for in the home directory on {}; --wd . looks in the same "
      "directory as here",
      shell_quote(program), host);
}

}  // namespace

LaunchPlan plan_launch(const Roster& roster, const CommandOptions& command,
                       const LaunchContext& context, WorkerId worker, const RunFacts& facts) {
  SPREAD_ASSERT(number(worker) < roster.slots.size());
  const SlotSpec& slot = roster.slots[number(worker)];
  const HostSpec& host = roster.hosts[number(slot.host)];
  Variables environment = worker_environment(host, slot, worker, facts);
  SPREAD_ASSERT(!slot.exact.empty() || !command.words.empty());
  const ArgumentList own =
      slot.exact.empty() ? fill_in(command.words, host, slot, environment) : slot.exact;
  ArgumentList words = within_limits(own, context);
  LaunchPlan plan;
  Variables told = environment;
  if (facts.features) hide_relays(variable(told, "SPREAD_FEATURES"));
  if (!slot.exact.empty() || host.route.kind == Route::Kind::Here) {
    plan = plan_here(std::move(words), std::move(environment), command);
    plan.words = own;
    plan.told = std::move(told);
    return plan;
  }
  plan.words = own;
  plan.told = std::move(told);
  const Variables named = without(command.environment, environment);
  if (!named.empty()) plan.input = format_exports(named) + "\n";
  switch (host.route.kind) {
    case Route::Kind::Here: break;
    case Route::Kind::LoginShell: {
      RemoteCommand remote;
      remote.words = std::move(words);
      remote.environment = std::move(environment);
      remote.reads_exports = !named.empty();
      remote.has_functions = has_functions(named);
      remote.directory = remote_directory(command, context);
      remote.grace_seconds = whole_seconds(context.kill_grace);
      plan.arguments = between(host.route, {format_remote(remote, host.route.first_word)});
      return plan;
    }
    case Route::Kind::Words:
      plan.arguments = between(
          host.route, through_env(words, environment, remote_directory(command, context), named));
      return plan;
  }
  SPREAD_ASSERT(false);
}

LaunchPlan plan_cpu_question(const HostSpec& host) {
  LaunchPlan plan;
  if (host.route.kind == Route::Kind::LoginShell) {
    plan.arguments = between(host.route, {format_remote_cpu_question(host.route.first_word)});
    return plan;
  }
  Route route = host.route;
  // A step that asks srun for one task exactly is given one CPU, and would count that.
  route.before.erase(std::remove(route.before.begin(), route.before.end(), "--exact"),
                     route.before.end());
  plan.arguments = between(route, {"sh", "-c", std::string(cpu_question())});
  return plan;
}

std::optional<std::uint32_t> parse_cpu_answer(std::string_view out) {
  // From the end: a login may print anything first, even such a line, from a nested login.
  const std::size_t at = out.rfind(kCpuMark);
  if (at == std::string_view::npos) return std::nullopt;
  out.remove_prefix(at + kCpuMark.size());
  std::uint32_t cpus = 0;
  const auto [end, error] = std::from_chars(out.data(), out.data() + out.size(), cpus);
  const bool whole = end == out.data() + out.size() || *end == '\n' || *end == '\r';
  if (error != std::errc() || !whole) return std::nullopt;
  return std::clamp(cpus, 1u, kSlotsPerHostMax);
}

std::string exit_hint(const Roster& roster, const CommandOptions& command,
                      const LaunchContext& context, WorkerId worker, int exit_status) {
  const SlotSpec& slot = roster.slots[number(worker)];
  const HostSpec& host = roster.hosts[number(slot.host)];
  if (!slot.exact.empty() || host.route.kind == Route::Kind::Here) return {};
  const std::string name = host_label(host);
  const bool ssh = host.route.kind == Route::Kind::LoginShell;
  if (exit_status == 255 && ssh) {
    const std::string ssh_command = context.ssh.empty() ? "ssh" : context.ssh;
    const std::string login =
        host.login.empty() ? ssh_command + ' ' + shell_quote(host.name) : name;
    return fmt::format(
        "ssh found no way to {}, or lost it (unless the worker itself ends with 255)"
        "; try: {} true",
        host.name, login);
  }
  if (exit_status == 125 && !command.directory.empty()) {
    return fmt::format("--wd {}: no such directory on {}?", shell_quote(command.directory), name);
  }
  if (exit_status == 127) return hint_not_found(command, name, ssh);
  if (exit_status == 126) {
    return fmt::format("{} cannot be executed on {}", shell_quote(command.words.front()), name);
  }
  return {};
}

std::string one_word_hint(std::string_view program) {
  if (program.find(' ') == std::string_view::npos) return {};
  return "it is one word, with a blank in it: write the words of a command without quotes around "
         "all of them";
}

std::string format_plan(const LaunchPlan& plan) {
  std::string line;
  if (!plan.directory.empty()) {
    const bool safe = plan.directory.front() == '/';
    line += "cd " + shell_quote(safe ? plan.directory : "./" + plan.directory) + " && ";
  }
  for (const auto& [name, value] : plan.environment) {
    line += name + '=' + shell_quote(value) + ' ';
  }
  line += shell_join(plan.arguments);
  // Not the values: what --dry-run prints is often shown to others.
  if (!plan.input.empty()) line += "  # the values of --env go to its standard input";
  return line;
}

}  // namespace spread
