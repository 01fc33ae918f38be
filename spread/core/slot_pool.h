// All slots of a run: sets of their numbers, hosts, connections, and the pool that counts them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "spread/base/assert.h"
#include "spread/core/event.h"
#include "spread/core/key_record.h"
#include "spread/core/slot.h"

namespace spread {

/// A set of small numbers, one bit each, and above them a bit for each word that is not empty, and
/// so on: the next member is found without looking at those that are not there. Up to 64 numbers
/// take one word.
class SlotSet {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// The numbers 0 .. `numbers - 1` may be members. Those that are remain.
  void resize(std::size_t numbers);
  void clear() { words_.assign(words_.size(), 0); }
  void insert(std::uint32_t number) {
    std::uint64_t& word = words_[number / 64];
    const bool was_empty = word == 0;
    word |= bit(number);
    if (was_empty && levels_ > 1) insert_above(number / 64);
  }
  void erase(std::uint32_t number) {
    std::uint64_t& word = words_[number / 64];
    word &= ~bit(number);
    if (word == 0 && levels_ > 1) erase_above(number / 64);
  }
  bool contains(std::uint32_t number) const { return (words_[number / 64] & bit(number)) != 0; }

  /// The first member from `number` on, or kNone.
  std::uint32_t next(std::uint32_t number) const {
    if (number / 64 >= begin_[1]) return kNone;  // or there are no levels
    const std::uint64_t bits = words_[number / 64] & from(number);
    if (bits == 0) return levels_ == 1 ? kNone : next_word(number / 64 + 1);
    return number / 64 * 64 + first(bits);
  }
  bool empty() const { return next(0) == kNone; }

 private:
  static constexpr std::size_t kLevelsMax = 6;  // 64^6 numbers
  static std::uint64_t bit(std::uint32_t number) { return std::uint64_t{1} << (number % 64); }
  static std::uint64_t from(std::uint32_t number) { return ~std::uint64_t{0} << (number % 64); }
  static std::uint32_t first(std::uint64_t bits) {
    return static_cast<std::uint32_t>(std::countr_zero(bits));
  }
  /// This word is not empty any more, or is now.
  void insert_above(std::uint32_t word);
  void erase_above(std::uint32_t word);
  /// The first member in the words from this one on.
  std::uint32_t next_word(std::uint32_t word) const;

  std::vector<std::uint64_t> words_;  ///< the members, then the words above them, ...
  std::array<std::size_t, kLevelsMax + 1> begin_{};  ///< of each level, and the end
  std::size_t levels_ = 0;
};

/// What a slot may belong to; groups_of() in slot_pool.cc says when it does.
enum class Group : std::uint8_t {
  Occupied,  ///< has a worker, in whatever state
  Starting,  ///< so its state, as with the next two
  Live,
  Closed,
  Running,      ///< Live or Starting
  Ready,        ///< a worker may be started at once
  Pausing,      ///< ... or when its pause is over
  Retired,      ///< as its flag says; those below without a comment, too
  Open,         ///< has a worker, or may have one, that is neither resting nor retired
  Usable,       ///< can be expected to take a task: Ready, Starting, or Live and not sent to rest
  AwaitsHello,  ///< and is not overdue
  Overdue,      ///< awaits its hello still, and may never say it
  LoggingIn,
  Resting,
  Leaving,   ///< and Live still
  Released,  ///< Live, leaving or spent, and has nothing in flight
  Former,    ///< a worker that was in it before has not ended
  Draining,
  Unread,   ///< spread does not read what its worker writes
  Unused,   ///< takes tasks and was given none
  Waiting,  ///< as SlotStatus has it: it can run what its task waits for
  Idle,     ///< takes tasks and has none: it would work on one at once
};
inline constexpr std::size_t kGroups = 22;

/// The same for what changes with nearly every task, which is not counted by host and key.
enum class Load : std::uint8_t {
  Unassigned,  ///< Live, and has no task
  Working,     ///< Live, and has some
  Owing,       ///< has some, and is given no more: Closing or Dying
};
inline constexpr std::size_t kLoads = 3;

struct HostRecord {
  std::vector<WorkerId> workers;  ///< the numbers of its slots
  std::optional<TimePoint> bench_until;
  std::uint64_t full_in = 0;  ///< the decision in which no more logins were permitted
};

/// What one or more workers are reached by. Of its failures those are counted here that all its
/// workers share; what one of them does alone is in its Slot.
class Connection {
 public:
  /// Its slots, in order of number. Never empty.
  const std::vector<WorkerId>& slots() const { return slots_; }
  WorkerId first() const { return slots_.front(); }
  std::size_t size() const { return slots_.size(); }
  /// So many of its workers are there or being started. None: it is not there, and the next start
  /// makes it.
  std::uint32_t in_use() const { return in_use_; }

