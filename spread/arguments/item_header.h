#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "spread/api/bytes.h"

namespace spread {

/// `--header :` of one source: takes the first item as names, and holds the others against it.
class ItemHeader {
 public:
  explicit ItemHeader(bool wanted) : wanted_(wanted) {}

  /// The next item is the header.
  bool is_due() const { return wanted_ && !taken_; }
  bool taken() const { return taken_; }
  /// Why these cannot be names; empty: they are. Names may be empty: nothing refers to such a
  /// column by name.
  std::string take(const std::vector<ByteView>& columns);
  /// What is wrong with an item of so many columns; empty = nothing.
  std::string fault(std::size_t columns) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  bool wanted_;
  bool taken_ = false;
  std::vector<std::string> names_;
};

}  // namespace spread
