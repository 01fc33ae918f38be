#include "spread/output/results_out.h"

#include <utility>

namespace spread {

ResultsOut::ResultsOut(const OutputOptions& output, const SpillOptions& spill, OutputWriter& writer,
                       const std::vector<std::string>& host_names)
    : ordered_(output.ordered),
      writer_(writer),
      spill_(TempFile(spill.place(), spill.max_bytes)),
      reorder_(spill.memory, &spill_),
      formatter_(output, host_names) {}

void ResultsOut::print(const TaskResult& result) {
  ++delivered_;
  if (!writer_.closed()) formatter_.append(result, writer_.queue());
}

void ResultsOut::deliver(TaskResult&& result) {
  if (ordered_ && !reorder_.pass(result.id)) return reorder_.put(std::move(result));
  print(result);
  if (reorder_.waiting() > 0) pump();  // never of what comes unordered
}

void ResultsOut::pump() {
  TaskResult result;
  // Not all at once: millions may have waited for a slow one, on disk.
  while (reorder_.waiting() > 0 && !(writer_.full() && !writer_.closed())) {
    const Result<bool> more = reorder_.pop(result);
    if (!more) {
      error_ = more.error().message;
      return;
    }
    if (!*more) return;
    print(result);
  }
}

std::string ResultsOut::take_warning() {
  if (!formatter_.has_warning() && !reorder_.has_spill_error()) return {};  // asked every turn
  std::string warning = formatter_.take_warning();
  return warning.empty() ? reorder_.take_spill_error() : warning;
}

}  // namespace spread
