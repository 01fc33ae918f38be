#include "spread/arguments/row_reader.h"

#include "spread/arguments/cross_rows.h"
#include "spread/arguments/link_rows.h"
#include "spread/base/assert.h"

namespace spread {

Result<std::unique_ptr<RowReader>> make_row_reader(const ArgumentSourceOptions& options) {
  SPREAD_ASSERT(!options.sources.empty());
  std::vector<std::unique_ptr<ItemReader>> readers;
  std::vector<bool> linked;
  for (const ArgumentSourceOptions::Source& source : options.sources) {
    auto reader = make_item_reader(options, source);
    if (!reader) return tl::unexpected(reader.error());
    readers.push_back(std::move(*reader));
    linked.push_back(source.linked);
  }
  if (options.link_all && readers.size() > 1) return std::make_unique<LinkRows>(std::move(readers));
  return std::make_unique<CrossRows>(std::move(readers), linked);
}

}  // namespace spread