  std::uint32_t launch_failures = 0;  ///< in a row
  std::uint32_t losses = 0;           ///< in a row, without an answer between
  std::uint32_t apart = 0;            ///< tasks under way that are apart: at most one

 private:
  friend class SlotPool;
  std::vector<WorkerId> slots_;
  std::uint32_t in_use_ = 0;
};

/// All slots, and the only writer of what counters and sets are made of (SlotStatus). Which groups
/// a slot belongs to is a function of the slot; the pool looks before and after each change, so
/// that what it counts is what a recount would find (check()).
///
/// A question about all slots is answered by a count, or by a walk over those that it is about. So
/// what happens to one slot costs the same beside ten others and beside ten thousand: steps() is
/// how many slots walks have come by.
class SlotPool {
 public:
  Slot& add(const SlotAdded& added);

  std::size_t size() const { return slots_.size(); }
  Slot& operator[](WorkerId worker) { return slots_[number(worker)]; }
  const Slot& operator[](WorkerId worker) const { return slots_[number(worker)]; }
  std::vector<KeyRecord>& keys() { return keys_; }
  const std::vector<KeyRecord>& keys() const { return keys_; }
  KeyRecord& key_of(const Slot& slot) { return keys_[slot.key]; }
  const KeyRecord& key_of(const Slot& slot) const { return keys_[slot.key]; }
  HostRecord& host(HostId host) { return hosts_[number(host)]; }
  Connection& connection(ConnectionId id) { return connections_[number(id)]; }
  const Connection& connection(ConnectionId id) const { return connections_[number(id)]; }
  Connection& connection_of(const Slot& slot) { return connection(slot.connection); }
  const Connection& connection_of(const Slot& slot) const { return connection(slot.connection); }

  // ---- how many, and which

  bool in(const Slot& slot, Group group) const {
    return group == Group::Idle ? slot.idle() : members(group).contains(number(slot.id));
  }
  std::uint32_t count(Group group) const { return counts_[index(group)]; }
  std::uint32_t count_on(HostId host, Group group) const {
    return of_host_[number(host)][index(group)];
  }
  std::uint32_t count_of(std::uint32_t key, Group group) const {
    return of_key_[key][index(group)];
  }
  /// With tasks in flight, in whatever state.
  std::uint32_t busy() const { return busy_count_; }

