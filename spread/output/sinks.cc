#include "spread/output/sinks.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/json_string.h"
#include "spread/io/files.h"
#include "spread/io/system.h"
#include "spread/journal/checksum.h"
#include "spread/report/summary.h"

namespace spread {
namespace {

// What is longer goes to the queue by reference.
constexpr std::size_t kPiece = 64 * 1024;

/// Whether `bytes`, which are no UTF-8, may be the start of a character that is cut off.
bool may_go_on(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (first > 0xf4 || bytes.size() >= length) return false;
  for (const char c : bytes.substr(1)) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) return false;
  }
  return true;
}

}  // namespace

void FormatSink::append_large(const TaskResult& result) {
  ResultPlace place;
  place.offset = writer_.written() + writer_.waiting();
  formatter_.append_other(result, writer_.queue());
  if (result.outcome != Outcome::Ok) return;
  const std::uint64_t bytes = writer_.written() + writer_.waiting() - place.offset;
  const ByteView body = result.value.body.view();
  const auto text = format_ == OutputFormat::Text ? text_of(result.value) : std::nullopt;
  if (format_ == OutputFormat::Msgpack) {
    place.bytes = bytes;
    place.checksum = crc32c(body, crc32c(result.value.head_view()));
  } else if (text && bytes == text->size() + 1) {
    place.bytes = text->size();
    place.checksum = crc32c(*text);
    const bool split = result.value.head_size != 0;
    place.head = split ? result.value.head_view() : body.first(body.size() - text->size());
  } else {
    // In one piece at the end, whatever its size, with a newline behind it.
    place.form = ResultPlace::Form::Json;
    place.bytes = bytes - 1;
    place.checksum = crc32c(writer_.queue().tail().view().last(bytes).first(place.bytes));
  }
  // One that could not be written is null there.
  if (place.bytes > kInOutputAbove) places_->will_be_at(result, place);
}

void StandardSink::write(TaskId, JobStream stream, Slice bytes) {
  if (stream == JobStream::Err && !reporter_.one_place()) {
    return reporter_.errors().append(bytes.view());
  }
  if (out_.closed()) return;
  reporter_.begin_block();
  const bool whole_lines = lines_ && bytes.view().back() == '\n';
  out_.queue().append(std::move(bytes));
  if (whole_lines) reporter_.end_block();
}

void RecordSink::open(TaskId task) {
  if (opened_) return;
  opened_ = true;
  if (reporter_ != nullptr) reporter_->begin_block();
  stream_ = -1;
  out_.queue().tail().append(fmt::format("{{\"id\":{},", number(task)));
}

/// Each of the two strings comes once: in JobOutputMode::Blocks all of stdout is before stderr.
void RecordSink::begin(JobStream stream) {
  const int wanted = static_cast<int>(stream);
  ByteBuffer& out = out_.queue().tail();
  for (; stream_ < wanted;) {
    if (stream_ >= 0) {
      if (!partial_.empty()) out.append("\xef\xbf\xbd");
      partial_.clear();
      out.append("\",");
    }
    ++stream_;
    out.append(stream_ == 0 ? "\"stdout\":\"" : "\"stderr\":\"");
  }
}

void RecordSink::write(TaskId task, JobStream stream, Slice bytes) {
  if (out_.closed()) return;
  open(task);
  begin(stream);
  std::string_view rest = as_text(bytes.view());
  while (!rest.empty()) {
    append(rest.substr(0, kPiece));
    rest.remove_prefix(std::min(rest.size(), kPiece));
  }
}

void RecordSink::append(std::string_view text) {
  ByteBuffer& out = out_.queue().tail();
  std::string joined;
  if (!partial_.empty()) {
    joined = partial_ + std::string(text);
    partial_.clear();
    text = joined;
  }
  while (!text.empty()) {
    const std::size_t good = utf8_prefix(as_bytes(text));
    append_json_escaped(text.substr(0, good), out);
    text.remove_prefix(good);
    if (text.empty()) return;
    if (text.size() < 4 && may_go_on(text)) {
      partial_ = text;
      return;
    }
    // JSON has no bytes that are no text.
    out.append("\xef\xbf\xbd");
    text.remove_prefix(1);
  }
}

void RecordSink::end(TaskId task, ByteView note) {
  if (out_.closed()) return;
  open(task);
  begin(JobStream::Err);
  if (!partial_.empty()) out_.queue().tail().append("\xef\xbf\xbd");
  partial_.clear();
  out_.queue().tail().append("\",");
  out_.queue().tail().append(note);
  opened_ = false;
  if (reporter_ != nullptr) reporter_->end_block();
}

