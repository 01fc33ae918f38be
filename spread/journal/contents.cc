#include "spread/journal/contents.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/journal/checksum.h"
#include "spread/journal/job_answer.h"
#include "spread/journal/varint.h"
#include "spread/wire/json.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

std::uint64_t load_digest(ByteView at) {
  std::uint64_t digest = 0;
  for (std::size_t i = 8; i-- > 0;) digest = digest << 8 | at[i];
  return digest;
}

// In an entry of the table.
constexpr std::uint64_t kInOutputBit = 4, kGone = 1;

std::uint64_t milliseconds(double seconds) {
  return static_cast<std::uint64_t>(std::llround(std::max(0.0, seconds) * 1000));
}

}  // namespace

void append_end(const JournalEnd& end, ByteBuffer& out) {
  out.push_back('X');
  wire::ValueWriter writer(out);
  writer.map(6);
  const auto add = [&](std::string_view key, std::uint64_t value) {
    writer.text(key);
    writer.number(value);
  };
  add("status", static_cast<std::uint64_t>(end.status));
  add("complete", end.complete ? 1 : 0);
  add("input_ended", end.input_ended ? 1 : 0);
  add("ms", milliseconds(end.seconds));
  add("attempts", end.attempts);
  add("loss_ms", milliseconds(end.loss_window));
}

Result<JournalEnd> parse_end(ByteView record) {
  const Byte* at = record.data() + 1;
  const Byte* const end = record.data() + record.size();
  const wire::Token map = wire::next_token(at, end);
  if (map.type != wire::TokenType::Map) return fail("the end of a part is no map");
  JournalEnd found;
  for (std::uint64_t i = 0; i < map.number; ++i) {
    const wire::Token key = wire::next_token(at, end);
    const wire::Skipped value_end = wire::skip_value(at, end);
    if (!key.is_text() || !value_end.ok()) return fail("the end of a part is no whole map");
    const wire::Token value = wire::next_token(at, end);
    at = value_end.at;
    const std::string_view name = as_text(key.bytes);
    if (value.type != wire::TokenType::Unsigned) continue;
    if (name == "status")
      found.status = static_cast<int>(std::min<std::uint64_t>(value.number, 255));
    if (name == "complete") found.complete = value.number != 0;
    if (name == "input_ended") found.input_ended = value.number != 0;
    if (name == "ms") found.seconds = static_cast<double>(value.number) / 1000;
    if (name == "attempts") found.attempts = value.number;
    if (name == "loss_ms") found.loss_window = static_cast<double>(value.number) / 1000;
  }
  return found;
}

// ---------------------------------------------------------------- all of it

namespace {

bool has_gap(const LogSkipped& skipped) {
  return skipped.zero_bytes + skipped.damaged_bytes + skipped.void_bytes > 0;
}

}  // namespace

Status JournalContents::read(RecordLogReader& log, const Look& look) {
  while (true) {
    switch (log.next()) {
      case LogRead::Record: {
        has_gaps_ = has_gap(log.skipped());
        if (const Status taken = take(log.record(), log.record_at(), has_gaps_); !taken) {
          return fail(fmt::format("at byte {}: {}", log.record_at(), taken.error().message));
        }
        if (look) SPREAD_TRY(look(log.record(), log.record_at()));
        break;
      }
      case LogRead::End:
      case LogRead::Torn: has_gaps_ = has_gap(log.skipped()); return {};
      case LogRead::Damaged:
        return fail(
            fmt::format("damaged at byte {} (spread journal repair IN OUT copies what is sound)",
                        log.damaged_at()));
      case LogRead::Failed: return tl::unexpected(log.error());
    }
  }
}

/// `has_gap`: something in front of it is lost, which it may belong to.
Status JournalContents::take(ByteView record, std::uint64_t at, bool has_gap) {
  if (record.empty()) return fail("a record without a type");
  ByteView left = record.subspan(1);
  if (parts_.empty() && record[0] != 'P') {
    return has_gap ? Status() : fail("no part begins there");
  }
  switch (record[0]) {
    case 'P': {
      auto part = parse_part(record);
      if (!part) return tl::unexpected(part.error());
      if (part->renumbers) {
        // Of those that had been read by then, none is looked for any more where all were.
        if (!renumbering_is_open_) oldest_ = first_;
        renumbering_is_open_ = true;
        first_ += tasks_;
        tasks_ = attempts_ = gone_ = 0;
        counts_ = {};
        task_time_ = {};
      }
      seconds_ += std::exchange(part_seconds_, 0);  // of one that was cut off
      outputs_.clear();
      parts_.push_back(std::move(*part));
      parts_at_.push_back(at);
      end_.reset();
      all_read_ = false;
      return {};
    }
    case 'T': return take_tasks(left, has_gap);
    case 'A':
    case 'Z': return take_answers(record, at, has_gap);
    case 'K': return take_kept(left, has_gap);
    case 'O': return take_output(left, at);
    case 'S': {
      const auto slots = take_var(left);
      if (!slots || *slots == 0 || *slots > UINT32_MAX) return fail("a number of slots is none");
      shard_slots_ = *slots;
      return {};
    }
    case 'X': {
      auto end = parse_end(record);
      if (!end) return tl::unexpected(end.error());
      end_ = *end;
      seconds_ += end->seconds;
      part_seconds_ = 0;
      return {};
    }
    case 'M': {
      const auto ms = take_var(left);
      if (!ms) return fail("a moment that is none");
      part_seconds_ = static_cast<double>(*ms) / 1000;
      return {};
    }
    case 'I':
      all_read_ = true;
      renumbering_is_open_ = false;
      return {};
    // Of interest to those who look at one task, or at workers.
    case 'F':
    case 'W':
    case 'L': return {};
    default: return fail("a record that this spread does not know: a newer one has written it");
  }
}

