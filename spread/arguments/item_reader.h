#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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

}  // namespace spread
