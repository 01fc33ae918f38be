#pragma once

#include "spread/api/task.h"
#include "spread/core/event.h"

namespace spread {

/// A task's outcome as the Scheduler delivers it, but for the value.
inline TaskResult result_of(const DeliverTask& delivery) {
  TaskResult result;
  result.id = delivery.task;
  result.outcome = delivery.outcome;
  result.worker = delivery.worker;
  result.attempts = delivery.attempts;
  result.duration = delivery.duration;
  result.first = delivery.first;
  result.cut_short = delivery.cut_short;
  return result;
}

}  // namespace spread
