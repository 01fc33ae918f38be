#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/arguments/argument_options.h"
#include "spread/arguments/item_store.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// The items of one source, cut, trimmed and divided into columns.
class ItemReader {
 public:
  virtual ~ItemReader() = default;
  /// As RecordReader's. Of a list of words nothing is fed: next() gives Record until End.
  virtual void feed(Slice piece) = 0;
  virtual void finish() = 0;
  /// Broken: the header is malformed, or a quote is never closed.
  virtual Pull next(Item& item) = 0;
  virtual const std::string& error() const = 0;
  /// Of the item given last, for messages.
  virtual std::string place() const = 0;
  /// --header: what its columns are called. Complete when next() first said Record or End.
  virtual const std::vector<std::string>& names() const = 0;
};

/// Fails if `options.colsep` is not understood.
Result<std::unique_ptr<ItemReader>> make_item_reader(const ArgumentSourceOptions& options,
                                                     const ArgumentSourceOptions::Source& source);

/// White space as Perl's \s has it.
ByteView trimmed(ByteView value, Trim trim);

/// `--header :` of one source: takes the first item as names, and holds the others against it.
class ItemHeader {
 public:
  explicit ItemHeader(bool wanted) : wanted_(wanted) {}

  /// The next item is the header.
  bool is_due() const { return wanted_ && !taken_; }
  bool taken() const { return taken_; }
  /// Why these cannot be names; empty: they are. Names may be empty: nothing refers to such a
  /// column by name.
  std::string take(const std::vector<ByteView>& columns);
  /// What is wrong with an item of so many columns; empty = nothing.
  std::string fault(std::size_t columns) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  bool wanted_;
  bool taken_ = false;
  std::vector<std::string> names_;
};

/// How messages name a place in a source: "stdin line 3", "::: argument 2".
struct ItemPlace {
  std::string source;
  std::string unit;

  std::string text(std::uint64_t number) const {
    return source + " " + unit + " " + std::to_string(number);
  }
};

}  // namespace spread
