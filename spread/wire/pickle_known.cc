// The calls that are known, and the values that they would make.

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "spread/wire/msgpack.h"
#include "spread/wire/pickle_value.h"

namespace spread::wire {
namespace {

using Means = PickleMeaning::Kind;

template <typename Put>
void add(std::string& out, Put put) {
  Byte bytes[kMaxScalarBytes];
  out += as_text({bytes, static_cast<std::size_t>(put(bytes) - bytes)});
}

PickleMeaning encoded(std::string bytes) {
  PickleMeaning meaning;
  meaning.kind = Means::Encoded;
  meaning.encoded = std::move(bytes);
  return meaning;
}
PickleMeaning encoded_text(std::string_view text) {
  std::string bytes;
  add(bytes, [&](Byte* to) { return put_str_header(to, text.size()); });
  bytes += text;
  return encoded(std::move(bytes));
}
PickleMeaning encoded_bytes(std::string_view text) {
  std::string bytes;
  add(bytes, [&](Byte* to) { return put_bin_header(to, text.size()); });
  bytes += text;
  return encoded(std::move(bytes));
}
PickleMeaning encoded_float(double number) {
  std::string bytes;
  add(bytes, [number](Byte* to) { return put_float64(to, number); });
  return encoded(std::move(bytes));
}
PickleMeaning encoded_complex(double real, double imaginary) {
  std::string bytes;
  add(bytes, [](Byte* to) { return put_array_header(to, 2); });
  add(bytes, [real](Byte* to) { return put_float64(to, real); });
  add(bytes, [imaginary](Byte* to) { return put_float64(to, imaginary); });
  return encoded(std::move(bytes));
}

std::optional<std::int64_t> integer_of(const PickleSource& source, PickleRef ref) {
  std::string scratch;
  const Token token = source.scalar(ref, scratch);
  if (token.type == TokenType::Negative) return token.negative();
  if (token.type != TokenType::Unsigned || token.number > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(token.number);
}

/// Text, and the code in which its characters are bytes. False if it is another one, or they are no
/// bytes.
bool encode_latin1(const PickleSource& source, std::span<const PickleRef> arguments,
                   std::string& out) {
  std::string scratch;
  if (arguments.size() != 2) return false;
  const Token code = source.scalar(arguments[1], scratch);
  if (!code.is_text()) return false;
  if (as_text(code.bytes) != "latin1" && as_text(code.bytes) != "latin-1") return false;
  const Token text = source.scalar(arguments[0], scratch);
  if (text.type != TokenType::Str) return false;
  out.clear();
  for (std::size_t i = 0; i < text.bytes.size(); ++i) {
    const Byte byte = text.bytes[i];
    if (byte > 0xc3) return false;
    out += static_cast<char>(byte < 0x80 ? byte : (byte & 3) << 6 | (text.bytes[++i] & 0x3f));
  }
  return true;
}

std::string text_of(const PickleSource& source, PickleRef ref) {
  std::string scratch;
  const Token token = source.scalar(ref, scratch);
  return token.is_text() ? std::string(as_text(token.bytes)) : std::string();
}

/// The call itself, or the one that made it.
struct Known {
  const PickleSource& source;
  const PickleNode& call;
  PickleClass made;

  std::size_t arguments() const { return made.arguments.size(); }
  PickleRef argument(std::size_t i) const { return made.arguments[i]; }
  const PickleNode* node(std::size_t i) const { return source.node(argument(i)); }
  /// It was only called.
  bool plain() const { return call.items.empty() && !call.has_state; }
};

// ---------------------------------------------------------------- containers

bool is_listed(const PickleNode* node) {
  return node != nullptr && node->kind != PickleNode::Kind::Call &&
         node->kind != PickleNode::Kind::Dict && node->kind != PickleNode::Kind::Name;
}

/// A list as the first argument, and what was appended.
PickleMeaning array_meaning(const Known& known) {
  PickleMeaning meaning;
  if (known.call.has_state || known.call.pairs) return meaning;
  if (known.arguments() > 0) {
    if (!is_listed(known.node(0))) return meaning;
    meaning.first = &known.node(0)->items;
  }
  meaning.second = &known.call.items;
  meaning.kind = Means::Array;
  return meaning;
}

/// A dict or a list of pairs as an argument, or what was set.
PickleMeaning map_meaning(const Known& known, std::size_t from) {
  PickleMeaning meaning;
  if (known.call.has_state || (!known.call.pairs && !known.call.items.empty())) return meaning;
  if (known.arguments() <= from) {
    meaning.first = &known.call.items;
    meaning.kind = Means::Map;
    return meaning;
  }
  const PickleNode* const node = known.node(from);
  if (node == nullptr || !known.call.items.empty() || known.arguments() > from + 1) return meaning;
  meaning.first = &node->items;
  if (node->kind == PickleNode::Kind::Dict) {
    meaning.kind = Means::Map;
  } else if (is_listed(node)) {
    const auto is_pair = [&](PickleRef ref) {
      const PickleNode* const pair = known.source.node(ref);
      return is_listed(pair) && pair->items.size() == 2;
    };
    if (std::all_of(node->items.begin(), node->items.end(), is_pair)) meaning.kind = Means::PairMap;
  }
  return meaning;
}

// ---------------------------------------------------------------- bytes and numbers

PickleMeaning bytes_meaning(const Known& known) {
  if (!known.plain()) return {};
  if (known.arguments() == 0) return encoded_bytes({});
  std::string bytes;
  const bool known_code = known.arguments() == 1
                              ? known.source.bytes_of(known.argument(0), bytes)
                              : encode_latin1(known.source, known.made.arguments, bytes);
  return known_code ? encoded_bytes(bytes) : PickleMeaning();
}

PickleMeaning complex_meaning(const Known& known) {
  if (!known.plain() || known.arguments() != 2) return {};
  std::string scratch;
  const Token real = known.source.scalar(known.argument(0), scratch);
  const Token imaginary = known.source.scalar(known.argument(1), scratch);
  if (!real.is_number() || !imaginary.is_number()) return {};
  return encoded_complex(real.as_double(), imaginary.as_double());
}

PickleMeaning fraction_meaning(const Known& known) {
  if (!known.plain() || known.arguments() == 0) return {};
  if (known.arguments() == 1) {
    const std::string text = text_of(known.source, known.argument(0));
    return text.empty() ? PickleMeaning() : encoded_text(text);
  }
  const auto above = integer_of(known.source, known.argument(0));
  const auto below = integer_of(known.source, known.argument(1));
  if (!above || !below || known.arguments() != 2) return {};
  return encoded_text(*below == 1 ? fmt::format("{}", *above)
                                  : fmt::format("{}/{}", *above, *below));
}

/// A scalar of numpy: its type, and its bytes.
PickleMeaning numpy_meaning(const Known& known) {
  if (!known.plain() || known.arguments() != 2) return {};
  const PickleNode* const type = known.node(0);
  std::string bytes;
  if (type == nullptr || type->kind != PickleNode::Kind::Call) return {};
  if (!known.source.bytes_of(known.argument(1), bytes)) return {};
  const PickleClass made = class_of(known.source, *type);
  if (made.name != "dtype" || made.arguments.empty()) return {};
  const std::string code = text_of(known.source, made.arguments[0]);
  const PickleNode* const state = type->has_state ? known.source.node(type->state) : nullptr;
  if (state != nullptr && state->items.size() > 1 &&
      text_of(known.source, state->items[1]) == ">") {
    // Of a complex number both halves are turned, and so change places: they are put back below.
    std::reverse(bytes.begin(), bytes.end());
    if (code == "c16" && bytes.size() == 16) bytes = bytes.substr(8) + bytes.substr(0, 8);
  }
  if (bytes.empty() || code.size() < 2 || std::to_string(bytes.size()) != code.substr(1)) return {};
  const std::uint64_t bits = load_little(as_bytes(std::string_view(bytes).substr(0, 8)));
  const auto as_float = [&](std::size_t from) {
    return std::bit_cast<double>(load_little(as_bytes(std::string_view(bytes).substr(from, 8))));
  };
  std::string out;
  const unsigned spare = 64 - 8 * static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 8));
  if (code == "b1") add(out, [&](Byte* to) { return put8(to, bits != 0 ? 0xc3 : 0xc2); });
  if (code[0] == 'u' && bytes.size() <= 8)
    add(out, [&](Byte* to) { return put_unsigned(to, bits); });
  if (code[0] == 'i' && bytes.size() <= 8) {
    const std::int64_t number = static_cast<std::int64_t>(bits << spare) >> spare;
    add(out, [&](Byte* to) { return put_signed(to, number); });
  }
  if (code == "f4") return encoded_float(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  if (code == "f8") return encoded_float(as_float(0));
  if (code == "c16") return encoded_complex(as_float(0), as_float(8));
  return out.empty() ? PickleMeaning() : encoded(std::move(out));
}

// ---------------------------------------------------------------- times

constexpr std::int64_t kMicro = 1000000;
constexpr std::int64_t kDaySeconds = 86400;

/// A timedelta, in microseconds.
std::optional<std::int64_t> span_of(const PickleSource& source, const PickleClass& made) {
  constexpr std::int64_t kDaysMax = 100000000;  // of Python's: 273,000 years
  if (made.name != "timedelta" || made.arguments.size() != 3) return std::nullopt;
  const auto days = integer_of(source, made.arguments[0]);
  const auto seconds = integer_of(source, made.arguments[1]);
  const auto micro = integer_of(source, made.arguments[2]);
  if (!days || !seconds || !micro || *days > kDaysMax || *days < -kDaysMax) return std::nullopt;
  if (*seconds < 0 || *seconds >= kDaySeconds || *micro < 0 || *micro >= kMicro)
    return std::nullopt;
  return (*days * kDaySeconds + *seconds) * kMicro + *micro;
}

std::string clock_text(std::int64_t micro) {
  const std::int64_t seconds = micro / kMicro;
  std::string text =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (micro % kMicro != 0) text += fmt::format(".{:06}", micro % kMicro);
  return text;
}

/// "+01:00" of a datetime.timezone; nothing where it is another zone.
std::optional<std::string> zone_text(const PickleSource& source, PickleRef ref) {
  const PickleNode* const zone = source.node(ref);
  if (zone == nullptr || zone->kind != PickleNode::Kind::Call) return std::nullopt;
  const PickleClass made = class_of(source, *zone);
  if (made.module != "datetime" || made.name != "timezone" || made.arguments.empty()) {
    return std::nullopt;
  }
  const PickleNode* const offset = source.node(made.arguments[0]);
  if (offset == nullptr || offset->kind != PickleNode::Kind::Call) return std::nullopt;
  const auto micro = span_of(source, class_of(source, *offset));
  if (!micro || std::abs(*micro) >= kDaySeconds * kMicro) return std::nullopt;
  std::string text = clock_text(std::abs(*micro));
  if (text.ends_with(":00") && text.size() == 8) text.resize(5);
  return (*micro < 0 ? "-" : "+") + text;
}

PickleMeaning time_meaning(const Known& known) {
  if (!known.plain() || known.arguments() == 0) return {};
  const std::string& name = known.made.name;
  if (name == "timedelta") {
    const auto micro = span_of(known.source, known.made);
    return micro ? encoded_float(static_cast<double>(*micro) / kMicro) : PickleMeaning();
  }
  std::string bytes, zone;
  if (known.arguments() > 2 || !known.source.bytes_of(known.argument(0), bytes)) return {};
  if (known.arguments() == 2) {
    const auto text = zone_text(known.source, known.argument(1));
    if (!text) return {};
    zone = *text;
  }
  const auto at = [&bytes](std::size_t i) { return static_cast<Byte>(bytes[i]); };
  const auto clock = [&](std::size_t from) {
    const std::int64_t seconds = (at(from) & 0x7f) * 3600 + at(from + 1) * 60 + at(from + 2);
    const std::int64_t micro = at(from + 3) << 16 | at(from + 4) << 8 | at(from + 5);
    return clock_text(seconds * kMicro + micro);
  };
  constexpr std::size_t kDate = 4, kTime = 6, kBoth = 10;
  // The highest bit of the month, or of the hour, says which of two equal times is meant.
  const auto date = [&] {
    return fmt::format("{:04}-{:02}-{:02}", at(0) << 8 | at(1), at(2) & 0x7f, at(3));
  };
  if (name == "date" && bytes.size() == kDate) return encoded_text(date());
  if (name == "time" && bytes.size() == kTime) return encoded_text(clock(0) + zone);
  if (name == "datetime" && bytes.size() == kBoth) {
    return encoded_text(date() + "T" + clock(kDate) + zone);
  }
  return {};
}

// ---------------------------------------------------------------- by name

PickleMeaning builtin_meaning(const Known& known) {
  const std::string& name = known.made.name;
  if (name == "set" || name == "frozenset") return array_meaning(known);
  if (name == "bytes" || name == "bytearray") return bytes_meaning(known);
  if (name == "complex") return complex_meaning(known);
  return {};
}

PickleMeaning collection_meaning(const Known& known) {
  const std::string& name = known.made.name;
  if (name == "OrderedDict" || name == "Counter") return map_meaning(known, 0);
  if (name == "defaultdict") return map_meaning(known, 1);
  if (name == "deque") return array_meaning(known);
  return {};
}

}  // namespace

PickleMeaning meaning_of(const PickleSource& source, const PickleNode& call) {
  if (call.odd) return {};
  const Known known{source, call, class_of(source, call)};
  const std::string& module = known.made.module;
  const std::string& name = known.made.name;
  if (module == "__builtin__" || module == "builtins") return builtin_meaning(known);
  if (module == "collections") return collection_meaning(known);
  if (module == "datetime") return time_meaning(known);
  if (module == "_codecs" && name == "encode" && known.arguments() == 2)
    return bytes_meaning(known);
  if ((module == "decimal" && name == "Decimal") || (module == "fractions" && name == "Fraction")) {
    return fraction_meaning(known);
  }
  if (name == "scalar" &&
      (module == "numpy.core.multiarray" || module == "numpy._core.multiarray")) {
    return numpy_meaning(known);
  }
  return {};
}

std::string_view PickleClass::last_name() const {
  const std::string_view whole = name;
  return whole.substr(whole.rfind('.') + 1);
}

namespace {

/// A GLOBAL or an INST, or a node that has the two texts.
void set_name(const PickleSource& source, PickleRef ref, PickleClass& made) {
  if (const PickleNode* const node = source.node(ref)) {
    if (node->kind != PickleNode::Kind::Name) return;
    made.module = text_of(source, node->callee);
    made.name = text_of(source, node->arguments);
    return;
  }
  const PickleOp op = pickle_op_at(source.bytes, ref.place());
  if (op.code != PickleCode::Global && op.code != PickleCode::Inst) return;
  const std::string_view lines = as_text(op.argument);
  const std::size_t middle = lines.find('\n');
  made.module = lines.substr(0, middle);
  made.name = lines.substr(middle + 1);
}

}  // namespace

/// Not of any call that makes bytes: of each it would have to be asked what it is made of.
bool PickleSource::bytes_of(PickleRef ref, std::string& out) const {
  std::string scratch;
  if (const Token token = scalar(ref, scratch); token.is_text()) {
    out = as_text(token.bytes);
    return true;
  }
  const PickleNode* const call = node(ref);
  if (call == nullptr || call->kind != PickleNode::Kind::Call || call->odd) return false;
  const PickleClass made = class_of(*this, *call);
  return made.module == "_codecs" && made.name == "encode" &&
         encode_latin1(*this, made.arguments, out);
}

PickleClass class_of(const PickleSource& source, const PickleNode& call) {
  PickleClass made;
  set_name(source, call.callee, made);
  const PickleNode* const arguments = source.node(call.arguments);
  if (arguments != nullptr && arguments->kind == PickleNode::Kind::Tuple) {
    made.arguments = arguments->items;
  }
  const bool registry = made.module == "copy_reg" || made.module == "copyreg";
  if (!registry || made.arguments.empty()) return made;
  const bool rebuilt = made.name == "_reconstructor";
  if (!rebuilt && made.name != "__newobj__") return made;
  const PickleRef what = made.arguments.front();
  made.module.clear(), made.name.clear();
  set_name(source, what, made);
  // Behind the class stand a base and what that is made of, which are nothing to its __init__.
  made.arguments = rebuilt ? std::span<const PickleRef>() : made.arguments.subspan(1);
  return made;
}

}  // namespace spread::wire
