#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/shared_options.h"

namespace spread {

/// The result of a gang's task: one value, made of what its members have answered, by rank. With
/// GatherAs::Concat each of them is_list(). `payload` is the task's, which ByWorker repeats.
Value gather(GatherAs how, const Value& payload, std::span<const Slice> answers);

/// One encoded value is an array.
bool is_list(ByteView value);

}  // namespace spread
