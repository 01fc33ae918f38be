#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "spread/journal/record_log.h"

namespace spread {
namespace {

/// A record may be large; the memory of one is not kept for the next beyond this.
constexpr std::size_t kKeptBytes = 1 << 20;

bool is_zero(ByteView bytes) {
  // Each byte is the one before it: faster than a loop over them.
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// Its data, if there is a whole and sound fragment at the front of `rest`, which lies at `at` of
/// the file.
std::optional<ByteView> sound_fragment(std::uint64_t at, ByteView rest) {
  if (rest.size() < kFragmentBytesMin) return std::nullopt;
  const FragmentHead head = FragmentHead::read(rest.data());
  if (!head.is_possible() || head.all_bytes() > rest.size()) return std::nullopt;
  if (fragment_checksum(at, rest.subspan(4, 3 + head.data_bytes)) != head.checksum) {
    return std::nullopt;
  }
  return rest.subspan(kFragmentHeadBytes, head.data_bytes);
}

/// Whether one lies anywhere behind the first byte. At most 32 Ki places: bytes that are made for
/// it cost half a GB of checksums, once for a file.
bool has_sound_fragment_behind(std::uint64_t at, ByteView rest) {
  for (std::size_t skip = 1; skip + kFragmentBytesMin <= rest.size(); ++skip) {
    if (sound_fragment(at + skip, rest.subspan(skip))) return true;
  }
  return false;
}

/// The part of a page that begins at `at` of the file, from the front of `rest`.
ByteView front_page(std::uint64_t at, ByteView rest) {
  const std::size_t left = kJournalPageBytes - static_cast<std::size_t>(at % kJournalPageBytes);
  return rest.first(std::min(left, rest.size()));
}

/// How many of the pages in `rest` have nothing but zeros, from `at` on.
std::uint64_t zero_pages(std::uint64_t at, ByteView rest) {
  std::uint64_t count = 0;
  while (!rest.empty()) {
    const ByteView page = front_page(at, rest);
    if (is_zero(page)) ++count;
    at += page.size();
    rest = rest.subspan(page.size());
  }
  return count;
}

/// Whether the fragment at the front of `rest` is bad because a page of it was not written. In the
/// first page that goes from `at` on: what is before it may have been on the disk already.
bool has_lost_page(std::uint64_t at, ByteView rest) {
  std::size_t size = rest.size();
  if (size >= kFragmentHeadBytes)
    size = std::min(size, FragmentHead::read(rest.data()).all_bytes());
  for (std::size_t done = 0; done < size;) {
    const ByteView page = front_page(at + done, rest.subspan(done));
    if (is_zero(page)) return true;
    done += page.size();
  }
  return false;
}

}  // namespace

RecordLogReader::RecordLogReader(JournalBytes& bytes, std::uint64_t begin,
                                 std::uint64_t record_bytes_max)
    : bytes_(bytes), record_bytes_max_(record_bytes_max), at_(begin), end_of_records_(begin) {}

void RecordLogReader::seek(std::uint64_t offset) {
  at_ = end_of_records_ = offset;
  open_at_.reset();
  gap_ = gap_is_damage_ = false;
  pending_ = {};
  piece_blocks_ = 0;
  // What was its end may not be now.
  if (piece_is_last_) piece_is_good_ = false;
}

/// What the file has from `at` to the end of its block. It ends where the file does if it is
/// shorter, also if the file has grown since: what is said of an end is said of one state of the
/// file.
Result<ByteView> RecordLogReader::rest_of_block(std::uint64_t at) {
  const std::uint64_t block = at - at % kJournalBlockBytes;
  const std::uint64_t piece_end = piece_begin_ + piece_size_;
  if (!piece_is_good_ || block < piece_begin_ ||
      (!piece_is_last_ && block + kJournalBlockBytes > piece_end)) {
    piece_blocks_ = std::clamp<std::size_t>(piece_blocks_ * 2, 1, kPieceBlocks);
    const std::size_t wanted = piece_blocks_ * kJournalBlockBytes;
    if (piece_.size() < wanted) piece_.resize(wanted);
    piece_is_good_ = false;
    const Result<std::size_t> read = bytes_.read_at(block, {piece_.data(), wanted});
    if (!read) return tl::unexpected(read.error());
    piece_begin_ = block;
    piece_size_ = *read;
    piece_is_last_ = *read < wanted;
    piece_is_good_ = true;
  }
  const std::size_t begin = std::min<std::size_t>(at - piece_begin_, piece_size_);
  const std::size_t end =
      std::min<std::size_t>(block + kJournalBlockBytes - piece_begin_, piece_size_);
  return ByteView(piece_.data() + begin, std::max(begin, end) - begin);
}

LogRead RecordLogReader::next() {
  record_ = {};
  if (!open_at_) {
    parts_.clear();
    if (parts_.capacity() > kKeptBytes) parts_.shrink();
  }
  while (true) {
    if (const Reading read = step()) return *read;
  }
}

RecordLogReader::Reading RecordLogReader::step() {
  const Result<ByteView> rest = rest_of_block(at_);
  if (!rest) return failed(rest.error());
  if (rest->empty()) return finish(at_);
  if (left_in_block(at_) < kFragmentBytesMin) {
    if (!is_zero(*rest)) return pass_bad(*rest);
    at_ += rest->size();
    return std::nullopt;
  }
  const std::optional<ByteView> data = sound_fragment(at_, *rest);
  if (!data) return pass_bad(*rest);
  return take(FragmentHead::read(rest->data()).type, *data);
}

RecordLogReader::Reading RecordLogReader::take(FragmentType type, ByteView data) {
  const std::uint64_t at = at_;
  switch (type) {
    case FragmentType::Whole:
      // The record before has no end, and no page is lost.
      if (open_at_) return damaged();
      at_ += kFragmentHeadBytes + data.size();
      return deliver(at, data);
    case FragmentType::First:
      if (open_at_) return damaged();
      open_at_ = at;
      return take_part(type, data);
    case FragmentType::Middle:
    case FragmentType::Last:
      if (!open_at_ && !gap_) return damaged();
      return take_part(type, data);
    case FragmentType::Void: begin_gap(); break;
  }
  at_ += kFragmentHeadBytes + data.size();
  return std::nullopt;
}

RecordLogReader::Reading RecordLogReader::take_part(FragmentType type, ByteView data) {
  if (open_at_ && parts_.size() + data.size() > record_bytes_max_) {
    return failed(Error{"the record at byte " + std::to_string(*open_at_) + " has more than " +
                        std::to_string(record_bytes_max_) + " bytes"});
  }
  at_ += kFragmentHeadBytes + data.size();
  if (!open_at_) return std::nullopt;
  parts_.append(data);
  if (type != FragmentType::Last) return std::nullopt;
  return deliver(*open_at_, parts_.view());
}

LogRead RecordLogReader::deliver(std::uint64_t at, ByteView record) {
  record_ = record;
  record_at_ = at;
  std::uint64_t gap = at - end_of_records_;
  const std::size_t left = left_in_block(end_of_records_);
  if (left < kFragmentBytesMin) gap -= std::min<std::uint64_t>(gap, left);
  if (gap_is_damage_) {
    skipped_.damaged_bytes += gap;
  } else if (pending_.zero_pages > 0) {
    skipped_.zero_bytes += gap;
  } else {
    skipped_.void_bytes += gap;
  }
  skipped_.zero_pages += pending_.zero_pages;
  pending_ = {};
  end_of_records_ = at_;
  open_at_.reset();
  gap_ = gap_is_damage_ = false;
  return LogRead::Record;
}

void RecordLogReader::begin_gap() {
  gap_ = true;
  open_at_.reset();
  parts_.clear();
}

/// At the front of `rest` is no sound fragment.
RecordLogReader::Reading RecordLogReader::pass_bad(ByteView rest) {
  const bool is_padding = left_in_block(at_) < kFragmentBytesMin;
  if (!is_padding && has_lost_page(at_, rest)) {
    pending_.zero_pages += zero_pages(at_, rest);
    begin_gap();
    // Within the block no place is known at which a fragment begins.
    at_ += rest.size();
    return std::nullopt;
  }
  const std::uint64_t behind = at_ + rest.size();
  const Result<std::optional<std::uint64_t>> end = torn_end(rest);
  if (!end) return failed(end.error());
  if (*end) return finish(**end);
  const LogRead read = damaged();
  at_ = behind;
  return read;
}

/// Where the file ends, if what is at the front of `rest` is the last that was written of it: no
/// sound fragment follows in the block, and nothing but zeros behind.
Result<std::optional<std::uint64_t>> RecordLogReader::torn_end(ByteView rest) {
  if (has_sound_fragment_behind(at_, rest)) return std::nullopt;
  std::uint64_t end = at_ + rest.size();
  if (rest.size() < left_in_block(at_)) return end;
  while (true) {
    const Result<ByteView> block = rest_of_block(end);
    if (!block) return tl::unexpected(block.error());
    if (block->empty()) return end;
    if (!is_zero(*block)) return std::nullopt;
    end += block->size();
  }
}

LogRead RecordLogReader::damaged() {
  damaged_at_ = at_;
  begin_gap();
  gap_is_damage_ = true;
  return LogRead::Damaged;
}

LogRead RecordLogReader::failed(Error error) {
  error_ = std::move(error);
  return LogRead::Failed;
}

/// The next call begins anew behind the last record: when the file has grown, or was cut back there
/// and written on, what has been seen of the end is not what is there.
LogRead RecordLogReader::finish(std::uint64_t file_end) {
  torn_bytes_ = file_end - end_of_records_;
  seek(end_of_records_);
  return torn_bytes_ == 0 ? LogRead::End : LogRead::Torn;
}

}  // namespace spread
