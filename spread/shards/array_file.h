#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/base/buffers.h"

namespace spread {

/// The elements of a --partition, encoded one behind the other.
class Array {
 public:
  std::uint64_t size() const { return ends_.size() - 1; }
  /// Those from `start` to the one before `stop`.
  ByteView elements(std::uint64_t start, std::uint64_t stop) const {
    return bytes_.view().subspan(ends_[start], ends_[stop] - ends_[start]);
  }
  void add(const Value& element) {
    bytes_.append(element);
    ends_.push_back(bytes_.size());
  }

 private:
  ByteBuffer bytes_;
  std::vector<std::size_t> ends_{0};
};

/// What a file of elements is: a JSON array if its first byte that is no white space is `[`, else
/// lines; or what --in says.
enum class ArrayForm : std::uint8_t { ByFirstByte, Lines, Json };

ArrayForm array_form(const RecordOptions& records);

/// The text of a --partition FILE. The error says what is wrong, and at which byte of the file.
Result<Array> parse_array(std::string_view text, ArrayForm form, char delimiter);

/// The text of a --common FILE, as one value: JSON where it begins with `[` or `{` (or where the
/// form says so), else the list of its lines.
Result<Value> parse_common(std::string_view text, ArrayForm form, char delimiter);

}  // namespace spread
