#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "spread/base/assert.h"
#include "spread/wire/json.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

using Json = nlohmann::json;

std::string to_json(ByteView value) {
  ByteBuffer json;
  wire::JsonStyle style;
  SPREAD_ASSERT(wire::msgpack_to_json(value, json, style));
  return std::string(as_text(json.view()));
}

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

/// Where the two are meant to differ: see json.h.
bool is_extension(std::string_view text) {
  return contains(text, "NaN") || contains(text, "Infinity") || contains(text, "\\u") ||
         contains(text, "$");
}
bool is_stricter(const std::string& error) {
  return contains(error, "outside [-2^63, 2^64)") || contains(error, "deeper than");
}

}  // namespace

void json(ByteView input) {
  const std::string_view text = as_text(input);
  ByteBuffer value;
  const auto status = wire::json_to_msgpack(text, value);
  const Json theirs = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!status) {
    SPREAD_ASSERT(value.empty());
    // nlohmann-json skips a byte order mark, and takes a zero byte for the end.
    const bool lenient =
        text.starts_with("\xef\xbb\xbf") || text.find('\0') != std::string_view::npos;
    SPREAD_ASSERT(theirs.is_discarded() || lenient || is_stricter(status.error().message));
    return;
  }
  const auto size = wire::msgpack_size(value.view(), value.size());
  SPREAD_ASSERT(size && *size == value.size());
  SPREAD_ASSERT(!theirs.is_discarded() || is_extension(text));

  // Written and read again it stays what it is.
  const std::string once = to_json(value.view());
  ByteBuffer again;
  SPREAD_ASSERT(wire::json_to_msgpack(once, again));
  SPREAD_ASSERT(to_json(again.view()) == once);
  if (theirs.is_discarded() || is_extension(text)) return;
  SPREAD_ASSERT(Json::parse(once) == theirs);
}

}  // namespace spread::fuzz
