#include "spread/wire/pickle_value.h"

#include <algorithm>

#include "spread/base/assert.h"
#include "spread/base/characters.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {
namespace {

/// Any of msgpack's headers, and an ext's.
constexpr std::size_t kHeaderMax = kMaxScalarBytes;

template <typename Put>
void append_scalar(ByteBuffer& out, Put put) {
  Byte* const begin = out.prepare(kHeaderMax);
  out.commit(static_cast<std::size_t>(put(begin) - begin));
}

/// Of text the header.
Byte* put_token(Byte* to, const Token& token) {
  switch (token.type) {
    case TokenType::Nil: return put8(to, 0xc0);
    case TokenType::Bool: return put8(to, token.number != 0 ? 0xc3 : 0xc2);
    case TokenType::Unsigned: return put_unsigned(to, token.number);
    case TokenType::Negative: return put_signed(to, token.negative());
    case TokenType::Float64: return put_float64(to, token.real);
    case TokenType::Str: return put_str_header(to, token.bytes.size());
    default: return put_bin_header(to, token.bytes.size());
  }
}

void append_token(const Token& token, ByteBuffer& out) {
  append_scalar(out, [&](Byte* to) { return put_token(to, token); });
  if (token.is_text()) out.append(token.bytes);
}

template <typename Put>
std::size_t header_size(Put put) {
  Byte bytes[kHeaderMax];
  return static_cast<std::size_t>(put(bytes) - bytes);
}

std::size_t token_size(const Token& token) {
  const std::size_t header = header_size([&](Byte* to) { return put_token(to, token); });
  return token.is_text() ? header + token.bytes.size() : header;
}

std::size_t array_header_size(std::size_t n) {
  return header_size([n](Byte* to) { return put_array_header(to, n); });
}
std::size_t map_header_size(std::size_t n) {
  return header_size([n](Byte* to) { return put_map_header(to, n); });
}

std::size_t count(const std::vector<PickleRef>* items) {
  return items == nullptr ? 0 : items->size();
}

}  // namespace

void append_pickle_ext(ByteView pickle, ByteBuffer& out) {
  append_scalar(out, [&](Byte* to) { return put_ext_header(to, kPickleExt, pickle.size()); });
  out.append(pickle);
}

Token PickleSource::scalar(PickleRef ref, std::string& scratch) const {
  Token token;
  if (ref.is_node()) return token;
  const bool well_formed = read_pickle_scalar(pickle_op_at(bytes, ref.place()), scratch, token);
  SPREAD_ASSERT(well_formed);
  return token;
}

PickleConverter::PickleConverter(const PickleSource& source, std::size_t max_bytes)
    : source_(source), max_bytes_(max_bytes), measured_(source.tree.nodes.size()) {}

PickleFit PickleConverter::convert(PickleRef ref, ByteBuffer& out) {
  Measured whole;
  const PickleFit fit = measure(ref, 0, whole);
  if (fit != PickleFit::Fits) return fit;
  if (whole.size > max_bytes_) return PickleFit::TooLong;
  const std::size_t before = out.size();
  write(ref, out);
  SPREAD_ASSERT(out.size() - before == whole.size);
  return fit;
}

// ---------------------------------------------------------------- how large it will be

PickleFit PickleConverter::measure(PickleRef ref, std::size_t depth, Measured& measured) {
  if (!ref.is_node()) {
    const Token token = source_.scalar(ref, scratch_);
    if (token.type == TokenType::None) return PickleFit::Foreign;
    measured.size = token_size(token);
    measured.height = 0;
    return PickleFit::Fits;
  }
  Measured& known = measured_[ref.index()];
  if (known.state == Measured::State::Open) return PickleFit::Foreign;  // it holds itself
  if (known.state == Measured::State::No) {
    if (depth == kMaxDepth) return PickleFit::TooDeep;
    known.state = Measured::State::Open;
    const PickleFit fit = measure_node(*source_.node(ref), depth, known);
    if (fit != PickleFit::Fits) return fit;
    known.state = Measured::State::Done;
  }
  measured = known;
  return depth + known.height > kMaxDepth ? PickleFit::TooDeep : PickleFit::Fits;
}

