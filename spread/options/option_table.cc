#include "spread/options/option_table.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "spread/options/option_rows_map.h"
#include "spread/options/option_rows_pipe.h"
#include "spread/options/option_rows_remote.h"
#include "spread/options/option_rows_shared.h"
#include "spread/options/option_rows_xargs.h"

namespace spread::cli {
namespace {

template <std::size_t... sizes>
constexpr auto join(const OptionSpec (&... parts)[sizes]) {
  std::array<OptionSpec, (sizes + ...)> all{};
  auto next = all.begin();
  ((next = std::copy(std::begin(parts), std::end(parts), next)), ...);
  return all;
}

constexpr auto kTable = join(kSharedRows, kMapRows, kPipeRows, kRemoteRows, kXargsRows);

std::string_view take_name(std::string_view& names) {
  const std::size_t comma = names.find(',');
  const std::string_view name = names.substr(0, comma);
  names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
  return name;
}

}  // namespace

bool Draft::has(std::string_view primary_name) const {
  return std::find(given.begin(), given.end(), primary_name) != given.end();
}

std::string_view OptionSpec::primary_name() const { return names.substr(0, names.find(',')); }

std::vector<std::string_view> OptionSpec::all_names() const {
  std::vector<std::string_view> all;
  std::string_view rest = names;
  while (!rest.empty()) all.push_back(take_name(rest));
  return all;
}

std::span<const OptionSpec> option_table() { return kTable; }

const OptionSpec* find_option(std::string_view name, Subcommands subcommands) {
  for (const OptionSpec& spec : kTable) {
    if ((spec.subcommands & subcommands) == 0) continue;
    std::string_view rest = spec.names;
    while (!rest.empty()) {
      if (take_name(rest) == name) return &spec;
    }
  }
  return nullptr;
}

Options defaults_of(Subcommand subcommand) {
  Options options;
  options.subcommand = subcommand;
  if (subcommand == Subcommand::All) {
    options.ends.shutdown_timeout.reset();
    options.hosts.slots = 1;
  }
  if (is_jobs(subcommand)) {
    options.window.tasks = 1;  // a slot runs one process at a time
    options.tails.to = TailsTo::None;
  }
  return options;
}

Subcommands bit_of(Subcommand subcommand) {
  switch (subcommand) {
    case Subcommand::Run: return kRun;
    case Subcommand::Map: return kMap;
    case Subcommand::Pipe: return kPipe;
    case Subcommand::All: return kAll;
    case Subcommand::Hosts: return kHosts;
    case Subcommand::HistoryShow:
    case Subcommand::HistoryReset: return kHistory;
  }
  return 0;
}

Subcommand subcommand_of(Subcommands bit) {
  switch (bit) {
    case kXargs:
    case kMap: return Subcommand::Map;
    case kPipe: return Subcommand::Pipe;
    case kAll: return Subcommand::All;
    case kHosts: return Subcommand::Hosts;
    case kHistory: return Subcommand::HistoryShow;
    default: return Subcommand::Run;
  }
}

}  // namespace spread::cli
