#include "spread/results/reorder_sink.h"

#include <utility>

namespace spread {

void ReorderSink::take(TaskResult&& result) {
  if (!reorder_.pass(result.id)) return reorder_.put(std::move(result));
  next_->take(std::move(result));
  if (reorder_.waiting() > 0) pass_on();
}

Status ReorderSink::pump() {
  if (reorder_.waiting() > 0) pass_on();
  if (!status_) return status_;
  return next_->pump();
}

/// Not all at once: millions may have waited for a slow one, on disk.
void ReorderSink::pass_on() {
  TaskResult result;
  while (status_ && reorder_.waiting() > 0 && !next_->full()) {
    const Result<bool> more = reorder_.pop(result);
    if (!more) status_ = tl::unexpected(more.error());
    if (!more || !*more) return;
    next_->take(std::move(result));
  }
}

OutcomeMarks ReorderSink::marks() {
  OutcomeMarks marks = next_->marks();
  marks.accepted += reorder_.waiting();
  return marks;
}

}  // namespace spread
