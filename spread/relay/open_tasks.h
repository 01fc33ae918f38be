#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "spread/api/bytes.h"
#include "spread/api/task.h"
#include "spread/base/ring.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// The tasks that a master has sent and that have no answer yet. It calls them by ids of its own,
/// which may be any, and come again when they are answered; to the run below they are records, and
/// a TaskId is the place of one among all that were given.
class OpenTasks {
 public:
  /// What a master calls a task.
  using MasterId = TaskId;

  /// False: there is one of that id.
  bool add(MasterId id, Record record);
  /// The next one is given to the run. False: none waits.
  bool give(Record& record);

  /// It is not wanted any more.
  struct Cancelled {
    bool waited = false;          ///< it was not given yet: it is open no more
    std::optional<TaskId> given;  ///< it has been, and stays open
  };
  Cancelled cancel(MasterId id);
  /// The next one that was never given, open no more; to be asked when none will be.
  std::optional<MasterId> take_waiting();

  struct Given {
    MasterId id{};
    bool open = true;
    bool fatal = false;
    std::string so, se;  ///< what its last attempt has printed
  };
  /// Null: it is not open.
  Given* find(TaskId given);
  /// It has its answer.
  Given take(TaskId given);

  std::size_t size() const { return by_id_.size(); }
  bool waits() const { return waiting_count_ > 0; }
  /// Of the payloads of those not given yet.
  std::size_t waiting_bytes() const { return waiting_bytes_; }

 private:
  static constexpr std::size_t kRecentMax = 4096;
  std::uint64_t first_recent() const { return given_count_ - recent_.size(); }
  void drop_first();

  struct Waiting {
    MasterId id{};
    Record record;
    bool cancelled = false;
  };
  struct Place {
    bool given = false;
    std::uint64_t number = 0;  ///< of the TaskId, or among all that have ever waited
  };

  std::unordered_map<std::uint64_t, Place> by_id_;
  /// The newest of those that were given, answered ones too, in their order: nearly all answers
  /// are to one of these. What is older, and still open, is in `old_`.
  Ring<Given> recent_;
  std::unordered_map<std::uint64_t, Given> old_;
  std::deque<Waiting> waiting_;
  std::uint64_t waited_ = 0;  ///< so many were in front of waiting_
  std::size_t waiting_count_ = 0, waiting_bytes_ = 0;
  std::uint64_t given_count_ = 0;
};

}  // namespace spread
