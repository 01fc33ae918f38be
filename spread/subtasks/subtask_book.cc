#include "spread/subtasks/subtask_book.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_list.h"

namespace spread {
namespace {

using wire::Token;
using wire::token_of;
using wire::TokenType;
using wire::ValueList;

constexpr std::array<std::string_view, 5> kOpNames = {"submit", "ready", "wait", "fetch",
                                                      "subpool"};

/// How many elements, if it is an array.
std::optional<std::uint64_t> array_size(ByteView value) {
  const Token header = token_of(value);
  return header.type == TokenType::Array ? std::optional(header.number) : std::nullopt;
}

}  // namespace

struct SubtaskBook::Asked {
  OwnerId owner;
  const wire::UpMessage& question;
  SubtaskChanges& out;

  void refuse(std::string type, std::string message) const {
    out.replies.push_back({{question.seq, {}, std::move(type), std::move(message)}, owner});
  }
  void answer(std::vector<Slice> value) const {
    out.replies.push_back({{question.seq, std::move(value), {}, {}}, owner});
  }
};

std::optional<SubtaskOp> subtask_op_named(std::string_view op) {
  const auto found = std::find(kOpNames.begin(), kOpNames.end(), op);
  if (found == kOpNames.end()) return std::nullopt;
  return static_cast<SubtaskOp>(found - kOpNames.begin());
}

SubtaskBook::SubtaskBook(const Limits& limits, std::optional<std::uint32_t> subpool,
                         UnderWay is_under_way)
    : limits_(limits), is_under_way_(std::move(is_under_way)) {
  if (subpool) subpool_ = std::min(*subpool, limits_.subpool_max);
}

// ---------------------------------------------------------------- questions

void SubtaskBook::ask(OwnerId owner, std::uint32_t depth, const wire::UpMessage& question,
                      const Slice& arguments, SubtaskChanges& out) {
  const std::optional<SubtaskOp> op = subtask_op_named(question.text);
  SPREAD_ASSERT(op.has_value());
  const Asked asked{owner, question, out};
  switch (*op) {
    case SubtaskOp::Submit: return submit(asked, depth, wire::compact(arguments));
    case SubtaskOp::Ready: return ready(asked);
    case SubtaskOp::Wait:
    case SubtaskOp::Fetch: return wait(asked, *op);
    case SubtaskOp::Subpool: return keep_slots(asked);
  }
}

void SubtaskBook::submit(const Asked& asked, std::uint32_t depth, const Slice& arguments) {
  ValueList each(arguments.view());
  const std::uint64_t count = asked.question.arguments;
  const ByteView list = count > 0 ? each.take() : ByteView();
  const std::optional<std::uint64_t> size = count > 0 ? array_size(list) : std::nullopt;
  if (count > 2 || !size) {
    return asked.refuse("BadAsk", "submit takes an array of payloads, and perhaps a common part");
  }
  const ByteView common = count == 2 ? each.take() : ByteView();
  if (depth >= kDepthMax && *size > 0) {
    return asked.refuse("TooDeep", fmt::format("a sub-task of depth {} submits no others", depth));
  }
  const std::string too_much = excess(asked.owner, *size, arguments.size());
  if (!too_much.empty()) return asked.refuse("TooMuch", too_much);
  asked.answer(add_batch(asked, *size, list, common, arguments));
}

/// What a limit says against so many sub-tasks more, of so many bytes; empty = nothing.
std::string SubtaskBook::excess(OwnerId owner, std::uint64_t count, std::size_t bytes) const {
  const auto known = owners_.find(owner);
  const std::uint64_t have = known == owners_.end() ? 0 : known->second.unfetched;
  if (count > limits_.of_owner_max - have) {
    return fmt::format("with {} more this task would have {} sub-tasks, more than {}", count,
                       have + count, limits_.of_owner_max);
  }
  const std::uint64_t all = held_bytes_ + bytes + count * kSubtaskOverheadBytes;
  if (all <= limits_.bytes_max) return {};
  return fmt::format("with {} bytes more the sub-tasks of this run would hold {}, more than {}",
                     all - held_bytes_, all, limits_.bytes_max);
}

/// The sub-tasks of one `submit`; their ids, as the answer.
std::vector<Slice> SubtaskBook::add_batch(const Asked& asked, std::uint64_t size, ByteView list,
                                          ByteView common, const Slice& arguments) {
  wire::Pieces ids;
  ids.add_array_header(size);
  if (size == 0) return ids.take();
  const TaskId first{next_id_};
  Batch& batch = batches_[first];
  batch.owner = asked.owner;
  batch.entries.resize(size);
  batch.unfinished = batch.unfetched = size;
  const bool has_common = !common.empty() && !wire::is_nil(common);
  if (has_common) {
    batch.common.emplace().body = wire::compact(wire::part_of(arguments, common));
    held_bytes_ += common.size();
  }
  ValueList payloads(list);
  payloads.enter();
  for (Entry& entry : batch.entries) {
    Subtask subtask{TaskId{next_id_++}, {}, asked.owner, has_common ? number(first) : 0};
    subtask.payload.body = wire::part_of(arguments, payloads.take());
    hold(entry, subtask.payload.size() + kSubtaskOverheadBytes);
    ids.add_unsigned(number(subtask.id));
    asked.out.submitted.push_back(std::move(subtask));
  }
  Owner& owner = owners_[asked.owner];
  owner.batches.insert(first);
  owner.unfetched += size;
  return ids.take();
}

void SubtaskBook::ready(const Asked& asked) {
  if (asked.question.arguments != 1) return asked.refuse("BadAsk", "ready takes an array of ids");
  auto ids = known_ids(asked, asked.question.value);
  if (!ids) return;
  std::size_t have = 0;
  bool some_come = waits(asked.owner);
  for (const TaskId id : *ids) {
    if (is_finished(id)) {
      ++have;
    } else if (!some_come) {
      some_come = is_under_way_(asked.owner, id);
    }
  }
  if (some_come || have == ids->size()) return asked.answer(finished_of(*ids));
  // It may ask again and again, and be the only one that could compute them.
  begin(asked, {SubtaskOp::Wait, asked.question.seq, 0, std::move(*ids)}, have + 1);
}

void SubtaskBook::wait(const Asked& asked, SubtaskOp op) {
  const std::uint64_t count = asked.question.arguments;
  const bool fetches = op == SubtaskOp::Fetch;
  if (count == 0 || count > (fetches ? 1u : 2u)) {
    return asked.refuse("BadAsk", fetches ? "fetch takes an array of ids"
                                          : "wait takes an array of ids, and perhaps a count");
  }
  ValueList each(asked.question.value);
  auto ids = known_ids(asked, each.take());
  if (!ids) return;
  std::uint64_t wanted = ids->size();
  const ByteView given = count == 2 ? each.take() : ByteView();
  if (!given.empty() && !wire::is_nil(given)) {
    const Token token = token_of(given);
    if (token.type != TokenType::Unsigned || token.number > ids->size()) {
      return asked.refuse(
          "BadAsk", fmt::format("wait takes a count from 0 to that of its ids, {}", ids->size()));
    }
    wanted = token.number;
  }
  if (waits(asked.owner)) {
    return asked.refuse("BadAsk", fmt::format("{} while this task waits already",
                                              kOpNames[static_cast<std::size_t>(op)]));
  }
  begin(asked, {op, asked.question.seq, 0, std::move(*ids)}, wanted);
}

/// Until so many of them are finished.
void SubtaskBook::begin(const Asked& asked, Wait begun, std::uint64_t wanted) {
  OwnerWaits waiting{asked.owner, {}};
  for (const TaskId id : begun.ids) {
    if (!is_finished(id)) waiting.subtasks.push_back(id);
  }
  const std::uint64_t have = begun.ids.size() - waiting.subtasks.size();
  if (have >= wanted) {
    asked.out.replies.push_back(reply_to(asked.owner, begun));
    return;
  }
  begun.missing = wanted - have;
  for (const TaskId id : waiting.subtasks) ++entry_of(id).waited;
  owners_.at(asked.owner).wait = std::move(begun);
  asked.out.waiting.push_back(std::move(waiting));
}

void SubtaskBook::keep_slots(const Asked& asked) {
  const Token token = asked.question.arguments == 1 ? token_of(asked.question.value) : Token();
  if (token.type != TokenType::Unsigned || token.number > UINT32_MAX) {
    return asked.refuse("BadAsk", "subpool takes a number of slots");
  }
  if (!subpool_) {
    subpool_ = std::min(static_cast<std::uint32_t>(token.number), limits_.subpool_max);
    asked.out.subpool = subpool_;
  }
  wire::Pieces number;
  number.add_unsigned(*subpool_);
  asked.answer(number.take());
}

/// The ids in an array, each of a sub-task of the owner that is not fetched; to be fetched, each
/// once. Nothing: it has been refused.
std::optional<std::vector<TaskId>> SubtaskBook::known_ids(const Asked& asked, ByteView list) {
  const std::string_view op = asked.question.text;
  const std::optional<std::uint64_t> size = array_size(list);
  std::vector<TaskId> ids;
  ValueList values(list);
  if (size) values.enter();
  for (std::uint64_t i = 0; i < size.value_or(0); ++i) {
    const Token token = token_of(values.take());
    if (token.type != TokenType::Unsigned) break;
    ids.push_back(TaskId{token.number});
  }
  if (ids.size() != size) {
    asked.refuse("BadAsk", fmt::format("{} takes an array of ids", op));
    return std::nullopt;
  }
  for (const TaskId id : ids) {
    const auto found = find(id);
    if (found && found->batch->second.owner == asked.owner) continue;
    asked.refuse("UnknownSubtask",
                 fmt::format("{} names {}, which is no sub-task of this task, or was fetched", op,
                             number(id)));
    return std::nullopt;
  }
  if (subtask_op_named(op) == SubtaskOp::Fetch) {
    std::vector<TaskId> sorted = ids;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) {
      asked.refuse("BadAsk", fmt::format("fetch names {} twice", number(*twice)));
      return std::nullopt;
    }
  }
  return ids;
}

