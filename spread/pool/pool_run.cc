#include "spread/pool/pool_run.h"

#include <utility>

#include <fmt/format.h>

namespace spread {

PoolRun::PoolRun(RunId id, UniqueFd socket, UniqueFd copy, std::size_t max_frame, EventLoop& loop,
                 ReadBuffer& shared, PoolRunOwner& owner)
    : id_(id),
      socket_(socket.get()),
      owner_(owner),
      channel_(std::make_unique<DescriptorChannel>(loop, std::move(copy), std::move(socket))),
      received_(shared),
      reader_(Wire::Msgpack, max_frame),
      writer_(Wire::Msgpack, channel_->input()) {
  channel_->set_sink(*this);
}

PoolRun::~PoolRun() = default;

// ---------------------------------------------------------------- what it is told

void PoolRun::tell(const wire::PoolFacts& facts) {
  wire::append_pool_facts(facts, channel_->input().tail());
}

void PoolRun::let_in(std::uint32_t slots, std::uint32_t window) {
  window_ = window;
  state_ = State::Working;
  writer_.hello(slots, window, 0, false);
}

void PoolRun::close() {
  if (std::exchange(closing_, true)) return;
  channel_->close_input();
}

void PoolRun::answer(std::uint64_t id, wire::UpKind kind, const Value& value, std::string_view so,
                     std::string_view se) {
  writer_.answer(TaskId{id}, kind, value, so, se);
  forget(id);
}

void PoolRun::withdrawn(std::uint64_t id) {
  writer_.cancelled(TaskId{id});
  forget(id);
}

void PoolRun::forget(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  open_bytes_ -= found->second;
  open_.erase(found);
}

void PoolRun::flush() {
  if (ended_) return;
  end_when_done();
  channel_->flush();
  channel_->reconsider();
}

// ---------------------------------------------------------------- what it says

bool PoolRun::wants_output(bool) const {
  if (channel_->input().size() > kUnreadMax) return false;
  return open_bytes_ <= kUnansweredBytesMax;
}

void PoolRun::on_output(std::size_t size) {
  const ByteView bytes = received_.filled(size);
  const bool enough = !received_.gathers() || bytes.size() >= wanted_;
  const std::size_t done = enough ? take(bytes) : 0;
  received_.keep(bytes.subspan(done), wanted_);
}

/// How many bytes from the front are done with.
std::size_t PoolRun::take(ByteView bytes) {
  std::size_t done = 0;
  wanted_ = 0;
  while (done < bytes.size() && state_ != State::Left) {
    const wire::DownReader::Part part = reader_.next(bytes.subspan(done));
    switch (part.what) {
      case wire::DownReader::Part::What::NeedMore: wanted_ = part.size; return done;
      case wire::DownReader::Part::What::Skip: break;
      case wire::DownReader::Part::What::Broken: broken(part.error); return bytes.size();
      case wire::DownReader::Part::What::Value:
        if (!take_message(part.value)) return bytes.size();
    }
    done += part.size;
  }
  return state_ == State::Left ? bytes.size() : done;
}

/// False: nothing of what follows is to be looked at.
bool PoolRun::take_message(ByteView value) {
  if (state_ == State::Calling) {
    const auto call = wire::parse_pool_call(value);
    if (!call) return broken(call.error().message);
    state_ = State::Called;
    owner_.called(*this, *call);
    return state_ == State::Working;
  }
  if (state_ != State::Working) return false;
  wire::DownMessage message;
  std::string error;
  if (!wire::parse_down_message(value, message, error)) return broken(error);
  switch (message.kind) {
    case wire::DownKind::Task: return take_task(message);
    case wire::DownKind::Cancel:
      if (open_.contains(number(message.id))) owner_.cancelled(*this, number(message.id));
      return true;
    case wire::DownKind::Answer: {
      wire::Reply reply;
      reply.seq = message.seq;
      reply.value.push_back(Slice::copy_of(message.value));
      owner_.replied(std::move(reply));
      return true;
    }
    case wire::DownKind::Refused: {
      const wire::WorkerError why = wire::parse_error(message.value);
      wire::Reply reply;
      reply.seq = message.seq;
      reply.type = why.type.empty() ? "Refused" : why.type;
      reply.message = why.message;
      owner_.replied(std::move(reply));
      return true;
    }
    case wire::DownKind::Other: return true;
  }
  return true;
}

bool PoolRun::take_task(const wire::DownMessage& message) {
  const std::uint64_t id = number(message.id);
  if (open_.size() >= window_) {
    return broken(fmt::format("it has sent more than {} tasks ahead of their answers", window_));
  }
  if (!open_.emplace(id, message.value.size()).second) {
    return broken(fmt::format("it has sent id {} twice", id));
  }
  open_bytes_ += message.value.size();
  Record record;
  record.payload.body = received_.share(message.value);
  record.gang = message.size;
  record.run = id_;
  owner_.new_task(*this, id, std::move(record));
  return true;
}

bool PoolRun::broken(const std::string& why) {
  owner_.complain(*this, why);
  leave();
  return false;
}

// ---------------------------------------------------------------- its end

void PoolRun::on_output_end() {
  sent_all_ = true;
  if (state_ == State::Calling) return leave();
  // One that has been told, and has what it wanted, closes.
  if (state_ == State::Called) return;
  end_when_done();
}

/// Its tasks are answered, and none comes: as a worker ends.
void PoolRun::end_when_done() {
  if (!sent_all_ || !works() || !open_.empty() || closing_) return;
  writer_.bye();
  state_ = State::Left;
  owner_.left(*this);
  close();
}

/// What was to be written to it has no reader, or is not worth one.
void PoolRun::leave() {
  if (state_ == State::Left) return;
  state_ = State::Left;
  owner_.left(*this);
  open_.clear();
  open_bytes_ = 0;
  closing_ = true;
  channel_->terminate();
}

void PoolRun::on_ended(const ChannelEnd&) {
  ended_ = true;
  leave();
}

}  // namespace spread