  /// In order of number. `f` may change the slot that it is given, and others.
  template <typename F>
  void each(Group group, F&& f) {
    walk(members(group), [&](std::uint32_t i) { f(slots_[i]); });
  }
  template <typename F>
  void each(Group group, F&& f) const {
    walk(members(group), [&](std::uint32_t i) { f(slots_[i]); });
  }
  template <typename F>
  void each(Load load, F&& f) {
    walk(members(load), [&](std::uint32_t i) { f(slots_[i]); });
  }
  template <typename F>
  void each(Load load, F&& f) const {
    walk(members(load), [&](std::uint32_t i) { f(slots_[i]); });
  }
  /// Those that have tasks, in whatever state.
  template <typename F>
  void each_busy(F&& f) {
    each(Load::Working, f);
    each(Load::Owing, f);
  }
  template <typename F>
  void each_busy(F&& f) const {
    each(Load::Working, f);
    each(Load::Owing, f);
  }
  /// The same of one host: O(its slots), nothing if it has none in the group.
  template <typename F>
  void each_on(HostId host, Group group, F&& f) {
    if (count_on(host, group) == 0) return;
    for (const WorkerId worker : hosts_[number(host)].workers) {
      ++steps_;
      if (in((*this)[worker], group)) f((*this)[worker]);
    }
  }
  /// Starts in a row that failed, of its worker alone or of its connection.
  std::uint32_t failed_starts(const Slot& slot) const {
    return slot.launch_failures + connection_of(slot).launch_failures;
  }
  /// Starts in a row that brought no answer.
  std::uint32_t failures_in_a_row(const Slot& slot) const {
    return failed_starts(slot) + slot.deaths + connection_of(slot).losses;
  }
  /// All slots of one connection.
  template <typename F>
  void each_of(ConnectionId id, F&& f) {
    for (const WorkerId worker : connection(id).slots()) {
      ++steps_;
      f((*this)[worker]);
    }
  }
  /// How many slots walks have come by, ever.
  std::uint64_t steps() const { return steps_; }

  // ---- the order of preference

  /// A place in the order.
  using Place = std::uint32_t;
  static constexpr Place kNoPlace = SlotSet::kNone;
  Slot& at(Place place) { return slots_[number(order_[place])]; }
  const Slot& at(Place place) const { return slots_[number(order_[place])]; }
  const std::vector<WorkerId>& order() const { return order_; }
  void set_order(std::vector<WorkerId> order);
  /// The first place from `place` on of a worker that takes tasks and may have room: every idle
  /// one, and those to which something has happened since they were full.
  Place next_sendable(Place place) const { return next(sendable_, place); }
  /// The same of the slots in which a worker may be started.
  Place next_ready(Place place) const { return next(ready_, place); }
  /// It is full, until something happens to it.
  void set_full(const Slot& slot) { sendable_.erase(place_of(slot)); }
  /// It may have room.
  void unset_full(const Slot& slot) {
    if (slot.takes_tasks()) sendable_.insert(place_of(slot));
  }

  // ---- changes