/// A sub-task that is not fetched.
std::optional<SubtaskBook::Place> SubtaskBook::find(TaskId id) {
  auto batch = batches_.upper_bound(id);
  if (batch == batches_.begin()) return std::nullopt;
  --batch;
  const std::uint64_t index = number(id) - number(batch->first);
  if (index >= batch->second.entries.size()) return std::nullopt;
  Entry& entry = batch->second.entries[index];
  if (entry.state == State::Fetched) return std::nullopt;
  return Place{batch, entry};
}

// ---------------------------------------------------------------- replies

/// What is waited for is there. What is fetched is forgotten.
SubtaskReply SubtaskBook::reply_to(OwnerId owner, const Wait& wait) {
  SubtaskReply reply{{wait.seq, {}, {}, {}}, owner};
  reply.awaited = true;
  if (wait.op == SubtaskOp::Wait) {
    reply.value = finished_of(wait.ids);
    return reply;
  }
  reply.value = results_of(wait.ids);
  if (const std::uint64_t bytes = reply.size();
      bytes + wire::kReplyHeadMax > limits_.reply_bytes_max) {
    reply.value.clear();
    reply.type = "TooLarge";
    reply.message = fmt::format(
        "the answer to fetch has {} bytes, and --max-frame is {}; fetch fewer at a time", bytes,
        limits_.reply_bytes_max);
    return reply;
  }
  forget(owner, wait.ids);
  return reply;
}

