#include "settings.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace spread {
inline namespace v1 {
namespace pool_detail {
namespace {

double checked(Seconds time, const char* name, bool may_be_zero) {
  const double seconds = time.count();
  if (!std::isfinite(seconds) || seconds < 0 || (seconds == 0 && !may_be_zero)) {
    throw PoolError(std::string(name) + ": " + std::to_string(seconds) + " s is no " +
                    (may_be_zero ? "span of time" : "span of time above 0"));
  }
  return seconds;
}

std::optional<double> checked(const std::optional<Seconds>& time, const char* name) {
  if (!time) return std::nullopt;
  return checked(*time, name, false);
}

void check_words(const std::vector<std::string>& words, const char* name) {
  for (const std::string& word : words) {
    if (word.find('\0') != std::string::npos) {
      throw PoolError(std::string(name) + ": a word has a NUL in it");
    }
  }
}

}  // namespace

embed::Settings settings_of(const PoolOptions& options) {
  if (options.command.empty() && options.argument_lists.empty()) {
    throw PoolError("command: there is no worker to be started");
  }
  check_words(options.command, "command");
  embed::Settings settings;
  settings.command = options.command;
  for (const auto& list : options.argument_lists) {
    if (list.empty()) throw PoolError("argument_lists: one of them is empty");
    check_words(list, "argument_lists");
    settings.argument_lists.push_back(list);
  }
  settings.slots = options.slots;
  settings.hosts = options.hosts;
  settings.launch = options.launch;
  settings.directory = options.directory;
  for (const auto& [name, value] : options.environment) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos ||
        value.find('\0') != std::string::npos) {
      throw PoolError("environment: \"" + name +
                      "\" is no name of a variable, or its value has a NUL");
    }
  }
  settings.remote_environment = options.environment;
  settings.start_all = options.start_all;
  settings.json = options.wire == Wire::json;
  for (const Value& item : options.prep) settings.prep.push_back(item.msgpack());
  settings.max_frame_bytes = options.max_frame_bytes;
  settings.retries = options.retries;
  settings.crash_retries = std::max(1u, options.crash_retries);
  settings.start_retries = std::max(1u, options.start_retries);
  settings.timeout = checked(options.timeout, "timeout");
  settings.max_busy = checked(options.max_busy, "max_busy");
  settings.lost_after = checked(options.lost_after, "lost_after");
  settings.shutdown_timeout = checked(options.shutdown_timeout, "shutdown_timeout", true);
  settings.kill_grace = checked(options.kill_grace, "kill_grace", true);
  settings.window = options.window;
  settings.max_tasks = options.max_tasks;
  settings.max_age = checked(options.max_age, "max_age", true);
  settings.max_rss_bytes = options.max_rss_bytes;
  settings.keeps_history = options.history.has_value();
  settings.history_file = options.history.value_or("");
  settings.observes_tasks = options.observer != nullptr;
  const auto is_set = [&](std::string_view variable) {
    return std::any_of(options.environment.begin(), options.environment.end(),
                       [&](const auto& set) { return variable.starts_with(set.first + '='); });
  };
  for (char* const* each = environ; each != nullptr && *each != nullptr; ++each) {
    if (!is_set(*each)) settings.environment.emplace_back(*each);
  }
  for (const auto& [name, value] : options.environment) {
    settings.environment.push_back(name + '=' + value);
  }
  return settings;
}

std::string in_words_of_options(const std::string& error) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"-S: ", "hosts: "}, {"--launch ", "launch: "}, {"--worker ", "argument_lists: "}};
  for (const auto& [theirs, ours] : kNames) {
    if (error.starts_with(theirs)) return std::string(ours) + error.substr(theirs.size());
  }
  return error;
}

}  // namespace pool_detail
}  // namespace v1
}  // namespace spread