/// Where tasks are lost, those behind them are, too, and what these came to: the part that goes on
/// with it reads them again, and notes them.
Status JournalContents::take_tasks(ByteView left, bool has_gap) {
  const auto first = take_var(left);
  if (!first || left.size() % 8 != 0 || (*first != tasks_ && !has_gap)) {
    return fail("tasks that do not follow those before");
  }
  if (*first != tasks_) return {};
  for (; !left.empty(); left = left.subspan(8)) {
    SPREAD_TRY(table_.set(first_ + tasks_, {load_digest(left), 0}));
    ++tasks_;
  }
  return {};
}

Status JournalContents::take_answers(ByteView record, std::uint64_t at, bool has_gap) {
  SPREAD_TRY(list_.parse(record));
  for (std::size_t i = 0; i < list_.answers().size(); ++i) {
    const JournalAnswer& answer = list_.answers()[i];
    const bool is_whole = !has_gap || has_all_output(answer);
    outputs_.erase(number(answer.task));
    if (is_whole) SPREAD_TRY(set(answer, answer_place(at, i), has_gap));
  }
  return {};
}

Status JournalContents::take_output(ByteView left, std::uint64_t at) {
  const auto task = take_var(left), before = take_var(left);
  if (!task || !before) return fail("output of a job is cut off");
  const auto found = outputs_.find(*task);
  if (*before == 0 || (found != outputs_.end() && found->second == *before)) {
    outputs_[*task] = at;
  } else if (found != outputs_.end()) {
    outputs_.erase(found);
  }
  return {};
}

/// A lost page may have had some of what a job has printed, and not its answer.
bool JournalContents::has_all_output(const JournalAnswer& answer) const {
  const std::string& subcommand = parts_.back().subcommand;
  if (answer.value.empty() || (subcommand != "map" && subcommand != "pipe")) return true;
  const auto last = last_output_of(answer.value);
  if (!last || *last == 0) return true;
  const auto found = outputs_.find(number(answer.task));
  return found != outputs_.end() && found->second == *last;
}

Status JournalContents::take_kept(ByteView left, bool has_gap) {
  const auto task = take_var(left), was = take_var(left), place = take_var(left),
             outcome = take_var(left), attempts = take_var(left), us = take_var(left);
  if (!us || !attempts || !outcome || !place || !was || !task || *outcome > 3 || *was >= first_) {
    return fail("a kept task is no task");
  }
  if (*task >= tasks_) return has_gap ? Status() : fail("a kept task was not read");
  const auto now = table_.get(first_ + *task), old = table_.get(*was);
  if (!now) return tl::unexpected(now.error());
  if (!old) return tl::unexpected(old.error());
  // Its own answer came in front of this. If that is lost, the old one is not to be.
  if (*place == 0 && now->second == 0) return {};
  SPREAD_TRY(table_.set(*was, {old->first, 0}));
  if (*place == 0) return {};
  JournalAnswer answer;
  answer.task = TaskId{*task};
  answer.outcome = static_cast<Outcome>(*outcome);
  answer.attempts = static_cast<std::uint32_t>(*attempts);
  answer.duration = from_microseconds(*us);
  return set(answer, *place, has_gap);
}

/// A place times eight, whether the result is in a file of -o, and the outcome: never zero. What is
/// not there any more is kGone, which no place is.
Status JournalContents::set(const JournalAnswer& answer, AnswerPlace place, bool has_gap) {
  const std::uint64_t n = number(answer.task);
  if (n >= tasks_) {
    return has_gap ? Status() : fail("an answer to a task that was not read");
  }
  auto entry = table_.get(first_ + n);
  if (!entry) return tl::unexpected(entry.error());
  if (entry->second == kGone) {
    --gone_;
  } else if (entry->second != 0) {
    --counts_[entry->second & 3];
  }
  const auto there = find_in_output(answer, place);
  if (!there) return tl::unexpected(there.error());
  if (!*there) {
    ++gone_;
    entry->second = kGone;
    return table_.set(first_ + n, *entry);
  }
  entry->second = place << 3 | static_cast<std::uint64_t>(answer.in_output ? kInOutputBit : 0) |
                  static_cast<std::uint64_t>(answer.outcome);
  ++counts_[entry->second & 3];
  attempts_ += answer.attempts;
  task_time_ += answer.duration;
  return table_.set(first_ + n, *entry);
}

