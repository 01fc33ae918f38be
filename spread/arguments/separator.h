#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/sources/pattern.h"

namespace spread {

/// What `--colsep` says: cuts an item into columns at every match, as Perl's split with a negative
/// limit. Empty columns count, also at the end; a match of nothing cuts between two bytes, but not
/// at the start. An empty item is one empty column. Unlike Perl's split, groups make no columns.
class Separator {
 public:
  static Result<Separator> parse(std::string_view text);

  /// The columns are parts of `item`. False: failure() says why there are none.
  [[nodiscard]] bool split(ByteView item, std::vector<ByteView>& columns);
  const std::string& failure() const { return pattern_.failure(); }

 private:
  explicit Separator(Pattern pattern) : pattern_(std::move(pattern)) {}

  Pattern pattern_;
};

/// What `--colsep` is to `--csv`: one byte, as it is or as an escape (\t, \|, \x1f). None: it is
/// something else.
std::optional<char> single_byte(std::string_view text);

}  // namespace spread
