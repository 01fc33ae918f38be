// Verbs of the sub-task tests: values as JSON, and a book whose owners ask, and whose sub-tasks
// end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/buffers.h"
#include "spread/subtasks/subtask_book.h"
#include "spread/wire/json.h"

namespace spread::test {

inline Slice encoded(std::string_view json) {
  ByteBuffer bytes;
  EXPECT_TRUE(wire::json_to_msgpack(json, bytes).has_value()) << json;
  return Slice::copy_of(bytes.view());
}

inline std::string as_json(const std::vector<Slice>& pieces) {
  ByteBuffer whole;
  for (const Slice& piece : pieces) whole.append(piece.view());
  ByteBuffer json;
  wire::JsonStyle style;
  EXPECT_TRUE(wire::msgpack_to_json(whole.view(), json, style).has_value());
  return std::string(as_text(json.view()));
}

inline std::string as_json(const Value& value) {
  return as_json(std::vector<Slice>{Slice::copy_of(value.head_view()), value.body});
}

inline std::string id(std::uint64_t index) { return std::to_string(kFirstSubtask + index); }

/// A book, and what it has said. Fails the test where a question has two replies or one that was
/// not asked, and where an owner begins to wait twice, or resumes without having waited.
class TestBook {
 public:
  explicit TestBook(const SubtaskBook::Limits& limits = {},
                    std::optional<std::uint32_t> subpool = std::nullopt)
      : book_(limits, subpool, [this](OwnerId, TaskId id) {
          return all_under_way || number(id) - kFirstSubtask == under_way;
        }) {}
  /// Which one is at a worker, unless all are.
  std::uint64_t under_way = 0;
  bool all_under_way = true;

  /// `arguments`: JSON values with commas between them. The reply: "[1,2]", or "! BadAsk fetch
  /// ...";
  /// "..." where there is none yet.
  std::string ask(std::uint64_t owner, std::string_view op, const std::string& arguments,
                  std::uint32_t depth = 0) {
    const Slice list = encoded("[" + arguments + "]");
    wire::UpMessage question;
    question.kind = wire::UpKind::Ask;
    question.text = op;
    question.seq = ++seq_;
    question.arguments = list.view()[0] & 0x0fu;
    const Slice behind(list.block(), list.view().subspan(1));
    question.value = behind.view();
    open_[question.seq] = OwnerId{owner};
    SubtaskChanges changes;
    book_.ask(OwnerId{owner}, depth, question, behind, changes);
    EXPECT_LE(changes.replies.size(), 1u);
    EXPECT_EQ(changes.replies.size(), 1 - changes.waiting.size());
    EXPECT_TRUE(changes.resumed.empty());
    take(changes);
    return changes.waiting.empty() ? last_.at(owner) : "...";
  }

  bool finish(std::uint64_t index, const std::string& json, bool ok = true) {
    SubtaskChanges changes;
    Value value;
    value.body = encoded(json);
    const bool known = book_.finished(TaskId{kFirstSubtask + index}, ok, value, changes);
    EXPECT_EQ(changes.replies.size(), changes.resumed.size());
    take(changes);
    return known;
  }
  void drop(std::uint64_t owner) {
    for (auto open = open_.begin(); open != open_.end();) {
      open = open->second == OwnerId{owner} ? open_.erase(open) : std::next(open);
    }
    waiting_.erase(owner);
    SubtaskChanges changes;
    book_.drop(OwnerId{owner}, changes);
    EXPECT_TRUE(changes.replies.empty());
    EXPECT_TRUE(changes.resumed.empty());
    take(changes);
  }

  /// What came behind the question: the last reply of that owner.
  std::string heard(std::uint64_t owner) { return std::exchange(last_[owner], "nothing"); }
  /// By id less the first one: the payload, and " + " with the common part where there is one.
  std::map<std::uint64_t, std::string> submitted() { return std::exchange(submitted_, {}); }
  std::vector<std::uint64_t> cancelled() { return std::exchange(cancelled_, {}); }
  std::vector<std::uint64_t> over() { return std::exchange(over_, {}); }
  /// Those that it waits for, less the first id.
  std::optional<std::vector<std::uint64_t>> waits_for(std::uint64_t owner) const {
    const auto found = waiting_.find(owner);
    EXPECT_EQ(found != waiting_.end(), book_.waits(OwnerId{owner}));
    return found == waiting_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<std::uint32_t> told_subpool() const { return subpool_; }
  std::size_t open() const { return open_.size(); }
  SubtaskBook& book() { return book_; }

 private:
  void take(SubtaskChanges& changes) {
    for (const OwnerId owner : changes.resumed) EXPECT_EQ(waiting_.erase(number(owner)), 1u);
    for (const SubtaskReply& reply : changes.replies) {
      EXPECT_EQ(open_.count(reply.seq), 1u) << "nothing was asked, or it has been answered";
      EXPECT_EQ(open_[reply.seq], reply.owner);
      open_.erase(reply.seq);
      last_[number(reply.owner)] =
          reply.refused() ? "! " + reply.type + " " + reply.message : as_json(reply.value);
    }
    for (const Subtask& subtask : changes.submitted) {
      std::string text = as_json(subtask.payload);
      if (subtask.common != 0) text += " + " + as_json(*book_.common(subtask.common));
      submitted_[number(subtask.id) - kFirstSubtask] = text;
    }
    for (const OwnerWaits& wait : changes.waiting) {
      EXPECT_EQ(waiting_.count(number(wait.owner)), 0u);
      std::vector<std::uint64_t>& ids = waiting_[number(wait.owner)];
      for (const TaskId id : wait.subtasks) ids.push_back(number(id) - kFirstSubtask);
    }
    for (const TaskId id : changes.cancelled) cancelled_.push_back(number(id) - kFirstSubtask);
    for (const std::uint64_t k : changes.commons_over) {
      EXPECT_EQ(book_.common(k), nullptr);
      over_.push_back(k - kFirstSubtask);
    }
    if (changes.subpool) subpool_ = changes.subpool;
  }

  SubtaskBook book_;
  std::uint64_t seq_ = 0;
  std::map<std::uint64_t, OwnerId> open_;
  std::map<std::uint64_t, std::string> last_;
  std::map<std::uint64_t, std::string> submitted_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> waiting_;
  std::vector<std::uint64_t> cancelled_, over_;
  std::optional<std::uint32_t> subpool_;
};

}  // namespace spread::test
