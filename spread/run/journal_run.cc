// What is done with a journal beside a run: `results` and `journal repair`.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/io/event_loop.h"
#include "spread/io/journal_file.h"
#include "spread/io/output_files.h"
#include "spread/io/system.h"
#include "spread/journal/contents.h"
#include "spread/journal/worker_hosts.h"
#include "spread/output/answers_out.h"
#include "spread/output/complain.h"
#include "spread/output/output_writer.h"
#include "spread/output/scratch_file.h"
#include "spread/report/summary.h"
#include "spread/run/run.h"

namespace spread {
namespace {

/// A journal that is shown. Of very many tasks, a table is in a file without a name, and of the
/// answers only those that are being written are in memory.
class JournalShow {
 public:
  JournalShow(const ResultsCommand& command, JournalFile file, EventLoop& loop,
              OutputDescriptor output, std::optional<OutputDescriptor> errors)
      : command_(command),
        file_(std::move(file)),
        loop_(loop),
        output_(loop, std::move(output)),
        scratch_(command.spill.place()),
        table_(scratch_),
        contents_(table_),
        log_(file_),
        reader_(file_) {
    reader_.look_into(output_files_, contents_);
    if (errors) errors_.emplace(loop, std::move(*errors));
  }

  Status show() {
    if (const Status shown = command_.follow ? follow() : show_in_order(); !shown) {
      if (out_) static_cast<void>(make_room(0));
      return shown;
    }
    if (out_) {
      out_->end();
      SPREAD_TRY(make_room(0));
      while (!out_->done() && !closed()) SPREAD_TRY(make_room(0));
    }
    output_.finish(true);
    return output_.failed() ? fail("cannot write to standard output: " + output_.error())
                            : Status();
  }
  bool closed() const { return output_.closed(); }
  /// What is to be told at the end; mostly empty.
  std::string note() const;

 private:
  /// A follower looks for more so often.
  static constexpr Duration kLookEvery = std::chrono::milliseconds(200);

  Status show_in_order();
  Status follow();
  Status read(const JournalContents::Look& look);
  Status show_batch(ByteView record, std::uint64_t at);
  Status show_one(TaskId task, AnswerPlace place);
  Status count_unnumbered();
  Status wait_for_place(AnswerPlace place);
  Status open_out();
  Status make_room(std::size_t left_max);
  Status find_taken_over();
  OutputWriter& errors() { return errors_ ? *errors_ : output_; }

