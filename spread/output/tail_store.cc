#include "spread/output/tail_store.h"

#include <algorithm>
#include <utility>

namespace spread {

TailStore::Tail& TailStore::tail(WorkerId worker) {
  if (number(worker) >= tails_.size()) tails_.resize(number(worker) + 1);
  return tails_[number(worker)];
}

Status TailStore::append(WorkerId worker, std::string_view text) {
  Tail& tail = this->tail(worker);
  constexpr std::size_t kPieceBytes = 64 * 1024;
  if (in_memory_ + text.size() > memory_bytes_) {
    const Result<std::uint64_t> offset = spill_.append(as_bytes(text));
    if (!offset) return tl::unexpected(offset.error());
    tail.pieces.push_back({{}, *offset, text.size(), true});
    return {};
  }
  in_memory_ += text.size();
  if (tail.pieces.size() > tail.kept && !tail.pieces.back().spilled &&
      tail.next < tail.pieces.size() && tail.pieces.back().text.size() < kPieceBytes) {
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
  Tail& tail = this->tail(worker);
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

void TailStore::drop(WorkerId worker) {
  if (number(worker) >= tails_.size()) return;
  Tail& tail = this->tail(worker);
  const std::size_t first = std::max(tail.next, tail.kept);
  for (std::size_t i = first; i < tail.pieces.size(); ++i) {
    if (!tail.pieces[i].spilled) in_memory_ -= tail.pieces[i].size;
  }
  tail.pieces.resize(std::min(first, tail.pieces.size()));
}

void TailStore::keep(WorkerId worker) {
  Tail& whole = tail(worker);
  whole.kept = whole.pieces.size();
}

}  // namespace spread
