#include "spread/journal/worker_hosts.h"

#include <algorithm>

#include "spread/wire/msgpack.h"

namespace spread {

std::optional<WorkerRecord> parse_worker(ByteView record) {
  const Byte* next = record.data() + 1;
  const Byte* const end = record.data() + record.size();
  const wire::Token map = wire::next_token(next, end);
  if (map.type != wire::TokenType::Map) return std::nullopt;
  std::optional<std::uint64_t> worker;
  WorkerRecord parsed;
  for (std::uint64_t i = 0; i < map.number; ++i) {
    const wire::Token key = wire::next_token(next, end);
    const wire::Skipped value_end = wire::skip_value(next, end);
    if (!key.is_text() || !value_end.ok()) return std::nullopt;
    const wire::Token value = wire::next_token(next, end);
    next = value_end.at;
    const std::string_view name = as_text(key.bytes);
    if (name == "worker" && value.type == wire::TokenType::Unsigned) worker = value.number;
    if (name == "host" && value.is_text()) parsed.host = as_text(value.bytes);
    if (name == "event" && value.is_text()) parsed.started = as_text(value.bytes) == "started";
  }
  if (!worker) return std::nullopt;
  parsed.worker = *worker;
  return parsed;
}

void WorkerHosts::take(ByteView record, std::uint64_t at) {
  const auto parsed = parse_worker(record);
  if (!parsed || parsed->worker >= kWorkersMax || parsed->host.empty()) return;
  std::vector<Since>& known = workers_[static_cast<std::uint32_t>(parsed->worker)];
  // A slot has the same host for a whole run: this is one for each of them at most.
  if (!known.empty() && *known.back().host == parsed->host) return;
  known.push_back({at, &*names_.emplace(parsed->host).first});
}

std::string_view WorkerHosts::of(WorkerId worker, std::uint64_t at) const {
  const auto found = workers_.find(number(worker));
  if (found == workers_.end()) return {};
  const auto& known = found->second;
  const auto behind =
      std::upper_bound(known.begin(), known.end(), at,
                       [](std::uint64_t place, const Since& since) { return place < since.at; });
  return behind == known.begin() ? std::string_view() : std::string_view(*std::prev(behind)->host);
}

}  // namespace spread
