#include "spread/relay/relay_worker.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"

namespace spread {

using wire::RelayFrame;
using wire::RelayKind;

static_assert(ReadBuffer::kBytes <= wire::kRelayPieceMax, "what is read at once is one frame");

RelayWorker::RelayWorker(std::uint32_t k, EventLoop& loop, ReadBuffer& shared, FramesOut& out,
                         ChildOptions options)
    : SharedSink(shared), k_(k), out_(out), child_(loop, shared, std::move(options)) {
  child_.set_sink(*this);
}

void RelayWorker::say(RelayKind kind) {
  RelayFrame frame;
  frame.kind = kind;
  frame.k = k_;
  out_.say(frame);
}

// ---------------------------------------------------------------- what the master asks for

void RelayWorker::start(Spawner& spawner, const SpawnOptions& options, std::string_view host,
                        std::string_view first, std::span<const Slice> prep) {
  SPREAD_ASSERT(!up());
  reads_output_ = reads_errors_ = true;
  in_front_ = given_ = told_ = 0;
  RelayFrame frame;
  frame.k = k_;
  if (const Status started = child_.start(spawner, options); !started) {
    takes_ = false;
    frame.kind = RelayKind::Down;
    frame.text = started.error().message;
    return out_.say(frame);
  }
  takes_ = true;
  frame.kind = RelayKind::Up;
  frame.number = static_cast<std::uint64_t>(child_.pid());
  frame.text = host;
  out_.say(frame);
  child_.input().tail().append(first);
  for (const Slice& piece : prep) child_.input().append(piece);
  in_front_ = child_.waiting();
  child_.flush();
}

Status RelayWorker::take(ByteView bytes) {
  if (!up() || !takes_) return {};
  given_ += bytes.size();
  if (given_ - told_ > wire::kRelayUnderwayMax) {
    return fail(fmt::format("worker {} has not taken {} bytes, and at most {} may be under way", k_,
                            given_ - told_, wire::kRelayUnderwayMax));
  }
  child_.input().tail().append(bytes);
  unflushed_ = true;
  return {};
}

void RelayWorker::close_input() {
  takes_ = false;
  if (!up()) return;
  child_.close_input();
}

void RelayWorker::read(bool output, bool errors) {
  reads_output_ = output;
  reads_errors_ = errors;
  child_.reconsider();
}

void RelayWorker::flush() {
  if (std::exchange(unflushed_, false) && up()) child_.flush();
  if (given_ == told_ || !takes_) return;
  const std::uint64_t written = in_front_ + given_ - child_.waiting();
  const std::uint64_t taken = written - std::min(written, in_front_);
  if (taken < told_ + kTookBytes) return;
  RelayFrame frame;
  frame.kind = RelayKind::Took;
  frame.k = k_;
  frame.number = taken - told_;
  told_ = taken;
  out_.say(frame);
}

// ---------------------------------------------------------------- what it does

bool RelayWorker::wants_output(bool errors) const {
  return out_.has_room() && (errors ? reads_errors_ : reads_output_);
}

void RelayWorker::on_bytes(bool errors, Slice bytes) {
  out_.pass(errors ? RelayKind::Err : RelayKind::Out, k_, std::move(bytes));
}

void RelayWorker::on_input_lost() {
  if (std::exchange(takes_, false)) say(RelayKind::Deaf);
}

void RelayWorker::on_ended(const ChannelEnd& end) {
  const ExitStatus status = end.status_or_killed();
  RelayFrame frame;
  frame.kind = RelayKind::Down;
  frame.k = k_;
  if (status.signal != 0) {
    frame.signal = static_cast<std::uint8_t>(status.signal);
  } else {
    frame.exit_status = static_cast<std::uint8_t>(status.code);
  }
  takes_ = false;
  out_.say(frame);
}

}  // namespace spread
