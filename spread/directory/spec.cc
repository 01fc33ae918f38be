#include "spread/directory/spec.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread {
namespace {

constexpr Byte kTrue = 0xc3, kFalse = 0xc2;

void put_text(std::string_view text, ByteBuffer& out) {
  Byte* const to = out.prepare(wire::kMaxScalarBytes);
  Byte* const end = is_utf8(as_bytes(text)) ? wire::put_str_header(to, text.size())
                                            : wire::put_bin_header(to, text.size());
  out.commit(static_cast<std::size_t>(end - to));
  out.append(text);
}

void put_number(std::uint64_t n, ByteBuffer& out) {
  Byte* const to = out.prepare(wire::kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(wire::put_unsigned(to, n) - to));
}

void put_header(Byte* (*put)(Byte*, std::size_t), std::size_t n, ByteBuffer& out) {
  Byte* const to = out.prepare(wire::kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(put(to, n) - to));
}

void put_input(const InputFile& file, ByteBuffer& out) {
  put_header(wire::put_map_header, 6, out);
  put_text("name", out);
  put_text(file.name, out);
  put_text("path", out);
  put_text(file.path, out);
  put_text("copied", out);
  out.push_back(file.copied ? kTrue : kFalse);
  put_text("offset", out);
  put_number(file.offset, out);
  put_text("size", out);
  put_number(file.size, out);
  put_text("digest", out);
  put_text(file.digest, out);
}

/// A cursor over msgpack that is known to be whole.
struct Reader {
  const Byte* at;
  const Byte* end;

  wire::Token next() { return wire::next_token(at, end); }
  void skip() { at = wire::skip_value(at, end).at; }
  /// Calls `take` with each name of a map, which must read its value. False: it is no map.
  template <typename Take>
  bool map(Take&& take) {
    const wire::Token map = next();
    if (map.type != wire::TokenType::Map) return false;
    for (std::uint64_t i = 0; i < map.number; ++i) {
      const wire::Token name = next();
      if (!name.is_text() || !take(as_text(name.bytes))) return false;
    }
    return true;
  }
  bool text(std::string& into) {
    const wire::Token token = next();
    if (token.is_text()) into = as_text(token.bytes);
    return token.is_text();
  }
  bool number(std::uint64_t& into) {
    const wire::Token token = next();
    into = token.number;
    return token.type == wire::TokenType::Unsigned;
  }
  bool flag(bool& into) {
    const wire::Token token = next();
    into = token.number != 0;
    return token.type == wire::TokenType::Bool;
  }
};

bool read_input(Reader& reader, InputFile& file) {
  return reader.map([&](std::string_view name) {
    if (name == "name") return reader.text(file.name);
    if (name == "path") return reader.text(file.path);
    if (name == "copied") return reader.flag(file.copied);
    if (name == "offset") return reader.number(file.offset);
    if (name == "size") return reader.number(file.size);
    if (name == "digest") return reader.text(file.digest);
    reader.skip();
    return true;
  });
}

template <typename Read>
bool read_list(Reader& reader, Read&& read) {
  const wire::Token list = reader.next();
  if (list.type != wire::TokenType::Array) return false;
  for (std::uint64_t i = 0; i < list.number; ++i) {
    if (!read()) return false;
  }
  return true;
}

/// That of a file which is to replace another one, or itself.
std::string_view without_suffix(std::string_view name) {
  constexpr std::string_view kSuffix = ".spread-";
  constexpr std::size_t kLetters = 6;
  const std::size_t at = name.rfind(kSuffix);
  const bool has_it = at != std::string_view::npos && name.size() == at + kSuffix.size() + kLetters;
  return has_it ? name.substr(0, at) : name;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Status format_spec(const RunSpec& spec, ByteBuffer& out) {
  ByteBuffer packed;
  put_header(wire::put_map_header, spec.copying ? 6 : 5, packed);
  put_text("format", packed);
  put_number(spec.format, packed);
  put_text("spread", packed);
  put_text(spec.spread, packed);
  put_text("words", packed);
  put_header(wire::put_array_header, spec.words.size(), packed);
  for (const std::string& word : spec.words) put_text(word, packed);
  put_text("directory", packed);
  put_text(spec.directory, packed);
  put_text("input", packed);
  put_header(wire::put_array_header, spec.input.size(), packed);
  for (const InputFile& file : spec.input) put_input(file, packed);
  if (spec.copying) put_text("copying", packed);
  if (spec.copying) packed.push_back(kTrue);
  wire::JsonStyle style;
  SPREAD_TRY(wire::msgpack_to_json(packed.view(), out, style));
  out.push_back('\n');
  return {};
}

Result<RunSpec> parse_spec(std::string_view json) {
  ByteBuffer packed;
  SPREAD_TRY(wire::json_to_msgpack(json, packed));
  const ByteView bytes = packed.view();
  Reader reader{bytes.data(), bytes.data() + bytes.size()};
  RunSpec spec;
  spec.format = 0;
  const bool is_spec = reader.map([&](std::string_view name) {
    if (name == "format") return reader.number(spec.format);
    if (name == "spread") return reader.text(spec.spread);
    if (name == "directory") return reader.text(spec.directory);
    if (name == "copying") return reader.flag(spec.copying);
    if (name == "words") {
      return read_list(reader, [&] { return reader.text(spec.words.emplace_back()); });
    }
    if (name == "input") {
      return read_list(reader, [&] { return read_input(reader, spec.input.emplace_back()); });
    }
    reader.skip();
    return true;
  });
  if (spec.format > kSpecFormat) return fail("it was written by a newer spread");
  if (!is_spec || spec.format == 0 || spec.words.empty() || spec.directory.empty()) {
    return fail("it is no spec of a run");
  }
  return spec;
}

bool is_file_of_run(std::string_view name) {
  constexpr std::array kNames = {kSpecName, kJournalName, kOutName,  kLogName,
                                 kPidName,  kStopName,    kInputName};
  constexpr std::array kReplaced = {kSpecName, kJournalName, kOutName};
  const auto is_among = [](const auto& names, std::string_view one) {
    return std::find(names.begin(), names.end(), one) != names.end();
  };
  if (is_among(kNames, name) || is_among(kReplaced, without_suffix(name))) return true;
  constexpr std::string_view kFurther = "input.";
  return name.starts_with(kFurther) && all_digits(name.substr(kFurther.size()));
}

bool is_tail_of_run(std::string_view name) { return all_digits(name); }

}  // namespace spread
