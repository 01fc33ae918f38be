// What a worker says: the array of a message, checked and taken apart (docs/protocol.md). What is
// in the maps of some is read in codec.cc.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/wire/codec.h"
#include "spread/wire/elements.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_list.h"

namespace spread::wire {
namespace {

enum class Shape : std::uint8_t { Value, Description, Number, Text, Seq, Nothing };
struct Kind {
  std::string_view word;
  UpKind kind;
  Shape third;  ///< what the third element must be
  bool nil_id;  ///< goes with a nil id only; the others with an integer
};
constexpr std::array<Kind, 14> kKinds = {{
    {"ok", UpKind::Ok, Shape::Value, false},
    {"busy", UpKind::Busy, Shape::Number, false},
    {"error", UpKind::Error, Shape::Description, false},
    {"fatal", UpKind::Fatal, Shape::Description, false},
    {"progress", UpKind::Progress, Shape::Number, false},
    {"log", UpKind::Log, Shape::Text, false},
    {"hello", UpKind::Hello, Shape::Description, true},
    {"ready", UpKind::Ready, Shape::Nothing, true},
    {"error", UpKind::PrepError, Shape::Description, true},
    {"ask", UpKind::Ask, Shape::Seq, true},
    {"bye", UpKind::Bye, Shape::Nothing, true},
    {"beat", UpKind::Beat, Shape::Nothing, true},
    {"stderr", UpKind::Stderr, Shape::Text, true},
    {"cancelled", UpKind::Cancelled, Shape::Nothing, false},
}};

const Kind* find_kind(std::string_view word, bool nil_id) {
  for (const Kind& kind : kKinds) {
    if (kind.nil_id == nil_id && kind.word == word) return &kind;
  }
  return nullptr;
}

/// Text or nil, which may be absent.
bool parse_optional_text(Elements& elements, std::string_view word, std::string_view name,
                         std::string_view& text) {
  if (elements.left() == 0) return true;
  Token token;
  if (!elements.take(token)) return false;
  if (token.is_text()) {
    text = as_text(token.bytes);
    return true;
  }
  if (token.type == TokenType::Nil) return true;
  return elements.failed(fmt::format("\"{}\" with a {} that is no text", word, name));
}

/// The third element, by the shape that its kind wants.
bool parse_third(Elements& elements, const Kind& kind, UpMessage& message) {
  const auto wrong = [&](std::string_view wanted) {
    return elements.failed(fmt::format("\"{}\" without {}", kind.word, wanted));
  };
  if (kind.third != Shape::Nothing && elements.left() == 0) {
    return wrong("its third element");
  }
  switch (kind.third) {
    case Shape::Nothing: return true;
    case Shape::Value: return elements.take(message.value);
    case Shape::Description: {
      if (!elements.take(message.value)) return false;
      const Byte* at = message.value.data();
      const Token token = next_token(at, at + message.value.size());
      // A bare text is accepted in place of the map, for workers written by hand; see parse_error.
      if (token.type == TokenType::Map || (token.is_text() && kind.kind != UpKind::Hello)) {
        return true;
      }
      return wrong("a map");
    }
    case Shape::Number: {
      Token token;
      if (!elements.take(token)) return false;
      if (!token.is_number()) return wrong("a number");
      message.number = token.as_double();
      return true;
    }
    case Shape::Seq: {
      Token token;
      if (!elements.take(token)) return false;
      if (token.type != TokenType::Unsigned || token.number > INT64_MAX) return wrong("a seq");
      message.seq = token.number;
      return true;
    }
    case Shape::Text: {
      Token token;
      if (!elements.take(token)) return false;
      if (!token.is_text()) return wrong("a text");
      message.text = as_text(token.bytes);
      return true;
    }
  }
  return false;
}

/// What is behind a log's text. A level that is not known is no reason to lose the line.
bool parse_level(Elements& elements, LogLevel& level) {
  if (elements.left() == 0) return true;
  Token token;
  if (!elements.take(token)) return false;
  const std::string_view word = token.is_text() ? as_text(token.bytes) : std::string_view();
  for (const LogLevel each : {LogLevel::Debug, LogLevel::Warning, LogLevel::Error}) {
    if (word == name_of(each)) level = each;
  }
  return true;
}

/// What is behind an ask's seq: op, id?, arguments. Whatever is wrong with these can be refused.
bool parse_question(Elements& elements, UpMessage& message) {
  ByteView op;
  if (elements.left() > 0 && !elements.take(op)) return false;
  const Token word = op.empty() ? Token() : token_of(op);
  if (word.is_text()) {
    message.text = as_text(word.bytes);
  } else {
    message.se = "its op is no text";
  }
  if (elements.left() == 0) return true;
  Token token;
  if (!elements.take(token)) return false;
  message.has_id = token.type == TokenType::Unsigned && token.number <= INT64_MAX;
  if (message.has_id) message.id = TaskId{token.number};
  if (!message.has_id && token.type != TokenType::Nil) message.se = "its task is no id";
  message.arguments = elements.left();
  return elements.take_rest(message.value);
}

}  // namespace

bool is_kind(std::string_view word) {
  return find_kind(word, false) != nullptr || find_kind(word, true) != nullptr ||
         word == "answer" || word == "refused" || word == "cancel";
}

bool parse_message(ByteView body, UpMessage& message, std::string& error) {
  message = UpMessage{};
  Elements elements(body, error);
  if (!elements.open() || !elements.take_id(message.has_id, message.id)) return false;
  Token word;
  if (!elements.take(word)) return false;
  if (word.is_text()) message.text = as_text(word.bytes);
  const Kind* const kind = word.is_text() ? find_kind(message.text, !message.has_id) : nullptr;
  if (kind == nullptr) return elements.close();

  message.kind = kind->kind;
  message.text = {};
  if (!parse_third(elements, *kind, message)) return false;
  switch (message.kind) {
    case UpKind::Busy:
      if (!parse_optional_text(elements, kind->word, "reason", message.text)) return false;
      break;
    case UpKind::Progress:
      // Written so that a NaN is 0.
      message.number = message.number > 0 ? std::min(message.number, 1.0) : 0;
      if (!parse_optional_text(elements, kind->word, "text", message.text)) return false;
      break;
    case UpKind::Ok:
    case UpKind::Error:
    case UpKind::Fatal:
      if (!parse_optional_text(elements, kind->word, "so", message.so)) return false;
      if (!parse_optional_text(elements, kind->word, "se", message.se)) return false;
      break;
    case UpKind::Log:
      if (!parse_level(elements, message.level)) return false;
      break;
    case UpKind::Ask:
      if (!parse_question(elements, message)) return false;
      break;
    case UpKind::Hello:
    case UpKind::Ready:
    case UpKind::PrepError:
    case UpKind::Bye:
    case UpKind::Beat:
    case UpKind::Stderr:
    case UpKind::Cancelled:
    case UpKind::Unknown: break;
  }
  return elements.close();
}

}  // namespace spread::wire
