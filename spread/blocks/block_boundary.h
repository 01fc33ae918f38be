#pragma once

#include <cstddef>
#include <string>

#include "spread/api/bytes.h"
#include "spread/blocks/block_options.h"

namespace spread {

/// The strings that records end and begin with (patterns: record_pattern.h). A *boundary* is a
/// place, not at the start of the bytes looked at, that recend stands before and recstart behind.
/// If both are empty, every place is one.
class RecordBoundary {
 public:
  explicit RecordBoundary(const BlockOptions& options);

  /// Every place is a boundary; the other functions must not be called.
  bool anywhere() const { return separator_.empty(); }
  /// What must be seen on both sides of a place to know that it is a boundary.
  std::size_t before() const { return recend_bytes_; }
  std::size_t after() const { return separator_.size() - recend_bytes_; }
  std::string_view recend() const { return std::string_view(separator_).substr(0, recend_bytes_); }
  std::string_view recstart() const { return std::string_view(separator_).substr(recend_bytes_); }
  /// recend, then recstart.
  ByteView separator() const { return as_bytes(separator_); }

  /// The last boundary at or before `limit`; 0: none.
  std::size_t last(ByteView bytes, std::size_t limit) const;
  /// The first boundary at or behind `from`; 0: none.
  std::size_t first(ByteView bytes, std::size_t from) const;

  /// `block` without what separates its records (--rrs): a copy. With recstart and recend both are
  /// cut off its ends too.
  Slice without_separators(ByteView block) const;

 private:
  std::string separator_;
  std::size_t recend_bytes_ = 0;
};

}  // namespace spread
