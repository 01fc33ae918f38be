#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {

// Values between JSON and msgpack, and plain text (docs/manual.md, "Values across formats"):
// bin <-> {"$bin":"base64"}, ext <-> {"$ext":[type,"base64"]}; NaN and infinities are read as the
// tokens NaN, Infinity, -Infinity and written as null; integers outside [-2^63, 2^64) are an
// error; keys that are not strings become their JSON text; integral doubles print without ".0",
// unless that is asked for, others in the shortest form that reads back to the same double.

/// Appends the msgpack encoding of one JSON document. The error says what is wrong and at which
/// byte (counted from 1) of `json`. Nesting deeper than 256 is an error.
Status json_to_msgpack(std::string_view json, ByteBuffer& out);

struct JsonStyle {
  bool keeps_floats = false;    ///< "1.0", not "1": it is read back as a float
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

/// One JSON document to msgpack, for json_to_msgpack. Strict RFC 8259, with the tokens NaN,
/// Infinity and -Infinity, and the objects {"$bin": ...} and {"$ext": ...}. Iterative.
///
/// Written here although nlohmann-json is a dependency: its version 3.11 turns integers that do not
/// fit into floats, "-0" into the integer 0, and refuses NaN and half surrogate pairs; its events
/// come before the number of elements is known, which a msgpack header needs. tests/fuzz holds this
/// one against it.
///
/// Two passes. The first looks only at brackets, commas and quotes and counts the elements of every
/// container, so that the second, which checks everything, can write each header when it comes to
/// it, into memory that is large enough.
class JsonReader {
 public:
  /// A message is an array around a value, which may be as deep as any: no value must pass on one
  /// wire and kill a worker on the other.
  enum class Holds : std::uint8_t { Value, Message };

  explicit JsonReader(std::string_view json, Holds holds = Holds::Value)
      : begin_(json.data()),
        at_(begin_),
        end_(begin_ + json.size()),
        depth_max_(kMaxDepth + (holds == Holds::Message ? 1 : 0)) {}

  Status convert(ByteBuffer& out);
  /// After an error: the document holds a number that msgpack, or a double, cannot.
  bool out_of_range() const { return out_of_range_; }
  /// The same: it nests deeper than kMaxDepth.
  bool too_deep() const { return too_deep_; }

 private:
  enum class Step : std::uint8_t { Opened, Done, Failed };

  std::size_t count_elements();
  const char* end_of_string(const char* at) const;

  bool read_document();
  Step read_value();
  Step open(bool is_map);
  bool read_key();
  bool close_finished(bool& more);

  bool read_literal(std::string_view word, Byte code);
  bool read_string();
  bool read_escaped_string(const char* start);
  bool read_escape(Byte*& to);
  bool read_hex4(std::uint32_t& unit);
  bool read_number();
  bool read_integer(const char* digits, bool negative);
  bool read_float(const char* start);
  bool read_non_finite(const char* start, bool negative);
  bool read_tagged();
  bool read_tagged_bytes(bool is_ext);
  bool take_base64(std::string_view& text, std::string& unescaped);

  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool next_is(char c) const { return at_ < end_ && *at_ == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  /// Always false. The place is that of the byte `at`.
  bool failed(std::string_view why, const char* at);

  const char* begin_;
  const char* at_;
  const char* end_;
  Byte* to_ = nullptr;
  std::vector<std::uint32_t> counts_;  ///< elements or pairs, of every container in order
  std::size_t next_count_ = 0;
  std::size_t depth_max_;
  std::bitset<kMaxDepth + 1> is_map_;  ///< of the open containers
  std::size_t depth_ = 0;
  bool out_of_range_ = false;
  bool too_deep_ = false;
  std::string error_;
};

}  // namespace spread::wire
