// Where records end, for strings and for patterns. The searches for strings are as fast as memory,
// because every byte of the input of `spread pipe` may go through one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/blocks/block_options.h"
#include "spread/sources/pattern.h"

namespace spread {

/// The strings that records end and begin with (patterns: RecordPattern). A *boundary* is a
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

inline constexpr std::size_t kNotFound = SIZE_MAX;

/// Where `needle` (one byte or more) begins for the first, or last, time; kNotFound.
std::size_t find_first(ByteView bytes, ByteView needle);
/// Looks no further to the front than it must.
std::size_t find_last(ByteView bytes, ByteView needle);

std::size_t count_of(ByteView bytes, Byte wanted);

/// Where the `count`-th `wanted` (from 1) stands. kNotFound: there are fewer; `count` then says how
/// many are missing.
std::size_t find_nth(ByteView bytes, Byte wanted, std::size_t& count);

/// `--regexp`: where records end is said by patterns. From the start of a record on, but behind the
/// recstart that it begins with, the pattern of recend is searched for; where it ends, and
/// recstart's matches, is the boundary. Neither looks at what is in front of the record, so the
/// boundaries do not depend on blocks or pieces.
class RecordPattern {
 public:
  /// The options must be such that has_patterns().
  static Result<RecordPattern> compile(const BlockOptions& options);

  struct Place {
    std::size_t from = 0;  ///< in: where to search; out, without a match: where to search again
    std::size_t end = 0;   ///< out: of the record
  };
  /// `record` begins where a record does; `goes_on`: more bytes will follow.
  Pattern::Found find_end(ByteView record, bool goes_on, Place& place);

  /// As RecordBoundary's: --rrs.
  Result<Slice> without_separators(ByteView block);

  /// Of the last search that gave up.
  const std::string& failure() const { return failure_; }

 private:
  explicit RecordPattern(Pattern boundary) : boundary_(std::move(boundary)) {}
  Pattern::Found find(Pattern& pattern, const Pattern::Search& search, Pattern::Match& match);
  bool cut_off(std::optional<Pattern>& pattern, ByteView& block, bool at_start);

  Pattern boundary_;
  std::optional<Pattern> start_;          // recstart at the start
  std::optional<Pattern> between_, end_;  // --rrs: recend and recstart; recend at the end
  std::string failure_;
};

}  // namespace spread
