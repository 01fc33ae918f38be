#include "spread/gang/collective_call.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/quote.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_list.h"

namespace spread {
namespace {

using wire::is_nil;
using wire::Token;
using wire::token_of;
using wire::TokenType;
using wire::ValueList;

constexpr std::array<std::string_view, 8> kKindNames = {
    "barrier", "broadcast", "allgather", "exchange", "reduce", "allreduce", "gather", "scatter"};

std::optional<CollectiveKind> kind_named(std::string_view name) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<CollectiveKind>(i);
  }
  return std::nullopt;
}

std::string_view name_of(CollectiveKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

/// The two elements of a list of two.
bool take_pair(ByteView value, ByteView& first, ByteView& second) {
  ValueList values(value);
  const Token header = values.enter();
  if (header.type != TokenType::Array || header.number != 2) return false;
  first = values.take();
  second = values.take();
  return true;
}

Status parse_reduction(CollectiveCall& call) {
  ByteView op;
  if (!take_pair(call.value, op, call.value)) {
    return fail(fmt::format("it called {} without an op and a value", name_of(call.kind)));
  }
  const Token word = token_of(op);
  if (!word.is_text()) {
    return fail(fmt::format("it called {} with an op that is no text", name_of(call.kind)));
  }
  const auto known = op_named(as_text(word.bytes));
  if (!known) {
    return fail(fmt::format("it called {} with the op {}, which is none of sum product min max",
                            name_of(call.kind), show_text(as_text(word.bytes), 20)));
  }
  call.op = *known;
  Result<Operand> operand = parse_operand(call.value);
  if (!operand) {
    return fail(fmt::format("it called {} of {}; a number or a typed array is wanted", call.what(),
                            operand.error().message));
  }
  call.operand = std::move(*operand);
  return {};
}

/// Why the peers, which would take it for an array, could not read it; empty: they can, or it is
/// none. So it is refused where it comes from.
std::string unreadable(ByteView value) {
  if (!looks_like_array(value)) return {};
  const Result<TypedArray> array = parse_typed_array(value);
  return array ? std::string() : array.error().message;
}

Status check_array(const CollectiveCall& call, ByteView value) {
  const std::string why = unreadable(value);
  return why.empty() ? Status() : fail(fmt::format("it called {} of {}", call.what(), why));
}

Status parse_exchange(CollectiveCall& call) {
  ByteView name;
  if (!take_pair(call.value, name, call.value) || !token_of(name).is_text()) {
    return fail("it called exchange without a name and a value");
  }
  call.name = as_text(token_of(name).bytes);
  return check_array(call, call.value);
}

Status parse_sizes(ByteView list, std::uint32_t size, std::vector<std::uint64_t>& sizes) {
  ValueList values(list);
  const Token header = values.enter();
  if (header.type != TokenType::Array || header.number != size) {
    return fail(fmt::format("it called gather with sizes that are no list of {}", size));
  }
  for (std::uint32_t i = 0; i < size; ++i) {
    const Token token = token_of(values.take());
    if (token.type != TokenType::Unsigned) {
      return fail("it called gather with sizes that are no integers >= 0");
    }
    sizes.push_back(token.number);
  }
  return {};
}

Status parse_gather(CollectiveCall& call, std::uint32_t rank, std::uint32_t size) {
  ByteView sizes;
  if (!take_pair(call.value, sizes, call.value)) {
    return fail("it called gather without sizes and an array");
  }
  SPREAD_TRY(parse_sizes(sizes, size, call.sizes));
  Result<TypedArray> array = parse_typed_array(call.value);
  if (!array) return fail("it called gather of " + array.error().message);
  if (array->shape.empty()) return fail("it called gather of an array without an axis");
  if (array->shape[0] != call.sizes[rank]) {
    return fail(fmt::format("mismatched sizes: it sent {} along the first axis, and sizes says {}",
                            array->shape[0], call.sizes[rank]));
  }
  call.operand = std::move(*array);
  return {};
}

Status parse_scatter(CollectiveCall& call, std::uint32_t rank, std::uint32_t size) {
  if (rank > 0) return {};
  ValueList values(call.value);
  const Token header = values.enter();
  if (header.type != TokenType::Array || header.number != size) {
    return fail(fmt::format("it called scatter with what is no list of {}", size));
  }
  for (std::uint32_t i = 0; i < size; ++i) {
    call.elements.push_back(values.take());
    SPREAD_TRY(check_array(call, call.elements.back()));
  }
  return {};
}

Status parse_value(CollectiveCall& call, std::uint32_t rank, std::uint32_t size) {
  const bool of_root_only =
      call.kind == CollectiveKind::Broadcast || call.kind == CollectiveKind::Scatter;
  if ((call.kind == CollectiveKind::Barrier || (of_root_only && rank > 0)) && !is_nil(call.value)) {
    return fail(fmt::format("it called {} with a value{}", name_of(call.kind),
                            of_root_only ? ", which is for rank 0" : ""));
  }
  switch (call.kind) {
    case CollectiveKind::Barrier: return {};
    case CollectiveKind::Broadcast:
    case CollectiveKind::Allgather: return check_array(call, call.value);
    case CollectiveKind::Exchange: return parse_exchange(call);
    case CollectiveKind::Reduce:
    case CollectiveKind::Allreduce: return parse_reduction(call);
    case CollectiveKind::Gather: return parse_gather(call, rank, size);
    case CollectiveKind::Scatter: return parse_scatter(call, rank, size);
  }
  return {};
}

}  // namespace

