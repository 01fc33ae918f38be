// Where the end of the chain of outcomes needs a task's payload beside its result: both as one
// value, which passes through the chain like any other.
#pragma once

#include "spread/api/bytes.h"
#include "spread/api/task.h"

namespace spread {

/// The list [payload, value]. A payload that is not there (the record was malformed) is nil, as is
/// a value that is not.
Value pair_of(const Value& payload, const Value& value);

struct ResultPair {
  TaskResult payload;  ///< as the value of a success
  TaskResult result;   ///< as it was before pair_of()
};
/// Of a result whose value is a pair; what they hold shares its bytes.
ResultPair take_pair(const TaskResult& paired);

}  // namespace spread
