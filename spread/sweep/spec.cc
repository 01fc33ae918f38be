#include "spread/sweep/spec.h"

#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/characters.h"
#include "spread/base/quote.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread {
namespace {

constexpr std::string_view kKindNames[] = {"lin",    "geom",  "revgeom", "list",
                                           "file",   "const", "uniform", "normal",
                                           "column", "lhs",   "sobol",   "halton"};

std::optional<double> number_in(ByteView encoded) {
  const Byte* at = encoded.data();
  const wire::Token token = wire::next_token(at, at + encoded.size());
  if (token.type == wire::TokenType::Bool) return static_cast<double>(token.number);
  if (!token.is_number()) return std::nullopt;
  return token.as_double();
}

bool is_name_part(char c) {
  return is_name_char(c) || c == '.' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string_view name_of(SampleKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<std::uint64_t> Parameter::size() const {
  switch (kind) {
    case SampleKind::List:
    case SampleKind::Constant:
    case SampleKind::Column: return values.size();
    default: return count;
  }
}

Design Parameter::design() const {
  switch (kind) {
    case SampleKind::Linear:
    case SampleKind::Geometric:
    case SampleKind::ReverseGeometric:
    case SampleKind::List:
    case SampleKind::File: return size() == 1 ? Design::Any : Design::Grid;
    case SampleKind::Constant: return Design::Any;
    case SampleKind::Column: return size() == 1 ? Design::Any : Design::Random;
    case SampleKind::Uniform:
    case SampleKind::Normal: return Design::Random;
    case SampleKind::LatinHypercube: return Design::LatinHypercube;
    case SampleKind::Sobol: return Design::Sobol;
    case SampleKind::Halton: return Design::Halton;
  }
  return Design::Any;
}

void SweepSpec::append(SweepSpec&& other) {
  groups.insert(groups.end(), std::make_move_iterator(other.groups.begin()),
                std::make_move_iterator(other.groups.end()));
}

SweepValue value_of(std::string encoded) {
  SweepValue value{std::move(encoded), std::nullopt};
  value.number = number_in(as_bytes(value.encoded));
  return value;
}

Result<SweepValue> parse_value(std::string_view text) {
  if (text.empty()) return fail("a value is missing; an empty text is written \"\"");
  ByteBuffer out;
  wire::JsonReader json(text);
  const Status read = json.convert(out);
  if (json.out_of_range()) return tl::unexpected(read.error());
  if (read) {
    const Byte* at = out.data();
    const auto type = wire::next_token(at, at + out.size()).type;
    if (type == wire::TokenType::Array || type == wire::TokenType::Map) {
      return fail(fmt::format("{} is a list or an object, which only the JSON form of a sweep has",
                              show_text(text)));
    }
    return value_of(std::string(as_text(out.view())));
  }
  if (text.starts_with('"')) {
    return fail(fmt::format("{} begins with a quote and is no JSON string", show_text(text)));
  }
  const Value value = wire::text_value(Slice::copy_of(as_bytes(text)));
  ByteBuffer encoded;
  encoded.append(value);
  return value_of(std::string(as_text(encoded.view())));
}

std::vector<SweepValue> elements_of(std::string_view encoded_array) {
  const Byte* at = as_bytes(encoded_array).data();
  const Byte* const end = at + encoded_array.size();
  const wire::Token header = wire::next_token(at, end);
  SPREAD_ASSERT(header.type == wire::TokenType::Array);
  std::vector<SweepValue> values;
  for (std::uint64_t i = 0; i < header.number; ++i) {
    const wire::Skipped skipped = wire::skip_value(at, end);
    SPREAD_ASSERT(skipped.ok());
    values.push_back(value_of(
        std::string(reinterpret_cast<const char*>(at), static_cast<std::size_t>(skipped.at - at))));
    at = skipped.at;
  }
  return values;
}

Status check_parameter_name(std::string_view name) {
  if (name.empty()) return fail("a name is missing");
  if (name == "_row" || name == "_run") {
    return fail(fmt::format("{} is the name that spread gives the number of a {}", name,
                            name == "_row" ? "row" : "run"));
  }
  bool good = !is_digit(name.front()) && name.front() != '.' && name.front() != '-';
  for (const char c : name) good = good && is_name_part(c);
  if (good && utf8_prefix(as_bytes(name)) == name.size()) return {};
  return fail(
      fmt::format("{} cannot be a name: it has letters, digits, _, . and -, and begins with "
                  "a letter or _",
                  show_text(name)));
}

Status check_range(const Parameter& parameter) {
  const double low = parameter.low, high = parameter.high;
  const std::string_view kind = name_of(parameter.kind);
  if (!std::isfinite(low) || !std::isfinite(high)) {
    return fail(fmt::format("{} needs finite numbers", kind));
  }
  if (parameter.count && *parameter.count == 0) {
    return fail(fmt::format("{} needs at least one value, not 0", kind));
  }
  if (parameter.kind == SampleKind::Normal) {
    if (high < 0) return fail(fmt::format("a standard deviation is not negative, as {} is", high));
    return {};
  }
  if (!std::isfinite(high - low)) {
    return fail(fmt::format("{} to {} is more than a number can say", low, high));
  }
  const bool linear = parameter.kind == SampleKind::Linear;
  const bool geometric =
      parameter.kind == SampleKind::Geometric || parameter.kind == SampleKind::ReverseGeometric;
  if (geometric && !(low < 0 && high < 0) && !(low > 0 && high > 0)) {
    return fail(
        fmt::format("{} needs two numbers of one sign and not 0, not {} and {}", kind, low, high));
  }
  if ((linear || geometric) && parameter.count.value_or(1) > kLinearCountMax) {
    return fail(fmt::format("{} has at most {} values", kind, kLinearCountMax));
  }
  return {};
}

namespace {

Result<std::vector<SweepValue>> values_in(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && text[begin] == '[') {
    ByteBuffer out;
    SPREAD_TRY(wire::json_to_msgpack(text, out));
    return elements_of(as_text(out.view()));
  }
  std::vector<SweepValue> values;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.ends_with('\r')) item.remove_suffix(1);
    if (item.find_first_not_of(" \t") == std::string_view::npos) continue;
    auto value = parse_value(item);
    if (!value) return fail(fmt::format("line {}: {}", line, value.error().message));
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace

Status read_value_files(SweepSpec& spec, const ReadText& read) {
  for (SweepSpec::Group& group : spec.groups) {
    for (Parameter& parameter : group.parameters) {
      if (parameter.kind != SampleKind::File) continue;
      const auto text = read(parameter.file);
      if (!text) return fail(fmt::format("{}: {}", parameter.name, text.error().message));
      auto values = values_in(*text);
      if (!values) {
        return fail(
            fmt::format("{}: file {}: {}", parameter.name, parameter.file, values.error().message));
      }
      if (values->empty()) {
        return fail(fmt::format("{}: file {} has no values", parameter.name, parameter.file));
      }
      parameter.values = std::move(*values);
      parameter.kind = SampleKind::List;
    }
  }
  return {};
}

}  // namespace spread
