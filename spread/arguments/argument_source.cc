#include "spread/arguments/argument_source.h"

#include <algorithm>
#include <utility>

#include "spread/base/assert.h"
#include "spread/base/buffers.h"
#include "spread/sources/record_reader.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

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

std::vector<std::string> argument_files(const InputOptions& input) {
  std::vector<std::string> files;
  for (const InputOptions::Group& group : input.groups) {
    if (group.from_file) files.insert(files.end(), group.words.begin(), group.words.end());
  }
  return files;
}

ArgumentReader::ArgumentReader(const InputOptions& input, const RecordOptions& records,
                               const std::vector<Slice>& file_texts)
    : json_(records.format == InputFormat::Json) {
  std::size_t file = 0;
  for (const InputOptions::Group& group : input.groups) {
    if (group.from_file) {
      SPREAD_ASSERT(group.words.size() <= file_texts.size() - file);
      for (std::size_t i = 0; i < group.words.size(); ++i) {
        add_file(file_texts[file++], records.delimiter);
      }
    } else {
      std::vector<Value>& list = lists_.emplace_back();
      for (const std::string& word : group.words) {
        list.push_back(item(Slice::copy_of(as_bytes(word))));
      }
    }
  }
  SPREAD_ASSERT(file == file_texts.size());
  at_.resize(lists_.size());
  ended_ = size() == 0;
}

void ArgumentReader::add_file(const Slice& text, char delimiter) {
  std::vector<Value>& list = lists_.emplace_back();
  Splitter splitter(delimiter, text.size());
  splitter.feed(text);
  splitter.finish();
  for (Slice line; splitter.next(line) == Splitter::Cut::Line;) {
    list.push_back(item(std::move(line)));
  }
}

Value ArgumentReader::item(Slice text) {
  if (!json_) return wire::text_value(std::move(text));
  ByteBuffer bytes;
  if (const Status status = wire::json_to_msgpack(as_text(text.view()), bytes); !status) {
    if (error_.empty()) {
      error_ = "::: " + std::string(as_text(text.view())) + ": " + status.error().message;
    }
  }
  Value value;
  value.body = Slice::copy_of(bytes.view());
  return value;
}

std::uint64_t ArgumentReader::size() const {
  if (lists_.empty()) return 0;
  std::uint64_t size = 1;
  bool too_many = false;
  for (const std::vector<Value>& list : lists_) {
    if (list.empty()) return 0;
    too_many |= __builtin_mul_overflow(size, std::uint64_t{list.size()}, &size);
  }
  return too_many ? UINT64_MAX : size;
}

void ArgumentReader::feed(Slice piece) {
  SPREAD_ASSERT(piece.empty());  // there is nothing to feed
}

Pull ArgumentReader::next(Record& record) {
  if (ended_) return Pull::End;
  record.bad.clear();
  if (lists_.size() == 1) {
    record.payload = lists_[0][at_[0]];
  } else {
    ByteBuffer array;
    Byte* place = array.prepare(wire::kMaxScalarBytes);
    array.commit(static_cast<std::size_t>(wire::put_array_header(place, lists_.size()) - place));
    for (std::size_t i = 0; i < lists_.size(); ++i) array.append(lists_[i][at_[i]]);
    record.payload = {};
    record.payload.body = Slice::copy_of(array.view());
  }
  ended_ = !advance();
  return Pull::Record;
}

bool ArgumentReader::advance() {
  for (std::size_t i = lists_.size(); i-- > 0;) {
    if (++at_[i] < lists_[i].size()) return true;
    at_[i] = 0;
  }
  return false;
}

}  // namespace spread
