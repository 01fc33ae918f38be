#include "spread/arguments/item_header.h"

#include <fmt/format.h>

#include <set>

namespace spread {

std::string ItemHeader::take(const std::vector<ByteView>& columns) {
  std::set<std::string_view> seen;
  for (const ByteView column : columns) {
    const std::string_view name = as_text(column);
    if (!name.empty() && !seen.insert(name).second) {
      return fmt::format("the header: two columns are called \"{}\"", name);
    }
    names_.emplace_back(name);
  }
  taken_ = true;
  return {};
}

std::string ItemHeader::fault(std::size_t columns) const {
  if (!taken_ || columns == names_.size()) return {};
  return fmt::format("{} column{}, but the header has {}", columns, columns == 1 ? "" : "s",
                     names_.size());
}

}  // namespace spread
