#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "spread/journal/entry_file.h"

namespace spread {

/// The file of a table, in memory.
class ScratchMemory final : public ScratchBytes {
 public:
  Status read(std::uint64_t offset, std::span<Byte> into) override {
    if (offset + into.size() > bytes.size()) return fail("read behind the end");
    std::memcpy(into.data(), bytes.data() + offset, into.size());
    return {};
  }
  Status write(std::uint64_t offset, ByteView from) override {
    bytes.resize(std::max<std::size_t>(bytes.size(), offset + from.size()));
    std::memcpy(bytes.data() + offset, from.data(), from.size());
    return {};
  }
  std::vector<Byte> bytes;
};

}  // namespace spread
