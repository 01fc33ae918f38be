#include "spread/output/job_table.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "spread/io/files.h"
#include "spread/io/system.h"

namespace spread {
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

Status JobTable::flush() {
  if (own_ == nullptr) return {};
  if (!own_->queue_empty() && !own_->stalled()) own_->flush();
  if (!own_->closed()) return {};
  return fail("cannot write --results " + name_ + ": " +
              (own_->failed() ? own_->error() : "nobody reads it any more"));
}

}  // namespace spread
