// `pool`, and `run --pool`.
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/options/setters.h"
#include "spread/options/values.h"

namespace spread::cli {
namespace {

constexpr std::pair<std::string_view, Subcommand> kCalls[] = {{"start", Subcommand::PoolStart},
                                                              {"status", Subcommand::PoolStatus},
                                                              {"stop", Subcommand::PoolStop}};

bool is_option(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

/// What concerns workers is known when they are started.
constexpr std::string_view kOfWorkers[] = {"-j",
                                           "-S",
                                           "--slf",
                                           "--worker",
                                           "--args-file",
                                           "--launch",
                                           "--wd",
                                           "--wire",
                                           "--pickle-task",
                                           "--pickle-bytes",
                                           "--pickle-remote",
                                           "--subpool",
                                           "--task-meta",
                                           "--delay",
                                           "--load",
                                           "--memfree",
                                           "--limit-memory",
                                           "--start-all",
                                           "--prep",
                                           "--prep-json",
                                           "--prep-file",
                                           "--common",
                                           "--reprep-after-failure",
                                           "--tails",
                                           "--timeout",
                                           "--crash-retries",
                                           "--start-retries",
                                           "--bench",
                                           "--max-busy",
                                           "--strict",
                                           "--max-tasks",
                                           "--max-age",
                                           "--max-rss",
                                           "--overlap",
                                           "--window",
                                           "--window-bytes",
                                           "--max-frame",
                                           "--lost-after",
                                           "--shutdown-timeout",
                                           "--ssh",
                                           "--env",
                                           "--history",
                                           "--no-history"};

}  // namespace

Status set_pool(Draft& draft, std::string_view value) {
  return store_name(draft.options.pool.name, value, "a pool");
}

Status set_idle(Draft& draft, std::string_view value) {
  if (value == "none") {
    draft.options.pool.idle.reset();
    return {};
  }
  return store(draft.options.pool.idle, parse_span(value));
}

Status take_pool_words(std::vector<std::string>& words, Draft& draft) {
  if (!words.empty() && is_option(words.front())) return {};  // --help
  const std::string call = words.empty() ? "" : words.front();
  bool known = false;
  for (const auto& [name, subcommand] : kCalls) {
    if (name != call) continue;
    draft.options.subcommand = subcommand;
    known = true;
  }
  if (call.empty()) return fail("pool what? expected start, status or stop");
  if (!known) return fail(fmt::format("expected start, status or stop, not {}", show_text(call)));
  words.erase(words.begin());
  if (words.empty() || is_option(words.front())) {
    const bool asked = !words.empty() && words.front() != "--";
    if (draft.options.subcommand == Subcommand::PoolStatus || asked) return {};
    return fail(fmt::format("{} what? expected the NAME of a pool", call));
  }
  draft.options.pool.name = words.front();
  words.erase(words.begin());
  return {};
}

Status check_pool(const Draft& draft) {
  if (!draft.has("--pool")) return {};
  if (!draft.options.job.command.words.empty()) {
    return fail("--pool: a worker is named, and the pool has its own; it belongs to pool start");
  }
  for (const std::string_view option : kOfWorkers) {
    if (!draft.has(option)) continue;
    return fail(
        fmt::format("{}: the workers of a pool are there already; this belongs to pool "
                    "start",
                    option));
  }
  if (draft.has("--dry-run"))
    return fail("--dry-run and --pool exclude each other: none is started");
  if (draft.options.chunk > 0 && !draft.options.shards.any()) {
    return fail("--chunk: the workers of a pool are sent tasks one by one");
  }
  return {};
}

}  // namespace spread::cli
