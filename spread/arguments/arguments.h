#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/sources/record_reader.h"

namespace spread {

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
