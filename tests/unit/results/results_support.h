#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "spread/api/task.h"

namespace spread::test {

/// A value whose whole encoding is its body, as it comes from a worker.
inline Value encoded(std::string_view bytes) {
  Value value;
  value.body = Slice::copy_of(as_bytes(bytes));
  return value;
}

inline TaskResult ok_result(std::uint64_t id, std::string_view bytes) {
  TaskResult result;
  result.id = TaskId{id};
  result.value = encoded(bytes);
  result.worker = WorkerId{0};
  result.attempts = 1;
  return result;
}

inline std::string body_of(const TaskResult& result) {
  return std::string(as_text(result.value.body.view()));
}

}  // namespace spread::test