std::string record_note(const JobRecord& job) {
  ByteBuffer text;
  const auto add_string = [&](std::string_view value) { append_json_string(value, text); };
  text.append("\"status\":");
  add_string(outcome_name(job.outcome));
  text.append(fmt::format(",\"exit\":{},\"signal\":{},\"how\":", job.exit_status, job.signal));
  add_string(job.how);
  text.append(",\"command\":");
  add_string(job.command);
  text.append(",\"host\":");
  if (job.host) {
    add_string(*job.host);
  } else {
    text.append("null");
  }
  text.append(fmt::format(",\"attempts\":{},\"seconds\":{:.6f}}}\n", job.attempts,
                          to_seconds(job.duration)));
  return std::string(as_text(text.view()));
}

namespace {

// What is escaped at once.
constexpr std::size_t kTablePieceBytes = 64 * 1024;

}  // namespace

Result<std::unique_ptr<JobTable>> JobTable::open(const JobOptions& options, bool append,
                                                 EventLoop& loop, OutputWriter& output,
                                                 Reporter& reporter) {
  std::unique_ptr<JobTable> table(new JobTable(options.table, output, reporter));
  table->name_ = options.results_table;
  if (table->name_.substr(0, 2) == "-.") return table;
  // As the joblog: what the run of before has written stays.
  auto fd = open_for_writing(table->name_, append);
  if (!fd) return fail("--results: " + fd.error().message);
  auto descriptor = open_output(fd->get());
  if (!descriptor) return fail("--results: " + descriptor.error().message);
  table->own_ = std::make_unique<OutputWriter>(loop, std::move(*descriptor));
  table->out_ = table->own_.get();
  table->header_written_ = append && !file_is_empty(fd->get());
  return table;
}

void JobTable::look_at(TaskId task, JobStream stream, ByteView bytes, bool tagged) {
  Seen& seen = seen_[number(task)];
  bool& quotes = stream == JobStream::Out ? seen.quotes.out : seen.quotes.err;
  quotes = quotes || tagged || table_.needs_quotes(as_text(bytes));
  if (stream == JobStream::Out) seen.out_bytes += bytes.size();
}

// The quotes, how many values there are (for the header), and the start of the row.
std::string JobTable::note_of(TaskId task, TableRow row) {
  const auto at = seen_.find(number(task));
  const Seen seen = at == seen_.end() ? Seen{} : at->second;
  forget(task);
  row.received_bytes = seen.out_bytes;
  return fmt::format("{:d}{:d}{} {}", seen.quotes.out, seen.quotes.err, row.values.size(),
                     table_.row_start(row));
}

void JobTable::begin(TaskId, ByteView note) {
  std::string_view text = as_text(note);
  quotes_ = {text[0] == '1', text[1] == '1'};
  in_errors_ = false;
  text.remove_prefix(2);
  std::size_t values = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), values);
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()) + 1);
  if (out_->closed()) return;
  if (own_ == nullptr) reporter_.begin_block();
  ByteBuffer& out = out_->queue().tail();
  if (!std::exchange(header_written_, true)) out.append(table_.header(names_, values));
  out.append(text);
  out.append(table_.before(quotes_));
}

void JobTable::write(TaskId, JobStream stream, Slice bytes) {
  if (out_->closed()) return;
  ByteBuffer& out = out_->queue().tail();
  if (stream == JobStream::Err && !std::exchange(in_errors_, true)) {
    out.append(table_.between(quotes_));
  }
  for (std::string_view rest = as_text(bytes.view()); !rest.empty();) {
    const std::string_view piece = rest.substr(0, kTablePieceBytes);
    table_.append(piece, out);
    rest.remove_prefix(piece.size());
  }
}

void JobTable::end(TaskId, ByteView) {
  if (out_->closed()) return;
  ByteBuffer& out = out_->queue().tail();
  if (!in_errors_) out.append(table_.between(quotes_));
  out.append(table_.row_end(quotes_));
  if (own_ == nullptr) reporter_.end_block();
}

Status JobTable::finish() {
  if (own_ == nullptr) return {};
  own_->finish(true);
  return flush();
}

Status JobTable::flush() {
  if (own_ == nullptr) return {};
  if (!own_->queue_empty() && !own_->stalled()) own_->flush();
  if (!own_->closed()) return {};
  return fail("cannot write --results " + name_ + ": " +
              (own_->failed() ? own_->error() : "nobody reads it any more"));
}

}  // namespace spread