  const ResultsCommand& command_;
  JournalFile file_;
  EventLoop& loop_;
  OutputWriter output_;
  std::optional<OutputWriter> errors_;  ///< none: it is one place with stdout
  ScratchFile scratch_;
  EntryFile table_;
  JournalContents contents_;
  RecordLogReader log_;
  NamedOutputFiles output_files_;
  AnswerReader reader_;
  AnswerList batch_;
  WorkerHosts hosts_;
  std::unique_ptr<AnswersOut> out_;
  std::uint64_t gone_ = 0;        ///< results that are not in the file of -o
  std::uint64_t unnumbered_ = 0;  ///< of the parts before, whose tasks were not read again
  bool is_cut_off_ = false;       ///< a follower has found the run's process gone
};

std::string JournalShow::note() const {
  std::string text;
  if (log_.torn_bytes() > 0) {
    text = fmt::format("{} bytes at its end are no whole record", log_.torn_bytes());
  }
  if (const std::uint64_t zeros = log_.skipped().zero_bytes; zeros > 0) {
    text += fmt::format("{}{} bytes are lost in pages of zeros", text.empty() ? "" : "; ", zeros);
  }
  if (gone_ > 0) {
    text += fmt::format("{}{} results are not in the file of -o any more", text.empty() ? "" : "; ",
                        gone_);
  }
  if (unnumbered_ > 0) {
    text += fmt::format(
        "{}{} results of the parts before are not shown: the last part has not read all of its "
        "input, which says what numbers they have now",
        text.empty() ? "" : "; ", unnumbered_);
  }
  if (is_cut_off_) {
    text += text.empty() ? "" : "; ";
    text += "its run is gone, and has not come to its end";
  }
  return text.empty() ? text : command_.journal + ": " + text;
}

Status JournalShow::read(const JournalContents::Look& look) {
  Status status = contents_.read(log_, [&](ByteView record, std::uint64_t at) -> Status {
    if (record[0] == 'W') hosts_.take(record, at);
    return look ? look(record, at) : Status();
  });
  if (status || status.error().message.starts_with(command_.journal)) return status;
  return fail(command_.journal + ": " + status.error().message);
}

Status JournalShow::open_out() {
  auto out = open_answers_out(contents_.parts().back(), command_.form, command_.spill,
                              {reader_, hosts_, output_, errors()});
  if (!out) return fail(command_.journal + ": " + out.error().message);
  out_ = std::move(*out);
  return {};
}

/// Returns when no more than so many bytes wait, and what was put in goes on.
Status JournalShow::make_room(std::size_t left_max) {
  while (true) {
    SPREAD_TRY(out_->pump());
    for (std::string text = out_->take_warning(); !text.empty(); text = out_->take_warning()) {
      errors().queue().tail().append("spread: " + text + "\n");
    }
    output_.flush();
    errors().flush();
    const bool waits =
        output_.waiting() > left_max || (!errors().closed() && errors().waiting() > left_max);
    if (!waits || closed()) return {};
    loop_.wait(kForever);
  }
}

/// Line N is that of task N, as far as there are answers.
Status JournalShow::show_in_order() {
  SPREAD_TRY(read(nullptr));
  if (contents_.parts().empty()) return fail(command_.journal + ": no run has begun in it");
  SPREAD_TRY(open_out());
  std::uint64_t end = contents_.tasks();
  for (; end > 0; --end) {
    const auto last = contents_.task(end - 1);
    if (!last) return tl::unexpected(last.error());
    if (last->place != 0) break;
  }
  for (std::uint64_t n = 0; n < end && !closed(); ++n) {
    const auto task = contents_.task(n);
    if (!task) return tl::unexpected(task.error());
    if (task->place == 0) {
      out_->put_none(TaskId{n});
    } else {
      SPREAD_TRY(show_one(TaskId{n}, task->place));
    }
    if (output_.waiting() >= OutputWriter::kBatch || errors().waiting() >= OutputWriter::kBatch) {
      SPREAD_TRY(make_room(OutputWriter::kBatch));
    }
  }
  return contents_.renumbering_is_open() ? count_unnumbered() : Status();
}

Status JournalShow::count_unnumbered() {
  const std::uint64_t end = contents_.entries_end() - contents_.tasks();
  for (std::uint64_t n = contents_.entries_begin(); n < end; ++n) {
    const auto task = contents_.entry(n);
    if (!task) return tl::unexpected(task.error());
    if (task->place != 0) ++unnumbered_;
  }
  return {};
}

Status JournalShow::show_one(TaskId task, AnswerPlace place) {
  const auto stored = reader_.stored(place);
  auto answer = stored ? reader_.get(place) : stored;
  if (!answer && stored && stored->in_output) {
    ++gone_;
    out_->put_none(task);
    return {};
  }
  if (!answer) return fail(command_.journal + ": " + answer.error().message);
  answer->task = task;
  const Status put = out_->put(*answer, place);
  return put ? put : fail(command_.journal + ": " + put.error().message);
}

/// As answers come, until the part has ended, or its process.
Status JournalShow::follow() {
  const auto look = [&](ByteView record, std::uint64_t at) -> Status {
    if (record[0] == 'P' && !out_) return open_out();
    if (record[0] == 'A' || record[0] == 'Z') return show_batch(record, at);
    return {};
  };
  for (bool is_gone = false; !closed();) {
    SPREAD_TRY(read(look));
    if (out_) SPREAD_TRY(make_room(0));
    if (contents_.end()) return {};
    is_cut_off_ = is_gone;
    if (is_gone) return {};
    // Then all that it has written is there, and is read once more.
    is_gone = !contents_.parts().empty() && is_provably_gone(contents_.parts().back().writer);
    if (is_gone) continue;
    SPREAD_TRY(find_taken_over());
    const TimePoint next = after(loop_.now(), kLookEvery);
    while (loop_.now() < next) loop_.wait(next);
  }
  return {};
}

Status JournalShow::show_batch(ByteView record, std::uint64_t at) {
  SPREAD_TRY(batch_.parse(record));
  std::uint64_t index = 0;
  for (const JournalAnswer& answer : batch_.answers()) {
    const AnswerPlace place = answer_place(at, index++);
    if (answer.in_output) {
      SPREAD_TRY(wait_for_place(place));
      SPREAD_TRY(show_one(answer.task, place));
    } else {
      SPREAD_TRY(out_->put(answer, place));
    }
    SPREAD_TRY(make_room(OutputWriter::kBatch));
    if (closed()) break;
  }
  return {};
}

/// A result is noted before it is written to the file of -o.
Status JournalShow::wait_for_place(AnswerPlace place) {
  constexpr int kLooksMax = 25;  // its run may be stopped, or on another host
  for (int look = 0; look < kLooksMax && !closed(); ++look) {
    if (reader_.get(place)) return {};
    if (is_provably_gone(contents_.parts().back().writer)) return {};
    output_files_.look_again();
    const TimePoint next = after(loop_.now(), kLookEvery);
    while (loop_.now() < next) loop_.wait(next);
  }
  return {};
}

/// What a take-over puts in its place has each record at the same offset.
Status JournalShow::find_taken_over() {
  if (file_.check_ours()) return {};
  auto file = JournalFile::open_to_read(command_.journal);
  if (!file) return tl::unexpected(file.error());
  RecordLogReader log(*file);
  std::optional<JournalPart> first;
  if (log.next() == LogRead::Record && log.record()[0] == kPartRecord) {
    if (auto part = parse_part(log.record())) first = std::move(*part);
  }
  const auto& parts = contents_.parts();
  const bool same = parts.empty() || (first && *first == parts.front());
  if (!same || file->end() < log_.end_of_records()) {
    return fail(command_.journal + ": there is another journal in its place now");
  }
  file_ = std::move(*file);
  return {};
}

}  // namespace

int show_results(const ResultsCommand& command, Streams streams) {
  auto file = JournalFile::open_to_read(command.journal);
  if (!file) return complain(streams, file.error());
  auto loop = EventLoop::create();
  if (!loop) return complain(streams, loop.error());
  auto output = open_output(streams.output);
  if (!output) return complain(streams, output.error());
  std::optional<OutputDescriptor> errors;
  if (!are_one_place(streams.output, streams.errors)) {
    auto opened = open_output(streams.errors);
    if (!opened) return complain(streams, opened.error());
    errors = std::move(*opened);
  }
  JournalShow show(command, std::move(*file), *loop, std::move(*output), std::move(errors));
  if (const Status shown = show.show(); !shown) return complain(streams, shown.error());
  if (show.closed()) return kOutputClosed;
  if (const std::string note = show.note(); !note.empty()) warn(streams, note);
  return 0;
}

int show_repair(const RepairCommand& command, Streams streams) {
  const auto repaired = repair_journal(command.from, command.to);
  if (!repaired) return complain(streams, repaired.error());
  std::string text =
      fmt::format("{} records copied, {} bytes left out", repaired->records, repaired->left_out());
  if (repaired->left_out() > 0) {
    text += fmt::format(" ({} damaged, {} in pages of zeros, {} at the end)",
                        repaired->damaged_bytes, repaired->zero_bytes, repaired->torn_bytes);
  }
  const Status printed = print(streams.output, text + "\n");
  return printed ? 0 : complain(streams, printed.error());
}

}  // namespace spread
