// The answers of a journal: in batches, since one of them may be ten bytes (docs/journal.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"

namespace spread {

/// Where the value of an answer is, in the file of -o (docs/journal.md).
struct ResultPlace {
  enum class Form : Byte { Bytes = 0, Json = 1 };
  std::uint64_t offset = 0, bytes = 0;
  std::uint32_t checksum = 0;
  Form form = Form::Bytes;
  ByteView head;  ///< of Bytes: what of the value is in front of them

  std::uint64_t end() const { return offset + bytes; }
};
/// Values above this size may be there.
inline constexpr std::size_t kInOutputAbove = 4096;

/// What a journal has of a task that is final. Not of one that was not computed.
struct JournalAnswer {
  TaskId task{};
  Outcome outcome = Outcome::Ok;
  bool first = false;  ///< as of TaskResult
  std::uint32_t attempts = 0;
  Duration duration{};  ///< to the microsecond
  WorkerId worker = kNoWorker;
  bool in_output = false;  ///< `value` is where the value is: parse_place()
  ByteView value;
};
/// Of one that is `in_output`. An Error: it was not written by spread.
Result<ResultPlace> parse_place(const JournalAnswer& answer);

/// Of what workers say: a journal is a file, and what is in it is believed no more than they are.
/// `is_pair`: the value stands behind its payload. An Error names the task.
Status check_value(const JournalAnswer& answer, bool is_pair);

/// As it was put in, but for its value.
inline TaskResult result_of(const JournalAnswer& answer) {
  TaskResult result;
  result.id = answer.task;
  result.outcome = answer.outcome;
  result.first = answer.first;
  result.attempts = answer.attempts;
  result.duration = answer.duration;
  result.worker = answer.worker;
  return result;
}

/// Where an answer is: the offset of its record, and which of the batch. 0 is none.
using AnswerPlace = std::uint64_t;
inline constexpr std::uint64_t kBatchMax = 32767;
constexpr AnswerPlace answer_place(std::uint64_t record_at, std::uint64_t index) {
  return record_at * (kBatchMax + 1) + index;
}
constexpr std::uint64_t record_of(AnswerPlace place) { return place / (kBatchMax + 1); }
constexpr std::uint64_t index_of(AnswerPlace place) { return place % (kBatchMax + 1); }

/// Durations are in microseconds there.
constexpr std::uint64_t to_microseconds(Duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return us < 0 ? 0 : static_cast<std::uint64_t>(us);
}
constexpr Duration from_microseconds(std::uint64_t us) {
  constexpr std::uint64_t kLongest = INT64_MAX / 1000;
  return std::chrono::microseconds(us < kLongest ? us : kLongest);
}

/// Answers on their way into the journal.
class AnswerBatch {
 public:
  /// Beyond this it should be taken.
  static constexpr std::size_t kBytes = 64 * 1024;

  /// `value`: of the result, in two pieces. Less than full().
  void add(const TaskResult& result, ByteView head, ByteView body) { add(result, head, body, 0); }
  void add(const TaskResult& result, const ResultPlace& place);
  bool empty() const { return count_ == 0; }
  bool full() const { return bytes_.size() >= kBytes || count_ == kBatchMax; }
  std::size_t size() const { return bytes_.size(); }
  /// The record, `A` or, where that is much smaller, `Z`; good until the next call. Then the batch
  /// is empty.
  ByteView take();

 private:
  void add(const TaskResult& result, ByteView head, ByteView body, Byte bits);
  bool compress();

  ByteBuffer bytes_, compressed_;
  bool taken_ = true;
  std::uint64_t count_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t value_bytes_ = 0;
  // Where it has not paid, it is tried again after twice as many batches, at most kPauseMax.
  static constexpr unsigned kPauseMax = 64;
  unsigned pause_ = 0, pause_next_ = 1;
};

/// A batch, read.
class AnswerList {
 public:
  /// `record` begins with `A` or `Z`, and must outlive this if it is `A`. An Error: it was not
  /// written by spread; or it claims to be larger than `bytes_max` when it is not compressed.
  Status parse(ByteView record, std::size_t bytes_max = std::size_t{1} << 32);
  const std::vector<JournalAnswer>& answers() const { return answers_; }
  std::size_t memory() const { return plain_.capacity(); }

 private:
  std::vector<JournalAnswer> answers_;
  std::vector<Byte> plain_;  ///< of `Z`
};

}  // namespace spread
