// What spread does without a run: `hosts` and `history`.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/posix.h"
#include "spread/base/quote.h"
#include "spread/engine/host_probe.h"
#include "spread/engine/run_history.h"
#include "spread/history/history_text.h"
#include "spread/io/event_loop.h"
#include "spread/io/system.h"
#include "spread/output/complain.h"
#include "spread/report/summary.h"
#include "spread/run/run.h"

namespace spread {
namespace {

constexpr int kMany = 101;
constexpr std::size_t kCellBytes = 1000;

struct Row {
  std::string host, slots, state;
};

std::string table(const std::vector<Row>& rows) {
  std::size_t width = 4;
  for (const Row& row : rows) width = std::max(width, row.host.size());
  std::string text = fmt::format("{:<{}}  {:>5}  {}\n", "host", width, "slots", "state");
  for (const Row& row : rows) {
    text += fmt::format("{:<{}}  {:>5}  {}\n", row.host, width, row.slots, row.state);
  }
  return text;
}

}  // namespace

int show_hosts(HostsOptions options, Environment environment, Streams streams) {
  PlanOptions wanted;
  wanted.hosts = std::move(options.hosts);
  wanted.lists = std::move(options.lists);
  wanted.command = std::move(options.command);
  auto made = make_plan(std::move(wanted), environment, streams);
  if (!made) return complain(streams, made.error());
  Plan& plan = *made;
  std::vector<HostId> unknown = plan.roster.ask_cpus;
  if (options.check) {
    plan.roster.ask_cpus.clear();
    for (std::uint32_t i = 0; i < plan.roster.hosts.size(); ++i) {
      if (!plan.roster.hosts[i].local) plan.roster.ask_cpus.push_back(HostId{i});
    }
  }
  auto answers = ask_hosts(plan, environment, streams);
  if (!answers) return complain(streams, answers.error());
  for (const HostId host : unknown) {
    const auto answer = answers->find(number(host));
    plan.roster.ask_cpus = {host};
    plan.add_slots_of(host, answer == answers->end() ? 1 : answer->second.cpus);
  }
  int failed = 0;
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i < plan.roster.hosts.size(); ++i) {
    const auto slots = std::count_if(plan.roster.slots.begin(), plan.roster.slots.end(),
                                     [&](const SlotSpec& s) { return number(s.host) == i; });
    const auto answer = answers->find(i);
    std::string state = plan.roster.hosts[i].local ? "this machine" : "not asked";
    if (answer != answers->end()) {
      state = answer->second.problem.empty() ? fmt::format("answers, {} CPU{}", answer->second.cpus,
                                                           answer->second.cpus == 1 ? "" : "s")
                                             : "does not answer: " + answer->second.problem;
      failed += answer->second.problem.empty() ? 0 : 1;
    }
    rows.push_back({printable_line(host_label(plan.roster.hosts[i]), kCellBytes),
                    std::to_string(slots), printable_line(state, kCellBytes)});
  }
  const std::string text = table(rows);
  if (const Status printed = print(streams.output, text); !printed) {
    return complain(streams, printed.error());
  }
  return std::min(failed, kMany);
}

namespace {

Result<std::string> reset(HistoryStore& store, const std::vector<std::string>& words) {
  const auto forgotten = store.reset(words);
  if (!forgotten) return tl::unexpected(forgotten.error());
  return fmt::format("{} {} forgotten\n", *forgotten, *forgotten == 1 ? "record" : "records");
}

Result<std::string> show(HistoryStore& store, const std::vector<std::string>& words) {
  const auto rows = store.rows(words);
  if (!rows) return tl::unexpected(rows.error());
  return format_history(*rows, static_cast<std::int64_t>(wall_clock_seconds()));
}

}  // namespace

int show_or_reset_history(const HistoryOptions& options, Environment environment, Streams streams) {
  const auto name = history_file(options.file, environment);
  if (!name) return complain(streams, name.error());
  auto store = HistoryStore::open(*name, HistoryStore::kWaitMilliseconds);
  if (!store) return complain(streams, store.error());
  const auto text = options.reset ? reset(*store, options.words) : show(*store, options.words);
  if (!text) return complain(streams, text.error());
  const Status printed = print(streams.output, *text);
  return printed ? 0 : complain(streams, printed.error());
}

}  // namespace spread
