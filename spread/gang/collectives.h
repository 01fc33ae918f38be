// spread/gang: what the members of a gang say to each other through the master (docs/gangs.md).
// Pure: no descriptors, no clock. Start here; what a member asks for is collective_call.h, how
// numbers are reduced reduction.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/gang/collective_call.h"
#include "spread/wire/codec.h"
#include "spread/wire/reply.h"

namespace spread {

/// docs/gangs.md, "Limits": the bytes of values that all gangs of a run hold at the same time.
inline constexpr std::uint64_t kCollectiveBytesMax = std::uint64_t{1} << 30;
/// A value that was put costs so much beside its bytes.
inline constexpr std::uint64_t kPutOverheadBytes = 128;

/// How many bytes the gangs of a run hold. Outlives its Collectives.
class CollectiveBudget {
 public:
  explicit CollectiveBudget(std::uint64_t bytes_max = kCollectiveBytesMax)
      : bytes_max_(bytes_max) {}
  /// False, and nothing taken, where they do not fit.
  bool take(std::uint64_t bytes) {
    if (bytes > bytes_max_ - held_) return false;
    held_ += bytes;
    return true;
  }
  void give_back(std::uint64_t bytes) { held_ -= bytes; }
  std::uint64_t held() const { return held_; }
  std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  std::uint64_t bytes_max_;
  std::uint64_t held_ = 0;
};

/// The reply to one question of a member.
struct GangReply : wire::Reply {
  std::uint32_t rank = 0;
};

/// The collectives of one gang, from its start to the end of its task. Each question that is asked
/// has exactly one reply: at once, when the last member has called, or when the gang fails, of
/// which every member that waits and every later collective is told.
class Collectives {
 public:
  using Replies = std::vector<GangReply>;

  /// `reply_bytes_max`: of one reply; --max-frame. `budget` must outlive it.
  Collectives(std::uint32_t size, CollectiveBudget& budget, std::size_t reply_bytes_max);
  Collectives(const Collectives&) = delete;
  Collectives& operator=(const Collectives&) = delete;
  ~Collectives();

  /// A member asks one of the ops of gang_op_named(). `arguments` are the question's, in memory
  /// that may be kept.
  void ask(std::uint32_t rank, const wire::UpMessage& question, const Slice& arguments,
           Replies& out);
  /// A member has answered its task, and calls no more: what its peers wait for will not come.
  void answered(std::uint32_t rank, Replies& out);
  /// A member has failed, died or was ended, for this reason; the gang has failed. Its own
  /// question, if it has one, has its reply too.
  void failed(std::uint32_t rank, std::string_view reason, Replies& out);

  /// A member has received something of others: what they have done together cannot be taken back
  /// unseen.
  bool used() const { return used_; }
  bool has_failed() const { return !failure_.empty(); }
  /// "rank 2: it ended with 1 task unanswered"; empty if it has not failed.
  const std::string& failure() const { return failure_; }
  /// Whether this member waits for a reply.
  bool waits(std::uint32_t rank) const { return members_[rank].waits; }
  /// How many members wait for a reply.
  std::uint32_t waiting() const { return waiting_; }

 private:
  struct Member {
    bool waits = false;
    bool answered = false;
    std::uint64_t seq = 0;
    CollectiveCall call;
    Slice arguments;  ///< what call's views lie in
    std::map<std::string, Slice, std::less<>> puts;
  };

  void call(std::uint32_t rank, const wire::UpMessage& question, const Slice& arguments,
            Replies& out);
  std::string objection(std::uint32_t rank, const CollectiveCall& call) const;
  void complete(Replies& out);
  Result<std::vector<Slice>> value_for(std::uint32_t rank) const;
  Result<std::vector<Slice>> reduced() const;
  std::vector<Slice> gathered() const;
  std::vector<Slice> all_but(std::optional<std::uint32_t> left_out) const;
  void end_round();
  void put(std::uint32_t rank, const NamedValue& named, const Slice& arguments, std::uint64_t seq,
           Replies& out);
  void get(std::uint32_t rank, const NamedValue& named, std::uint64_t seq, Replies& out);
  void refuse(std::uint32_t rank, std::uint64_t seq, Replies& out) const;
  void fail_all(std::string failure, Replies& out);
  bool hold(std::uint32_t rank, std::uint64_t bytes, Replies& out);
  void let_go(std::uint64_t bytes);

  std::vector<Member> members_;
  CollectiveBudget& budget_;
  std::size_t reply_bytes_max_;
  std::uint64_t held_ = 0;  ///< of the budget
  std::uint64_t round_ = 0;
  std::uint32_t waiting_ = 0;
  bool used_ = false;
  std::string failure_;
};

}  // namespace spread
