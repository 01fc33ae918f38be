#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spread/api/bytes.h"

namespace spread {

/// One item of a source, as it goes into a payload: its values (columns), each followed by a NUL.
struct Item {
  Slice values;
  std::string bad;  ///< why it is malformed, naming the place; empty = fine
};

/// Items held to be gone through again and again: packed, since a source that is combined with
/// others may be large.
class ItemStore {
 public:
  void add(const Item& item);
  void clear();
  bool empty() const { return blocks_.empty(); }

  /// The items in order, without end: after the last comes the first. Must not be empty. The item
  /// shares the store's bytes.
  void next(Item& item);
  /// True if the next one is the first.
  bool at_start() const { return block_ == 0 && offset_ == 0; }
  void rewind() { block_ = offset_ = 0; }

 private:
  // Each item in them is a header and its bytes.
  struct Header {
    std::uint32_t size;
    std::uint32_t bad;  // the bytes are a message
  };

  std::vector<Slice> blocks_;
  Block* open_ = nullptr;  // the last of them, if it can take more
  std::size_t block_ = 0;  // where the next item is
  std::size_t offset_ = 0;
};

}  // namespace spread
