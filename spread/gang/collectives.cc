#include "spread/gang/collectives.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/buffers.h"

namespace spread {
namespace {

using wire::compact;
using wire::kReplyHeadMax;
using wire::part_of;
using wire::Pieces;

std::vector<Slice> nil() { return {Slice::literal("\xc0")}; }

std::uint64_t bytes_in(const std::vector<Slice>& pieces) {
  std::uint64_t bytes = 0;
  for (const Slice& piece : pieces) bytes += piece.size();
  return bytes;
}

std::uint64_t cost_of_put(std::string_view name, std::size_t bytes) {
  return kPutOverheadBytes + name.size() + bytes;
}

}  // namespace

Collectives::Collectives(std::uint32_t size, CollectiveBudget& budget, std::size_t reply_bytes_max)
    : members_(size), budget_(budget), reply_bytes_max_(reply_bytes_max) {
  SPREAD_ASSERT(size > 0);
}

Collectives::~Collectives() { budget_.give_back(held_); }

// ---------------------------------------------------------------- what members do

void Collectives::ask(std::uint32_t rank, const wire::UpMessage& question, const Slice& arguments,
                      Replies& out) {
  SPREAD_ASSERT(rank < members_.size());
  const std::optional<GangOp> op = gang_op_named(question.text);
  SPREAD_ASSERT(op.has_value());
  if (has_failed()) return refuse(rank, question.seq, out);
  if (*op == GangOp::Collective) return call(rank, question, compact(arguments), out);
  const Result<NamedValue> named = parse_named(*op, question.arguments, arguments.view());
  if (!named) {
    // No peer waits for it.
    out.push_back({{question.seq, {}, "BadAsk", named.error().message}, rank});
  } else if (*op == GangOp::Put) {
    put(rank, *named, arguments, question.seq, out);
  } else {
    get(rank, *named, question.seq, out);
  }
}

void Collectives::answered(std::uint32_t rank, Replies& out) {
  SPREAD_ASSERT(rank < members_.size());
  members_[rank].answered = true;
  if (has_failed() || waiting_ == 0) return;
  for (std::uint32_t peer = 0; peer < members_.size(); ++peer) {
    const Member& other = members_[peer];
    if (!other.waits) continue;
    return fail_all(
        fmt::format("rank {}: it answered its task while rank {} waited in {} (round {})", rank,
                    peer, other.call.what(), other.call.round),
        out);
  }
}

void Collectives::failed(std::uint32_t rank, std::string_view reason, Replies& out) {
  SPREAD_ASSERT(rank < members_.size());
  if (!has_failed()) fail_all(fmt::format("rank {}: {}", rank, reason), out);
}

// ---------------------------------------------------------------- rounds

void Collectives::call(std::uint32_t rank, const wire::UpMessage& question, const Slice& arguments,
                       Replies& out) {
  const auto size = static_cast<std::uint32_t>(members_.size());
  Result<CollectiveCall> parsed =
      parse_collective(rank, size, question.arguments, arguments.view());
  std::string failure;
  if (!parsed) {
    failure = fmt::format("rank {}: {}", rank, parsed.error().message);
  } else {
    failure = objection(rank, *parsed);
  }
  if (!failure.empty()) {
    fail_all(std::move(failure), out);
    return refuse(rank, question.seq, out);
  }
  if (!hold(rank, arguments.size(), out)) return refuse(rank, question.seq, out);
  Member& member = members_[rank];
  member.waits = true;
  member.seq = question.seq;
  member.call = std::move(*parsed);
  member.arguments = arguments;
  if (++waiting_ == size) complete(out);
}

/// Why this call makes the gang fail; empty = it does not.
std::string Collectives::objection(std::uint32_t rank, const CollectiveCall& call) const {
  const Member& member = members_[rank];
  if (member.waits || member.answered) {
    return fmt::format(
        "rank {}: it called {} (round {}) {}", rank, call.what(), call.round,
        member.answered ? "behind its answer" : "while it waited in " + member.call.what());
  }
  for (std::uint32_t peer = 0; peer < members_.size(); ++peer) {
    const Member& other = members_[peer];
    if (other.answered) {
      return fmt::format("rank {}: it has answered its task, and rank {} calls {} (round {})", peer,
                         rank, call.what(), call.round);
    }
    if (!other.waits) continue;
    // All who wait agree: one of them is enough.
    const std::string differs = difference(call, other.call, peer);
    if (!differs.empty()) return fmt::format("rank {} {}", rank, differs);
    break;
  }
  if (call.round == round_) return {};
  return fmt::format("rank {} called {} (round {}), and the gang is at round {}", rank, call.what(),
                     call.round, round_);
}

void Collectives::complete(Replies& out) {
  const CollectiveKind kind = members_[0].call.kind;
  const bool to_each = kind == CollectiveKind::Exchange || kind == CollectiveKind::Scatter;
  const bool to_root = kind == CollectiveKind::Reduce || kind == CollectiveKind::Gather;
  Replies replies;
  for (std::uint32_t rank = 0; rank < members_.size(); ++rank) {
    GangReply reply{{members_[rank].seq, {}, {}, {}}, rank};
    reply.awaited = true;
    if (rank == 0 || to_each) {
      Result<std::vector<Slice>> value = value_for(rank);
      const std::uint64_t bytes = value ? bytes_in(*value) : 0;
      if (value && bytes + kReplyHeadMax > reply_bytes_max_) {
        value = fail(
            fmt::format("rank {}: the answer to {} (round {}) has {} bytes, and --max-frame is {}",
                        rank, members_[rank].call.what(), round_, bytes, reply_bytes_max_));
      }
      if (!value) return fail_all(value.error().message, out);
      reply.value = std::move(*value);
    } else {
      reply.value = to_root ? nil() : replies[0].value;
    }
    replies.push_back(std::move(reply));
  }
  end_round();
  ++round_;
  used_ = true;
  out.insert(out.end(), std::make_move_iterator(replies.begin()),
             std::make_move_iterator(replies.end()));
}

/// What the round gives to this member.
Result<std::vector<Slice>> Collectives::value_for(std::uint32_t rank) const {
  const Member& root = members_[0];
  switch (root.call.kind) {
    case CollectiveKind::Barrier: return nil();
    case CollectiveKind::Broadcast:
      return std::vector<Slice>{part_of(root.arguments, root.call.value)};
    case CollectiveKind::Allgather: return all_but(std::nullopt);
    case CollectiveKind::Exchange: return all_but(rank);
    case CollectiveKind::Reduce:
    case CollectiveKind::Allreduce: return reduced();
    case CollectiveKind::Gather: return gathered();
    case CollectiveKind::Scatter:
      return std::vector<Slice>{part_of(root.arguments, root.call.elements[rank])};
  }
  return nil();
}

std::vector<Slice> Collectives::all_but(std::optional<std::uint32_t> left_out) const {
  Pieces pieces;
  pieces.add_array_header(members_.size() - (left_out ? 1 : 0));
  for (std::uint32_t rank = 0; rank < members_.size(); ++rank) {
    if (rank == left_out) continue;
    pieces.add(part_of(members_[rank].arguments, members_[rank].call.value));
  }
  return pieces.take();
}

Result<std::vector<Slice>> Collectives::reduced() const {
  const CollectiveCall& call = members_[0].call;
  std::vector<Operand> operands;
  operands.reserve(members_.size());
  for (const Member& member : members_) operands.push_back(member.call.operand);
  tl::expected<Reduced, Overflow> result = reduce(call.op, operands);
  if (!result) {
    const bool scalar = !std::holds_alternative<TypedArray>(call.operand);
    return fail(fmt::format(
        "rank {}: its value makes {} (round {}) of {} overflow{}", result.error().operand,
        call.what(), call.round, describe(call.operand),
        scalar ? std::string() : fmt::format(", at element {}", result.error().element)));
  }
  Pieces pieces;
  pieces.add(std::move(result->head));
  pieces.add(std::move(result->data));
  return pieces.take();
}

std::vector<Slice> Collectives::gathered() const {
  TypedArray whole = std::get<TypedArray>(members_[0].call.operand);
  std::uint64_t bytes = 0;
  whole.shape[0] = 0;
  for (const Member& member : members_) {
    const auto& array = std::get<TypedArray>(member.call.operand);
    whole.shape[0] += array.shape[0];
    bytes += array.data.size();
  }
  Pieces pieces;
  append_array_head(whole.dtype, whole.shape, bytes, pieces.tail());
  for (const Member& member : members_) {
    pieces.add(part_of(member.arguments, std::get<TypedArray>(member.call.operand).data));
  }
  return pieces.take();
}

void Collectives::end_round() {
  for (Member& member : members_) {
    if (!std::exchange(member.waits, false)) continue;
    let_go(member.arguments.size());
    member.arguments = {};
    member.call = {};
  }
  waiting_ = 0;
}

// ---------------------------------------------------------------- put and get

void Collectives::put(std::uint32_t rank, const NamedValue& named, const Slice& arguments,
                      std::uint64_t seq, Replies& out) {
  Member& member = members_[rank];
  if (const auto old = member.puts.find(named.name); old != member.puts.end()) {
    let_go(cost_of_put(named.name, old->second.size()));
    member.puts.erase(old);
  }
  if (!hold(rank, cost_of_put(named.name, named.value.size()), out)) return refuse(rank, seq, out);
  member.puts.emplace(named.name, compact(part_of(arguments, named.value)));
  out.push_back({{seq, nil(), {}, {}}, rank});
}

void Collectives::get(std::uint32_t rank, const NamedValue& named, std::uint64_t seq,
                      Replies& out) {
  std::vector<std::pair<std::uint32_t, const Slice*>> found;
  for (std::uint32_t peer = 0; peer < members_.size(); ++peer) {
    const auto value = members_[peer].puts.find(named.name);
    if (peer != rank && value != members_[peer].puts.end()) {
      found.emplace_back(peer, &value->second);
    }
  }
  used_ |= !found.empty();
  Pieces pieces;
  pieces.add_array_header(found.size());
  for (const auto& [peer, value] : found) {
    pieces.add_array_header(2);
    pieces.add_unsigned(peer);
    pieces.add(*value);
  }
  GangReply reply{{seq, pieces.take(), {}, {}}, rank};
  if (const std::uint64_t bytes = reply.size(); bytes + kReplyHeadMax > reply_bytes_max_) {
    reply.value.clear();
    reply.type = "TooLarge";
    reply.message = fmt::format("the answer to get has {} bytes, and --max-frame is {}", bytes,
                                reply_bytes_max_);
  }
  out.push_back(std::move(reply));
}

// ---------------------------------------------------------------- failure, and what is held

void Collectives::refuse(std::uint32_t rank, std::uint64_t seq, Replies& out) const {
  out.push_back({{seq, {}, "GangFailed", failure_}, rank});
}

/// Every member that waits is told; what is held is let go.
void Collectives::fail_all(std::string failure, Replies& out) {
  failure_ = std::move(failure);
  for (std::uint32_t rank = 0; rank < members_.size(); ++rank) {
    if (members_[rank].waits) refuse(rank, members_[rank].seq, out);
  }
  end_round();
  for (Member& member : members_) member.puts.clear();
  let_go(held_);
}

bool Collectives::hold(std::uint32_t rank, std::uint64_t bytes, Replies& out) {
  if (budget_.take(bytes)) {
    held_ += bytes;
    return true;
  }
  fail_all(fmt::format("rank {}: with its value of {} bytes the gangs would hold {}, more than {}",
                       rank, bytes, budget_.held() + bytes, budget_.bytes_max()),
           out);
  return false;
}

void Collectives::let_go(std::uint64_t bytes) {
  SPREAD_ASSERT(bytes <= held_);
  held_ -= bytes;
  budget_.give_back(bytes);
}

}  // namespace spread
