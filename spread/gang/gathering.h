#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/shared_options.h"

namespace spread {

/// The result of a gang's task: one value, made of what its members have answered, by rank. With
/// GatherAs::Concat each of them is_list().
Value gather(GatherAs how, std::span<const Slice> answers);

/// One encoded value is an array.
bool is_list(ByteView value);

}  // namespace spread
