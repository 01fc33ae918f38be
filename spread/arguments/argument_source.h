// spread/arguments: the input of `map` and `xargs` -> tasks. Pure: input/ reads the files. Start
// with ArgumentSource; it stands on three steps: ItemReader (one source: items and their columns),
// RowReader (several sources: crossed or linked), Batcher (rows to tasks). What `xargs`
// reads has rules of its own: xargs_source.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/arguments/batcher.h"
#include "spread/arguments/item_reader.h"
#include "spread/arguments/rows.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// The payloads of `map`: a task's arguments, each followed by one NUL; a task without arguments
/// has an empty payload. Tasks come as soon as their items are there.
///
/// Usage as every RecordReader's, but there may be several files: after NeedMore, feed() and
/// finish() are about source wanted(). A source is asked for again and again until finish().
///
/// A malformed item is a bad record of its own, given at once, also before items that were read
/// earlier and wait for others (-n, -X). In a source that is combined with the items of the one
/// before it is Broken: nothing has run then.
class ArgumentSource final : public RecordReader {
 public:
  /// Fails if an option is not understood (--colsep).
  static Result<std::unique_ptr<ArgumentSource>> make(const ArgumentSourceOptions& options);

  /// The index in `options.sources` of what next() needs more of. Never a list of words.
  std::size_t wanted() const { return rows_->wanted(); }
  void feed(Slice piece) override { rows_->feed(std::move(piece)); }
  void finish() override { rows_->finish(); }
  Pull next(Record& record) override;
  const std::string& error() const override { return error_.empty() ? rows_->error() : error_; }

  /// --header: the names of the columns of all sources, in the order of a row's values: the n-th
  /// names {n}. Complete when next() first said Record; empty without --header.
  const std::vector<std::string>& names() const { return names_; }
  /// -x: an item was too long for a command line, and ended the input.
  bool stopped_at_long() const { return !too_long_.empty(); }

 private:
  ArgumentSource(const ArgumentSourceOptions& options, std::unique_ptr<RowReader> rows);
  bool take_names();
  bool fits(Record& record);

  std::unique_ptr<RowReader> rows_;
  Batcher batcher_;
  bool header_;
  bool limited_;
  bool exit_if_long_;
  bool without_values_;  // -N0
  bool ended_ = false;
  Item row_;
  std::vector<std::string> names_;
  std::string error_, too_long_;
};

/// The files that `:::: FILE...` names, in order: input/ reads them and gives their texts to
/// ArgumentReader in the same order.
std::vector<std::string> argument_files(const InputOptions& input);

/// The tasks of `::: ITEM...` and `:::: FILE...`, as GNU parallel makes them: every `:::` and every
/// file is one list of items (the lines of a file, as --in lines cuts them), and the tasks are all
/// combinations of one item from each, the first list changing slowest. With one list a task is
/// the item; with several it is an array of them. An item is a string, or with --in json whatever
/// its JSON says. An empty list leaves no tasks.
///
/// A reader that needs no feeding: next() gives Record until End.
class ArgumentReader final : public RecordReader {
 public:
  /// `file_texts`: what is in argument_files(). The payloads share their bytes.
  ArgumentReader(const InputOptions& input, const RecordOptions& records,
                 const std::vector<Slice>& file_texts);

  void feed(Slice piece) override;  ///< must not be called
  void finish() override {}
  Pull next(Record& record) override;
  /// From the start: an item that is not the JSON that it should be; empty otherwise.
  const std::string& error() const override { return error_; }

  /// Tasks in all; saturates at UINT64_MAX.
  std::uint64_t size() const;

 private:
  void add_file(const Slice& text, char delimiter);
  Value item(Slice text);
  bool advance();

  std::vector<std::vector<Value>> lists_;
  std::vector<std::size_t> at_;  // the present item of each list
  bool ended_ = false;
  bool json_;
  std::string error_;
};

}  // namespace spread
