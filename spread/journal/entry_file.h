#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"

namespace spread {

/// A file without a name that is read and written anywhere; io/ has it.
class ScratchBytes {
 public:
  virtual ~ScratchBytes() = default;
  /// What was written there.
  virtual Status read(std::uint64_t offset, std::span<Byte> into) = 0;
  virtual Status write(std::uint64_t offset, ByteView bytes) = 0;
};

/// A table of entries of 16 bytes in a file, of which some pages are in memory: for what is known
/// of each of very many tasks. Entries that were never set are zero.
///
/// Mostly asked for in order, so that a page is read once.
class EntryFile {
 public:
  struct Entry {
    std::uint64_t first = 0, second = 0;
    bool operator==(const Entry&) const = default;
  };

  static constexpr std::size_t kPageEntries = 2048, kPages = 64;

  /// `bytes` must outlive this, and is all its own. So many `pages` of `page_entries` are kept in
  /// memory: 16 bytes each entry.
  explicit EntryFile(ScratchBytes& bytes, std::size_t page_entries = kPageEntries,
                     std::size_t pages = kPages)
      : bytes_(bytes), page_entries_(page_entries), cached_(pages) {}

  Result<Entry> get(std::uint64_t index);
  Status set(std::uint64_t index, const Entry& entry);
  /// All are zero again.
  void clear();

 private:
  static constexpr std::uint64_t kNone = UINT64_MAX;
  struct Page {
    std::uint64_t number = kNone;
    bool changed = false;
    std::vector<Entry> entries;
  };
  Result<Entry*> find(std::uint64_t index, Page*& page);

  ScratchBytes& bytes_;
  std::size_t page_entries_;
  std::vector<Page> cached_;      ///< each page at its number modulo their count
  std::vector<bool> is_in_file_;  ///< by number of the page
};

}  // namespace spread
