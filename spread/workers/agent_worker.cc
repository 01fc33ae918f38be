#include "spread/workers/agent_worker.h"

#include <charconv>
#include <utility>

namespace spread {

AgentWorker::AgentWorker(std::unique_ptr<Channel> channel, std::string mark_prefix, EventLoop& loop,
                         ReadBuffer& shared, AgentSink& sink, Duration kill_grace)
    : SharedSink(shared),
      channel_(std::move(channel)),
      loop_(loop),
      sink_(sink),
      kill_grace_(kill_grace),
      out_{MarkScanner(mark_prefix)},
      err_{MarkScanner(mark_prefix)},
      overdue_(loop, [this] { terminate(); }) {
  channel_->set_sink(*this);
  channel_->flush();
}

void AgentWorker::send(std::string_view request) {
  busy_ = true;
  out_.marked = err_.marked = false;
  channel_->input().tail().append(request);
  channel_->flush();
}

void AgentWorker::feed(std::string_view text) {
  fed_ = true;
  channel_->input().tail().append(text);
  channel_->flush();
}

void AgentWorker::feed(Slice bytes) {
  fed_ = true;
  channel_->input().append(std::move(bytes));
  channel_->flush();
}

void AgentWorker::on_input_written() {
  if (std::exchange(fed_, false)) sink_.on_agent_input_written();
}

void AgentWorker::close_input() {
  if (std::exchange(closing_, true)) return;
  channel_->close_input();
  // The far side may hang while it logs out.
  overdue_.set(after(loop_.now(), kill_grace_));
}

bool AgentWorker::wants_output(bool errors) const {
  return !busy_ || sink_.wants_agent_output(errors);
}

void AgentWorker::on_bytes(bool errors, Slice bytes) {
  Stream& stream = errors ? err_ : out_;
  stream.scanner.feed(
      bytes.view(), [&](ByteView part) { pass_on(errors, part, &bytes); },
      [&](std::string_view text) { on_mark(stream, errors, text); });
}

void AgentWorker::pass_on(bool errors, ByteView bytes, const Slice* from) {
  if (!ready_ || !busy_) {
    if (errors) last_words_.add(as_text(bytes));
    return sink_.on_agent_stray(as_text(bytes));
  }
  const bool shared = from != nullptr && bytes.data() >= from->view().data() &&
                      bytes.data() < from->view().data() + from->size();
  sink_.on_agent_output(errors, shared ? Slice(from->block(), bytes) : Slice::copy_of(bytes));
}

void AgentWorker::on_mark(Stream& stream, bool errors, std::string_view text) {
  if (text == "ready") {
    if (errors) return;  // stdout's comes second
    ready_ = true;
    return sink_.on_agent_ready();
  }
  if (!busy_) return;
  stream.marked = true;
  std::from_chars(text.data(), text.data() + text.size(), job_status_);
  if (!out_.marked || !err_.marked) return;
  busy_ = false;
  sink_.on_agent_job_ended(job_status_);
}

void AgentWorker::on_ended(const ChannelEnd& end) {
  // What was held back was no mark.
  out_.scanner.finish([&](ByteView bytes) { pass_on(false, bytes, nullptr); });
  err_.scanner.finish([&](ByteView bytes) { pass_on(true, bytes, nullptr); });
  ended_ = true;
  overdue_.set(kForever);
  sink_.on_agent_ended(end.status_or_killed(), busy_, last_words_.line());
}

}  // namespace spread
