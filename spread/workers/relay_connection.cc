#include "spread/workers/relay_connection.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/wire/codec.h"

namespace spread {
namespace {

using wire::RelayFrame;
using wire::RelayKind;

// As for a worker that is silent: at most one part too late.
constexpr int kRingsToLost = 8;
// Between the end of its output and its own.
constexpr Duration kMoment = std::chrono::seconds(1);
// A frame in front of the hello is at most so long; a relay has no reason for more.
constexpr std::size_t kHelloBytesMax = 64 * 1024;

RelayFrame frame_of(RelayKind kind, std::uint32_t k) {
  RelayFrame frame;
  frame.kind = kind;
  frame.k = k;
  return frame;
}

}  // namespace

// ---------------------------------------------------------------- one worker

RelayedChannel::~RelayedChannel() {
  if (connection_ != nullptr) connection_->leave(*this);
}

void RelayedChannel::tell(Kind kind) {
  if (connection_ != nullptr && started_ && !exited_) connection_->send(frame_of(kind, k_));
}

/// As much as the relay may have under way; the rest waits here, as it would in front of a pipe.
void RelayedChannel::flush() {
  if (deaf_ || exited_) return drop_input();
  if (connection_ == nullptr || !started_) return;
  while (!queue_.empty() && underway_ < wire::kRelayUnderwayMax) {
    std::array<ByteView, 16> pieces;
    std::size_t sent = 0;
    const std::size_t count = queue_.gather(pieces);
    for (std::size_t i = 0; i < count && underway_ < wire::kRelayUnderwayMax; ++i) {
      ByteView rest = pieces[i];
      while (!rest.empty() && underway_ < wire::kRelayUnderwayMax) {
        const std::size_t size =
            std::min({rest.size(), wire::kRelayPieceMax, wire::kRelayUnderwayMax - underway_});
        connection_->send_input(k_, rest.first(size));
        rest = rest.subspan(size);
        underway_ += size;
        sent += size;
      }
    }
    queue_.consume(sent);
  }
  if (closing_ && queue_.empty() && !std::exchange(closed_, true)) tell(Kind::Close);
}

void RelayedChannel::drop_input() { queue_.consume(queue_.size()); }

void RelayedChannel::close_input() {
  closing_ = true;
  flush();
}

void RelayedChannel::has_started() {
  started_ = true;
  if (stopped_) tell(Kind::Stop);
  if (killed_) {
    tell(Kind::Kill);
  } else if (terminated_) {
    tell(Kind::Term);
  }
  reconsider();
  flush();
}

void RelayedChannel::reconsider() {
  give_held();
  if (connection_ == nullptr || !started_ || exited_) return;
  const bool out = sink_->wants_output(false), err = sink_->wants_output(true);
  if (out == reads_out_ && err == reads_err_) return;
  reads_out_ = out;
  reads_err_ = err;
  RelayFrame frame = frame_of(Kind::Read, k_);
  frame.reads_out = out;
  frame.reads_err = err;
  connection_->send(frame);
  sink_->on_unread(!out || !err);
}

void RelayedChannel::terminate() {
  if (!std::exchange(terminated_, true)) tell(Kind::Term);
  give_held();
}

void RelayedChannel::kill() {
  if (!std::exchange(killed_, true)) tell(Kind::Kill);
  give_held();
}

void RelayedChannel::suspend(bool stop) {
  if (std::exchange(stopped_, stop) != stop) tell(stop ? Kind::Stop : Kind::Cont);
}

// ---------------------------------------------------------------- what comes of it

bool RelayedChannel::wants(Kind kind) const {
  if (kind == Kind::Out || kind == Kind::End) return sink_->wants_output(false);
  return kind != Kind::Err || sink_->wants_output(true);
}

void RelayedChannel::take(const RelayFrame& frame) {
  switch (frame.kind) {
    case Kind::Took: underway_ -= std::min<std::size_t>(underway_, frame.number); return flush();
    case Kind::Deaf:
      deaf_ = true;
      drop_input();
      return sink_->on_input_lost();
    case Kind::Down: exited_ = true; break;
    default: break;
  }
  if (!held_.empty() || !wants(frame.kind)) return hold(frame);
  give(frame.kind, frame.bytes, frame.kind == Kind::Down ? end_of(frame) : ChannelEnd());
}

ChannelEnd RelayedChannel::end_of(const RelayFrame& frame) const {
  constexpr int kKill = 9;
  ChannelEnd end;
  if (frame.text.empty()) {
    end.status = ExitStatus{frame.exit_status, frame.signal};
  } else {
    end.not_started = Error{std::string(frame.text)};
  }
  // Some time after TERM the relay sends it, too.
  end.killed = killed_ || (terminated_ && frame.signal == kKill);
  return end;
}

void RelayedChannel::hold(const RelayFrame& frame) {
  Held& held = held_.emplace_back();
  held.kind = frame.kind;
  held.bytes = Slice::copy_of(frame.bytes);
  if (frame.kind == Kind::Down) held.end = end_of(frame);
}

void RelayedChannel::give_held() {
  while (!held_.empty() && !ended_) {
    Held& front = held_.front();
    if (!wants(front.kind)) {
      // What is not wanted of one that was killed is not waited for.
      if (!killed_) return;
    } else {
      give(front.kind, front.bytes.view(), front.end);
    }
    held_.pop_front();
  }
}

void RelayedChannel::give(Kind kind, ByteView bytes, const ChannelEnd& end) {
  switch (kind) {
    case Kind::Out:
      while (!bytes.empty()) {
        const std::span<Byte> room = sink_->room();
        const std::size_t size = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), size);
        bytes = bytes.subspan(size);
        sink_->on_output(size);
      }
      return;
    case Kind::Err: return sink_->on_errors(Slice::copy_of(bytes));
    case Kind::End: return sink_->on_output_end();
    case Kind::Down: ended_ = true; return sink_->on_ended(end);
    default: return;
  }
}