  void set_state(Slot& slot, SlotState state);
  /// Its worker is gone: Empty, and nothing of what it was.
  void vacate(Slot& slot);
  /// The pause of an empty slot is over.
  void set_ready(Slot& slot);
  void set_resting(Slot& slot, bool resting);
  void set_retired(Slot& slot, bool retired);
  void set_leaving(Slot& slot, bool leaving);
  /// So many tasks, at least one, and no more may be sent to its process.
  void set_left(Slot& slot, std::uint64_t tasks) { slot.left_ = tasks; }
  /// One of them could not be sent after all.
  void give_left_back(Slot& slot);
  void set_former(Slot& slot, bool there);
  /// No more tasks at all.
  void set_spent(Slot& slot);
  void set_awaits_hello(Slot& slot, bool awaits);
  void set_overdue(Slot& slot);
  void set_logging_in(Slot& slot, bool logging_in);
  void set_unread(Slot& slot, std::optional<TimePoint> since);
  void set_draining(Slot& slot, bool draining) {
    if (slot.draining_ != draining) change_draining(slot, draining);
  }
  /// What it has in flight, the task at `place` in front, waits for sub-tasks of that.
  void suspend(Slot& slot, std::size_t place, TimePoint now);
  /// What is suspended at `level` (0 = the outermost) has what it waited for, or waits again. It
  /// goes on as soon as nothing runs inside of it.
  void set_wait_ends(Slot& slot, std::size_t level, bool ends, TimePoint now);
  /// What is suspended last is in flight again, behind what runs inside of it.
  void unwind_last(Slot& slot, TimePoint now);
  /// The same of all that is suspended.
  void unwind(Slot& slot, TimePoint now) {
    while (!slot.suspended_.empty()) unwind_last(slot, now);
  }
  /// A sub-task of what is suspended last is in flight there.
  void send_nested(Slot& slot, const InFlight& task, std::size_t bytes);
  /// A task is in flight there; `alone`: nothing is to follow it.
  /// `counts`: among those that its process may be sent (--max-tasks).
  void send(Slot& slot, const InFlight& task, std::size_t bytes, bool alone, bool counts = true) {
    SPREAD_ASSERT(slot.takes_tasks());
    if (!slot.given_) set_given(slot);
    slot.in_flight_.push_back(task);
    slot.in_flight_bytes_ += bytes;
    if (slot.in_flight_.size() == 1) has_one(slot, alone);
    if (counts && --slot.left_ == 0) set_spent(slot);
  }
  /// The task at `place` of what is in flight there is no more. Another one may become one of those
  /// that the worker works on.
  InFlight take(Slot& slot, std::size_t place, std::size_t bytes, TimePoint now);
  /// take(slot, 0, ...), of a worker that works on one task at a time.
  void pop(Slot& slot, std::size_t bytes, TimePoint now) {
    slot.in_flight_bytes_ -= bytes;
    slot.in_flight_.pop_front();
    if (slot.in_flight_.empty()) {
      has_none(slot, now);
    } else {
      slot.in_flight_.front().since = now;
    }
  }
  /// Asserts that all counts and sets are what a recount finds.
  void check() const;

 private:
  using Counts = std::array<std::uint32_t, kGroups>;
  using Bits = std::uint32_t;  ///< one for each Group
  static constexpr Bits bit(Group group) { return Bits{1} << index(group); }
  static Bits groups_of(const Slot& slot);
  static constexpr std::size_t index(Group group) { return static_cast<std::size_t>(group); }
  SlotSet& members(Group group) { return members_[index(group)]; }
  const SlotSet& members(Group group) const { return members_[index(group)]; }
  static std::optional<Load> load_of(const Slot& slot);
  SlotSet& members(Load load) { return loads_[static_cast<std::size_t>(load)]; }
  const SlotSet& members(Load load) const { return loads_[static_cast<std::size_t>(load)]; }
  Place place_of(const Slot& slot) const { return place_of_[number(slot.id)]; }

  template <typename F>
  void change(Slot& slot, F&& f);
  void change_draining(Slot& slot, bool draining);
  void regroup(const Slot& slot, Bits before, Bits after);
  void set_given(Slot& slot);
  void has_one(Slot& slot, bool alone);
  void has_none(Slot& slot, TimePoint now);
  void restore(Slot& slot, TimePoint now);

  Place next(const SlotSet& set, Place place) const {
    ++steps_;
    return set.next(place);
  }
  template <typename F>
  void walk(const SlotSet& set, F&& f) const {
    for (std::uint32_t i = set.next(0); i != SlotSet::kNone; i = set.next(i + 1)) {
      ++steps_;
      f(i);
    }
  }

  std::vector<Slot> slots_;
  std::vector<KeyRecord> keys_;
  std::vector<HostRecord> hosts_;
  std::vector<Connection> connections_;
  std::array<SlotSet, kGroups> members_;  ///< by number; of Idle it is not kept
  Counts counts_{};
  std::vector<Counts> of_host_, of_key_;
  std::array<SlotSet, kLoads> loads_;  ///< by number
  std::uint32_t busy_count_ = 0;
  std::vector<WorkerId> order_;
  std::vector<Place> place_of_;
  SlotSet sendable_, ready_;  ///< by place
  mutable std::uint64_t steps_ = 0;
};

}  // namespace spread
