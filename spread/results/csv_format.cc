#include "spread/results/csv_format.h"

#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread {
namespace {

wire::Token token_of(ByteView value) {
  const Byte* at = value.data();
  return wire::next_token(at, at + value.size());
}

/// RFC 4180. An empty text is quoted, too: a line without anything is no row to most readers.
void append_field(std::string_view text, ByteBuffer& out) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return out.append(text);
  }
  out.append("\"");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t quote = std::min(text.find('"', at), text.size());
    out.append(text.substr(at, quote - at));
    if (quote < text.size()) out.append("\"\"");
    at = quote + 1;
  }
  out.append("\"");
}

/// As numpy: what follows the end of a line is a comment, too.
void append_comment(std::string_view text, ByteBuffer& out) {
  for (std::size_t end; (end = text.find('\n')) != std::string_view::npos;) {
    out.append(text.substr(0, end + 1));
    out.append("# ");
    text.remove_prefix(end + 1);
  }
  out.append(text);
}

}  // namespace

void CsvFormat::append_header(std::span<const std::string> names, ByteBuffer& out) const {
  if (style_ == CsvStyle::Savetxt) out.append("# ");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out.append(",");
    style_ == CsvStyle::Savetxt ? append_comment(names[i], out) : append_field(names[i], out);
  }
  out.append("\n");
}

void CsvFormat::append_row(std::span<const ByteView> values, ByteBuffer& out) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.append(",");
    style_ == CsvStyle::Savetxt ? append_number(values[i], out) : append_plain(values[i], out);
  }
  out.append("\n");
}

void CsvFormat::append_plain(ByteView value, ByteBuffer& out) const {
  const wire::Token token = token_of(value);
  if (token.is_text()) return append_field(as_text(token.bytes), out);
  const bool real =
      token.type == wire::TokenType::Float32 || token.type == wire::TokenType::Float64;
  if (token.type == wire::TokenType::None || token.type == wire::TokenType::Nil ||
      (real && std::isnan(token.real))) {
    return out.append("NaN");
  }
  if (real && std::isinf(token.real)) {
    return token.real < 0 ? out.append("-Infinity") : out.append("Infinity");
  }
  ByteBuffer json;
  wire::JsonStyle style;
  style.keeps_floats = true;
  if (!wire::msgpack_to_json(value, json, style)) return out.append("NaN");
  append_field(as_text(json.view()), out);
}

void CsvFormat::append_number(ByteView value, ByteBuffer& out) {
  const wire::Token token = token_of(value);
  double number = std::nan("");
  if (token.is_number()) {
    number = token.as_double();
  } else if (token.type == wire::TokenType::Bool) {
    number = static_cast<double>(token.number);
  } else if (token.type != wire::TokenType::None && token.type != wire::TokenType::Nil &&
             !std::exchange(warned_, true)) {
    warning_ =
        fmt::format("--csv-style savetxt: {} is no number and was written as nan",
                    token.is_text() ? show_text(as_text(token.bytes)) : "a list or an object");
  }
  // As numpy: no sign before nan, whatever its bits are.
  if (std::isnan(number)) return out.append("nan");
  out.append(fmt::format("{:.6e}", number));
}

}  // namespace spread