// ---------------------------------------------------------------- the relay

RelayConnection::RelayConnection(std::unique_ptr<Channel> channel, EventLoop& loop,
                                 ReadBuffer& shared, RelayOwner& owner)
    : channel_(std::move(channel)),
      loop_(loop),
      owner_(owner),
      received_(shared),
      flush_(loop, [this] { flush(); }),
      silent_(loop, [this] { listen(); }),
      mute_(loop, [this] { broken("it closed its stdout and went on"); }) {
  channel_->set_sink(*this);
}

std::unique_ptr<RelayConnection> RelayConnection::adopt(std::unique_ptr<Channel> channel,
                                                        std::uint32_t workers, const Slice& rest,
                                                        EventLoop& loop, ReadBuffer& shared,
                                                        RelayOwner& owner) {
  std::unique_ptr<RelayConnection> relay(
      new RelayConnection(std::move(channel), loop, shared, owner));
  relay->workers_ = workers;
  relay->begin();
  if (rest.size() > 0) {
    const std::span<Byte> room = relay->room();
    SPREAD_ASSERT(rest.size() <= room.size());
    std::memcpy(room.data(), rest.view().data(), rest.size());
    relay->on_output(rest.size());
  }
  return relay;
}

std::unique_ptr<RelayConnection> RelayConnection::await(std::unique_ptr<Channel> channel, Wire wire,
                                                        EventLoop& loop, ReadBuffer& shared,
                                                        RelayOwner& owner) {
  std::unique_ptr<RelayConnection> relay(
      new RelayConnection(std::move(channel), loop, shared, owner));
  relay->codec_ = wire::make_codec(wire, kHelloBytesMax);
  relay->begin();
  return relay;
}

RelayConnection::~RelayConnection() {
  for (const Place& place : places_) {
    if (place.channel != nullptr) place.channel->connection_ = nullptr;
  }
}

void RelayConnection::begin() { send(frame_of(RelayKind::Begin, 0)); }

void RelayConnection::send(const RelayFrame& frame) {
  append_relay_frame(frame, channel_->input().tail());
  needs_flush();
}

void RelayConnection::needs_flush() {
  if (!std::exchange(flushes_, true)) flush_.set(loop_.now());
}

void RelayConnection::send_input(std::uint32_t k, ByteView bytes) {
  ByteBuffer& out = channel_->input().tail();
  append_relay_head(RelayKind::In, k, bytes.size(), out);
  out.append(bytes);
  needs_flush();
}

void RelayConnection::flush() {
  if (!std::exchange(flushes_, false)) return;
  flush_.set(kForever);
  channel_->flush();
}

std::unique_ptr<Channel> RelayConnection::open(std::uint32_t k,
                                               const wire::RelayEnvironment& environment) {
  if (k >= places_.size()) places_.resize(k + 1);
  Place& place = places_[k];
  SPREAD_ASSERT(place.channel == nullptr);
  auto channel = std::make_unique<RelayedChannel>(*this, k);
  place.channel = channel.get();
  place.environment = wire::relay_environment(environment);
  place.waits = true;
  if (!place.taken) start(place, k);
  return channel;
}

void RelayConnection::start(Place& place, std::uint32_t k) {
  RelayFrame frame = frame_of(RelayKind::Start, k);
  frame.bytes = place.environment.view();
  send(frame);
  place.environment = ByteBuffer();
  place.waits = false;
  place.taken = true;
  // Its sink is there with the next turn at the latest, and asks for a flush.
  place.channel->started_ = true;
}

void RelayConnection::leave(RelayedChannel& channel) {
  Place& place = places_[channel.k_];
  SPREAD_ASSERT(place.channel == &channel);
  if (channel.started_ && !channel.exited_ && !channel.killed_) channel.tell(RelayKind::Kill);
  place.channel = nullptr;
  place.waits = false;
}