PickleFit PickleConverter::measure_items(std::span<const PickleRef> items, std::size_t depth,
                                         Measured& measured) {
  for (const PickleRef item : items) {
    Measured child;
    const PickleFit fit = measure(item, depth + 1, child);
    if (fit != PickleFit::Fits) return fit;
    measured.size += child.size;
    measured.height = std::max<std::uint16_t>(measured.height, child.height + 1);
    // With 2^24 nodes of 2^31 items each, no sum of sizes below this limit can overflow.
    if (measured.size > max_bytes_) return PickleFit::TooLong;
  }
  return PickleFit::Fits;
}

PickleFit PickleConverter::measure_node(const PickleNode& node, std::size_t depth,
                                        Measured& measured) {
  measured.height = 1;
  switch (node.kind) {
    case PickleNode::Kind::Name: return PickleFit::Foreign;
    case PickleNode::Kind::Call: return measure_call(node, depth, measured);
    case PickleNode::Kind::Dict: measured.size = map_header_size(node.items.size() / 2); break;
    case PickleNode::Kind::List:
    case PickleNode::Kind::Tuple:
    case PickleNode::Kind::Set: measured.size = array_header_size(node.items.size()); break;
  }
  return measure_items(node.items, depth, measured);
}

PickleFit PickleConverter::measure_call(const PickleNode& call, std::size_t depth,
                                        Measured& measured) {
  const PickleMeaning meaning = meaning_of(source_, call);
  const std::size_t items = count(meaning.first) + count(meaning.second);
  switch (meaning.kind) {
    case PickleMeaning::Kind::Unknown: return PickleFit::Foreign;
    case PickleMeaning::Kind::Encoded: measured.size = meaning.encoded.size(); break;
    case PickleMeaning::Kind::Array: measured.size = array_header_size(items); break;
    case PickleMeaning::Kind::Map: measured.size = map_header_size(items / 2); break;
    case PickleMeaning::Kind::PairMap:
      measured.size = map_header_size(items);
      for (const PickleRef pair : *meaning.first) {
        const PickleFit fit = measure_items(source_.node(pair)->items, depth, measured);
        if (fit != PickleFit::Fits) return fit;
      }
      return PickleFit::Fits;
  }
  for (const auto* part : {meaning.first, meaning.second}) {
    if (part == nullptr) continue;
    const PickleFit fit = measure_items(*part, depth, measured);
    if (fit != PickleFit::Fits) return fit;
  }
  return PickleFit::Fits;
}

// ---------------------------------------------------------------- written

void PickleConverter::write(PickleRef ref, ByteBuffer& out) {
  const PickleNode* const node = source_.node(ref);
  if (node == nullptr) return append_token(source_.scalar(ref, scratch_), out);
  write_node(*node, out);
}

void PickleConverter::write_items(const std::vector<PickleRef>* items, ByteBuffer& out) {
  if (items == nullptr) return;
  for (const PickleRef item : *items) write(item, out);
}

void PickleConverter::write_node(const PickleNode& node, ByteBuffer& out) {
  const std::size_t size = node.items.size();
  if (node.kind == PickleNode::Kind::Call) return write_call(node, out);
  append_scalar(out, [&](Byte* to) {
    return node.kind == PickleNode::Kind::Dict ? put_map_header(to, size / 2)
                                               : put_array_header(to, size);
  });
  write_items(&node.items, out);
}

void PickleConverter::write_call(const PickleNode& call, ByteBuffer& out) {
  const PickleMeaning meaning = meaning_of(source_, call);
  const std::size_t items = count(meaning.first) + count(meaning.second);
  switch (meaning.kind) {
    case PickleMeaning::Kind::Unknown: SPREAD_ASSERT(false); return;
    case PickleMeaning::Kind::Encoded: return out.append(std::string_view(meaning.encoded));
    case PickleMeaning::Kind::Array:
      append_scalar(out, [items](Byte* to) { return put_array_header(to, items); });
      break;
    case PickleMeaning::Kind::Map:
      append_scalar(out, [items](Byte* to) { return put_map_header(to, items / 2); });
      break;
    case PickleMeaning::Kind::PairMap:
      append_scalar(out, [items](Byte* to) { return put_map_header(to, items); });
      for (const PickleRef pair : *meaning.first) write_items(&source_.node(pair)->items, out);
      return;
  }
  write_items(meaning.first, out);
  write_items(meaning.second, out);
}

}  // namespace spread::wire
