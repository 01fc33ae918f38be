// What a job of `map` or `pipe` came to, as its answer in a journal has it, and what it printed.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"
#include "spread/journal/answers.h"
#include "spread/journal/contents.h"

namespace spread {

/// Beside what it printed.
struct JobWords {
  int exit_status = 0, signal = 0;
  std::string_view how, command, last_lines, tag, note;
};

/// What a job printed, on its way into the journal: the pieces stand in its answer, or in an `O`.
struct JobPieces {
  ByteBuffer bytes;
  std::uint64_t count = 0;
  std::uint64_t last = 0;  ///< where the last `O` of this attempt is; 0: there is none

  void add(std::uint8_t stream, ByteView printed);
};

/// The value of a job's answer.
void append_job_answer(const JobWords& words, const JobPieces& pieces, ByteBuffer& out);
/// What stands in an `O` before its pieces.
void append_output_head(TaskId task, std::uint64_t before, ByteBuffer& out);

/// Each piece, in the order in which they came: 0 for stdout, 1 for stderr.
using PieceSink = std::function<void(std::uint8_t stream, ByteView bytes)>;

/// The words point into `value`. An Error: it is no such answer.
Result<JobWords> parse_job_words(ByteView value);
/// The place of the last `O` that an answer has beside it; 0: there is none.
Result<std::uint64_t> last_output_of(ByteView value);
/// The words, and all that it printed. `answer` must be none of `reader`'s record().
Result<JobWords> read_job(const JournalAnswer& answer, AnswerReader& reader, const PieceSink& take);

}  // namespace spread
