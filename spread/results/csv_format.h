#pragma once

#include <span>
#include <string>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/shared_options.h"
#include "spread/base/buffers.h"

namespace spread {

/// Values as lines of CSV (docs/sweeps.md, "CSV").
class CsvFormat {
 public:
  explicit CsvFormat(CsvStyle style) : style_(style) {}

  /// The first line.
  void append_header(std::span<const std::string> names, ByteBuffer& out) const;
  /// A row: one encoded value for each column, an empty one where there is none, which is NaN.
  void append_row(std::span<const ByteView> values, ByteBuffer& out);
  /// A warning to be shown, once; empty when there is none.
  std::string take_warning() { return std::exchange(warning_, {}); }
  bool has_warning() const { return !warning_.empty(); }

 private:
  void append_plain(ByteView value, ByteBuffer& out) const;
  void append_number(ByteView value, ByteBuffer& out);

  CsvStyle style_;
  bool warned_ = false;
  std::string warning_;
};

}  // namespace spread
