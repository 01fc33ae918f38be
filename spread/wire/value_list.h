// The arguments of a question, taken apart.
#pragma once

#include "spread/api/bytes.h"
#include "spread/base/assert.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {

/// Values, encoded, one behind the other, of which the codec has seen that each is whole.
class ValueList {
 public:
  explicit ValueList(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  ByteView take() {
    const Skipped skipped = skip_value(at_, end_);
    SPREAD_ASSERT(skipped.ok());
    const ByteView value(at_, static_cast<std::size_t>(skipped.at - at_));
    at_ = skipped.at;
    return value;
  }
  /// A number or text; of an array its header alone, and the elements come next.
  Token enter() { return next_token(at_, end_); }

 private:
  const Byte* at_;
  const Byte* end_;
};

inline Token token_of(ByteView value) {
  const Byte* at = value.data();
  return next_token(at, at + value.size());
}

inline bool is_nil(ByteView value) { return token_of(value).type == TokenType::Nil; }

}  // namespace spread::wire
