#include "spread/results/job_output_held.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <span>

#include "spread/base/assert.h"

namespace spread {

void HeldBytes::append(ByteView bytes, bool count_lines) {
  if (count_lines) {
    const std::size_t newline = as_text(bytes).rfind('\n');
    if (newline != std::string_view::npos) whole_lines_ = size() + newline + 1;
  }
  buffer_.append(bytes);
}

Status HeldBytes::spill(SpillFile& file) {
  if (buffer_.empty()) return {};
  const Result<std::uint64_t> at = file.append(buffer_.view());
  if (!at) return tl::unexpected(at.error());
  const std::uint64_t size = buffer_.size();
  if (first_ != extents_.size() && extents_.back().offset + extents_.back().size == *at) {
    extents_.back().size += size;
  } else {
    extents_.push_back(Extent{*at, size});
  }
  in_file_ += size;
  buffer_.clear();
  buffer_.shrink();
  return {};
}

Result<Slice> HeldBytes::take(std::size_t max, SpillFile* file) {
  SPREAD_ASSERT(max != 0 && !empty());
  Slice piece;
  if (in_file_ == 0) {
    const std::size_t size = std::min(max, buffer_.size());
    piece = Slice::copy_of(buffer_.view().first(size));
    buffer_.consume(size);
    buffer_.shrink();
  } else {
    Extent& extent = extents_[first_];
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(max, extent.size));
    Block* block = Block::create(size);
    piece = Slice(block, {block->data(), size});
    block->release();
    SPREAD_TRY(file->read(extent.offset, {block->data(), size}));
    extent.offset += size;
    extent.size -= size;
    in_file_ -= size;
    if (extent.size == 0) ++first_;
    if (first_ == extents_.size()) {
      extents_ = {};
      first_ = 0;
    }
  }
  whole_lines_ -= std::min<std::uint64_t>(whole_lines_, piece.size());
  return piece;
}

std::uint64_t HeldBytes::lowest_offset() const {
  return first_ == extents_.size() ? kNone : extents_[first_].offset;
}

void LinePrefixer::append(ByteView bytes, std::string_view prefix, ByteBuffer& out) {
  std::string_view text = as_text(bytes);
  while (!text.empty()) {
    const bool ends_crlf = state_ == kAfterReturn && text.front() == '\n';
    if (state_ != kInLine && !ends_crlf) out.append(prefix);
    // Two searches for one byte each are several times as fast as find_first_of().
    std::size_t end = text.find('\n');
    end = std::min(end, text.substr(0, end).find('\r'));
    if (end == std::string_view::npos) {
      out.append(text);
      state_ = kInLine;
      return;
    }
    out.append(text.substr(0, end + 1));
    state_ = text[end] == '\n' ? kLineStart : kAfterReturn;
    text.remove_prefix(end + 1);
  }
}

namespace {

// What stands before a packed block: the sizes of its first two parts.
struct Head {
  std::uint64_t note;
  std::uint64_t out;
};

std::size_t chunk_bytes_for(std::size_t memory_bytes) {
  return std::clamp(memory_bytes / 64, std::size_t{4} * 1024, std::size_t{64} * 1024);
}

Slice pack(ByteView out, ByteView err, ByteView note) {
  const Head head{note.size(), out.size()};
  Block* block = Block::create(sizeof head + note.size() + out.size() + err.size());
  Byte* to = block->data();
  std::memcpy(to, &head, sizeof head);
  to += sizeof head;
  for (const ByteView part : {note, out, err}) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  Slice slice(block, {block->data(), block->capacity()});
  block->release();
  return slice;
}

FinishedJobs::Left unpack(const Slice& packed) {
  Head head;
  ByteView rest = packed.view();
  std::memcpy(&head, rest.data(), sizeof head);
  const auto part = [&](std::size_t begin, std::size_t size) {
    return Slice(packed.block(), packed.view().subspan(begin, size));
  };
  const auto note = static_cast<std::size_t>(head.note), out = static_cast<std::size_t>(head.out);
  const std::size_t before_err = sizeof head + note + out;
  return {part(sizeof head + note, out), part(before_err, packed.size() - before_err),
          part(sizeof head, note)};
}

}  // namespace

