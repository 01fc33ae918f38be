#include "spread/engine/plan.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "spread/base/buffers.h"
#include "spread/base/numbers.h"
#include "spread/engine/login_end.h"
#include "spread/input/task_input.h"
#include "spread/io/system.h"
#include "spread/shards/array_file.h"
#include "spread/wire/codec.h"
#include "spread/wire/json.h"

namespace spread {

Result<Value> json_argument(const std::string& option, const std::string& text) {
  ByteBuffer bytes;
  if (const Status status = wire::json_to_msgpack(text, bytes); !status) {
    return fail(option + ' ' + text.substr(0, 40) + ": " + status.error().message);
  }
  Value value;
  value.body = Slice::copy_of(bytes.view());
  return value;
}

namespace {

Result<std::vector<Value>> read_prep(const PlanOptions& options, Streams streams) {
  std::vector<Value> prep = options.first_prep;
  for (const PrepItem& item : options.prep) {
    switch (item.kind) {
      case PrepItem::Kind::Text:
        prep.push_back(wire::text_value(Slice::copy_of(as_bytes(item.text))));
        break;
      case PrepItem::Kind::Json: {
        auto value = json_argument("--prep-json", item.text);
        if (!value) return tl::unexpected(value.error());
        prep.push_back(std::move(*value));
        break;
      }
      case PrepItem::Kind::File: {
        auto values = read_all_records(options.records, item.text, options.max_frame, streams);
        if (!values) return fail("--prep-file: " + values.error().message);
        for (Value& value : *values) prep.push_back(std::move(value));
        break;
      }
      case PrepItem::Kind::Encoded: {
        Value value;
        value.body = Slice::copy_of(as_bytes(item.text));
        prep.push_back(std::move(value));
        break;
      }
      case PrepItem::Kind::Common: {
        const Result<std::string> text = read_file(item.text, streams.input);
        if (!text) return fail("--common: " + text.error().message);
        auto value = parse_common(*text, array_form(options.records), options.records.delimiter);
        if (!value) return fail("--common " + item.text + ": " + value.error().message);
        prep.push_back(std::move(*value));
        break;
      }
    }
  }
  return prep;
}

/// As the wire has them. It may be unable to: a line, for instance, holds no newline.
Status encode_prep(const PlanOptions& options, Plan& plan) {
  const auto codec = wire::make_codec(plan.wire, options.max_frame, options.pickle);
  for (std::size_t i = 0; i < plan.prep.size(); ++i) {
    const auto refused = [i](const Error& error) {
      return fail("prep item " + std::to_string(i + 1) + ": " + error.message);
    };
    const Value& item = plan.prep[i];
    ByteBuffer bytes;
    const Result<bool> by_reference = codec->encode_prep_head(item, bytes);
    if (!by_reference) return refused(by_reference.error());
    if (!*by_reference) {
      if (const Status status = codec->encode_prep(item, bytes); !status) {
        return refused(status.error());
      }
    }
    plan.encoded_prep.push_back(Slice::copy_of(bytes.view()));
    if (*by_reference) plan.encoded_prep.push_back(item.body);
  }
  plan.prep_has_null_for_number = codec->saw_non_finite();
  return {};
}

/// What -j FILE says, or -j 0, is put into `hosts`.
Status read_slots(Plan& plan, Streams streams) {
  HostOptions& hosts = plan.hosts;
  bool unlimited = hosts.slots_unlimited;
  if (const std::string& name = hosts.slots_file; !name.empty()) {
    const auto text = read_file(name, streams.input);
    if (!text) return fail("-j: " + text.error().message);
    const auto count = parse_slots_file(*text, plan.may_be_unlimited);
    if (!count) return fail("-j " + name + ": " + count.error().message);
    plan.slots_text = *text;
    if (count->kind == SlotCount::Kind::Offset) {
      hosts.slots_offset = static_cast<int>(count->number);
    } else {
      hosts.slots = count->number;
      hosts.slots_percent = count->kind == SlotCount::Kind::Percent;
    }
    unlimited = count->kind == SlotCount::Kind::Unlimited;
  }
  if (unlimited) hosts.slots = slots_without_limit(streams);
  return {};
}

}  // namespace

bool Plan::is_local(WorkerId worker) const {
  const SlotSpec& slot = roster.slots[number(worker)];
  return roster.hosts[number(slot.host)].local && !slot.relayed;
}

bool Plan::by_login(WorkerId worker) const {
  const SlotSpec& slot = roster.slots[number(worker)];
  return roster.hosts[number(slot.host)].route.kind == Route::Kind::LoginShell;
}

bool Plan::names_relay(WorkerId worker) const {
  const SlotSpec& slot = roster.slots[number(worker)];
  std::string words;
  for (const std::string& word : slot.exact.empty() ? command.words : slot.exact) {
    words += ' ' + word;
  }
  constexpr std::string_view kWords = "spread relay ";
  for (std::size_t at = words.find(kWords); at != words.npos; at = words.find(kWords, at + 1)) {
    if (std::string_view(" /'\"").find(words[at - 1]) != std::string_view::npos) return true;
  }
  return false;
}

std::uint32_t Plan::key(WorkerId worker) {
  const auto fresh = static_cast<std::uint32_t>(keys.size());
  return keys.emplace(roster.slots[number(worker)].key, fresh).first->second;
}

void Plan::name_hosts() {
  for (std::size_t i = host_names.size(); i < roster.slots.size(); ++i) {
    host_names.push_back(host_label(roster.hosts[number(roster.slots[i].host)]));
  }
}

void Plan::add_slots_of(HostId host, std::uint32_t cpus) {
  add_slots(roster, hosts, command.words, host, cpus);
  name_hosts();
}

void Plan::add_slots_behind(WorkerId relay, std::uint32_t count) {
  SlotSpec& first = roster.slots[number(relay)];
  relayed += first.relayed ? 0 : 1;
  first.relayed = true;
  SlotSpec slot = first;
  std::uint32_t& last = slot.number;
  for (const SlotSpec& each : roster.slots) {
    if (each.host == slot.host) last = std::max(last, each.number);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    ++slot.number;
    ++relayed;
    roster.slots.push_back(slot);
  }
  name_hosts();
}

void Plan::add_local_slots(std::uint32_t count) {
  spread::add_local_slots(roster, command.words, count);
  name_hosts();
}

RunFacts Plan::facts() const {
  RunFacts facts;
  facts.workers = workers();
  facts.prep_items = prep.size();
  facts.wire = wire;
  facts.features = features;
  facts.beat = beat;
  facts.max_rss = max_rss;
  facts.chunk = chunk;
  return facts;
}

LaunchPlan Plan::launch(const CommandOptions& started, WorkerId worker,
                        std::optional<std::uint32_t> generation) const {
  RunFacts known = facts();
  known.generation = generation;
  return plan_launch(roster, started, context, worker, known);
}

LaunchPlan Plan::launch(WorkerId worker,
                        std::vector<std::pair<std::string, std::string>> instead) const {
  RunFacts known = facts();
  known.instead = std::move(instead);
  return plan_launch(roster, command, context, worker, known);
}

Result<SlotCount> parse_slots_file(std::string_view text, bool may_be_unlimited) {
  auto count = parse_slot_count(first_word(text));
  if (count && count->kind == SlotCount::Kind::Unlimited && !may_be_unlimited) {
    return fail("0 is no limit, which is for map; expected at least 1");
  }
  return count;
}

Result<Plan> make_plan(PlanOptions options, Environment environment, Streams streams) {
  Plan plan;
  plan.descriptor_limit = descriptor_limit();
  plan.context.local_cpus = usable_cpus();
  plan.context.current_directory = current_directory();
  const char* home = environment.get("HOME");
  plan.context.home = home == nullptr ? "" : home;
  plan.context.ssh = options.hosts.ssh;
  plan.context.kill_grace = options.kill_grace;
  plan.context.limits = job_limits_script(options.limits);
  plan.hosts = std::move(options.hosts);
  plan.command = std::move(options.command);
  plan.wire = options.wire;
  plan.may_be_unlimited = options.may_be_unlimited;
  SPREAD_TRY(read_slots(plan, streams));
  auto roster =
      build_roster(plan.hosts, options.lists, plan.command.words, plan.context,
                   [&](const std::string& name) { return read_file(name, streams.input); });
  if (!roster) return tl::unexpected(roster.error());
  plan.roster = std::move(*roster);
  auto prep = read_prep(options, streams);
  if (!prep) return tl::unexpected(prep.error());
  plan.prep = std::move(*prep);
  SPREAD_TRY(encode_prep(options, plan));
  plan.name_hosts();
  return plan;
}

std::string describe_plan(const Plan& plan) {
  std::string text;
  for (std::uint32_t i = 0; i < plan.workers(); ++i) {
    text += format_plan(plan.launch(WorkerId{i})) + "\n";
  }
  return text;
}

}  // namespace spread
