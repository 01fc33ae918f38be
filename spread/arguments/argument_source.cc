#include "spread/arguments/argument_source.h"

#include <algorithm>
#include <utility>

namespace spread {

Result<std::unique_ptr<ArgumentSource>> ArgumentSource::make(const ArgumentSourceOptions& options) {
  auto rows = make_row_reader(options);
  if (!rows) return tl::unexpected(rows.error());
  return std::unique_ptr<ArgumentSource>(new ArgumentSource(options, std::move(*rows)));
}

ArgumentSource::ArgumentSource(const ArgumentSourceOptions& options,
                               std::unique_ptr<RowReader> rows)
    : rows_(std::move(rows)),
      batcher_(options),
      header_(options.header),
      limited_(options.line.max_bytes != 0),
      exit_if_long_(options.exit_if_long),
      without_values_(options.max_items == 0) {}

Pull ArgumentSource::next(Record& record) {
  if (!error_.empty()) return Pull::Broken;
  if (!record.bad.empty()) record.bad.clear();
  record.payload.head_size = 0;
  while (!batcher_.next(record.payload.body)) {
    if (ended_ && !too_long_.empty()) {
      error_ = too_long_;
      return Pull::Broken;
    }
    if (ended_) return Pull::End;
    const Pull pull = rows_->next(row_);
    if (pull == Pull::Record) {
      if (header_ && names_.empty() && !take_names()) return Pull::Broken;
      if (!row_.bad.empty()) {
        record.bad = std::move(row_.bad);
        record.payload.body = {};
        return Pull::Record;
      }
      if (without_values_) row_.values = {};
      if (limited_ && !fits(record)) {
        if (!stopped_at_long()) return Pull::Record;
        continue;
      }
      if (batcher_.passes()) {
        record.payload.body = std::move(row_.values);
        return Pull::Record;
      }
      batcher_.add(row_.values.view());
    } else if (pull == Pull::End) {
      ended_ = true;
      batcher_.finish();
    } else {
      return pull;
    }
  }
  return Pull::Record;
}

/// False if two sources have a column of one name: {name} would mean either.
bool ArgumentSource::take_names() {
  for (std::size_t i = 0; i < rows_->sources(); ++i) {
    for (const std::string& name : rows_->reader(i).names()) {
      if (!name.empty() && std::find(names_.begin(), names_.end(), name) != names_.end()) {
        error_ = "--header: two input sources have a column called \"" + name + "\"";
        return false;
      }
      names_.push_back(name);
    }
  }
  return true;
}

bool ArgumentSource::fits(Record& record) {
  const std::string fault = batcher_.fault(row_.values.view());
  if (fault.empty()) return true;
  std::string told = rows_->place() + ": " + fault;
  if (exit_if_long_) {
    // What was read before it is run, as its own command line.
    too_long_ = std::move(told) + " (-x)";
    ended_ = true;
    batcher_.finish();
    return false;
  }
  record.bad = std::move(told);
  record.payload.body = {};
  return false;
}

}  // namespace spread
