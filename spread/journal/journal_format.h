// spread/journal: the bytes of a journal (docs/journal.md): records cut into checksummed fragments,
// read back from a file that may be torn, full of holes or damaged. Pure: files are read and
// written by io/journal_file.h.
//
//   journal_format.h  blocks, fragments, the magic; what a journal is read through
//   record_log.h      records -> fragments -> records, and what is wrong between them
//   part_record.h     the record that begins a part
//   repair.h          what is sound of a journal, copied
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/journal/checksum.h"

namespace spread {

// All of these are on the disk.

inline constexpr std::string_view kJournalMagic("spread journal\n\0", 16);
inline constexpr std::size_t kJournalBlockBytes = 32 * 1024;
/// What the kernel writes in one piece: of an append that the disk has not got, such pages are
/// zeros.
inline constexpr std::size_t kJournalPageBytes = 4096;

enum class FragmentType : Byte {
  Whole = 1,
  First = 2,
  Middle = 3,
  Last = 4,
  Void = 5,  ///< stands where a repair found nothing that was sound
};

inline constexpr std::size_t kFragmentHeadBytes = 7;
/// Where fewer bytes are left in a block, they are zeros.
inline constexpr std::size_t kFragmentBytesMin = kFragmentHeadBytes + 1;

/// The most that a record may have: a value of --max-frame, and what stands beside it.
inline constexpr std::uint64_t kRecordBytesMax = std::uint64_t{4} << 30;

/// Of the block that `offset` lies in.
inline std::size_t left_in_block(std::uint64_t offset) {
  return kJournalBlockBytes - static_cast<std::size_t>(offset % kJournalBlockBytes);
}

struct FragmentHead {
  std::uint32_t checksum = 0;
  std::size_t data_bytes = 0;
  FragmentType type{};

  std::size_t all_bytes() const { return kFragmentHeadBytes + data_bytes; }
  /// Of the first bytes of a fragment, at least kFragmentHeadBytes.
  static FragmentHead read(const Byte* at) {
    FragmentHead head;
    std::memcpy(&head.checksum, at, sizeof head.checksum);
    head.data_bytes = static_cast<std::size_t>(at[4] | at[5] << 8);
    head.type = static_cast<FragmentType>(at[6]);
    return head;
  }
  bool is_possible() const {
    return type >= FragmentType::Whole && type <= FragmentType::Void && data_bytes > 0;
  }
};

/// Of a fragment at `offset` of the file: `behind` is all of it behind its checksum. The offset is
/// in it so that no copy of a fragment is one: neither in the output of a job that prints journals,
/// nor on a disk that has written a page to a wrong place.
inline std::uint32_t fragment_checksum(std::uint64_t offset, ByteView behind) {
  std::array<Byte, sizeof offset> place;
  std::memcpy(place.data(), &offset, sizeof offset);
  return crc32c(behind, crc32c(place));
}

/// Writes the head of a fragment whose `data_bytes` lie behind `at` already.
inline void seal_fragment(Byte* at, std::uint64_t offset, FragmentType type,
                          std::size_t data_bytes) {
  at[4] = static_cast<Byte>(data_bytes);
  at[5] = static_cast<Byte>(data_bytes >> 8);
  at[6] = static_cast<Byte>(type);
  const std::uint32_t checksum = fragment_checksum(offset, {at + 4, 3 + data_bytes});
  std::memcpy(at, &checksum, sizeof checksum);
}

/// What a journal is read through: a file, or bytes of a test.
class JournalBytes {
 public:
  virtual ~JournalBytes() = default;
  /// Fewer bytes only where the file ends. What has been read stays as it was: a journal only
  /// grows.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<Byte> into) = 0;
};

/// What the first bytes of a file say that it is.
enum class JournalKind : std::uint8_t {
  Journal,
  Empty,  ///< or a part of the magic: its writer was killed at once, and nothing is lost
  Zeros,  ///< its first page is lost
  Newer,  ///< its layout is that of a later spread
  Foreign,
};
/// `first`: as much of the magic's length as the file has.
inline JournalKind journal_kind(ByteView first) {
  const std::string_view text = as_text(first.first(std::min(first.size(), kJournalMagic.size())));
  if (kJournalMagic.starts_with(text)) {
    return text.size() == kJournalMagic.size() ? JournalKind::Journal : JournalKind::Empty;
  }
  if (text.find_first_not_of('\0') == std::string_view::npos) return JournalKind::Zeros;
  // The last byte is the number of the layout.
  return text.substr(0, text.size() - 1) == kJournalMagic.substr(0, kJournalMagic.size() - 1)
             ? JournalKind::Newer
             : JournalKind::Foreign;
}

}  // namespace spread