void RelayConnection::close() {
  if (std::exchange(closing_, true)) return;
  channel_->close_input();
}

void RelayConnection::expect_beats(Duration lost_after) {
  lost_after_ = lost_after;
  silent_rings_ = 0;
  silent_.set(after(loop_.now(), lost_after / kRingsToLost));
}

void RelayConnection::listen() {
  if (said_bye_ || closing_) return;
  if (++silent_rings_ >= kRingsToLost) {
    return broken(fmt::format("lost: silent for {:.6g} s", to_seconds(lost_after_)));
  }
  silent_.set(after(loop_.now(), lost_after_ / kRingsToLost));
}

// ---------------------------------------------------------------- what it says

void RelayConnection::on_output(std::size_t size) {
  silent_rings_ = 0;
  take(received_.filled(size));
}

void RelayConnection::take(ByteView bytes) {
  std::size_t done = 0, wanted = 0;
  if (codec_ != nullptr) done = take_hello(bytes);
  while (codec_ == nullptr && problem_.empty()) {
    // As behind any frame of a worker: what buffers by line passes it on at once.
    while (done < bytes.size() && bytes[done] == '\n') ++done;
    RelayFrame frame;
    const wire::RelayFound found =
        find_relay_frame(bytes.subspan(done), wire::RelaySide::Relay, frame);
    if (found.what == wire::RelayFound::What::NeedMore) {
      wanted = found.size;
      break;
    }
    if (found.what == wire::RelayFound::What::Broken) {
      broken("it sent what no relay sends: " + found.error);
      break;
    }
    done += found.size;
    take_frame(frame);
  }
  if (!problem_.empty()) done = bytes.size();
  received_.keep(bytes.subspan(done), wanted);
}

/// Returns how many bytes are done with.
std::size_t RelayConnection::take_hello(ByteView bytes) {
  std::size_t done = 0;
  while (codec_ != nullptr && done < bytes.size()) {
    wire::Decoded decoded;
    codec_->decode(bytes.subspan(done), false, decoded);
    switch (decoded.found) {
      case wire::Found::NeedMore: return done;
      case wire::Found::Stray:
        owner_.on_relay_errors(*this, as_text(bytes.subspan(done, decoded.size)));
        break;
      case wire::Found::Skip: break;
      case wire::Found::Broken: broken(decoded.error); return bytes.size();
      case wire::Found::Message: {
        const bool hello = !decoded.message.has_id && decoded.message.kind == wire::UpKind::Hello;
        const auto parsed = hello ? wire::parse_hello(decoded.message.value)
                                  : Result<wire::Hello>(fail("it is not a hello"));
        if (!parsed || !parsed->workers) {
          broken("it is no relay any more");
          return bytes.size();
        }
        workers_ = parsed->workers;
        codec_.reset();
        break;
      }
    }
    done += decoded.size;
  }
  return done;
}

void RelayConnection::take_frame(const RelayFrame& frame) {
  switch (frame.kind) {
    case RelayKind::Beat: return;
    case RelayKind::Bye: said_bye_ = true; return;
    default: break;
  }
  if (frame.k >= places_.size() || !places_[frame.k].taken) {
    return broken(fmt::format("it speaks of worker {}, which was not started", frame.k));
  }
  Place& place = places_[frame.k];
  const bool of_former = place.channel == nullptr || place.waits;
  RelayedChannel* const channel = of_former ? nullptr : place.channel;
  if (frame.kind == RelayKind::Up) owner_.on_relay_worker(*this, frame.k, frame.text);
  if (frame.kind == RelayKind::Down) {
    // What it has left to tell it has with it; the next one may be opened while it does.
    place.taken = false;
    if (channel != nullptr) {
      channel->connection_ = nullptr;
      place.channel = nullptr;
    }
  }
  if (channel != nullptr) channel->take(frame);
  if (frame.kind == RelayKind::Down && place.waits) {
    start(place, frame.k);
    place.channel->has_started();
  }
}

void RelayConnection::broken(std::string why) {
  if (!problem_.empty()) return;
  problem_ = std::move(why);
  channel_->terminate();
}

void RelayConnection::on_output_end() {
  received_.room();
  take(received_.filled(0));
  // Most likely it is ending: how, is worth a moment.
  if (!channel_->exited()) mute_.set(after(loop_.now(), kMoment));
}

void RelayConnection::on_errors(Slice text) { owner_.on_relay_errors(*this, as_text(text.view())); }

void RelayConnection::on_ended(const ChannelEnd& end) {
  silent_.set(kForever);
  mute_.set(kForever);
  flush_.set(kForever);
  for (Place& place : places_) {
    if (place.channel != nullptr) place.channel->connection_ = nullptr;
    place.channel = nullptr;
  }
  const bool clean = closing_ && problem_.empty() && end.status_or_killed().clean();
  owner_.on_relay_ended(*this, end, clean, problem_);
}

}  // namespace spread
