#pragma once

#include <cstdint>

#include "spread/api/bytes.h"

namespace spread {

/// CRC-32C (Castagnoli; RFC 3720, B.4) of `bytes`. With `before`, that of the bytes before them, it
/// is that of both together.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0);

/// The same by tables, as where the processor has no instruction for it. For its test.
std::uint32_t crc32c_by_tables(ByteView bytes, std::uint32_t before = 0);

}  // namespace spread
