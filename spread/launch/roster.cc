#include "spread/launch/roster.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/quote.h"
#include "spread/launch/hosts.h"
#include "spread/launch/remote_shell.h"

namespace spread {
namespace {

void add_host(std::vector<HostSpec>& hosts, HostSpec host) {
  const auto same = std::find_if(hosts.begin(), hosts.end(), [&host](const HostSpec& other) {
    return other.local == host.local && other.name == host.name && other.login == host.login;
  });
  if (same == hosts.end()) {
    hosts.push_back(std::move(host));
  } else if (host.slots) {
    same->slots = host.slots;
  }
}

HostSpec this_machine() {
  HostSpec host;
  host.name = "localhost";
  host.local = true;
  return host;
}

Result<std::vector<HostSpec>> read_host_file(const std::string& name, const LaunchContext& context,
                                             const ReadFile& read_file) {
  if (name == "-") return fail("--slf -: stdin holds the tasks; write the hosts to a file");
  std::string path = name;
  if (name == "..") path = context.home + "/.parallel/sshloginfile";
  if (name == ".") path = "/etc/parallel/sshloginfile";
  Result<std::string> text = read_file(path);
  if (!text) return fail("--slf: " + text.error().message);
  Result<std::vector<HostSpec>> hosts = parse_host_file(*text, path);
  if (!hosts) return fail("--slf: " + hosts.error().message);
  if (hosts->empty()) return fail(fmt::format("--slf: {}: no hosts in it", path));
  return hosts;
}

Result<std::vector<HostSpec>> read_hosts(const HostOptions& options, const LaunchContext& context,
                                         const ReadFile& read_file) {
  std::vector<HostSpec> hosts;
  for (const std::string& list : options.sshlogins) {
    Result<std::vector<HostSpec>> more = parse_host_list(list);
    if (!more) return fail("-S: " + more.error().message);
    for (HostSpec& host : *more) add_host(hosts, std::move(host));
  }
  for (const std::string& name : options.slf_files) {
    Result<std::vector<HostSpec>> more = read_host_file(name, context, read_file);
    if (!more) return more;
    for (HostSpec& host : *more) add_host(hosts, std::move(host));
  }
  if (!hosts.empty()) return hosts;
  const bool here = options.launch.empty() || options.launch == "local";
  if (!here && launch_needs_hosts(options.launch)) {
    return fail(fmt::format("--launch {}: which hosts? name them with -S or --slf",
                            show_text(options.launch)));
  }
  hosts.push_back(this_machine());
  hosts.front().local = here;
  return hosts;
}

Result<std::vector<ArgumentList>> read_lists(const WorkerLists& given, const ReadFile& read_file) {
  std::vector<ArgumentList> lists;
  for (const std::string& text : given.lists) {
    Result<ArgumentList> list = parse_argument_list(text);
    if (!list) return fail(fmt::format("--worker {}: {}", show_text(text), list.error().message));
    lists.push_back(std::move(*list));
  }
  for (const std::string& name : given.files) {
    Result<std::string> text = read_file(name);
    if (!text) return fail("--args-file: " + text.error().message);
    Result<std::vector<ArgumentList>> more = parse_args_file(*text, name);
    if (!more) return fail("--args-file: " + more.error().message);
    if (more->empty()) return fail(fmt::format("--args-file: {}: no lists in it", name));
    std::move(more->begin(), more->end(), std::back_inserter(lists));
  }
  return lists;
}

Status check_slots(const HostOptions& options, const LaunchContext& context) {
  if (!options.slots) return {};
  const double n = *options.slots;
  const double slots = options.slots_percent ? n / 100 * context.local_cpus : n;
  if (!(slots <= kSlotsPerHostMax)) {
    return fail(fmt::format("-j: more than {} slots on one host", kSlotsPerHostMax));
  }
  if (options.slots_percent) return n > 0 ? Status{} : fail("-j: must be more than 0%");
  if (n < 1 || n != std::floor(n)) return fail("-j: expected a whole number from 1, or N%");
  return {};
}

std::uint32_t slots_on(const Roster& roster, HostId host) {
  return static_cast<std::uint32_t>(
      std::count_if(roster.slots.begin(), roster.slots.end(),
                    [host](const SlotSpec& slot) { return slot.host == host; }));
}

SlotSpec make_slot(const Roster& roster, HostId host, std::uint32_t slot_number,
                   const ArgumentList& words) {
  SlotSpec slot;
  slot.host = host;
  slot.number = slot_number;
  slot.command = shell_join(words);
  slot.key = host_label(roster.hosts[number(host)]) + '\t' + slot.command;
  return slot;
}

/// What the options say about this host's slots; none if it depends on the CPUs there.
std::optional<std::uint32_t> slots_wanted(const HostSpec& host, const HostOptions& options) {
  if (host.slots) return host.slots;
  if (!options.slots || options.slots_percent) return std::nullopt;
  return static_cast<std::uint32_t>(*options.slots);
}

std::uint32_t slots_for_cpus(const HostOptions& options, std::uint32_t cpus) {
  if (!options.slots) {
    const std::int64_t slots = std::int64_t{cpus} + options.slots_offset;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(slots, 1, kSlotsPerHostMax));
  }
  const double slots = std::floor(*options.slots / 100 * cpus + 1e-9);
  return static_cast<std::uint32_t>(std::clamp(slots, 1.0, double{kSlotsPerHostMax}));
}

HostId add_this_machine(Roster& roster) {
  add_host(roster.hosts, this_machine());
  const auto here = std::find_if(roster.hosts.begin(), roster.hosts.end(),
                                 [](const HostSpec& host) { return host.local; });
  return static_cast<HostId>(here - roster.hosts.begin());
}

void add_lists(Roster& roster, const std::vector<ArgumentList>& lists) {
  if (lists.empty()) return;
  const HostId id = add_this_machine(roster);
  std::uint32_t taken = slots_on(roster, id);
  for (const ArgumentList& list : lists) {
    roster.slots.push_back(make_slot(roster, id, ++taken, list));
    roster.slots.back().exact = list;
  }
}

}  // namespace