/// False: its result was in a file of -o, and is not there.
Result<bool> JournalContents::find_in_output(const JournalAnswer& answer, AnswerPlace at) {
  if (!answer.in_output) return true;
  const auto place = parse_place(answer);
  if (!place) return tl::unexpected(place.error());
  const std::string& file = part_of(record_of(at)).output;
  if (files_ != nullptr && !read_place(*place, file, *files_)) return false;
  std::uint64_t& needed = needed_[file];
  needed = std::max(needed, place->end());
  return true;
}

Result<JournalContents::Task> JournalContents::entry(std::uint64_t index) {
  const auto entry = table_.get(index);
  if (!entry) return tl::unexpected(entry.error());
  Task task;
  task.digest = entry->first;
  task.is_gone = entry->second == kGone;
  if (task.is_gone) return task;
  task.place = entry->second >> 3;
  task.outcome = static_cast<Outcome>(entry->second & 3);
  task.in_output = (entry->second & kInOutputBit) != 0;
  return task;
}

const JournalPart& JournalContents::part_of(std::uint64_t record_at) const {
  const auto behind = std::upper_bound(parts_at_.begin(), parts_at_.end(), record_at);
  if (behind == parts_at_.begin()) return parts_.front();  // of a journal that lies
  return parts_[static_cast<std::size_t>(behind - parts_at_.begin() - 1)];
}

std::uint64_t JournalContents::needed_of(const std::string& file) const {
  const auto found = needed_.find(file);
  return found == needed_.end() ? 0 : found->second;
}

Result<ByteView> read_place(const ResultPlace& place, const std::string& file, OutputFiles& files) {
  const ByteView bytes = files.read(file, place.offset, place.bytes);
  if (bytes.size() == place.bytes && crc32c(bytes) == place.checksum) return bytes;
  return fail(fmt::format("its {} bytes from {} on are not in {} any more", place.bytes,
                          place.offset, show_text(file)));
}

// ---------------------------------------------------------------- one answer

Result<ByteView> AnswerReader::record(std::uint64_t at) {
  RecordLogReader log(bytes_, at);
  if (log.next() != LogRead::Record || log.record_at() != at) {
    return fail(fmt::format("no record at byte {}", at));
  }
  record_.assign(log.record().begin(), log.record().end());
  return ByteView(record_);
}

Result<JournalAnswer> AnswerReader::get(AnswerPlace place) {
  auto answer = stored(place);
  if (answer && answer->in_output) SPREAD_TRY(fetch(*answer, record_of(place)));
  return answer;
}

Result<JournalAnswer> AnswerReader::stored(AnswerPlace place) {
  const std::uint64_t at = record_of(place), index = index_of(place);
  const auto has_it = [&](const Kept& kept) { return kept.at == at; };
  auto found = std::find_if(kept_.begin(), kept_.end(), has_it);
  if (found == kept_.end()) {
    const auto bytes = record(at);
    if (!bytes) return tl::unexpected(bytes.error());
    if ((*bytes)[0] != 'A' && (*bytes)[0] != 'Z')
      return fail(fmt::format("no answers at byte {}", at));
    found = kept_.begin() + static_cast<std::ptrdiff_t>(oldest_);
    oldest_ = (oldest_ + 1) % kKept;
    found->at = UINT64_MAX;
    found->record.swap(record_);
    SPREAD_TRY(found->list.parse(found->record));
    found->at = at;
  }
  if (index >= found->list.answers().size())
    return fail(fmt::format("no such answer at byte {}", at));
  return found->list.answers()[index];
}

Status AnswerReader::fetch(JournalAnswer& answer, std::uint64_t record_at) {
  const auto place = parse_place(answer);
  if (!place) return tl::unexpected(place.error());
  if (files_ == nullptr) return fail("its result is in a file of -o");
  const auto bytes = read_place(*place, contents_->part_of(record_at).output, *files_);
  if (!bytes)
    return fail(fmt::format("task {}: {}", number(answer.task) + 1, bytes.error().message));
  value_.clear();
  if (place->form == ResultPlace::Form::Json) {
    SPREAD_TRY(wire::json_to_msgpack(as_text(*bytes), value_));
  } else {
    value_.append(place->head);
    value_.append(*bytes);
  }
  answer.in_output = false;
  answer.value = value_.view();
  return {};
}

}  // namespace spread
