#include "spread/output/output_writer.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "spread/base/posix.h"

namespace spread {
namespace {

Byte byte_at(std::span<const ByteView> pieces, std::size_t at) {
  while (at >= pieces.front().size()) {
    at -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
  return pieces.front()[at];
}

}  // namespace

OutputWriter::OutputWriter(EventLoop& loop, OutputDescriptor output)
    : loop_(loop), output_(std::move(output)), can_bypass_(output_.can_splice) {
  // Without interest in anything: a reader that goes away is told all the same.
  if (output_.can_wait) loop_.add(output_.fd.get(), false, false, this);
}

OutputWriter::~OutputWriter() {
  if (output_.can_wait && output_.fd) loop_.remove(output_.fd.get());
}

void OutputWriter::drop() {
  queue_.consume(queue_.size());
  deadline_ = kForever;
}

/// `error` is empty where the reader is gone.
void OutputWriter::close(std::string error) {
  closed_ = true;
  error_ = std::move(error);
  wait_for_room(false);
  drop();
}

void OutputWriter::wait_for_room(bool wanted) {
  if (waiting_ == wanted) return;
  waiting_ = wanted;
  if (output_.can_wait && output_.fd) loop_.change(output_.fd.get(), false, wanted);
}

void OutputWriter::flush_if_due() {
  if (closed_) return drop();
  if (queue_.empty() || waiting_) return;
  if (queue_.size() >= kBatch || loop_.now() >= after(last_flush_, kLinger)) return flush();
  deadline_ = after(last_flush_, kLinger);
}

void OutputWriter::flush() {
  if (closed_) return drop();
  last_flush_ = loop_.now();
  deadline_ = kForever;
  if (gate_ != nullptr && !queue_.empty()) {
    if (const Status open = gate_->before_write(); !open) return close(open.error().message);
  }
  while (!queue_.empty()) {
    std::array<ByteView, 32> pieces;
    std::size_t count = queue_.gather(pieces);
    if (pieces[0].size() >= output_.chunk_max) {
      pieces[0] = pieces[0].first(output_.chunk_max);
      count = 1;
    } else if (output_.chunk_max != SIZE_MAX) {
      count = 1;
    }
    const std::span<const ByteView> next(pieces.data(), count);
    const IoResult result =
        continued_ ? continued_->write(next) : write_some(output_.fd.get(), next);
    if (result.state == IoState::WouldBlock) return wait_for_room(true);
    if (result.state != IoState::Done) {
      return close(result.state == IoState::Failed ? errno_text(result.error) : std::string());
    }
    if (result.size > 0) in_line_ = byte_at(pieces, result.size - 1) != '\n';
    written_ += result.size;
    queue_.consume(result.size);
    // Such a descriptor blocks if spread writes before it says that it is ready again.
    if (output_.can_wait && output_.chunk_max != SIZE_MAX && !queue_.empty()) {
      return wait_for_room(true);
    }
  }
  wait_for_room(false);
}

void OutputWriter::finish(bool complete) {
  if (!output_.regular || !output_.fd) return;
  flush();
  if (closed_) return;
  if (complete && continued_) {
    if (const Status cut = continued_->cut(); !cut) return close(cut.error().message);
  }
  if (gate_ != nullptr) {
    if (const Status done = gate_->before_close(); !done) return close(done.error().message);
  }
  if (const int error = output_.fd.close(); error != 0) close(errno_text(error));
}

Status OutputWriter::sync() {
  if (!output_.regular || !output_.fd || sync_file(output_.fd.get())) return {};
  return tl::unexpected(errno_error("sync the output"));
}

void OutputWriter::on_ready(int fd, bool readable, bool writable) {
  if (waiting_ && writable) return flush();
  if (!readable) return;
  // An error or hang-up while nothing was to be written: the reader is gone.
  closed_ = true;
  loop_.remove(fd);
  output_.can_wait = false;
  drop();
}

}  // namespace spread
