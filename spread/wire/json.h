#pragma once

#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/arena.h"
#include "spread/base/byte_buffer.h"

namespace spread::wire {

// Values between JSON and msgpack, and plain text (docs/manual.md, "Values across formats"):
// bin <-> {"$bin":"base64"}, ext <-> {"$ext":[type,"base64"]}; NaN and infinities are read as the
// tokens NaN, Infinity, -Infinity and written as null; integers outside [-2^63, 2^64) are an
// error; keys that are not strings become their JSON text; integral doubles print without ".0",
// others in the shortest form that reads back to the same double.

/// Appends the msgpack encoding of one JSON document. The error says what is wrong and at which
/// byte (counted from 1) of `json`. Nesting deeper than 256 is an error.
Status json_to_msgpack(std::string_view json, ByteBuffer& out);

struct JsonStyle {
  bool saw_non_finite = false;  ///< set when a NaN or an infinity was written as null
};
/// Appends compact JSON of one msgpack value. Fails on bytes that are not exactly one value.
Status msgpack_to_json(ByteView value, ByteBuffer& out, JsonStyle& style);
Status msgpack_to_json(const Value& value, ByteBuffer& out, JsonStyle& style);

/// Appends what text output shows of a value: str and bin raw, anything else as compact JSON.
Status msgpack_to_text(const Value& value, ByteBuffer& out, JsonStyle& style);

/// A line of text as a value that shares its bytes: str if it is valid UTF-8, else bin.
Value text_value(Slice text);

/// The length of the msgpack value at the front of `bytes`; 0 if it is not complete; an error if
/// it can never be one (byte C1), nests deeper than 256, or is longer than `max_bytes`. Reads
/// headers only: a header that claims 4 GiB costs nothing.
Result<std::size_t> msgpack_size(ByteView bytes, std::size_t max_bytes);

}  // namespace spread::wire
