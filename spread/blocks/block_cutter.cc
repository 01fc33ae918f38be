#include "spread/blocks/block_cutter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "spread/base/assert.h"
#include "spread/base/quote.h"
#include "spread/blocks/block_boundary.h"

namespace spread {
namespace {

// When records are counted, it is not known how many bytes are wanted: at least so many at a time.
constexpr std::size_t kStep = 4096;

// A match that is not decided is searched for again with every piece that comes while it is no
// longer than this, so that a slow stream's records go at once; beyond it, when it has doubled:
// each byte is looked at a few times, and not once with each piece.
constexpr std::size_t kSearchAtOnceBytes = 64 << 10;

}  // namespace

BlockCutter::BlockCutter(const BlockOptions& options, std::string name)
    : options_(options),
      boundary_(options),
      name_(std::move(name)),
      lookahead_(options.lines > 0 ? 0 : boundary_.after()),
      per_block_(options.records * std::max<std::size_t>(options.lines, 1)),
      header_left_(options.header_lines) {
  SPREAD_ASSERT(check_block_options(options, false));
  if (!has_patterns(options)) return;
  pattern_ = std::move(*RecordPattern::compile(options));
  lookahead_ = 0;
}

BlockCutter::~BlockCutter() {
  if (block_ != nullptr) block_->release();
}

void BlockCutter::feed(Slice piece) {
  SPREAD_ASSERT(!finished_ && piece_.empty());
  piece_ = std::move(piece);
  drawn_ = 0;
  if (begin_ == end_) advance(0);
}

Pull BlockCutter::next(Record& record) {
  if (!error_.empty()) return Pull::Broken;
  while (true) {
    if (header_left_ == 0 || take_header()) {
      const std::size_t cut = find_cut();
      if (cut > options_.max_block_bytes) return too_long();
      if (cut > 0) {
        give(cut, record);
        return error_.empty() ? Pull::Record : Pull::Broken;
      }
    }
    if (!error_.empty()) return Pull::Broken;
    if (size() > options_.max_block_bytes + lookahead_) return too_long();
    if (!draw()) return finished_ ? Pull::End : Pull::NeedMore;
  }
}

/// False: its end has not been seen yet.
bool BlockCutter::take_header() {
  const std::size_t found = find_nth(bytes().subspan(scanned_), '\n', header_left_);
  if (found == kNotFound && !finished_) {
    scanned_ = size();
    return false;
  }
  const std::size_t length = found == kNotFound ? size() : scanned_ + found + 1;
  if (length > options_.max_block_bytes) {
    header_left_ = 1;
    too_long();
    return false;
  }
  header_left_ = 0;
  header_ = Slice::copy_of(bytes().first(length));
  advance(length);
  return true;
}

/// Where the present block ends; 0: not known yet, or there is none any more.
std::size_t BlockCutter::find_cut() {
  const bool by_size = options_.records == 0;
  if (by_size) {
    if (!finished_ && size() < options_.block_bytes + lookahead_) return 0;
    if (finished_ && size() < options_.block_bytes) return size();
  }
  const std::size_t cut = pattern_             ? cut_by_pattern()
                          : !by_size           ? cut_by_count()
                          : options_.lines > 0 ? cut_by_lines()
                                               : cut_by_size();
  return cut == 0 && finished_ ? size() : cut;
}

std::size_t BlockCutter::cut_by_size() {
  if (boundary_.anywhere()) return options_.block_bytes;
  if (scanned_ == 0) {
    const std::size_t last = boundary_.last(bytes(), options_.block_bytes);
    if (last > 0) return last;
    scanned_ = options_.block_bytes + 1;
  }
  const std::size_t first = boundary_.first(bytes(), scanned_);
  if (first == 0) scanned_ = std::max(scanned_, first_unseen());
  return first;
}

std::size_t BlockCutter::cut_by_lines() {
  if (scanned_ == 0) {
    const std::size_t lines = count_of(bytes().first(options_.block_bytes), '\n');
    std::size_t surplus = lines % options_.lines;
    if (surplus < lines) {
      ByteView left = bytes().first(options_.block_bytes);
      for (++surplus; surplus > 0; --surplus) left = left.first(find_last(left, as_bytes("\n")));
      return left.size() + 1;
    }
    scanned_ = options_.block_bytes;
    counted_ = lines;
  }
  std::size_t missing_lines = options_.lines - counted_;
  const std::size_t found = find_nth(bytes().subspan(scanned_), '\n', missing_lines);
  if (found != kNotFound) return scanned_ + found + 1;
  scanned_ = size();
  counted_ = options_.lines - missing_lines;
  return 0;
}

std::size_t BlockCutter::cut_by_count() {
  if (options_.lines == 0 && boundary_.anywhere()) return per_block_ <= size() ? per_block_ : 0;
  const bool one_byte = options_.lines > 0 || (lookahead_ == 0 && boundary_.before() == 1);
  if (!one_byte) return count_separators();
  const Byte end = options_.lines > 0 ? Byte{'\n'} : boundary_.separator()[0];
  std::size_t missing_records = per_block_ - counted_;
  const std::size_t found = find_nth(bytes().subspan(scanned_), end, missing_records);
  if (found != kNotFound) return scanned_ + found + 1;
  scanned_ = size();
  counted_ = per_block_ - missing_records;
  return 0;
}

/// Here `scanned_` is where the present record begins, or, behind that, the first place where a
/// boundary may be.
std::size_t BlockCutter::count_separators() {
  while (true) {
    // The recend of a record lies within it: "\n\n\n" holds "\n\n" once.
    const std::size_t first = boundary_.first(bytes(), scanned_);
    if (first == 0) break;
    if (++counted_ == per_block_) return first;
    scanned_ = first + std::max<std::size_t>(boundary_.before(), 1);
  }
  scanned_ = std::max(scanned_, first_unseen());
  return 0;
}

/// From one boundary to the next until the block is full. `scanned_` is where the search goes on.
std::size_t BlockCutter::cut_by_pattern() {
  if (!finished_ && size() < search_again_) return 0;
  const bool by_size = options_.records == 0;
  while (record_ < size()) {
    if (by_size && record_ > 0 && scanned_ > options_.block_bytes) return record_;
    RecordPattern::Place place{.from = scanned_ - record_};
    switch (pattern_->find_end(bytes().subspan(record_), !finished_, place)) {
      case Pattern::Found::GaveUp:
        error_ = fmt::format("{}: the record that begins at byte {}: {}", name_, offset_ + record_,
                             pattern_->failure());
        return 0;
      case Pattern::Found::None:
      case Pattern::Found::More:
        searched_bytes_ += size() - scanned_;
        wait_behind(record_ + place.from);
        return by_size && finished_ ? record_ : 0;
      case Pattern::Found::Match: break;
    }
    const std::size_t end = record_ + place.end;
    if (by_size && end > options_.block_bytes) return record_ > 0 ? record_ : end;
    record_ = scanned_ = end;
    if (by_size ? end == options_.block_bytes : ++counted_ == per_block_) return end;
  }
  return by_size && finished_ ? record_ : 0;
}

void BlockCutter::wait_behind(std::size_t place) {
  scanned_ = place;
  const std::size_t undecided = size() - place;
  search_again_ =
      undecided <= kSearchAtOnceBytes ? 0 : std::min(size() + undecided, options_.max_block_bytes);
}

void BlockCutter::give(std::size_t cut, Record& record) {
  if (!record.bad.empty()) record.bad.clear();
  record.payload.head_size = 0;
  const ByteView block = bytes().first(cut);
  if (!options_.remove_separators) {
    record.payload.body = Slice(block_, block);
  } else if (!pattern_) {
    record.payload.body = boundary_.without_separators(block);
  } else if (Result<Slice> rest = pattern_->without_separators(block); rest) {
    record.payload.body = std::move(*rest);
  } else {
    error_ = fmt::format("{}: the block that begins at byte {}: {}", name_, offset_,
                         rest.error().message);
  }
  advance(cut);
}

/// Puts the start of the next block behind so many bytes, and goes back to the piece that was fed
/// as soon as all that is left lies in it.
void BlockCutter::advance(std::size_t count) {
  begin_ += count;
  offset_ += count;
  scanned_ = counted_ = record_ = search_again_ = 0;
  if (piece_.empty() || size() > drawn_) return;
  const ByteView left = piece_.view().subspan(drawn_ - size());
  if (block_ != nullptr) block_->release();
  block_ = piece_.block();
  if (block_ != nullptr) block_->retain();
  begin_ = left.data();
  end_ = begin_ + left.size();
  ours_ = false;
  piece_ = {};
}

Pull BlockCutter::too_long() {
  const std::string what =
      header_left_ > 0 ? std::string("the header")
      : options_.records > 0
          ? fmt::format("the block (-N {}) that begins at byte {}", options_.records, offset_)
          : fmt::format("the record that begins at byte {}", offset_);
  error_ = fmt::format("{}: {} is longer than {} bytes", name_, what, options_.max_block_bytes);
  if (header_left_ == 0 && options_.lines == 0 && !boundary_.anywhere()) {
    error_ +=
        fmt::format("; is --{} {} right", boundary_.before() > 0 ? "recend" : "recstart",
                    show_text(boundary_.before() > 0 ? boundary_.recend() : boundary_.recstart()));
  }
  return Pull::Broken;
}

/// How many bytes there must be before it is worth looking again.
std::size_t BlockCutter::wanted() const {
  const std::size_t most = options_.max_block_bytes + lookahead_ + 1;
  if (by_count()) return std::min(size() + kStep, most);
  const std::size_t one_block = options_.block_bytes + lookahead_;
  return size() < one_block ? one_block : std::min(size() * 2, most);
}

std::size_t BlockCutter::missing() const { return wanted() - size(); }

/// The first place of which it cannot be told yet whether it is a boundary.
std::size_t BlockCutter::first_unseen() const { return size() + 1 - std::min(size(), lookahead_); }

/// Copies the bytes into a block made here, with room for so many behind them.
void BlockCutter::make_room(std::size_t count) {
  if (ours_ && room() >= count) return;
  const std::size_t left = size();
  std::size_t capacity = left + count;
  if (by_count()) {
    // One block of memory may hold many blocks of the input.
    const std::size_t many = std::max(options_.block_bytes, left * 2);
    capacity = std::max(capacity, std::min(many, options_.max_block_bytes) + lookahead_);
  }
  Block* bigger = Block::create(capacity);
  if (left > 0) std::memcpy(bigger->data(), begin_, left);
  if (block_ != nullptr) block_->release();
  block_ = bigger;
  begin_ = bigger->data();
  end_ = begin_ + left;
  ours_ = true;
}

/// Copies a part of the piece behind the remainder. False: nothing is left of it.
bool BlockCutter::draw() {
  if (piece_.empty()) return false;
  const ByteView left = piece_.view().subspan(drawn_);
  const std::size_t count = std::min(missing(), left.size());
  if (!ours_ || room() < count) make_room(missing());
  std::memcpy(back(), left.data(), count);
  end_ += count;
  drawn_ += count;
  if (drawn_ == piece_.size()) piece_ = {};
  return true;
}

std::span<Byte> BlockCutter::spare() {
  if (finished_ || !piece_.empty() || !error_.empty()) return {};
  // Not for every read: what a record that is longer than a block still needs is twice what there
  // is, and would be moved with each piece of it.
  if (!ours_ || room() == 0) make_room(missing());
  // With --block no more than is needed to end the block: what stands behind it is copied.
  return {back(), by_count() ? room() : std::min(room(), missing())};
}

void BlockCutter::filled(std::size_t count) {
  SPREAD_ASSERT(ours_ && !finished_ && count <= room());
  end_ += count;
}

}  // namespace spread
