// What is written of all outcomes together, where that is more than one record after the other: a
// table with a header, one value. Pure; output/form_sinks.h writes it.
#pragma once

#include <string>

#include "spread/api/task.h"
#include "spread/base/buffers.h"
#include "spread/results/held_results.h"

namespace spread {

/// begin() once, add() for each result, end() once.
class ResultForm {
 public:
  virtual ~ResultForm() = default;
  virtual void begin(OutputQueue& out) = 0;
  virtual void add(const TaskResult& result, OutputQueue& out) = 0;
  virtual void end(OutputQueue& out) = 0;
  /// A part of it is worth nothing: no result is durable before the end has been written.
  virtual bool is_one_value() const = 0;
  /// There is something to be told to the user, and what.
  virtual bool has_warning() const = 0;
  virtual std::string take_warning() = 0;
};

/// One that cannot be begun before the last result. What it holds comes back by rising key, and is
/// what add() is given.
class HeldForm : public ResultForm {
 public:
  /// Outcomes in any order.
  virtual void take(TaskResult&& result, HeldResults& held) = 0;
  /// Memory and spill file are used up: what could not be done, and what may help.
  virtual std::string no_room(const std::string& why) const = 0;
};

}  // namespace spread
