#include "spread/output/reporter.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "spread/api/message_sink.h"
#include "spread/base/quote.h"
#include "spread/io/files.h"
#include "spread/io/system.h"
#include "spread/io/terminal.h"
#include "spread/report/readable.h"
#include "spread/results/joblog.h"

namespace spread {
namespace {

bool speaks_utf8(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = environment.get(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale(value);
    return locale.find("UTF-8") != std::string_view::npos ||
           locale.find("utf8") != std::string_view::npos;
  }
  return false;
}

ProgressScreen screen(bool shared, const Environment& environment, Streams streams) {
  const char* term = environment.get("TERM");
  ProgressScreen screen;
  // With -u jobs print to it at any time: behind a line that is drawn in place.
  screen.terminal = is_terminal(streams.errors) && !shared;
  screen.dumb = term == nullptr || std::string_view(term) == "dumb";
  screen.utf8 = speaks_utf8(environment);
  screen.piped = is_pipe(streams.output);
  return screen;
}

/// A file by name, or a descriptor that spread was given ("fd:3").
Result<OutputDescriptor> open_report(const std::string& name, bool append) {
  auto fd = open_for_writing(name, append);
  if (!fd) return tl::unexpected(fd.error());
  return open_output(fd->get());
}

/// Whether a terminal that gets this last stands in the middle of a line.
bool stays_in_line(std::string_view text) {
  return text.back() != '\n' && !text.ends_with(ProgressLine::kErase);
}

}  // namespace

Reporter::Reporter(const ReportOptions& options, const ReportedRun& run, Environment environment,
                   Streams streams, EventLoop& loop, const std::vector<std::string>& hosts,
                   OutputDescriptor errors, OutputWriter& results)
    : loop_(loop),
      hosts_(hosts),
      speaker_(options.speaker),
      errors_(loop, std::move(errors)),
      results_(results),
      messages_(streams.messages),
      shared_(messages_ == nullptr && are_one_place(streams.output, streams.errors) ? &results
                                                                                    : nullptr),
      progress_(loop.now(), run.unit, run.workers_load),
      line_(options.progress, screen(run.shares_screen, environment, streams), loop.now()),
      all_traces_(run.all_traces),
      errors_fd_(streams.errors),
      on_terminal_(is_terminal(streams.errors)),
      results_on_terminal_(is_terminal(streams.output)),
      wall_offset_(wall_clock_seconds() - to_seconds(loop.now().time_since_epoch())) {
  if (line_.next_deadline() != kForever) {
    observers_.push_back(&progress_);
  }
}

Result<std::unique_ptr<Reporter>> Reporter::create(const ReportOptions& options,
                                                   const ReportedRun& run, Environment environment,
                                                   Streams streams, EventLoop& loop,
                                                   const std::vector<std::string>& hosts,
                                                   OutputWriter& results) {
  Result<OutputDescriptor> errors =
      streams.messages == nullptr ? open_output(streams.errors) : no_output();
  if (!errors) return tl::unexpected(errors.error());
  std::unique_ptr<Reporter> reporter(
      new Reporter(options, run, environment, streams, loop, hosts, std::move(*errors), results));
  SPREAD_TRY(reporter->open_files(options, streams.log));
  return reporter;
}

void Reporter::use(File& file, std::string name, OutputDescriptor descriptor) {
  file.name = std::move(name);
  file.writer = std::make_unique<OutputWriter>(loop_, std::move(descriptor));
  files_.push_back(&file);
}

Status Reporter::open_files(const ReportOptions& options, int log) {
  // The results of a run that has such a file go to another one, and not where messages do.
  if (log >= 0 && shared_ == nullptr) {
    auto file = open_output(log);
    if (!file) return fail("log: " + file.error().message);
    use(said_file_, "the log", std::move(*file));
  }
  const bool append = options.joblog_append;
  stderr_level_ = options.stderr_level;
  if (!options.events.empty()) {
    auto file = open_report(options.events, false);
    if (!file) return fail("--events: " + file.error().message);
    use(events_file_, "--events " + options.events, std::move(*file));
    events_ = std::make_unique<EventsWriter>(events_file_.writer->queue().tail(), loop_.now(),
                                             wall_clock_seconds());
    observers_.push_back(events_.get());
    detailed_ = true;
  }
  if (!options.log.empty()) {
    auto file = open_report(options.log, false);
    if (!file) return fail("--log: " + file.error().message);
    use(log_file_, "--log " + options.log, std::move(*file));
    log_ = std::make_unique<WorkerLogWriter>(log_file_.writer->queue().tail(), hosts_, wall_offset_,
                                             options.log_level);
    observers_.push_back(log_.get());
  }
  if (!options.joblog.empty()) {
    if (append && !named_descriptor(options.joblog)) {
      const Status ready = drop_torn_line(options.joblog, JoblogRecord::is_torn_line);
      if (!ready) return fail("--joblog: " + ready.error().message);
    }
    auto file = open_report(options.joblog, append);
    if (!file) return fail("--joblog: " + file.error().message);
    const bool empty = file_is_empty(file->fd.get());
    use(joblog_file_, "--joblog " + options.joblog, std::move(*file));
    if (!append || empty) {
      joblog_file_.writer->queue().tail().append(joblog_header());
    }
    detailed_ = true;
  }
  if (options.summary) {
    summary_ = std::make_unique<Summary>(loop_.now());
    observers_.push_back(summary_.get());
    detailed_ = true;
  }
  if (options.explain) {
    explain_ =
        std::make_unique<Explain>([this]() -> ByteBuffer& { return errors_line(); }, loop_.now());
    observers_.push_back(explain_.get());
  }
  return {};
}

void Reporter::pass_said_on() {
  ByteBuffer& out = errors_.queue().tail();
  line_.erase(out);
  out.append(said_file_.writer->queue().tail().view());
  said_file_.writer->flush();
}

ByteBuffer& Reporter::errors() {
  if (said_file_.writer != nullptr && !said_file_.writer->closed()) {
    return said_file_.writer->queue().tail();
  }
  if (shared_ == nullptr) {
    line_.erase(errors_.queue().tail());
    return errors_.queue().tail();
  }
  if (block_open_) {
    if (waiting_.empty()) waiting_until_ = after(loop_.now(), kMessageWait);
    return waiting_;
  }
  let_messages_go();
  return shared_->queue().tail();
}

/// A line of spread does not go behind one that a job has begun.
bool Reporter::in_line(const ByteBuffer& out) {
  const bool waits = &out == &waiting_ || (unshown() > 0 && &out != &errors_.queue().tail());
  if (waits) return !out.empty() && out.view().back() != '\n';
  if (shared_ != nullptr) return shared_->ends_in_line();
  if (!on_terminal_) return errors_.ends_in_line();
  // Nothing waits for the log, in whose buffer the line will be: it comes in the place of the bar.
  if (line_.drawn()) return false;
  const std::string_view waiting = as_text(errors_.queue().tail().view());
  return waiting.empty() ? in_line_ : stays_in_line(waiting);
}

ByteBuffer& Reporter::errors_line() {
  ByteBuffer& out = errors();
  if (in_line(out)) out.append("\n");
  return out;
}

void Reporter::let_messages_go() {
  waiting_until_ = kForever;
  if (waiting_.empty()) return;
  ByteBuffer& out = shared_->queue().tail();
  if (shared_->ends_in_line()) out.append("\n");
  out.append(waiting_.view());
  waiting_.clear();
}

void Reporter::begin_block() {
  if (block_open_ || shared_ == nullptr) return;
  let_messages_go();
  block_open_ = true;
}

void Reporter::say(std::string_view message) {
  if (messages_ != nullptr) {
    tell_text();
    return messages_->on_message(message);
  }
  errors_line().append(message_line(message, speaker_));
}

void Reporter::say_at_once(std::string_view message) {
  say(message);
  if (shared_ != nullptr) let_messages_go();
}

void Reporter::pass_on(std::string_view text) { errors().append(text); }

void Reporter::show_command(const std::string& command) {
  errors_line().append((on_terminal_ ? printable(command) : command) + "\n");
}

void Reporter::show_question(const std::string& question) {
  errors().append(on_terminal_ ? printable(question) : question);
  flush_messages();
}

void Reporter::flush_messages() {
  show_said();
  if (shared_ != nullptr) {
    let_messages_go();
    shared_->flush();
  } else {
    flush_errors();
  }
}

void Reporter::stray(WorkerId worker, std::string_view text) {
  if (!std::exchange(hinted_, true)) {
    say("worker " + std::to_string(number(worker)) + " on " + hosts_[number(worker)] +
        " printed text on its standard output, which is for answers; it is shown here (print to "
        "stderr instead, or use a worker SDK)");
  }
  ByteBuffer& out = errors();
  out.append(text);
  if (text.back() != '\n') out.append("\n");
}

void Reporter::captured(TaskId task, std::string_view so, std::string_view se) {
  append_slot_block(errors(), "so", task, so);
  append_slot_block(errors(), "se", task, se);
}

void Reporter::failed(const FailedTask& task, const FailurePlace& place) {
  const std::string line =
      failures_.add(task.id, task.outcome, task.host, task.error_type, task.message, place);
  if (!line.empty()) say(line);
  if (!place.trace.empty() && (all_traces_ || !std::exchange(trace_told_, true))) {
    const std::string_view trace = place.trace;
    say("its trace" + std::string(all_traces_ ? "" : " (--traces: those of all)") + ":\n" +
        std::string(trace.substr(0, trace.find_last_not_of("\r\n") + 1)));
  }
  if (task.outcome == Outcome::NotComputed) not_computed_because_ = task.message;
}

void Reporter::job(JoblogLine& line, TimePoint started) {
  if (!keeps_joblog()) return;
  line.started = wall_seconds(started);
  append_joblog_line(line, joblog_file_.writer->queue().tail());
}

void Reporter::tell_if_failed(File& file) {
  if (!file.writer->closed() || std::exchange(file.failure_told, true)) return;
  if (!file.writer->failed() && &file == &events_file_) {
    return say("nobody reads " + file.name + " any more: no more events are written");
  }
  file_error_ = "cannot write " + file.name + ": " +
                (file.writer->failed() ? file.writer->error() : "nobody reads it any more");
  say(file_error_);
}

/// What has been put into errors() for those who read a stream.
void Reporter::tell_text() {
  OutputQueue& queue = errors_.queue();
  while (!queue.empty()) {
    ByteView piece;
    queue.gather({&piece, 1});
    messages_->on_text(as_text(piece));
    queue.consume(piece.size());
  }
}

void Reporter::flush_errors() { messages_ == nullptr ? errors_.flush() : tell_text(); }

/// Before anything is flushed: what has been queued is seen only while it waits.
void Reporter::watch_line() {
  const std::string_view waiting = as_text(errors_.queue().tail().view());
  // Whatever is queued behind a drawn line erases it first.
  if (waiting.empty() || line_.drawn()) return;
  in_line_ = stays_in_line(waiting);
}

void Reporter::leave_line() {
  show_said();
  line_.erase(errors_.queue().tail());
  flush_errors();
}

void Reporter::make_room_for_results() {
  const bool long_enough = loop_.now() >= waiting_until_ && !results_.ends_in_line();
  if (shared_ != nullptr && (!block_open_ || long_enough)) let_messages_go();
  if (!results_on_terminal_ || results_.queue_empty()) return;
  watch_line();
  leave_line();
}

void Reporter::turn(const OutputWriter& results) {
  if (results_on_terminal_ && results.written() != results_seen_) {
    results_seen_ = results.written();
    in_line_ = results.in_line();
  }
  show_said();
  watch_line();
  const bool due = loop_.now() >= line_.next_deadline();
  if (due && ((in_line_ && line_.in_place()) || (line_.unasked() && in_background(errors_fd_)))) {
    line_.wait_for_line(loop_.now());
  } else if (due) {
    line_.draw(progress_, loop_.now(), on_terminal_ ? terminal_width(errors_fd_) : 0,
               line_.in_place() ? errors_.queue().tail() : errors_line());
  }
  show_said();  // what is flushed is not seen any more
  for (File* file : files_) {
    file->writer->flush_if_due();
    tell_if_failed(*file);
  }
  show_said();
  messages_ == nullptr ? errors_.flush_if_due() : tell_text();
}

TimePoint Reporter::next_deadline() {
  TimePoint next = std::min(line_.next_deadline(), errors_.next_deadline());
  if (!results_.ends_in_line()) next = std::min(next, waiting_until_);
  for (const File* file : files_) next = std::min(next, file->writer->next_deadline());
  return next;
}

bool Reporter::close_files() {
  show_said();
  for (File* file : files_) {
    file->writer->flush();
    // More will be put into these.
    if (file != &events_file_ && file != &said_file_) file->writer->finish(true);
    tell_if_failed(*file);
  }
  return file_error_.empty();
}

bool Reporter::run_ended(int exit_status) {
  if (!events_) return true;
  events_->run_ended(exit_status, totals_, loop_.now());
  events_file_.writer->flush();
  events_file_.writer->finish(true);
  tell_if_failed(events_file_);
  return file_error_.empty();
}

void Reporter::finish(std::uint64_t succeeded, std::string_view not_computed_because,
                      bool with_failures, bool because_told) {
  block_open_ = false;
  line_.finish(progress_, loop_.now(), line_.in_place() ? errors_.queue().tail() : errors());
  if (shared_ != nullptr) errors_.flush();
  if (with_failures) {
    failures_.set_succeeded(succeeded);
    for (const std::string& line : failures_.summary()) say(line);
    const std::string_view because =
        not_computed_because.empty() ? not_computed_because_ : not_computed_because;
    if (failures_.count(Outcome::NotComputed) > 0 && !because.empty() && !because_told) {
      say("not computed because " + std::string(because));
    }
  }
  if (summary_) pass_on(summary_->text(loop_.now(), totals_));
  show_said();
  if (said_file_.writer != nullptr) tell_if_failed(said_file_);
  shared_ == nullptr ? flush_errors() : shared_->flush();
}

bool Reporter::logged() {
  return std::all_of(files_.begin(), files_.end(),
                     [](const File* file) { return file->writer->queue_empty(); });
}

}  // namespace spread