std::vector<Slice> SubtaskBook::finished_of(const std::vector<TaskId>& ids) {
  std::vector<TaskId> finished;
  for (const TaskId id : ids) {
    if (is_finished(id)) finished.push_back(id);
  }
  wire::Pieces pieces;
  pieces.add_array_header(finished.size());
  for (const TaskId id : finished) pieces.add_unsigned(number(id));
  return pieces.take();
}

std::vector<Slice> SubtaskBook::results_of(const std::vector<TaskId>& ids) {
  wire::Pieces pieces;
  pieces.add_array_header(ids.size());
  for (const TaskId id : ids) {
    const Entry& entry = entry_of(id);
    pieces.add_array_header(2);
    if (entry.state == State::Ok) {
      pieces.tail().append("\xa2ok");
    } else {
      pieces.tail().append(
          "\xa5"
          "error");
    }
    pieces.tail().append(entry.value.head_view());
    pieces.add(entry.value.body);
  }
  return pieces.take();
}

void SubtaskBook::forget(OwnerId owner, const std::vector<TaskId>& ids) {
  if (ids.empty()) return;
  Owner& of = owners_.at(owner);
  of.unfetched -= ids.size();
  for (const TaskId id : ids) {
    const Place place = *find(id);
    hold(place.entry, 0);
    place.entry.value = {};
    place.entry.state = State::Fetched;
    if (--place.batch->second.unfetched > 0) continue;
    of.batches.erase(place.batch->first);
    batches_.erase(place.batch);
  }
  if (of.batches.empty()) owners_.erase(owner);
}

