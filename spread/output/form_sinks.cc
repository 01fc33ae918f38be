#include "spread/output/form_sinks.h"

namespace spread {

void StreamSink::begin() {
  if (!std::exchange(begun_, true)) form_->begin(writer_.queue());
}

void StreamSink::take(TaskResult&& result) {
  ++taken_;
  if (writer_.closed()) return;
  begin();
  form_->add(result, writer_.queue());
}

void StreamSink::end() {
  if (std::exchange(ended_, true) || writer_.closed()) return;
  begin();
  form_->end(writer_.queue());
}

Status HeldSink::pump() {
  if (!held_.status()) return fail(form_->no_room(held_.status().error().message));
  if (!ended_ || done_) return {};
  if (!std::exchange(begun_, true) && !writer_.closed()) form_->begin(writer_.queue());
  TaskResult result;
  while (!held_.empty() && !writer_.closed()) {
    if (writer_.full()) return {};
    SPREAD_TRY(held_.take(result));
    form_->add(result, writer_.queue());
  }
  if (!writer_.closed()) form_->end(writer_.queue());
  done_ = true;
  return {};
}

}  // namespace spread
