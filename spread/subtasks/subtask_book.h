// spread/subtasks: what running tasks hand back to the master (docs/subtasks.md). Pure: no
// descriptors, no clock. Who runs what is the scheduler's business; here is who has submitted what,
// what has come of it, and who waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"
#include "spread/wire/codec.h"
#include "spread/wire/reply.h"

namespace spread {

/// One attempt of a task at one worker, which submits and waits. A number of the caller's, never
/// used again.
enum class OwnerId : std::uint64_t {};
constexpr std::uint64_t number(OwnerId id) { return static_cast<std::uint64_t>(id); }

/// docs/subtasks.md, "Limits": how many tasks a sub-task may stand under. Each is a call on the
/// stack of the worker that waits for it.
inline constexpr std::uint32_t kDepthMax = 16;
/// What all sub-tasks of a run may have in memory: payloads, common parts, results.
inline constexpr std::uint64_t kSubtaskBytesMax = std::uint64_t{1} << 30;
/// A sub-task costs so much beside these.
inline constexpr std::uint64_t kSubtaskOverheadBytes = 128;
/// Sub-tasks of one owner that are unfinished or not yet fetched.
inline constexpr std::uint64_t kSubtasksOfOwnerMax = 1'000'000;

/// The questions about sub-tasks.
enum class SubtaskOp : std::uint8_t { Submit, Ready, Wait, Fetch, Subpool };
std::optional<SubtaskOp> subtask_op_named(std::string_view op);

struct SubtaskReply : wire::Reply {
  OwnerId owner{};
};

/// What is to be run.
struct Subtask {
  TaskId id{};
  Value payload;
  OwnerId owner{};
  std::uint64_t common = 0;  ///< for SubtaskBook::common(); 0 = none
};

/// An owner does nothing from now on but wait.
struct OwnerWaits {
  OwnerId owner{};
  std::vector<TaskId> subtasks;  ///< those of what it waits for that are not finished
};

/// What the caller is to do, in this order. A question has at most one reply among them.
struct SubtaskChanges {
  std::vector<OwnerId> resumed;  ///< they wait no longer; the reply says why
  std::vector<SubtaskReply> replies;
  std::vector<Subtask> submitted;
  std::vector<OwnerWaits> waiting;
  std::vector<TaskId> cancelled;            ///< their results would be for no owner
  std::vector<std::uint64_t> commons_over;  ///< no sub-task with them comes any more
  std::optional<std::uint32_t> subpool;     ///< so many slots are to be kept for sub-tasks
};

/// All sub-tasks of a run, from `submit` to `fetch`. Every question has exactly one reply, unless
/// its owner is dropped first.
class SubtaskBook {
 public:
  struct Limits {
    std::uint64_t bytes_max = kSubtaskBytesMax;
    std::uint64_t of_owner_max = kSubtasksOfOwnerMax;
    std::size_t reply_bytes_max = kSubtaskBytesMax;  ///< --max-frame
    std::uint32_t subpool_max = UINT32_MAX;          ///< a larger one is made this
  };

  /// Whether a sub-task of this owner that is not finished is at a worker.
  using UnderWay = std::function<bool(OwnerId owner, TaskId id)>;

  /// `subpool`: what the user has asked for; then no worker is asked. Where `ready` asks for some
  /// that are missing, and none of these is under way, its owner waits until one more is finished.
  SubtaskBook(const Limits& limits, std::optional<std::uint32_t> subpool, UnderWay is_under_way);

  /// A worker asks one of the ops of subtask_op_named(), for the task that is this owner, which
  /// stands under `depth` others. `arguments` are the question's, in memory that may be kept.
  void ask(OwnerId owner, std::uint32_t depth, const wire::UpMessage& question,
           const Slice& arguments, SubtaskChanges& out);
  /// A sub-task is final: `value` is its result, or the map of its error. False, and nothing done,
  /// where it is forgotten, its owner having been dropped.
  bool finished(TaskId id, bool ok, const Value& value, SubtaskChanges& out);
  /// The owner's attempt is over, in whatever way. Its sub-tasks and their results are forgotten; a
  /// question that it waits for has no reply.
  void drop(OwnerId owner, SubtaskChanges& out);

  /// The common part of sub-tasks that are not finished; null = it is over.
  const Value* common(std::uint64_t k) const;
  /// The question that the owner waits for, if it does.
  std::optional<std::uint64_t> pending_question(OwnerId owner) const;
  /// Whether the owner waits for an answer.
  bool waits(OwnerId owner) const;
  /// How many slots are kept for sub-tasks.
  std::uint32_t subpool() const { return subpool_.value_or(0); }
  std::uint64_t held_bytes() const { return held_bytes_; }
  bool empty() const { return owners_.empty(); }

 private:
  enum class State : std::uint8_t { Unfinished, Ok, Error, Fetched };
  struct Entry {
    Value value;               ///< of Ok and Error
    std::uint64_t bytes = 0;   ///< what it holds of the budget
    std::uint32_t waited = 0;  ///< how many times its owner waits for it
    State state = State::Unfinished;
  };
  /// What one `submit` has brought: ids that follow each other.
  struct Batch {
    OwnerId owner{};
    std::vector<Entry> entries;
    std::size_t unfinished = 0;
    std::size_t unfetched = 0;
    std::optional<Value> common;
  };
  struct Wait {
    SubtaskOp op = SubtaskOp::Wait;
    std::uint64_t seq = 0;
    std::uint64_t missing = 0;  ///< finished ones until the reply
    std::vector<TaskId> ids;
  };
  struct Owner {
    std::set<TaskId> batches;  ///< the first id of each
    std::uint64_t unfetched = 0;
    std::optional<Wait> wait;
  };
  using Batches = std::map<TaskId, Batch>;
  struct Place {
    Batches::iterator batch;
    Entry& entry;
  };

  struct Asked;  // a question, and where its reply goes
  void submit(const Asked& asked, std::uint32_t depth, const Slice& arguments);
  std::string excess(OwnerId owner, std::uint64_t count, std::size_t bytes) const;
  std::vector<Slice> add_batch(const Asked& asked, std::uint64_t size, ByteView list,
                               ByteView common, const Slice& arguments);
  void ready(const Asked& asked);
  void wait(const Asked& asked, SubtaskOp op);
  void begin(const Asked& asked, Wait begun, std::uint64_t wanted);
  void keep_slots(const Asked& asked);
  std::optional<std::vector<TaskId>> known_ids(const Asked& asked, ByteView list);
  std::optional<Place> find(TaskId id);
  Entry& entry_of(TaskId id) { return find(id)->entry; }
  bool is_finished(TaskId id) { return entry_of(id).state != State::Unfinished; }
  SubtaskReply reply_to(OwnerId owner, const Wait& wait);
  std::vector<Slice> finished_of(const std::vector<TaskId>& ids);
  std::vector<Slice> results_of(const std::vector<TaskId>& ids);
  void forget(OwnerId owner, const std::vector<TaskId>& ids);
  void end_common(Batches::iterator batch, SubtaskChanges& out);
  void hold(Entry& entry, std::uint64_t bytes);
  Value kept(const Value& value);

  Limits limits_;
  UnderWay is_under_way_;
  std::optional<std::uint32_t> subpool_;
  std::uint64_t next_id_ = kFirstSubtask;
  std::uint64_t held_bytes_ = 0;
  Arena arena_;
  Batches batches_;                            ///< by the first id
  std::unordered_map<OwnerId, Owner> owners_;  ///< those with sub-tasks
};

}  // namespace spread
