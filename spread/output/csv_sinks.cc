#include "spread/output/csv_sinks.h"

#include <utility>

#include "spread/results/result_pair.h"

namespace spread {
namespace {

/// Of a pair; empty where the task has none.
ByteView value_of(const ResultPair& pair) {
  return pair.result.outcome == Outcome::Ok ? pair.result.value.body.view() : ByteView();
}

}  // namespace

CsvSink::CsvSink(const OutputOptions& options, OutputWriter& writer)
    : table_(options.csv_style, options.columns), writer_(writer), mark_({&writer}) {}

void CsvSink::begin() {
  if (!std::exchange(begun_, true)) table_.append_header(writer_.queue().tail());
}

void CsvSink::take(TaskResult&& result) {
  ++taken_;
  if (writer_.closed()) return;
  begin();
  const ResultPair pair = take_pair(result);
  table_.append_row(pair.payload.value.body.view(), value_of(pair), writer_.queue().tail());
}

void CsvSink::end() {
  if (std::exchange(ended_, true) || writer_.closed()) return;
  begin();
  table_.end();
}

HeldCsvSink::HeldCsvSink(const OutputOptions& options, std::size_t memory_bytes,
                         std::unique_ptr<SpillFile> spill, OutputWriter& writer)
    : spill_(std::move(spill)),
      held_(memory_bytes, *spill_),
      table_(options.csv_style, {}),
      writer_(writer),
      mark_({&writer}) {}

void HeldCsvSink::take(TaskResult&& result) {
  ++taken_;
  const ResultPair pair = take_pair(result);
  table_.look_at(result.id, pair.payload.value.body.view(), value_of(pair));
  held_.put(std::move(result));
}

Status HeldCsvSink::pump() {
  if (!held_.status()) {
    return fail("--out csv cannot hold the rows: " + held_.status().error().message +
                "; with --columns they are written as they come");
  }
  if (!ended_ || done_) return {};
  OutputQueue& out = writer_.queue();
  if (!std::exchange(begun_, true)) {
    table_.fix_columns();
    if (!writer_.closed()) table_.append_header(out.tail());
  }
  TaskResult result;
  while (!held_.empty()) {
    if (writer_.full() && !writer_.closed()) return {};
    SPREAD_TRY(held_.take(result));
    if (writer_.closed()) continue;
    const ResultPair pair = take_pair(result);
    table_.append_row(pair.payload.value.body.view(), value_of(pair), out.tail());
  }
  done_ = true;
  return {};
}

}  // namespace spread
