#include "spread/journal/job_answer.h"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "spread/journal/varint.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

// In front of what it printed: docs/journal.md.
constexpr std::uint64_t kJobFields = 8;

void append_bin(ByteView bytes, ByteBuffer& out) {
  std::array<Byte, wire::kMaxScalarBytes> head;
  Byte* const end = wire::put_bin_header(head.data(), bytes.size());
  out.append(ByteView(head.data(), static_cast<std::size_t>(end - head.data())));
  out.append(bytes);
}

bool take_integer(const Byte*& at, const Byte* end, int& into) {
  const wire::Token token = wire::next_token(at, end);
  into = static_cast<int>(token.number);
  return token.type == wire::TokenType::Unsigned || token.type == wire::TokenType::Negative;
}

bool take_text(const Byte*& at, const Byte* end, std::string_view& into) {
  const wire::Token token = wire::next_token(at, end);
  into = as_text(token.bytes);
  return token.is_text();
}

struct ParsedJob {
  JobWords words;
  std::uint64_t last = 0;
  ByteView pieces;
};

Result<ParsedJob> parse_job(ByteView value) {
  const Byte* at = value.data();
  const Byte* const end = at + value.size();
  const wire::Token array = wire::next_token(at, end);
  ParsedJob job;
  JobWords& words = job.words;
  const bool has_words = array.type == wire::TokenType::Array && array.number >= kJobFields &&
                         take_integer(at, end, words.exit_status) &&
                         take_integer(at, end, words.signal) && take_text(at, end, words.how) &&
                         take_text(at, end, words.command) &&
                         take_text(at, end, words.last_lines) && take_text(at, end, words.tag) &&
                         take_text(at, end, words.note);
  if (!has_words) return fail("a job's answer is none");
  const wire::Token last = wire::next_token(at, end);
  if (last.type != wire::TokenType::Unsigned) return fail("a job's answer is none");
  job.last = last.number;
  job.pieces = {at, static_cast<std::size_t>(end - at)};
  return job;
}

/// Pieces, as they stand in an answer or an `O`.
Status give_pieces(ByteView left, const PieceSink& take) {
  const Byte* at = left.data();
  const Byte* const end = at + left.size();
  while (at != end) {
    const wire::Token stream = wire::next_token(at, end), bytes = wire::next_token(at, end);
    if (stream.type != wire::TokenType::Unsigned || stream.number > 1 || !bytes.is_text()) {
      return fail("what a job printed is cut off");
    }
    take(static_cast<std::uint8_t>(stream.number), bytes.bytes);
  }
  return {};
}

struct OutputHead {
  std::uint64_t before = 0;
  ByteView pieces;
};

Result<OutputHead> read_output(AnswerReader& reader, std::uint64_t at) {
  const auto record = reader.record(at);
  if (!record) return tl::unexpected(record.error());
  ByteView left = record->subspan(1);
  // Numbers of tasks may have changed since: --resume=content.
  const auto task = take_var(left), before = take_var(left);
  if ((*record)[0] != 'O' || !task || !before || *before >= at) {
    return fail(fmt::format("no output of a job at byte {}", at));
  }
  return OutputHead{*before, left};
}

}  // namespace

void JobPieces::add(std::uint8_t stream, ByteView printed) {
  bytes.push_back(stream);
  append_bin(printed, bytes);
  ++count;
}

void append_job_answer(const JobWords& words, const JobPieces& pieces, ByteBuffer& out) {
  wire::ValueWriter value(out);
  value.array(kJobFields + 2 * pieces.count);
  std::array<Byte, 2 * wire::kMaxScalarBytes> numbers;
  Byte* to = wire::put_signed(numbers.data(), words.exit_status);
  to = wire::put_signed(to, words.signal);
  out.append(ByteView(numbers.data(), static_cast<std::size_t>(to - numbers.data())));
  value.text(words.how);
  for (const std::string_view text : {words.command, words.last_lines, words.tag, words.note}) {
    append_bin(as_bytes(text), out);
  }
  value.number(pieces.last);
  out.append(pieces.bytes.view());
}

void append_output_head(TaskId task, std::uint64_t before, ByteBuffer& out) {
  out.push_back('O');
  append_var(number(task), out);
  append_var(before, out);
}

Result<std::uint64_t> last_output_of(ByteView value) {
  const auto job = parse_job(value);
  if (!job) return tl::unexpected(job.error());
  return job->last;
}

Result<JobWords> parse_job_words(ByteView value) {
  const auto job = parse_job(value);
  if (!job) return tl::unexpected(job.error());
  return job->words;
}

Result<JobWords> read_job(const JournalAnswer& answer, AnswerReader& reader,
                          const PieceSink& take) {
  const auto job = parse_job(answer.value);
  if (!job) return tl::unexpected(job.error());
  // They are linked backwards, and wanted forwards.
  std::vector<std::uint64_t> places;
  for (std::uint64_t at = job->last; at != 0;) {
    const auto output = read_output(reader, at);
    if (!output) return tl::unexpected(output.error());
    places.push_back(at);
    at = output->before;
  }
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    const auto output = read_output(reader, *place);
    if (!output) return tl::unexpected(output.error());
    SPREAD_TRY(give_pieces(output->pieces, take));
  }
  SPREAD_TRY(give_pieces(job->pieces, take));
  return job->words;
}

}  // namespace spread