std::optional<GangOp> gang_op_named(std::string_view op) {
  if (op == "collective") return GangOp::Collective;
  if (op == "put") return GangOp::Put;
  if (op == "get") return GangOp::Get;
  return std::nullopt;
}

std::string CollectiveCall::what() const {
  std::string text(name_of(kind));
  if (kind == CollectiveKind::Reduce || kind == CollectiveKind::Allreduce) {
    text.append(" ").append(name_of(op));
  }
  if (kind == CollectiveKind::Exchange) text += " " + show_text(name, 40);
  return text;
}

Result<CollectiveCall> parse_collective(std::uint32_t rank, std::uint32_t size,
                                        std::uint64_t arguments, ByteView values) {
  SPREAD_ASSERT(rank < size);
  if (arguments != 3) return fail("a collective takes a round, a kind and a value");
  ValueList each(values);
  CollectiveCall call;
  const Token round = token_of(each.take());
  if (round.type != TokenType::Unsigned) return fail("its round is no integer >= 0");
  call.round = round.number;
  const Token word = token_of(each.take());
  if (!word.is_text()) return fail("its kind is no text");
  const std::string_view name = as_text(word.bytes);
  const auto kind = kind_named(name);
  if (!kind) return fail(fmt::format("it called {}, which is no collective", show_text(name, 40)));
  call.kind = *kind;
  call.value = each.take();
  SPREAD_TRY(parse_value(call, rank, size));
  return call;
}

std::string difference(const CollectiveCall& call, const CollectiveCall& other,
                       std::uint32_t other_rank) {
  if (call.round != other.round) {
    return fmt::format("called {} (round {}), rank {} {} (round {})", call.what(), call.round,
                       other_rank, other.what(), other.round);
  }
  if (call.kind != other.kind || call.op != other.op || call.name != other.name) {
    // Of a long name the beginning is shown, and control characters are as what stands for them.
    const bool shown = call.what() != other.what();
    return fmt::format("called {} (round {}), rank {} {}", call.what(), call.round, other_rank,
                       shown ? other.what() : "exchange with another name that looks like it");
  }
  const auto differs = [&](const std::string& mine, const std::string& its) {
    return fmt::format("called {} (round {}) of {}, rank {} of {}", call.what(), call.round, mine,
                       other_rank, its);
  };
  if (call.sizes != other.sizes) {
    return fmt::format("called {} (round {}) with mismatched sizes {}, rank {} with {}",
                       call.what(), call.round, describe(call.sizes), other_rank,
                       describe(other.sizes));
  }
  if (call.kind != CollectiveKind::Gather) {
    const std::string mine = describe(call.operand);
    const std::string its = describe(other.operand);
    return mine == its ? std::string() : differs(mine, its);
  }
  // The lengths of the first axis are those in sizes.
  const auto& mine = std::get<TypedArray>(call.operand);
  TypedArray its = std::get<TypedArray>(other.operand);
  if (its.shape.size() == mine.shape.size()) its.shape[0] = mine.shape[0];
  if (mine.dtype == its.dtype && mine.shape == its.shape) return {};
  return differs(describe(mine.dtype, mine.shape), describe(other.operand));
}

Result<NamedValue> parse_named(GangOp op, std::uint64_t arguments, ByteView values) {
  SPREAD_ASSERT(op != GangOp::Collective);
  const bool puts = op == GangOp::Put;
  if (arguments != (puts ? 2u : 1u)) {
    return fail(puts ? "put takes a name and a value" : "get takes a name");
  }
  ValueList each(values);
  const Token name = token_of(each.take());
  if (!name.is_text())
    return fail(puts ? "put with a name that is no text" : "get with a name that is no text");
  NamedValue named;
  named.name = as_text(name.bytes);
  if (!puts) return named;
  named.value = each.take();
  if (const std::string why = unreadable(named.value); !why.empty()) return fail("put of " + why);
  return named;
}

}  // namespace spread