FinishedJobs::FinishedJobs(std::size_t memory_bytes, SpillFile* spill)
    : values_(chunk_bytes_for(memory_bytes)) {
  if (spill == nullptr) return;
  runs_ = std::make_unique<SpillRuns>(*spill, chunk_bytes_for(memory_bytes), memory_bytes / 8);
}

void FinishedJobs::mark(std::uint64_t id) {
  const auto at = static_cast<std::size_t>(id / 64 - marks_begin_);
  if (at >= marks_.size()) marks_.resize(at + 1);
  marks_[at] |= std::uint64_t{1} << (id % 64);
}

bool FinishedJobs::contains(std::uint64_t id) const {
  const auto at = static_cast<std::size_t>(id / 64 - marks_begin_);
  return at < marks_.size() && (marks_[at] >> (id % 64) & 1) != 0;
}

void FinishedJobs::forget_before(std::uint64_t id) {
  while (marks_begin_ < id / 64 && !marks_.empty()) {
    marks_.pop_front();
    ++marks_begin_;
  }
  marks_begin_ = std::max(marks_begin_, id / 64);
}

void FinishedJobs::put(std::uint64_t id, ByteView out, ByteView err, ByteView note) {
  Slice packed = pack(out, err, note);
  values_.keep(packed, WaitingValues::kNear);
  blocks_.emplace_hint(blocks_.end(), id, std::move(packed));
}

std::uint64_t FinishedJobs::first() const {
  const std::uint64_t in_memory = blocks_.empty() ? kNone : blocks_.begin()->first;
  return runs_ == nullptr ? in_memory : std::min(in_memory, runs_->first());
}

Result<FinishedJobs::Left> FinishedJobs::take() {
  if (!blocks_.empty() && blocks_.begin()->first == first()) {
    const Slice packed = std::move(blocks_.begin()->second);
    blocks_.erase(blocks_.begin());
    values_.let_go(packed);
    return unpack(packed);
  }
  TaskResult result;
  SPREAD_TRY(runs_->take(result));
  return unpack(result.value.body);
}

bool FinishedJobs::spill(std::size_t bytes) {
  if (blocks_.empty()) return true;
  // Blocks share memory with their neighbours, which is given back when all of them have gone.
  values_.start_afresh();
  auto from = blocks_.end();
  for (std::size_t gain = 0; from != blocks_.begin() && gain < bytes;) {
    --from;
    gain += from->second.size() + kEntryBytes;
  }
  return write(from);
}

// In ascending pieces, which the file joins to one run, so that the list for SpillRuns is short.
bool FinishedJobs::write(std::map<std::uint64_t, Slice>::iterator from) {
  std::array<TaskResult, 256> results;
  std::array<TaskResult*, 256> pointers;
  while (from != blocks_.end()) {
    std::size_t count = 0;
    for (auto at = from; at != blocks_.end() && count < results.size(); ++at, ++count) {
      results[count].id = TaskId{at->first};
      results[count].value.body = at->second;
      pointers[count] = &results[count];
    }
    const std::size_t written = runs_->write(std::span<TaskResult* const>(pointers.data(), count));
    for (std::size_t i = 0; i < written; ++i) {
      values_.let_go(from->second);
      from = blocks_.erase(from);
    }
    if (written == count) continue;
    error_ = runs_->take_error();
    return false;
  }
  return true;
}

std::size_t FinishedJobs::memory_in_use() const {
  return marks_.size() * sizeof(std::uint64_t) + values_.memory_in_use() +
         blocks_.size() * kEntryBytes + (runs_ == nullptr ? 0 : runs_->memory_in_use());
}

}  // namespace spread
