#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/launch/hosts.h"
#include "spread/launch/launcher.h"
#include "spread/launch/roster.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

// Beyond that a roster is only large: what is true of so many slots is true of more.
constexpr std::uint32_t kSlotsTried = 200;

/// Always in quotes, so that no digit, `#`, `@` or `[` in front means anything.
std::string in_quotes(std::string_view word) {
  std::string text = "'";
  for (const char c : word) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  return text + "'";
}

std::string in_quotes(const ArgumentList& words) {
  std::string text;
  for (const std::string& word : words) text += in_quotes(word) + ' ';
  return text;
}

std::string format(const HostSpec& host) {
  const std::string slots = host.slots ? std::to_string(*host.slots) + "/" : "";
  return slots + (host.local ? ":" : in_quotes(host.login) + in_quotes(host.name));
}

std::string with_commas_escaped(std::string_view entry) {
  std::string text;
  for (const char c : entry) {
    if (c == ',') text += '\\';
    text += c;
  }
  return text;
}

bool same(const HostSpec& one, const HostSpec& other) {
  return one.name == other.name && one.local == other.local && one.login == other.login &&
         one.slots == other.slots;
}

bool same(const std::vector<HostSpec>& one, const Result<std::vector<HostSpec>>& other) {
  return other && std::equal(one.begin(), one.end(), other->begin(), other->end(),
                             [](const HostSpec& a, const HostSpec& b) { return same(a, b); });
}

/// What is exec'd has a program, and no word that would be cut off.
void check_words(const ArgumentList& words) {
  SPREAD_ASSERT(!words.empty());
  SPREAD_ASSERT(!words.front().empty());
  for (const std::string& word : words) SPREAD_ASSERT(word.find('\0') == std::string::npos);
}

void check_host(const HostSpec& host) {
  SPREAD_ASSERT(!host.name.empty());
  // ssh, srun and the rest would take it for an option of theirs.
  SPREAD_ASSERT(host.name.front() != '-');
  for (const char c : host.name) SPREAD_ASSERT(static_cast<unsigned char>(c) > ' ' && c != 0x7f);
  if (!host.login.empty()) check_words(host.login);
  SPREAD_ASSERT(!host.local || (host.login.empty() && host.name == "localhost"));
  SPREAD_ASSERT(!host.slots || (*host.slots >= 1 && *host.slots <= kSlotsPerHostMax));
  const auto again = parse_host(format(host));
  SPREAD_ASSERT(again && same(host, *again));
}

/// What was accepted is written down and read again, as a list and as a file. How many slots it
/// asks for.
std::uint64_t check_hosts(const Result<std::vector<HostSpec>>& hosts) {
  if (!hosts) {
    SPREAD_ASSERT(!hosts.error().message.empty());
    return 0;
  }
  std::string list, file;
  std::uint64_t slots = 0;
  for (const HostSpec& host : *hosts) {
    check_host(host);
    const std::string entry = with_commas_escaped(format(host));
    list += (list.empty() ? "" : ",") + entry;
    file += entry + "\r\n";
    slots += host.slots.value_or(1);
  }
  if (!list.empty()) SPREAD_ASSERT(same(*hosts, parse_host_list(list)));
  SPREAD_ASSERT(same(*hosts, parse_host_file(file, "again")));
  return slots;
}

void check_lists(const Result<std::vector<ArgumentList>>& lists) {
  if (!lists) return;
  for (const ArgumentList& list : *lists) {
    check_words(list);
    const auto again = parse_argument_list(in_quotes(list));
    SPREAD_ASSERT(again && *again == list);
  }
}

void check_roster(const Roster& roster, const CommandOptions& command,
                  const LaunchContext& context) {
  std::set<std::string> labels;
  for (const HostSpec& host : roster.hosts) {
    SPREAD_ASSERT(labels.insert(host_label(host) + (host.local ? "" : "\n")).second);
    const Route& route = host.route;
    if (route.kind == Route::Kind::Here) {
      SPREAD_ASSERT(route.before.empty() && route.after.empty());
    } else {
      check_words(route.before);
      check_words(plan_cpu_question(host).arguments);
    }
  }
  std::vector<std::uint32_t> slots(roster.hosts.size());
  for (std::uint32_t i = 0; i < roster.slots.size(); ++i) {
    const SlotSpec& slot = roster.slots[i];
    // From 1 on each host, none left out.
    SPREAD_ASSERT(slot.number == ++slots.at(number(slot.host)));
    const LaunchPlan plan = plan_launch(roster, command, context, WorkerId{i}, {});
    check_words(plan.arguments);
    SPREAD_ASSERT(!format_plan(plan).empty());
  }
  for (const HostId host : roster.ask_cpus) SPREAD_ASSERT(number(host) < roster.hosts.size());
}

}  // namespace

// The first byte is the options; then come, with a NUL byte between, the argument of -S, a --slf
// file, an --args-file, --launch and --wd.
void hosts(ByteView input) {
  if (input.empty()) return;
  std::vector<std::string> texts(1);
  for (const char c : as_text(input.subspan(1))) {
    // The last one may have NUL bytes in it.
    if (c == '\0' && texts.size() < 5) {
      texts.emplace_back();
    } else {
      texts.back() += c;
    }
  }
  const bool rotate = (input[0] & 1) != 0;
  if (rotate) std::rotate(texts.begin(), texts.end() - 1, texts.end());
  texts.resize(5);
  std::uint64_t slots = check_hosts(parse_host_list(texts[0]));
  slots += check_hosts(parse_host_file(texts[1], "slf"));
  check_lists(parse_args_file(texts[2], "args"));
  if (slots > kSlotsTried) return;

  HostOptions options;
  WorkerLists lists;
  CommandOptions command;
  if (!texts[0].empty()) options.sshlogins = {texts[0]};
  if (!texts[1].empty()) options.slf_files = {"slf"};
  if (!texts[2].empty()) lists.files = {"args"};
  options.launch = texts[3];
  command.directory = texts[4].substr(0, texts[4].find('\0'));
  if ((input[0] & 2) != 0) options.slots = 2;
  // Without either, the command line is refused before.
  const bool no_command = (input[0] & 4) != 0 && !lists.files.empty();
  if (!no_command) command.words = {"cmd", "{host}", "{slot}"};
  LaunchContext context;
  context.current_directory = "/here";
  const auto roster =
      build_roster(options, lists, command.words, context, [&](const std::string& name) {
        return Result<std::string>(name == "slf" ? texts[1] : texts[2]);
      });
  if (!roster) {
    SPREAD_ASSERT(!roster.error().message.empty());
    return;
  }
  check_roster(*roster, command, context);
}

}  // namespace spread::fuzz