Result<Roster> build_roster(const HostOptions& options, const WorkerLists& given,
                            const ArgumentList& command, const LaunchContext& context,
                            const ReadFile& read_file) {
  SPREAD_TRY(check_slots(options, context));
  auto lists = read_lists(given, read_file);
  if (!lists) return tl::unexpected<Error>(std::move(lists.error()));
  auto hosts = read_hosts(options, context, read_file);
  if (!hosts) return tl::unexpected<Error>(std::move(hosts.error()));
  Roster roster;
  roster.hosts = std::move(*hosts);
  for (HostSpec& host : roster.hosts) {
    const bool by_ssh = !options.ssh.empty() && !host.local && host.login.empty();
    auto route = by_ssh ? route_by_login(host, options.ssh) : route_to(host, options.launch);
    if (!route) return tl::unexpected<Error>(std::move(route.error()));
    host.route = std::move(*route);
  }
  const std::size_t with_command = roster.hosts.size();
  add_lists(roster, *lists);
  if (!lists->empty() && command.empty()) {
    if (!options.sshlogins.empty() || !options.slf_files.empty()) {
      roster.warnings.push_back(
          "no COMMAND after --, so nothing runs on the hosts of -S and --slf");
    }
    return roster;
  }
  for (std::size_t i = 0; i < with_command; ++i) {
    const HostSpec& host = roster.hosts[i];
    const auto id = static_cast<HostId>(i);
    if (slots_wanted(host, options) || host.route.kind == Route::Kind::Here) {
      add_slots(roster, options, command, id, context.local_cpus);
    } else {
      roster.ask_cpus.push_back(id);
    }
  }
  return roster;
}

void add_slots(Roster& roster, const HostOptions& options, const ArgumentList& command, HostId host,
               std::uint32_t cpus) {
  SPREAD_ASSERT(number(host) < roster.hosts.size());
  roster.ask_cpus.erase(std::remove(roster.ask_cpus.begin(), roster.ask_cpus.end(), host),
                        roster.ask_cpus.end());
  const std::uint32_t count =
      slots_wanted(roster.hosts[number(host)], options).value_or(slots_for_cpus(options, cpus));
  SlotSpec slot = make_slot(roster, host, slots_on(roster, host), command);
  for (std::uint32_t i = 0; i < count; ++i) {
    ++slot.number;
    roster.slots.push_back(slot);
  }
}

void add_local_slots(Roster& roster, const ArgumentList& command, std::uint32_t count) {
  const HostId here = add_this_machine(roster);
  SlotSpec slot = command.empty() && !roster.slots.empty() ? roster.slots.back()
                                                           : make_slot(roster, here, 0, command);
  slot.number = slots_on(roster, here);
  for (std::uint32_t i = 0; i < count; ++i) {
    ++slot.number;
    roster.slots.push_back(slot);
  }
}

}  // namespace spread
