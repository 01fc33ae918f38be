#include "spread/blocks/block_boundary.h"

#include <algorithm>
#include <cstring>

#include "spread/base/assert.h"
#include "spread/base/quote.h"

namespace spread {
namespace {

Byte* append(Byte* to, ByteView bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

RecordBoundary::RecordBoundary(const BlockOptions& options) {
  separator_ = options.recend ? *options.recend : options.recstart ? "" : "\n";
  recend_bytes_ = separator_.size();
  if (options.recstart) separator_ += *options.recstart;
}

std::size_t RecordBoundary::last(ByteView bytes, std::size_t limit) const {
  SPREAD_ASSERT(!anywhere());
  const std::size_t from = recend_bytes_ == 0 ? 1 : 0;
  const std::size_t to = std::min(bytes.size(), limit + after());
  if (to < from) return 0;
  const std::size_t found = find_last(bytes.subspan(from, to - from), separator());
  return found == kNotFound ? 0 : from + found + recend_bytes_;
}

std::size_t RecordBoundary::first(ByteView bytes, std::size_t from) const {
  SPREAD_ASSERT(!anywhere());
  const std::size_t at_least = recend_bytes_ == 0 ? 1 : recend_bytes_;
  const std::size_t begin = std::max(from, at_least) - recend_bytes_;
  if (begin > bytes.size()) return 0;
  const std::size_t found = find_first(bytes.subspan(begin), separator());
  return found == kNotFound ? 0 : begin + found + recend_bytes_;
}

Slice RecordBoundary::without_separators(ByteView block) const {
  const ByteView start = as_bytes(recstart()), end = as_bytes(recend());
  Block* copy = Block::create(block.size());
  Byte* to = copy->data();
  if (!start.empty() && as_text(block).starts_with(recstart())) block = block.subspan(start.size());
  while (!anywhere()) {
    const std::size_t found = find_first(block, separator());
    if (found == kNotFound) break;
    to = append(to, block.first(found));
    block = block.subspan(found + separator_.size());
  }
  if (!end.empty() && as_text(block).ends_with(recend())) {
    block = block.first(block.size() - end.size());
  }
  to = append(to, block);
  const Slice slice(copy, {copy->data(), to});
  copy->release();
  return slice;
}

namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kLow7 = 0x7f7f7f7f7f7f7f7f;

// What is counted at once, and then, if the n-th is in it, searched again.
constexpr std::size_t kStride = 2048;
constexpr std::size_t kFirstWindow = 4096;

/// 1 in every byte of the result where `word` has a zero byte; exact, unlike the better known
/// (word - kOnes) & ~word, which carries into the neighbour.
std::uint64_t zero_bytes(std::uint64_t word) {
  return ~(((word & kLow7) + kLow7) | word | kLow7) >> 7;
}

std::size_t offset_in(ByteView bytes, const void* found) {
  return static_cast<std::size_t>(static_cast<const Byte*>(found) - bytes.data());
}

}  // namespace

std::size_t find_first(ByteView bytes, ByteView needle) {
  SPREAD_ASSERT(!needle.empty());
  if (bytes.size() < needle.size()) return kNotFound;
  const void* found = needle.size() == 1
                          ? std::memchr(bytes.data(), needle[0], bytes.size())
                          : memmem(bytes.data(), bytes.size(), needle.data(), needle.size());
  return found == nullptr ? kNotFound : offset_in(bytes, found);
}

// memrchr for the last byte of the needle was rejected for long ones: in text it is mostly a
// letter, and found every few bytes. memmem skips by two bytes at a time.
std::size_t find_last(ByteView bytes, ByteView needle) {
  SPREAD_ASSERT(!needle.empty());
  if (bytes.size() < needle.size()) return kNotFound;
  if (needle.size() == 1) {
    const void* found = memrchr(bytes.data(), needle[0], bytes.size());
    return found == nullptr ? kNotFound : offset_in(bytes, found);
  }
  const std::size_t overlap = needle.size() - 1;
  std::size_t end = bytes.size();
  for (std::size_t window = std::max(kFirstWindow, 2 * needle.size());; window *= 2) {
    const std::size_t begin = end - std::min(end, window);
    std::size_t last = kNotFound;
    for (std::size_t from = begin; from < end;) {
      const std::size_t found = find_first(bytes.subspan(from, end - from), needle);
      if (found == kNotFound) break;
      last = from + found;
      from = last + 1;
    }
    if (last != kNotFound || begin == 0) return last;
    end = begin + overlap;
  }
}

std::size_t count_of(ByteView bytes, Byte wanted) {
  const std::uint64_t pattern = kOnes * wanted;
  std::size_t count = 0;
  const Byte* at = bytes.data();
  std::size_t left = bytes.size();
  while (left >= 8) {
    // A lane of `lanes` counts to 255 at most.
    std::uint64_t lanes = 0;
    for (std::size_t turns = std::min<std::size_t>(left / 8, 255); turns > 0; --turns) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      lanes += zero_bytes(word ^ pattern);
      at += 8;
      left -= 8;
    }
    // Bytes to pairs first: the sum of all eight lanes does not fit into one.
    constexpr std::uint64_t kEven = 0x00ff00ff00ff00ff;
    const std::uint64_t pairs = (lanes & kEven) + (lanes >> 8 & kEven);
    count += pairs * 0x0001000100010001 >> 48;
  }
  return count + static_cast<std::size_t>(std::count(at, at + left, wanted));
}

std::size_t find_nth(ByteView bytes, Byte wanted, std::size_t& count) {
  SPREAD_ASSERT(count > 0);
  std::size_t at = 0;
  // Counting takes a fraction of what memchr takes per line, but not for the few that may lie in
  // one stride.
  while (count > 16 && bytes.size() - at >= kStride) {
    const std::size_t here = count_of(bytes.subspan(at, kStride), wanted);
    if (here >= count) break;
    count -= here;
    at += kStride;
  }
  while (at < bytes.size()) {
    const void* found = std::memchr(bytes.data() + at, wanted, bytes.size() - at);
    if (found == nullptr) break;
    at = offset_in(bytes, found) + 1;
    if (--count == 0) return at - 1;
  }
  return kNotFound;
}

namespace {

constexpr Pattern::Use kStream = Pattern::Use::Stream;

/// As a part of a longer pattern. \E: a \Q that is not ended would reach into what follows.
std::string group(const std::string& text) { return text.empty() ? "" : "(?:" + text + "\\E)"; }

Status compile_into(std::optional<Pattern>& pattern, const std::string& text,
                    const std::string& name) {
  Result<Pattern> compiled = Pattern::compile(text, name, kStream);
  if (!compiled) return tl::unexpected(compiled.error());
  pattern = std::move(*compiled);
  return {};
}

}  // namespace

Result<RecordPattern> RecordPattern::compile(const BlockOptions& options) {
  const std::string start = options.recstart.value_or(""), end = options.recend.value_or("");
  std::string name;
  // Each alone first: a message is to name the option, and the place in what it was given.
  std::optional<Pattern> alone;
  if (!end.empty()) {
    name = "--recend " + show_text(end);
    SPREAD_TRY(compile_into(alone, end, name));
  }
  if (!start.empty()) {
    const std::string start_name = "--recstart " + show_text(start);
    SPREAD_TRY(compile_into(alone, start, start_name));
    name += (name.empty() ? "" : " with ") + start_name;
  }
  const std::string boundary = start.empty() ? end : group(end) + "(?=" + group(start) + ")";
  Result<Pattern> compiled = Pattern::compile(boundary, name, kStream);
  if (!compiled) return tl::unexpected(compiled.error());
  RecordPattern pattern(std::move(*compiled));
  if (!start.empty()) SPREAD_TRY(compile_into(pattern.start_, "\\A" + group(start), name));
  if (!options.remove_separators) return pattern;
  SPREAD_TRY(compile_into(pattern.between_, group(end) + group(start), name));
  if (!end.empty()) SPREAD_TRY(compile_into(pattern.end_, group(end) + "\\z", name));
  return pattern;
}

Pattern::Found RecordPattern::find(Pattern& pattern, const Pattern::Search& search,
                                   Pattern::Match& match) {
  const Pattern::Found found = pattern.find(search, match);
  if (found == Pattern::Found::GaveUp) failure_ = pattern.failure();
  return found;
}

Pattern::Found RecordPattern::find_end(ByteView record, bool goes_on, Place& place) {
  using Found = Pattern::Found;
  Pattern::Match match;
  Pattern::Search search{.subject = record, .from = place.from, .goes_on = goes_on};
  if (search.from == 0 && start_) {
    const Found own = find(*start_, search, match);
    if (own == Found::More || own == Found::GaveUp) return own;
    if (own == Found::Match) search.from = match.end;
  }
  search.nonempty = search.from == 0;
  const Found found = find(boundary_, search, match);
  if (found == Found::None) place.from = record.size();
  if (found == Found::More) place.from = match.begin;
  place.end = match.end;
  return found;
}

/// False: the pattern gave up.
bool RecordPattern::cut_off(std::optional<Pattern>& pattern, ByteView& block, bool at_start) {
  if (!pattern) return true;
  Pattern::Match match;
  const Pattern::Found found = find(*pattern, {.subject = block}, match);
  if (found == Pattern::Found::GaveUp) return false;
  if (found != Pattern::Found::Match) return true;
  block = at_start ? block.subspan(match.end) : block.first(match.begin);
  return true;
}

Result<Slice> RecordPattern::without_separators(ByteView block) {
  if (!cut_off(start_, block, true)) return fail(failure_);
  std::string rest;
  rest.reserve(block.size());
  Pattern::Search search{.subject = block, .nonempty = true};
  for (Pattern::Match match; search.from < block.size(); search.from = match.end) {
    const Pattern::Found found = find(*between_, search, match);
    if (found == Pattern::Found::GaveUp) return fail(failure_);
    if (found != Pattern::Found::Match) break;
    rest += as_text(block.subspan(search.from, match.begin - search.from));
  }
  ByteView last = block.subspan(search.from);
  if (!cut_off(end_, last, false)) return fail(failure_);
  rest += as_text(last);
  return Slice::copy_of(as_bytes(rest));
}

}  // namespace spread
