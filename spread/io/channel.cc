#include "spread/io/channel.h"

#include <sys/socket.h>

#include <utility>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {

DescriptorChannel::DescriptorChannel(EventLoop& loop, UniqueFd input, UniqueFd output)
    : loop_(loop), writer_(loop), output_(std::move(output)), over_(loop, [this] { tell_end(); }) {
  writer_.open(std::move(input), *this);
  loop_.add(output_.get(), true, false, this);
}

DescriptorChannel::~DescriptorChannel() { close_output(); }

void DescriptorChannel::flush() {
  if (writer_.fd() < 0) return writer_.close();  // what nothing reads
  react(writer_.flush());
}

void DescriptorChannel::close_input() {
  writer_.close_when_written();
  flush();
}

void DescriptorChannel::react(QueuedWriter::State state) {
  const bool lost = state == QueuedWriter::State::Lost;
  if (writer_.fd() < 0) half_close();
  if (lost) sink_->on_input_lost();
}

/// Of a socket, a copy of which is still read: closing is not enough.
void DescriptorChannel::half_close() {
  if (output_) {
    sys::shutdown(output_.get(), SHUT_WR);
  } else {
    over_.set(loop_.now());
  }
}

void DescriptorChannel::close_output() {
  if (!output_) return;
  loop_.remove(output_.get());
  output_.reset();
}

void DescriptorChannel::reconsider() {
  if (!output_) return;
  const bool wanted = sink_->wants_output(false);
  if (std::exchange(watched_, wanted) == wanted) return;
  wanted ? loop_.change(output_.get(), true, false) : loop_.pause(output_.get());
  sink_->on_unread(!wanted);
}

void DescriptorChannel::on_ready(int fd, bool, bool) {
  if (fd == writer_.fd()) return react(writer_.on_ready());
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (!sink_->wants_output(false)) return reconsider();
    if (!read_once()) return;
  }
}

/// False when there is nothing more to be had now.
bool DescriptorChannel::read_once() {
  if (!output_) return false;
  const std::span<Byte> room = sink_->room();
  const IoResult result = read_some(output_.get(), room.data(), room.size());
  if (result.state == IoState::WouldBlock) return false;
  if (result.state == IoState::Done) {
    sink_->on_output(result.size);
    return result.size == room.size();
  }
  close_output();
  if (writer_.fd() < 0) over_.set(loop_.now());
  sink_->on_output_end();
  return false;
}

void DescriptorChannel::terminate() {
  writer_.close();
  close_output();
  if (!ended_) over_.set(loop_.now());
}

void DescriptorChannel::tell_end() {
  if (std::exchange(ended_, true)) return;
  if (!std::exchange(watched_, true)) sink_->on_unread(false);
  sink_->on_ended({});
}

}  // namespace spread
