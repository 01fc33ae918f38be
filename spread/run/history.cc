#include "spread/run/run.h"

#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "spread/engine/run_history.h"
#include "spread/history/history_text.h"
#include "spread/io/event_loop.h"
#include "spread/io/system.h"
#include "spread/output/complain.h"

namespace spread {
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
  if (!name) return complain(streams.errors, name.error());
  auto store = HistoryStore::open(*name, HistoryStore::kWaitMilliseconds);
  if (!store) return complain(streams.errors, store.error());
  const auto text = options.reset ? reset(*store, options.words) : show(*store, options.words);
  if (!text) return complain(streams.errors, text.error());
  const Status printed = print(streams.output, *text);
  return printed ? 0 : complain(streams.errors, printed.error());
}

}  // namespace spread
