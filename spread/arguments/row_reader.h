#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spread/arguments/argument_options.h"
#include "spread/arguments/item_reader.h"

namespace spread {

/// The rows that several sources make: one item of each, their values one behind the other.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// NeedMore: of source wanted(). A row with a malformed item is bad.
  virtual Pull next(Item& row) = 0;

  void feed(Slice piece) { readers_[wanted_]->feed(std::move(piece)); }
  void finish() { readers_[wanted_]->finish(); }
  std::size_t wanted() const { return wanted_; }
  const std::string& error() const { return error_; }
  const ItemReader& reader(std::size_t source) const { return *readers_[source]; }
  /// Of the row given last: where its first item is.
  std::string place() const { return readers_[0]->place(); }
  std::size_t sources() const { return readers_.size(); }

 protected:
  explicit RowReader(std::vector<std::unique_ptr<ItemReader>> readers)
      : readers_(std::move(readers)) {}

  /// The next item of a source; takes note of NeedMore and Broken.
  Pull read(std::size_t source, Item& item) {
    const Pull pull = readers_[source]->next(item);
    if (pull == Pull::NeedMore) wanted_ = source;
    if (pull == Pull::Broken) error_ = readers_[source]->error();
    return pull;
  }
  Pull broken(std::string error) {
    error_ = std::move(error);
    return Pull::Broken;
  }
  bool is_broken() const { return !error_.empty(); }

 private:
  std::vector<std::unique_ptr<ItemReader>> readers_;
  std::size_t wanted_ = 0;
  std::string error_;
};

/// Sources that go along (--link, or the first with its :::+) and are crossed with the others.
Result<std::unique_ptr<RowReader>> make_row_reader(const ArgumentSourceOptions& options);

}  // namespace spread
