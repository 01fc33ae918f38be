#include "spread/arguments/batcher.h"

#include <fmt/format.h>
#include <algorithm>

namespace spread {

namespace {

std::size_t rows_at_most(const ArgumentSourceOptions& options) {
  const std::size_t unset = options.fill ? std::numeric_limits<std::size_t>::max() : 1;
  return std::max<std::size_t>(options.max_items.value_or(unset), 1);
}

}  // namespace

Batcher::Batcher(const ArgumentSourceOptions& options)
    : limit_(options.line),
      max_rows_(rows_at_most(options)),
      slots_(options.fill ? options.spread_slots : 0),
      slots_left_(slots_) {}

std::string Batcher::fault(ByteView row) const {
  if (limit_.max_bytes == 0) return {};
  const std::size_t bytes = limit_.base_bytes + line_bytes(row);
  if (bytes <= limit_.max_bytes) return {};
  return fmt::format("makes a command line of {} bytes, but it may have {}", bytes,
                     limit_.max_bytes);
}

std::size_t Batcher::line_bytes(ByteView row) const {
  if (limit_.max_bytes == 0) return 0;
  const std::size_t values = static_cast<std::size_t>(std::count(row.begin(), row.end(), Byte{0}));
  return (row.size() - values) * limit_.value_copies + values * limit_.value_extra_bytes;
}

bool Batcher::is_full(const Line& line, std::size_t more_bytes) const {
  if (line.rows >= max_rows_) return true;
  return limit_.max_bytes != 0 && line.line_bytes + more_bytes > limit_.max_bytes;
}

void Batcher::add(ByteView row) {
  const std::size_t bytes = line_bytes(row);
  if (lines_.empty() || is_full(lines_.back(), bytes)) {
    lines_.push_back({0, limit_.base_bytes, 0});
  }
  Line& line = lines_.back();
  ++line.rows;
  line.line_bytes += bytes;
  line.held_bytes += row.size();
  held_.append(row);
  row_bytes_.push_back(static_cast<std::uint32_t>(row.size()));
}

bool Batcher::next(Slice& payload) {
  if (lines_.empty()) return false;
  if (finished_ && slots_ != 0) return next_even(payload);
  const Line line = lines_.front();
  const bool complete =
      slots_ == 0 ? line.rows == max_rows_ || lines_.size() > 1 : lines_.size() > slots_;
  if (!complete && !finished_) return false;
  lines_.pop_front();
  payload = take(line.rows, line.held_bytes);
  return true;
}

/// The last rows, no more than fill a line for every slot: each slot gets about the same number.
bool Batcher::next_even(Slice& payload) {
  if (row_bytes_.empty()) return false;
  const std::size_t slots = std::max<std::size_t>(slots_left_, 1);
  const std::size_t rows = (row_bytes_.size() + slots - 1) / slots;
  if (slots_left_ > 0) --slots_left_;
  Line line{0, limit_.base_bytes, 0};
  while (line.rows < rows) {
    const std::size_t size = row_bytes_[line.rows];
    const std::size_t bytes = line_bytes(held_.view().subspan(line.held_bytes, size));
    if (line.rows > 0 && is_full(line, bytes)) break;
    ++line.rows;
    line.line_bytes += bytes;
    line.held_bytes += size;
  }
  payload = take(line.rows, line.held_bytes);
  return true;
}

Slice Batcher::take(std::size_t rows, std::size_t bytes) {
  builder_.add_values(held_.view().first(bytes));
  held_.consume(bytes);
  row_bytes_.erase(row_bytes_.begin(), row_bytes_.begin() + static_cast<std::ptrdiff_t>(rows));
  return builder_.take();
}

void PayloadBuilder::renew(std::size_t size) {
  const ByteView begun = view();
  const std::size_t wanted = begun.size() + size;
  // A block without other references can be filled again from its start.
  if (block_ != nullptr && block_->references() == 1 && block_->capacity() >= wanted) {
    std::memmove(block_->data(), begun.data(), begun.size());
    begin_ = 0;
    end_ = begun.size();
    return;
  }
  Block* block = Block::create(std::max(kBlockBytes, begun.empty() ? wanted : wanted * 2));
  if (!begun.empty()) std::memcpy(block->data(), begun.data(), begun.size());
  const std::size_t end = begun.size();
  drop();
  block_ = block;
  end_ = end;
}

// A large payload has a block of about its size: this one may have grown to twice that, or have
// much room left for others.
Slice PayloadBuilder::take_large() {
  const ByteView bytes = view();
  if (bytes.size() > block_->capacity() / 4 * 3) {
    Slice whole(block_, bytes);
    drop();
    return whole;
  }
  Slice copy = Slice::copy_of(bytes);
  clear();
  if (block_->capacity() > kBlockBytes) drop();
  return copy;
}

}  // namespace spread
