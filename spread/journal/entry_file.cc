#include "spread/journal/entry_file.h"

#include <algorithm>

namespace spread {
namespace {

using Entries = std::vector<EntryFile::Entry>;

std::span<Byte> bytes_of(Entries& entries) {
  return {reinterpret_cast<Byte*>(entries.data()), entries.size() * sizeof(Entries::value_type)};
}

}  // namespace

Result<EntryFile::Entry*> EntryFile::find(std::uint64_t index, Page*& page) {
  const std::uint64_t number = index / page_entries_;
  page = &cached_[number % cached_.size()];
  if (page->number == number) return &page->entries[index % page_entries_];
  const std::uint64_t page_bytes = page_entries_ * sizeof(Entry);
  if (page->changed) {
    SPREAD_TRY(bytes_.write(page->number * page_bytes, bytes_of(page->entries)));
    if (page->number >= is_in_file_.size()) is_in_file_.resize(page->number + 1);
    is_in_file_[page->number] = true;
  }
  page->number = kNone;
  page->changed = false;
  page->entries.resize(page_entries_);
  if (number < is_in_file_.size() && is_in_file_[number]) {
    SPREAD_TRY(bytes_.read(number * page_bytes, bytes_of(page->entries)));
  } else {
    std::fill(page->entries.begin(), page->entries.end(), Entry());
  }
  page->number = number;
  return &page->entries[index % page_entries_];
}

Result<EntryFile::Entry> EntryFile::get(std::uint64_t index) {
  Page* page = nullptr;
  auto entry = find(index, page);
  if (!entry) return tl::unexpected(entry.error());
  return **entry;
}

Status EntryFile::set(std::uint64_t index, const Entry& entry) {
  Page* page = nullptr;
  auto place = find(index, page);
  if (!place) return tl::unexpected(place.error());
  **place = entry;
  page->changed = true;
  return {};
}

void EntryFile::clear() {
  for (Page& page : cached_) {
    page.number = kNone;
    page.changed = false;
  }
  is_in_file_.clear();
}

}  // namespace spread
