#pragma once

#include <cstdint>

#include "spread/base/posix.h"
#include "spread/io/channel.h"
#include "spread/io/event_loop.h"
#include "spread/io/queued_writer.h"

namespace spread {

/// A Channel on two descriptors: two pipes, or a socket and a dup() of it. Both must be
/// non-blocking. There is no process: terminate() and kill() close both, and what the other side
/// has written and spread has not read by then is lost. It ends when its input is closed and its
/// output has been read to the end.
class DescriptorChannel final : public Channel, public ReadyHandler {
 public:
  /// `input` is written, `output` is read.
  DescriptorChannel(EventLoop& loop, UniqueFd input, UniqueFd output);
  ~DescriptorChannel() override;
  DescriptorChannel(const DescriptorChannel&) = delete;
  DescriptorChannel& operator=(const DescriptorChannel&) = delete;

  void set_sink(ChannelSink& sink) override { sink_ = &sink; }
  OutputQueue& input() override { return writer_.queue(); }
  void flush() override;
  void close_input() override;
  void expect_large() override {}
  void reconsider() override;
  void terminate() override;
  void kill() override { terminate(); }
  void suspend(bool) override {}
  int pid() const override { return 0; }
  bool exited() const override { return ended_; }

  void on_ready(int fd, bool readable, bool writable) override;

 private:
  void react(QueuedWriter::State state);
  bool read_once();
  void close_output();
  void half_close();
  void tell_end();

  EventLoop& loop_;
  ChannelSink* sink_ = nullptr;
  QueuedWriter writer_;
  UniqueFd output_;
  bool watched_ = true;
  bool ended_ = false;
  Timer over_;  ///< rings at once when both are closed, so that the end is not told from within a
                ///< call
};

}  // namespace spread
