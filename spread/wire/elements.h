// A message, taken apart: the elements of its array. A part of up_message.cc and down_message.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/api/bytes.h"
#include "spread/api/task.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {

/// The elements of the message's array, one after the other. The first failure sticks.
class Elements {
 public:
  Elements(ByteView body, std::string& error)
      : begin_(body.data()), at_(begin_), end_(begin_ + body.size()), error_(error) {}

  bool open() {
    const Token token = next_token(at_, end_);
    if (token.type != TokenType::Array) return failed("not an array");
    count_ = left_ = token.number;
    return true;
  }
  std::uint64_t left() const { return left_; }

  /// The first of every message: nil, or the id of a task.
  bool take_id(bool& has_id, TaskId& id) {
    Token token;
    if (!take(token)) return false;
    has_id = token.type == TokenType::Unsigned;
    if (token.type == TokenType::Nil) return true;
    if (token.type == TokenType::Negative) {
      return failed(fmt::format("its id is negative ({})", token.negative()));
    }
    if (!has_id) return failed("its id is no integer");
    if (token.number > INT64_MAX) {
      return failed(fmt::format("its id {} is above 2^63-1", token.number));
    }
    id = TaskId{token.number};
    return true;
  }

  bool take(Token& token) {
    const Byte* const start = at_;
    if (left_ == 0) return failed("too few elements");
    --left_;
    token = next_token(at_, end_);
    if (token.type != TokenType::None && token.type < TokenType::Array) return true;
    at_ = start;
    return skip();
  }
  bool take(ByteView& value) {
    if (left_ == 0) return failed("too few elements");
    --left_;
    const Byte* const start = at_;
    if (!skip()) return false;
    value = {start, static_cast<std::size_t>(at_ - start)};
    return true;
  }
  /// All that follow, as they are.
  bool take_rest(ByteView& values) {
    const Byte* const start = at_;
    for (; left_ > 0; --left_) {
      if (!skip()) return false;
    }
    values = {start, static_cast<std::size_t>(at_ - start)};
    return true;
  }
  /// Whatever follows is ignored, but has to be there, and nothing behind it.
  bool close() {
    for (; left_ > 0; --left_) {
      if (!skip()) return false;
    }
    if (at_ == end_) return true;
    return failed(fmt::format("{} bytes are left over behind its array of {}", end_ - at_, count_));
  }
  bool failed(std::string why) {
    error_ = "not a frame: " + std::move(why);
    return false;
  }

 private:
  bool skip() {
    const Skipped skipped = skip_value(at_, end_);
    if (skipped.ok()) {
      at_ = skipped.at;
      return true;
    }
    if (skipped.scan == Scan::TooLong) {
      return failed(
          fmt::format("its {} bytes end before its array of {} does", end_ - begin_, count_));
    }
    return failed("it " + describe(skipped.scan, static_cast<std::size_t>(skipped.at - begin_)));
  }

  const Byte* begin_;
  const Byte* at_;
  const Byte* end_;
  std::uint64_t count_ = 0;
  std::uint64_t left_ = 0;
  std::string& error_;
};

}  // namespace spread::wire
