#include "spread/output/tails_out.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "spread/base/posix.h"
#include "spread/io/files.h"
#include "spread/io/private_folder.h"
#include "spread/io/system.h"

namespace spread {

TailsOut::TailsOut(const TailOptions& options, const SpillOptions& spill, OutputWriter& out,
                   Reporter& reporter, bool as_they_come)
    : to_(options.to),
      directory_(options.directory),
      as_they_come_(as_they_come),
      out_(out),
      reporter_(reporter),
      spill_(spill.place(), spill.max_bytes),
      store_(spill.memory, spill_) {}

Status TailsOut::open() {
  if (to_ != TailsTo::Directory) return {};
  const Status made = make_directories(directory_);
  return made ? made : fail("--tails " + directory_ + ": " + made.error().message);
}

Status TailsOut::append(WorkerId worker, std::string_view text, bool former) {
  if (to_ == TailsTo::None) return {};
  if (!former && formers_.count(worker) > 0) return store_.append_behind(worker, text);
  return store_.append(worker, text);
}

void TailsOut::handed_over(WorkerId worker) { formers_.insert(worker); }

void TailsOut::started(WorkerId worker) {
  if (formers_.count(worker) > 0) behind_.insert(worker);
  if (number(worker) >= complete_.size() || !complete_[number(worker)]) return;
  complete_[number(worker)] = false;  // it is due again when that one has ended
  --complete_count_;
}

void TailsOut::former_ended(WorkerId worker, bool has_tail) {
  formers_.erase(worker);
  has_tail ? store_.keep(worker) : store_.drop(worker);
  store_.join(worker);
  if (behind_.erase(worker) == 0) set_complete(worker);
}

void TailsOut::ended(WorkerId worker, bool has_tail, bool former) {
  if (former) return former_ended(worker, has_tail);
  if (formers_.count(worker) > 0) {
    behind_.erase(worker);
    return has_tail ? store_.keep_behind(worker) : store_.drop_behind(worker);
  }
  if (!has_tail) return store_.drop(worker);
  store_.keep(worker);
  set_complete(worker);
}

void TailsOut::set_complete(WorkerId worker) {
  if (number(worker) >= complete_.size()) complete_.resize(number(worker) + 1);
  if (complete_[number(worker)]) return;
  complete_[number(worker)] = true;
  ++complete_count_;
  if (as_they_come_) due_.push_back(worker);
}

Status TailsOut::write_file(WorkerId worker, std::string_view text) {
  if (number(worker) >= file_begun_.size()) file_begun_.resize(number(worker) + 1);
  const bool append = file_begun_[number(worker)];
  file_begun_[number(worker)] = true;
  const std::string slash = directory_.ends_with('/') ? "" : "/";
  const std::string name = directory_ + slash + std::to_string(number(worker));
  auto fd = open_for_writing(name, append);
  if (!fd) return fail("--tails: " + fd.error().message);
  Status written = write_whole(fd->get(), as_bytes(text));
  const int error = fd->close();
  if (written && error != 0) written = fail(errno_text(error));
  return written ? written : fail("--tails: cannot write " + name + ": " + written.error().message);
}

Result<bool> TailsOut::pass_on(WorkerId worker) {
  switch (to_) {
    case TailsTo::Stdout: return store_.take(worker, out_.queue().tail());
    case TailsTo::Stderr: return store_.take(worker, reporter_.errors());
    case TailsTo::None: return false;
    case TailsTo::Directory: break;
  }
  ByteBuffer text;
  const Result<bool> more = store_.take(worker, text);
  if (more && *more) SPREAD_TRY(write_file(worker, as_text(text.view())));
  return more;
}

Status TailsOut::advance(bool results_done, bool live, const std::vector<WorkerId>& order) {
  if (!results_done || to_ == TailsTo::None) return {};
  if (as_they_come_) return advance_as_they_come(order);
  while (next_ < order.size() && !full()) {
    const WorkerId worker = order[next_];
    const bool complete = number(worker) < complete_.size() && complete_[number(worker)];
    if (!complete && !live) return {};
    const Result<bool> more = pass_on(worker);
    if (!more) return tl::unexpected(more.error());
    if (*more) continue;
    if (!complete) return {};
    ++next_;
  }
  return {};
}

/// --unordered: each whole tail as soon as it is complete.
Status TailsOut::advance_as_they_come(const std::vector<WorkerId>& order) {
  while (!due_.empty()) {
    Result<bool> more = complete_[number(due_.front())];
    while (more && *more && !full()) more = pass_on(due_.front());
    if (!more) return tl::unexpected(more.error());
    if (*more) return {};
    due_.pop_front();
  }
  if (complete_count_ >= order.size()) next_ = order.size();
  return {};
}

Status TailsOut::finish(const std::vector<WorkerId>& order) {
  for (const WorkerId worker : order) set_complete(worker);
  return advance(true, false, order);
}

TailStore::Tail& TailStore::tail(std::vector<Tail>& tails, WorkerId worker) {
  if (number(worker) >= tails.size()) tails.resize(number(worker) + 1);
  return tails[number(worker)];
}

Status TailStore::append(WorkerId worker, std::string_view text) {
  return append(tail(tails_, worker), text);
}
Status TailStore::append_behind(WorkerId worker, std::string_view text) {
  return append(tail(behind_, worker), text);
}

Status TailStore::append(Tail& tail, std::string_view text) {
  // However small the parts in which it is written: a piece costs more than a few bytes.
  const auto grows = [&](bool spilled) {
    return tail.pieces.size() > tail.kept && tail.next < tail.pieces.size() &&
           tail.pieces.back().spilled == spilled && tail.pieces.back().size < kPieceBytes;
  };
  if (in_memory_ + text.size() > memory_bytes_) {
    const Result<std::uint64_t> offset = spill_.append(as_bytes(text));
    if (!offset) return tl::unexpected(offset.error());
    if (grows(true) && tail.pieces.back().offset + tail.pieces.back().size == *offset) {
      tail.pieces.back().size += text.size();
    } else {
      tail.pieces.push_back({{}, *offset, text.size(), true});
    }
    return {};
  }
  in_memory_ += text.size();
  if (grows(false)) {
    tail.pieces.back().text += text;
    tail.pieces.back().size += text.size();
  } else {
    tail.pieces.push_back({std::string(text), 0, text.size(), false});
  }
  return {};
}

bool TailStore::empty(WorkerId worker) const {
  return number(worker) >= tails_.size() ||
         tails_[number(worker)].next == tails_[number(worker)].pieces.size();
}

Result<bool> TailStore::take(WorkerId worker, ByteBuffer& into) {
  if (empty(worker)) return false;
  Tail& tail = this->tail(tails_, worker);
  Piece piece = std::move(tail.pieces[tail.next++]);
  if (piece.spilled) {
    Byte* place = into.prepare(piece.size);
    SPREAD_TRY(spill_.read(piece.offset, {place, piece.size}));
    into.commit(piece.size);
  } else {
    in_memory_ -= piece.size;
    into.append(piece.text);
  }
  if (tail.next == tail.pieces.size()) {
    tail.pieces.clear();
    tail.next = tail.kept = 0;
  }
  return true;
}

void TailStore::drop(WorkerId worker) { drop(tail(tails_, worker)); }
void TailStore::drop_behind(WorkerId worker) { drop(tail(behind_, worker)); }

void TailStore::drop(Tail& tail) {
  const std::size_t first = std::max(tail.next, tail.kept);
  for (std::size_t i = first; i < tail.pieces.size(); ++i) {
    if (!tail.pieces[i].spilled) in_memory_ -= tail.pieces[i].size;
  }
  tail.pieces.resize(std::min(first, tail.pieces.size()));
}

void TailStore::keep(WorkerId worker) {
  Tail& whole = tail(tails_, worker);
  whole.kept = whole.pieces.size();
}
void TailStore::keep_behind(WorkerId worker) {
  Tail& whole = tail(behind_, worker);
  whole.kept = whole.pieces.size();
}

void TailStore::join(WorkerId worker) {
  Tail& front = tail(tails_, worker);
  Tail back = std::exchange(tail(behind_, worker), {});
  if (back.pieces.empty()) return;
  front.kept = front.pieces.size() + back.kept;
  std::move(back.pieces.begin(), back.pieces.end(), std::back_inserter(front.pieces));
}

}  // namespace spread
