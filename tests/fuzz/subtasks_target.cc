#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/subtasks/subtask_book.h"
#include "spread/wire/json.h"
#include "spread/wire/value_writer.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr std::uint32_t kOwners = 3;

/// A book with small limits, the questions that have no reply, and the sub-tasks that are open.
class Book {
 public:
  Book()
      : book_({.bytes_max = 4000, .of_owner_max = 20, .reply_bytes_max = 300, .subpool_max = 8},
              std::nullopt, [](OwnerId, TaskId id) { return number(id) % 2 == 0; }) {}

  void ask(OwnerId owner, std::uint32_t depth, std::string_view op, ByteView values,
           std::uint64_t count) {
    wire::UpMessage question;
    question.kind = wire::UpKind::Ask;
    question.text = op;
    question.seq = ++seq_;
    question.arguments = count;
    const Slice arguments = Slice::copy_of(values);
    question.value = arguments.view();
    open_[question.seq] = owner;
    SubtaskChanges changes;
    book_.ask(owner, depth, question, arguments, changes);
    take(changes);
  }
  /// The first of them that is open behind `index`.
  void finish(std::uint64_t index, bool ok, ByteView value) {
    const auto next = running_.lower_bound(TaskId{kFirstSubtask + index});
    if (next == running_.end()) return;
    const TaskId id = *next;
    running_.erase(next);
    Value result;
    result.body = Slice::copy_of(value);
    SubtaskChanges changes;
    SPREAD_ASSERT(book_.finished(id, ok, result, changes));
    take(changes);
  }
  void drop(OwnerId owner) {
    SubtaskChanges changes;
    book_.drop(owner, changes);
    std::erase_if(open_, [owner](const auto& question) { return question.second == owner; });
    take(changes);
    SPREAD_ASSERT(!book_.waits(owner));
  }
  void end() {
    for (std::uint64_t i = 0; i < kOwners; ++i) drop(OwnerId{i});
    SPREAD_ASSERT(book_.empty());
    SPREAD_ASSERT(book_.held_bytes() == 0);
    SPREAD_ASSERT(running_.empty());
    SPREAD_ASSERT(open_.empty());
  }

 private:
  void take(const SubtaskChanges& changes) {
    for (const SubtaskReply& reply : changes.replies) check(reply);
    for (const Subtask& subtask : changes.submitted) {
      SPREAD_ASSERT(running_.insert(subtask.id).second);
      SPREAD_ASSERT(subtask.common == 0 || book_.common(subtask.common) != nullptr);
      const auto size = wire::msgpack_size(subtask.payload.body.view(), subtask.payload.size());
      SPREAD_ASSERT(size && *size == subtask.payload.size());
    }
    for (const TaskId id : changes.cancelled) SPREAD_ASSERT(running_.erase(id) == 1);
    for (const std::uint64_t k : changes.commons_over) SPREAD_ASSERT(book_.common(k) == nullptr);
    for (const OwnerWaits& waits : changes.waiting) SPREAD_ASSERT(!waits.subtasks.empty());
    for (const auto& [seq, owner] : open_) SPREAD_ASSERT(book_.pending_question(owner) == seq);
    SPREAD_ASSERT(book_.subpool() <= 8);
  }
  void check(const SubtaskReply& reply) {
    const auto question = open_.find(reply.seq);
    SPREAD_ASSERT(question != open_.end() && question->second == reply.owner);
    open_.erase(question);
    SPREAD_ASSERT(reply.refused() == reply.value.empty());
    if (reply.refused()) return;
    ByteBuffer whole;
    for (const Slice& piece : reply.value) whole.append(piece.view());
    const auto size = wire::msgpack_size(whole.view(), whole.size());
    SPREAD_ASSERT(size && *size == whole.size());
  }

  SubtaskBook book_;
  std::uint64_t seq_ = 0;
  std::map<std::uint64_t, OwnerId> open_;
  std::set<TaskId> running_;
};

/// Values at the front of `bytes`, up to `count` of them; fewer where one is cut off.
ByteView take_values(Input& input, std::uint64_t& count) {
  const ByteView all = input.rest();
  std::size_t bytes = 0;
  std::uint64_t taken = 0;
  while (taken < count) {
    const auto size = wire::msgpack_size(all.subspan(bytes), all.size());
    if (!size || *size == 0) break;
    bytes += *size;
    ++taken;
  }
  count = taken;
  return input.take(bytes);
}

/// Ids are large: where an array of numbers is meant, a byte is one from the first on.
ByteBuffer ids_from(ByteView indices) {
  ByteBuffer bytes;
  wire::ValueWriter writer(bytes);
  writer.array(indices.size());
  for (const Byte index : indices) writer.number(kFirstSubtask + index);
  return bytes;
}

}  // namespace

// What happens, one byte each, and what belongs to it: questions with their arguments, ends.
void subtasks(ByteView bytes) {
  constexpr std::string_view kOps[] = {"submit", "ready", "wait", "fetch", "subpool"};
  Input input(bytes);
  Book book;
  while (!input.empty()) {
    const Byte step = input.byte();
    const OwnerId owner{step % kOwners};
    const Byte more = input.byte();
    if (step >= 0xf0) {
      book.drop(owner);
    } else if (step >= 0xc0) {
      std::uint64_t one = 1;
      const ByteView value = take_values(input, one);
      if (one == 1) book.finish(more, step % 2 == 0, value);
    } else if (step >= 0x80) {
      const ByteBuffer ids = ids_from(input.take(more % 8));
      book.ask(owner, 1, kOps[1 + step / 8 % 3], ids.view(), 1);
    } else {
      std::uint64_t count = more % 4;
      const ByteView values = take_values(input, count);
      book.ask(owner, more / 4 % 18, kOps[step / 4 % 5], values, count);
    }
  }
  book.end();
}

}  // namespace spread::fuzz
