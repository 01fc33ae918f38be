#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/blocks/block_options.h"
#include "spread/sources/pattern.h"

namespace spread {

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
