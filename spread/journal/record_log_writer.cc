#include <algorithm>
#include <cstring>
#include <span>

#include "spread/base/assert.h"
#include "spread/journal/record_log.h"

namespace spread {
namespace {

/// Bytes in pieces, taken from the front.
class Pieces {
 public:
  explicit Pieces(std::span<const ByteView> pieces) : at_(pieces.data()) {
    for (const ByteView piece : pieces) left_ += piece.size();
  }
  std::uint64_t left() const { return left_; }
  void take(Byte* to, std::size_t size) {
    left_ -= size;
    while (size > 0) {
      const std::size_t n = std::min(size, at_->size() - taken_);
      if (n > 0) std::memcpy(to, at_->data() + taken_, n);
      to += n;
      size -= n;
      taken_ += n;
      if (taken_ < at_->size()) continue;
      ++at_;
      taken_ = 0;
    }
  }

 private:
  const ByteView* at_;
  std::size_t taken_ = 0;  // of *at_
  std::uint64_t left_ = 0;
};

FragmentType type_of(bool first, bool last) {
  if (first) return last ? FragmentType::Whole : FragmentType::First;
  return last ? FragmentType::Last : FragmentType::Middle;
}

}  // namespace

std::uint64_t RecordLogWriter::append(std::initializer_list<ByteView> pieces, ByteBuffer& out) {
  Pieces record(std::span(pieces.begin(), pieces.size()));
  SPREAD_ASSERT(record.left() > 0);
  SPREAD_ASSERT(record.left() <= kRecordBytesMax);
  std::size_t left = left_in_block(end_);
  if (left < kFragmentBytesMin) {
    std::memset(out.prepare(left), 0, left);
    out.commit(left);
    end_ += left;
    left = kJournalBlockBytes;
  }
  const std::uint64_t begin = end_;
  for (bool first = true; record.left() > 0; first = false, left = kJournalBlockBytes) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(record.left(), left - kFragmentHeadBytes));
    Byte* const at = out.prepare(kFragmentHeadBytes + size);
    record.take(at + kFragmentHeadBytes, size);
    seal_fragment(at, end_, type_of(first, record.left() == 0), size);
    out.commit(kFragmentHeadBytes + size);
    end_ += kFragmentHeadBytes + size;
  }
  return begin;
}

}  // namespace spread
