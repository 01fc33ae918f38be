#include "spread/journal/repair.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "spread/base/assert.h"

namespace spread {

JournalCopier::JournalCopier(JournalBytes& from, Sink sink)
    : from_(from), sink_(std::move(sink)), reader_(from) {}

Result<LogRead> JournalCopier::copy() {
  if (size_ == 0) SPREAD_TRY(put(as_bytes(kJournalMagic)));
  while (true) {
    const LogRead read = reader_.next();
    if (read == LogRead::Failed) return tl::unexpected(reader_.error());
    if (read != LogRead::Record) return read;
    SPREAD_TRY(fill_up_to(reader_.record_at()));
    SPREAD_TRY(copy_up_to(reader_.end_of_records()));
    ++records_;
  }
}

Status JournalCopier::fill_up_to(std::uint64_t offset) {
  while (size_ < offset) {
    const std::size_t left = left_in_block(size_);
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(left, offset - size_));
    piece_.clear();
    Byte* const begin = piece_.prepare(size);
    std::memset(begin, 0, size);
    if (left >= kFragmentBytesMin) {
      // A gap has fragments that were there, so there is room for one.
      SPREAD_ASSERT(size >= kFragmentBytesMin);
      seal_fragment(begin, size_, FragmentType::Void, size - kFragmentHeadBytes);
    }
    piece_.commit(size);
    SPREAD_TRY(put(piece_.view()));
  }
  return {};
}

Status JournalCopier::copy_up_to(std::uint64_t offset) {
  constexpr std::size_t kPieceBytes = 8 * kJournalBlockBytes;
  while (size_ < offset) {
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, offset - size_));
    piece_.clear();
    const Result<std::size_t> read = from_.read_at(size_, {piece_.prepare(wanted), wanted});
    if (!read) return tl::unexpected(read.error());
    if (*read < wanted) return fail("it became shorter while it was read");
    piece_.commit(wanted);
    SPREAD_TRY(put(piece_.view()));
  }
  return {};
}

Status JournalCopier::put(ByteView bytes) {
  SPREAD_TRY(sink_(bytes));
  size_ += bytes.size();
  return {};
}

}  // namespace spread