// ---------------------------------------------------------------- ends

bool SubtaskBook::finished(TaskId id, bool ok, const Value& value, SubtaskChanges& out) {
  const std::optional<Place> place = find(id);
  if (!place) return false;
  Entry& entry = place->entry;
  SPREAD_ASSERT(entry.state == State::Unfinished);
  entry.state = ok ? State::Ok : State::Error;
  entry.value = kept(value);
  hold(entry, value.size() + kSubtaskOverheadBytes);
  const OwnerId owner = place->batch->second.owner;
  if (--place->batch->second.unfinished == 0) end_common(place->batch, out);
  const std::uint64_t waited = std::exchange(entry.waited, 0);
  if (waited == 0) return true;
  std::optional<Wait>& wait = owners_.at(owner).wait;
  if (wait->missing > waited) {
    wait->missing -= waited;
    return true;
  }
  const Wait ended = *std::exchange(wait, std::nullopt);
  for (const TaskId other : ended.ids) entry_of(other).waited = 0;
  out.resumed.push_back(owner);
  out.replies.push_back(reply_to(owner, ended));
  return true;
}

void SubtaskBook::drop(OwnerId owner, SubtaskChanges& out) {
  const auto found = owners_.find(owner);
  if (found == owners_.end()) return;
  for (const TaskId first : found->second.batches) {
    const auto batch = batches_.find(first);
    std::vector<Entry>& entries = batch->second.entries;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].state == State::Unfinished) {
        out.cancelled.push_back(TaskId{number(first) + i});
      }
      hold(entries[i], 0);
    }
    end_common(batch, out);
    batches_.erase(batch);
  }
  owners_.erase(found);
}

void SubtaskBook::end_common(Batches::iterator batch, SubtaskChanges& out) {
  std::optional<Value>& common = batch->second.common;
  if (!common) return;
  held_bytes_ -= common->size();
  common.reset();
  out.commons_over.push_back(number(batch->first));
}

const Value* SubtaskBook::common(std::uint64_t k) const {
  const auto batch = batches_.find(TaskId{k});
  if (batch == batches_.end() || !batch->second.common) return nullptr;
  return &*batch->second.common;
}

std::optional<std::uint64_t> SubtaskBook::pending_question(OwnerId owner) const {
  const auto found = owners_.find(owner);
  if (found == owners_.end() || !found->second.wait) return std::nullopt;
  return found->second.wait->seq;
}

bool SubtaskBook::waits(OwnerId owner) const {
  const auto found = owners_.find(owner);
  return found != owners_.end() && found->second.wait.has_value();
}

void SubtaskBook::hold(Entry& entry, std::uint64_t bytes) {
  held_bytes_ += bytes - std::exchange(entry.bytes, bytes);
}

/// The same value, in memory that holds little else.
Value SubtaskBook::kept(const Value& value) {
  Value copy = value;
  const bool small = value.body.size() < OutputQueue::kLargeBytes;
  copy.body = small ? arena_.copy(value.body.view()) : wire::compact(value.body);
  return copy;
}

}  // namespace spread
