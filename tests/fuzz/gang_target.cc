#include <map>
#include <set>
#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/gang/collectives.h"
#include "spread/wire/json.h"
#include "spread/wire/value_writer.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr std::size_t kReplyMax = 2000;
constexpr std::uint64_t kBudget = 3000;

/// A gang, and the questions that have no reply.
class Gang {
 public:
  Gang(std::uint32_t size, CollectiveBudget& budget) : gang_(size, budget, kReplyMax) {}

  void ask(std::uint32_t rank, std::string_view op, ByteView values, std::uint64_t count) {
    wire::UpMessage question;
    question.kind = wire::UpKind::Ask;
    question.text = op;
    question.seq = ++seq_;
    question.arguments = count;
    open_[question.seq] = rank;
    Collectives::Replies replies;
    gang_.ask(rank, question, Slice::copy_of(values), replies);
    take(replies);
  }
  void answered(std::uint32_t rank) {
    Collectives::Replies replies;
    gang_.answered(rank, replies);
    take(replies);
  }
  void end() {
    Collectives::Replies replies;
    gang_.failed(0, "the end", replies);
    take(replies);
    SPREAD_ASSERT(open_.empty());
  }

 private:
  void take(const Collectives::Replies& replies) {
    for (const GangReply& reply : replies) {
      const auto question = open_.find(reply.seq);
      SPREAD_ASSERT(question != open_.end());
      SPREAD_ASSERT(question->second == reply.rank);
      open_.erase(question);
      SPREAD_ASSERT(reply.refused() == reply.value.empty());
      if (reply.refused()) continue;
      ByteBuffer whole;
      for (const Slice& piece : reply.value) whole.append(piece.view());
      const auto size = wire::msgpack_size(whole.view(), whole.size());
      SPREAD_ASSERT(size && *size == whole.size());
      SPREAD_ASSERT(whole.size() <= kReplyMax);
    }
    std::size_t waiting = 0;
    for (const auto& [seq, rank] : open_) waiting += gang_.waits(rank) ? 1u : 0u;
    SPREAD_ASSERT(waiting == gang_.waiting() && waiting == open_.size());
  }

  Collectives gang_;
  std::uint64_t seq_ = 0;
  std::map<std::uint64_t, std::uint32_t> open_;
};

/// The arguments of a question: an array at the front of `bytes`. False: there is none.
bool take_array(Input& input, ByteView& elements, std::uint64_t& count) {
  const auto size = wire::msgpack_size(input.rest(), input.rest().size());
  const bool whole = size && *size > 0;
  const wire::ArrayHead head = whole ? wire::array_head(input.rest()) : wire::ArrayHead();
  if (head.bytes == 0) return false;
  elements = input.take(*size).subspan(head.bytes);
  count = head.elements;
  return true;
}

}  // namespace

// The size of the gang; then who does what, and behind it, where it is a question, an array of
// msgpack.
void gang(ByteView bytes) {
  constexpr std::string_view kOps[] = {"collective", "collective", "put", "get"};
  Input input(bytes);
  CollectiveBudget budget(kBudget);
  {
    const std::uint32_t size = input.byte() % 4u + 1;
    Gang members(size, budget);
    std::set<std::uint32_t> gone;
    while (!input.empty()) {
      const Byte step = input.byte();
      const std::uint32_t rank = step % size;
      if ((step & 0x80) != 0) {
        if (gone.insert(rank).second) members.answered(rank);
        continue;
      }
      ByteView values;
      std::uint64_t count = 0;
      if (!take_array(input, values, count)) break;
      // All of a gang, one after the other, or one.
      const bool all = (step & 0x40) != 0;
      for (std::uint32_t i = 0; i < (all ? size : 1u); ++i) {
        members.ask((rank + i) % size, kOps[step >> 4 & 3], values, count);
      }
    }
    members.end();
    SPREAD_ASSERT(budget.held() == 0);
  }
  SPREAD_ASSERT(budget.held() == 0);
}

}  // namespace spread::fuzz
