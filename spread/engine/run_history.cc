#include "spread/engine/run_history.h"

#include <fmt/format.h>

#include <utility>

namespace spread {
namespace {

/// FNV-1a (Fowler, Noll, Vo), 64 bits: tells one set of prep items from another, no more.
std::string digest(const std::vector<Value>& items) {
  if (items.empty()) return "";
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&](ByteView bytes) {
    for (const Byte byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  };
  for (const Value& item : items) {
    mix(item.head_view());
    mix(item.body.view());
  }
  return fmt::format("{:016x}", hash);
}

// Another run holds the lock for a few milliseconds at its end. A process that holds it for longer
// (a dead one for ever, on some network file systems) delays no run: this one is then not
// remembered.
constexpr int kRunWaitsMilliseconds = 100;

}  // namespace

Result<std::string> history_file(const HistoryFile& file, const Environment& environment) {
  if (!file.name.empty()) return file.name;
  return default_history_file(environment.get("XDG_STATE_HOME"), environment.get("HOME"));
}

RunHistory::RunHistory(HistoryFile file, Environment environment, const Plan& plan, bool guest)
    : file_(std::move(file)), environment_(environment), plan_(plan), guest_(guest) {}

/// SQLite opens no file that gets a number below 3, and leaves /dev/null there.
void RunHistory::hold_numbers(std::optional<StandardNumbersHeld>& held) const {
  if (guest_) held.emplace();
}

void RunHistory::give_up(const Error& why) {
  file_.enabled = false;
  store_.reset();
  warning_ = "no history: " + why.message;
}

std::string RunHistory::take_warning() {
  if (warning_.empty() && store_) warning_ = store_->take_notice();
  return std::exchange(warning_, {});
}

bool RunHistory::open() {
  if (!file_.enabled || store_) return file_.enabled;
  const Result<std::string> name = history_file(file_, environment_);
  // The default place is spread's own; what a user has named may be anything.
  const auto if_damaged = file_.name.empty() ? HistoryStore::IfDamaged::SetAside
                                             : HistoryStore::IfDamaged::SetAsideIfOurs;
  auto store = name ? HistoryStore::open(*name, kRunWaitsMilliseconds, if_damaged)
                    : Result<HistoryStore>(tl::unexpected(name.error()));
  if (!store) {
    give_up(store.error());
    return false;
  }
  store_ = std::move(*store);
  return true;
}

/// By key number.
std::vector<HistoryKey> RunHistory::history_keys() const {
  std::vector<HistoryKey> keys(plan_.keys.size());
  const std::string prep = digest(plan_.prep);
  for (const SlotSpec& slot : plan_.roster.slots) {
    const auto number_of = plan_.keys.find(slot.key);
    if (number_of == plan_.keys.end()) continue;
    HistoryKey& key = keys[number_of->second];
    key.host = host_label(plan_.roster.hosts[number(slot.host)]);
    key.command = slot.exact.empty() ? plan_.command.words : slot.exact;
    key.prep_digest = prep;
  }
  return keys;
}

void RunHistory::advise(std::vector<SlotAdded>& slots) {
  std::optional<StandardNumbersHeld> held;
  hold_numbers(held);
  if (plan_.keys.size() < 2 || !open()) return;
  const auto priors = store_->lookup(history_keys());
  if (!priors) return give_up(priors.error());
  for (SlotAdded& slot : slots) {
    const Prior& prior = (*priors)[slot.key];
    slot.service_seconds = prior.service_seconds;
    slot.host_factor = prior.host_factor;
    slot.launch_seconds = prior.launch_seconds;
  }
}

void RunHistory::keep(const std::vector<KeyRecord>& keys, Duration elapsed, std::int64_t unix_now) {
  if (keys.size() < 2 && elapsed < kWorthKeeping) return;
  std::optional<StandardNumbersHeld> held;
  hold_numbers(held);
  if (!open()) return;
  const std::vector<HistoryKey> names = history_keys();
  std::vector<Observation> seen;
  for (std::size_t i = 0; i < keys.size() && i < names.size(); ++i) {
    seen.push_back(observe(names[i], keys[i]));
  }
  if (const Status kept = store_->record(seen, unix_now); !kept) give_up(kept.error());
}

}  // namespace spread
