#include "spread/journal/answers.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <zstd.h>

#include "spread/journal/varint.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

// Bits of the byte of an answer; part of the format.
constexpr Byte kOutcomeBits = 7, kFirst = 8, kInOutput = 16;

Status broken(std::size_t at) { return fail(fmt::format("answer {} of a batch is no answer", at)); }

}  // namespace

void AnswerBatch::add(const TaskResult& result, const ResultPlace& place) {
  std::array<Byte, 2 * kVarBytes + 5> where;
  Byte* to = put_var(put_var(where.data(), place.offset), place.bytes);
  for (unsigned i = 0; i < 4; ++i) *to++ = static_cast<Byte>(place.checksum >> (8 * i));
  *to++ = static_cast<Byte>(place.form);
  const auto size = static_cast<std::size_t>(to - where.data());
  add(result, ByteView(where.data(), size), place.head, kInOutput);
}

void AnswerBatch::add(const TaskResult& result, ByteView head, ByteView body, Byte bits) {
  const std::size_t size = head.size() + body.size();
  if (taken_) {
    bytes_.clear();
    // One large answer must not keep its memory for good.
    if (bytes_.capacity() > 16 * kBytes) bytes_.shrink();
    bytes_.push_back('A');
    taken_ = false;
  }
  Byte* const begin = bytes_.prepare(6 * kVarBytes + 1 + size);
  Byte* to = put_signed_var(begin, static_cast<std::int64_t>(number(result.id) - last_));
  last_ = number(result.id);
  const Outcome outcome = result.cut_short ? Outcome::NotComputed : result.outcome;
  *to++ = static_cast<Byte>((static_cast<Byte>(outcome) + 1) | (result.first ? kFirst : 0) | bits);
  to = put_var(to, result.attempts);
  to = put_var(to, to_microseconds(result.duration));
  to = put_var(to, number(result.worker));
  to = put_var(to, size);
  if (!head.empty()) std::memcpy(to, head.data(), head.size());
  if (!body.empty()) std::memcpy(to + head.size(), body.data(), body.size());
  bytes_.commit(static_cast<std::size_t>(to - begin) + size);
  value_bytes_ += size;
  ++count_;
}

/// Small values are numbers mostly, and what is around them has been made small already: at 64
/// bytes a value begins to have what repeats.
bool AnswerBatch::compress() {
  constexpr std::uint64_t kWorthIt = 64;
  if (value_bytes_ < kWorthIt * count_ || bytes_.size() < 4 * kWorthIt) return false;
  if (pause_ > 0) {
    --pause_;
    return false;
  }
  const ByteView plain = bytes_.view().subspan(1);
  compressed_.clear();
  Byte* to = compressed_.prepare(1 + kVarBytes + ZSTD_compressBound(plain.size()));
  const Byte* const begin = to;
  *to++ = 'Z';
  to = put_var(to, plain.size());
  constexpr int kFastest = 1;
  const std::size_t size =
      ZSTD_compress(to, compressed_.writable(), plain.data(), plain.size(), kFastest);
  if (ZSTD_isError(size) != 0 || size > plain.size() / 8 * 7) {
    pause_ = pause_next_;
    pause_next_ = std::min(2 * pause_next_, kPauseMax);
    return false;
  }
  pause_next_ = 1;
  compressed_.commit(static_cast<std::size_t>(to - begin) + size);
  return true;
}

ByteView AnswerBatch::take() {
  const bool smaller = compress();
  taken_ = true;
  count_ = last_ = value_bytes_ = 0;
  return smaller ? compressed_.view() : bytes_.view();
}

Status AnswerList::parse(ByteView record, std::size_t bytes_max) {
  answers_.clear();
  ByteView left = record.subspan(1);
  if (record[0] == 'Z') {
    const auto size = take_var(left);
    if (!size || *size > bytes_max) return fail("a batch of answers has no size");
    // What the record claims is held against what zstd says before memory is taken for it.
    const unsigned long long claimed = ZSTD_getFrameContentSize(left.data(), left.size());
    // Nor can it be more than its blocks hold: 128 KiB each, in 4 bytes at least.
    const std::uint64_t most = (left.size() / 4 + 1) * 128 * 1024;
    if (claimed != *size || *size > most) return fail("a batch of answers cannot be unpacked");
    plain_.resize(*size);
    const std::size_t n = ZSTD_decompress(plain_.data(), plain_.size(), left.data(), left.size());
    if (ZSTD_isError(n) != 0 || n != *size) return fail("a batch of answers cannot be unpacked");
    left = plain_;
  }
  std::uint64_t last = 0;
  while (!left.empty()) {
    JournalAnswer answer;
    const auto delta = take_signed_var(left);
    if (!delta || left.empty() || answers_.size() == kBatchMax) return broken(answers_.size());
    last += static_cast<std::uint64_t>(*delta);
    answer.task = TaskId{last};
    const Byte bits = left[0];
    left = left.subspan(1);
    const unsigned outcome = bits & kOutcomeBits;
    const bool known = (bits & ~(kOutcomeBits | kFirst | kInOutput)) == 0;
    if (!known || outcome < 1 || outcome > 4 || last >= kFirstSubtask)
      return broken(answers_.size());
    answer.outcome = static_cast<Outcome>(outcome - 1);
    answer.first = (bits & kFirst) != 0;
    answer.in_output = (bits & kInOutput) != 0;
    const auto attempts = take_var(left), us = take_var(left), worker = take_var(left),
               size = take_var(left);
    if (!size || !worker || !us || !attempts || *size > left.size()) return broken(answers_.size());
    answer.attempts = static_cast<std::uint32_t>(*attempts);
    answer.duration = from_microseconds(*us);
    answer.worker = WorkerId{static_cast<std::uint32_t>(*worker)};
    answer.value = left.first(*size);
    left = left.subspan(*size);
    answers_.push_back(answer);
  }
  return {};
}

Result<ResultPlace> parse_place(const JournalAnswer& answer) {
  ByteView left = answer.value;
  const auto offset = take_var(left), bytes = take_var(left);
  const bool fits = bytes && offset && left.size() >= 5 && left[4] <= 1 &&
                    *offset + *bytes >= *offset && (left[4] == 0 || left.size() == 5);
  if (!fits || answer.outcome != Outcome::Ok) {
    return fail(
        fmt::format("where the result of task {} is, is no place", number(answer.task) + 1));
  }
  ResultPlace place{*offset, *bytes, 0, static_cast<ResultPlace::Form>(left[4]), left.subspan(5)};
  for (unsigned i = 4; i-- > 0;) place.checksum = place.checksum << 8 | left[i];
  return place;
}

Status check_value(const JournalAnswer& answer, bool is_pair) {
  // Of what was not computed there may be none.
  if (answer.value.empty() && answer.outcome != Outcome::Ok) return {};
  const Byte* const end = answer.value.data() + answer.value.size();
  const wire::Skipped whole = wire::skip_value(answer.value.data(), end);
  const bool fits = !is_pair || wire::array_head(answer.value).elements == 2;
  if (whole.ok() && whole.at == end && fits) return {};
  return fail(fmt::format("the journal's answer to task {} is no answer", number(answer.task) + 1));
}

}  // namespace spread
