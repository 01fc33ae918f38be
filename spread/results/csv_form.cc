#include "spread/results/csv_form.h"

#include <utility>

#include "spread/results/result_pair.h"

namespace spread {
namespace {

/// Of a pair; empty where the task has none.
ByteView value_of(const ResultPair& pair) {
  return pair.result.outcome == Outcome::Ok ? pair.result.value.body.view() : ByteView();
}

}  // namespace

void CsvForm::take(TaskResult&& result, HeldResults& held) {
  const ResultPair pair = take_pair(result);
  table_.look_at(result.id, pair.payload.value.body.view(), value_of(pair));
  held.put(std::move(result));
}

void CsvForm::begin(OutputQueue& out) {
  if (is_held_) table_.fix_columns();
  table_.append_header(out.tail());
}

void CsvForm::add(const TaskResult& result, OutputQueue& out) {
  const ResultPair pair = take_pair(result);
  table_.append_row(pair.payload.value.body.view(), value_of(pair), out.tail());
}

}  // namespace spread
