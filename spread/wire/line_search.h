#pragma once

#include <cstddef>
#include <cstring>
#include <optional>

#include "spread/api/bytes.h"

namespace spread::wire {

/// Finds the end of a line that arrives in pieces, without searching the same bytes twice.
class LineSearch {
 public:
  /// The place of the first newline in `bytes`, which begin where they began in the last call
  /// unless that one found something.
  std::optional<std::size_t> find(ByteView bytes) {
    if (searched_ > bytes.size()) searched_ = 0;
    const std::size_t from = searched_;
    searched_ = bytes.size();
    if (from == bytes.size()) return std::nullopt;
    const void* const at = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
    if (at == nullptr) return std::nullopt;
    searched_ = 0;
    return static_cast<std::size_t>(static_cast<const Byte*>(at) - bytes.data());
  }
  void reset() { searched_ = 0; }

 private:
  std::size_t searched_ = 0;
};

}  // namespace spread::wire
