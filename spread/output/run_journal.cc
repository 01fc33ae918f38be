#include "spread/output/run_journal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "spread/io/system.h"
#include "spread/journal/varint.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

std::string_view told(Durable durable) {
  switch (durable) {
    case Durable::None: return "never synced";
    case Durable::Batch: return "synced once a second";
    case Durable::Answer: return "synced before results were delivered";
  }
  return "";
}

bool has_records(const JournalFile& file) { return file.end() > kJournalMagic.size(); }

/// One that is there is gone on with only where that was asked for; but one that a run has left
/// that was refused before it began is as good as none.
Result<JournalFile> open_file(const JournalOptions& options) {
  auto made = JournalFile::create(options.file);
  if (made || made.error().number != EEXIST) return made;
  if (!options.resume) {
    auto found = JournalFile::open_to_read(options.file);
    const bool was_empty = found && !has_records(*found);
    if (was_empty) found = JournalFile::open_to_append(options.file);
    if (was_empty && (!found || !has_records(*found))) return found;
    return fail(options.file +
                " is there already: --resume goes on with it, another name begins anew");
  }
  return options.take_over ? JournalFile::take_over(options.file)
                           : JournalFile::open_to_append(options.file);
}

}  // namespace

RunJournal::RunJournal(const JournalOptions& options, JournaledRun run, std::string scratch,
                       EventLoop& loop, JournalFile file)
    : options_(options),
      run_(std::move(run)),
      loop_(loop),
      file_(std::move(file)),
      reader_(file_),
      scratch_(std::move(scratch)),
      table_file_(scratch_),
      buckets_file_(scratch_),
      chain_file_(scratch_),
      table_(table_file_),
      buckets_(buckets_file_, 256, 512),
      chain_(chain_file_, 256, 64) {}

RunJournal::~RunJournal() = default;

Result<std::unique_ptr<RunJournal>> RunJournal::open(const JournalOptions& options,
                                                     JournaledRun run, const SpillOptions& spill,
                                                     EventLoop& loop) {
  return create(options, std::move(run), spill, loop, open_file(options));
}

Result<std::unique_ptr<RunJournal>> RunJournal::look_at(const JournalOptions& options,
                                                        JournaledRun run, const SpillOptions& spill,
                                                        EventLoop& loop) {
  auto file = JournalFile::open_to_read(options.file);
  if (!file && file.error().number == ENOENT) return std::unique_ptr<RunJournal>();
  return create(options, std::move(run), spill, loop, std::move(file));
}

Result<std::unique_ptr<RunJournal>> RunJournal::create(const JournalOptions& options,
                                                       JournaledRun run, const SpillOptions& spill,
                                                       EventLoop& loop, Result<JournalFile> file) {
  if (!file) return fail("--journal: " + file.error().message);
  std::unique_ptr<RunJournal> journal(
      new RunJournal(options, std::move(run), spill.place(), loop, std::move(*file)));
  if (const Status read = journal->read_before(); !read) {
    return fail("--journal: " + options.file + ": " + read.error().message);
  }
  return journal;
}

// ---------------------------------------------------------------- this part

Status RunJournal::begin() {
  if (log_) return {};
  began_ = loop_.now();
  JournalPart part;
  part.writer = own_identity();
  part.spread = SPREAD_VERSION;
  part.subcommand = run_.subcommand;
  part.words = run_.words;
  part.identity = run_.identity;
  part.output = run_.output;
  part.time = static_cast<std::uint64_t>(wall_clock_seconds());
  part.epoch = 1;
  part.renumbers = plan_ && plan_->by_content();
  if (plan_) {
    part.epoch = contents_->parts().back().epoch + 1;
    if (!part.renumbers) tasks_ = contents_->tasks();
  }
  log_.emplace(end_of_records_);
  record_.clear();
  append_part(part, record_);
  put(record_.view());
  // So that another that wants to write it is told who does.
  SPREAD_TRY(flush());
  // What the part before has not synced is older than anything in this one. And records behind this
  // may name tasks by other numbers than those before, and answers by their places: a power cut
  // must not leave the one without the other.
  const bool old = plan_ && options_.durable != Durable::None;
  has_unsynced_places_ = old && output_ != nullptr && needed_output() > 0;
  return old || part.renumbers ? sync() : Status();
}

void RunJournal::added_to_batch() {
  if (batch_.full()) put_answers();
  if (!gathered_since_) gathered_since_ = loop_.now();
}

/// Behind all that was put before.
void RunJournal::put(ByteView record) {
  if (!gathered_since_) gathered_since_ = loop_.now();
  log_->append(record, pending_);
}

void RunJournal::put_tasks() {
  if (digests_.empty()) return;
  std::array<Byte, 1 + kVarBytes> head;
  head[0] = 'T';
  const Byte* const end = put_var(head.data() + 1, first_digest_);
  if (!gathered_since_) gathered_since_ = loop_.now();
  log_->append(
      {ByteView(head.data(), static_cast<std::size_t>(end - head.data())), digests_.view()},
      pending_);
  digests_.clear();
}

void RunJournal::input_ended() {
  if (!log_) return;
  put_tasks();
  const Byte record[] = {'I'};
  put(record);
}

void RunJournal::put_answers() {
  if (batch_.empty()) return;
  put_tasks();
  put(batch_.take());
}

void RunJournal::answered(const TaskResult& result) {
  attempts_ += result.attempts;
  if (!awaits_places_) [[likely]]
    return add_whole(result);
  // A part that goes on with this one runs it, and what is behind it in the file moves.
  if (result.cut_short || result.outcome == Outcome::NotComputed) keep_rest_whole();
  const bool large = result.outcome == Outcome::Ok && result.value.size() > kInOutputAbove;
  if (!awaits_places_ || !large) return add_whole(result);
  awaited_.add(result, loop_.now());
}

void RunJournal::keep_rest_whole() {
  awaits_places_ = false;
  while (const auto result = awaited_.first()) add_whole(*result);
}

void RunJournal::add_whole(const TaskResult& result) {
  batch_.add(result, result.value.head_view(), result.value.body.view());
  added_to_batch();
}

/// One that is handed on again, or was in the journal before its place was known, is not awaited.
void RunJournal::will_be_at(const TaskResult& result, const ResultPlace& place) {
  if (!awaited_.take(result.id)) return;
  batch_.add(result, place);
  has_unsynced_places_ = true;
  added_to_batch();
}

void RunJournal::shards_made(std::uint64_t slots) {
  record_.clear();
  record_.push_back('S');
  append_var(slots, record_);
  put(record_.view());
}

void RunJournal::attempt_failed(TaskId task, WorkerId worker, std::uint32_t attempt,
                                std::string_view why) {
  record_.clear();
  record_.push_back('F');
  append_var(number(task), record_);
  append_var(number(worker), record_);
  append_var(attempt, record_);
  record_.append(why);
  put(record_.view());
}

// ---------------------------------------------------------------- jobs

void RunJournal::printed(TaskId task, std::uint8_t stream, ByteView bytes) {
  // What is less is carried by the answer itself.
  constexpr std::size_t kHeld = 64 * 1024;
  JobPieces& job = jobs_[number(task)];
  job.add(stream, bytes);
  if (job.bytes.size() < kHeld) return;
  record_.clear();
  append_output_head(task, job.last, record_);
  if (!gathered_since_) gathered_since_ = loop_.now();
  job.last = log_->append({record_.view(), job.bytes.view()}, pending_);
  job.bytes.clear();
  job.bytes.shrink();
  job.count = 0;
}

void RunJournal::job_ended(const TaskResult& result, const JobWords& words) {
  const auto found = jobs_.find(number(result.id));
  const JobPieces none;
  ByteBuffer text;
  append_job_answer(words, found == jobs_.end() ? none : found->second, text);
  attempts_ += result.attempts;
  batch_.add(result, {}, text.view());
  added_to_batch();
  if (found != jobs_.end()) jobs_.erase(found);
}

// ---------------------------------------------------------------- workers

void RunJournal::on(const WorkerStarted& event, TimePoint) {
  record_.clear();
  record_.push_back('W');
  wire::ValueWriter map(record_);
  map.map(4);
  map.text("event"), map.text("started");
  map.text("worker"), map.number(number(event.worker));
  map.text("host"), map.text(event.host);
  map.text("arguments"), map.array(event.arguments.size());
  for (const std::string& argument : event.arguments) map.text(argument);
  if (log_) put(record_.view());
}

void RunJournal::on(const WorkerEnded& event, TimePoint) {
  record_.clear();
  record_.push_back('W');
  wire::ValueWriter map(record_);
  map.map(3);
  map.text("event"), map.text("ended");
  map.text("worker"), map.number(number(event.worker));
  map.text("reason"), map.text(event.reason);
  if (log_) put(record_.view());
}

void RunJournal::on(const WorkerTail& event, TimePoint) {
  record_.clear();
  record_.push_back('L');
  append_var(number(event.worker), record_);
  record_.append(event.text);
  if (log_) put(record_.view());
}

// ---------------------------------------------------------------- the file

Status RunJournal::failed(const std::string& what) {
  if (error_.empty()) error_ = "journal " + what;
  return fail(error_);
}

/// So that it is known how long a part took that is cut off.
void RunJournal::put_moment() {
  if (loop_.now() < after(last_moment_, kLinger)) return;
  last_moment_ = loop_.now();
  record_.clear();
  record_.push_back('M');
  append_var(to_microseconds(loop_.now() - began_) / 1000, record_);
  log_->append(record_.view(), pending_);
}

/// A run that was told to take over has put another file in its place.
Status RunJournal::look_at_name() {
  last_look_ = loop_.now();
  const Status ours = file_.check_ours();
  return ours ? ours : failed(ours.error().message);
}

Status RunJournal::flush() {
  if (!error_.empty()) return fail(error_);
  if (!log_ || closed_) return {};
  put_tasks();
  put_answers();
  if (pending_.empty()) return {};
  put_moment();
  SPREAD_TRY(look_at_name());
  if (torn_ > 0) {
    // Synced whatever --durable says: a power cut could bring back a page of what is cut off, in
    // front of what is written now.
    Status cut = file_.truncate_to(end_of_records_);
    if (cut) cut = file_.sync();
    if (!cut) return failed(cut.error().message);
    torn_ = 0;
  }
  if (const Status written = file_.append(pending_.view()); !written) {
    return failed(written.error().message);
  }
  pending_.clear();
  gathered_since_.reset();
  if (!unsynced_since_) unsynced_since_ = loop_.now();
  return {};
}

/// First the results, then where they are. What is noted and still in the queue of the output has
/// to be synced once more.
Status RunJournal::sync_output() {
  if (!has_unsynced_places_) return {};
  has_unsynced_places_ = output_->waiting() > 0;
  return output_->sync();
}

Status RunJournal::sync() {
  if (!unsynced_since_) return {};
  if (const Status synced = sync_output(); !synced) return failed(synced.error().message);
  if (const Status synced = file_.sync(); !synced) return failed(synced.error().message);
  longest_unsynced_ = std::max(longest_unsynced_, loop_.now() - *unsynced_since_);
  unsynced_since_.reset();
  if (has_unsynced_places_) unsynced_since_ = loop_.now();
  return {};
}

Status RunJournal::before_write() {
  SPREAD_TRY(flush());
  return options_.durable == Durable::Answer ? sync() : Status();
}

Status RunJournal::turn() {
  if (!error_.empty()) return fail(error_);
  if (!log_ || closed_) return {};
  if (awaits_places_) {
    while (const auto overdue = awaited_.overdue(loop_.now())) add_whole(*overdue);
  }
  const bool large = pending_.size() + batch_.size() + digests_.size() >= kBatch;
  if (large || (gathered_since_ && loop_.now() >= after(*gathered_since_, kLinger))) {
    SPREAD_TRY(flush());
  }
  if (options_.durable == Durable::None || !unsynced_since_) return {};
  const Duration patience = options_.durable == Durable::Batch ? kSyncEvery : kLinger;
  return loop_.now() >= after(*unsynced_since_, patience) ? sync() : Status();
}

bool RunJournal::is_ours() {
  if (!error_.empty() || closed_) return error_.empty();
  return loop_.now() < after(last_look_, kLinger) || look_at_name().has_value();
}

TimePoint RunJournal::next_deadline() const {
  if (!log_ || closed_ || !error_.empty()) return kForever;
  TimePoint next = awaited_.deadline();
  if (gathered_since_) next = std::min(next, after(*gathered_since_, kLinger));
  if (options_.durable == Durable::Batch && unsynced_since_) {
    next = std::min(next, after(*unsynced_since_, kSyncEvery));
  }
  return next;
}

Status RunJournal::close(JournalEnd end) {
  if (!error_.empty()) return fail(error_);
  if (!log_ || closed_) return {};
  if (unsynced_since_ && options_.durable == Durable::None) {
    longest_unsynced_ = loop_.now() - began_;
  }
  end.attempts = attempts_;
  end.loss_window = to_seconds(longest_unsynced_);
  while (const auto left = awaited_.first()) add_whole(*left);
  put_answers();
  record_.clear();
  append_end(end, record_);
  put(record_.view());
  SPREAD_TRY(flush());
  if (options_.durable != Durable::None) SPREAD_TRY(sync());
  closed_ = true;
  const Status file = file_.close();
  return file ? Status() : failed(file.error().message);
}

PartTotals RunJournal::totals() const {
  PartTotals totals;
  if (!plan_) return totals;
  totals.parts = contents_->parts().size() + 1;
  totals.seconds = contents_->seconds() + to_seconds(loop_.now() - began_);
  totals.attempts = contents_->attempts() + attempts_;
  return totals;
}

std::string RunJournal::last_line(std::uint64_t tasks) const {
  if (!log_ || !error_.empty()) return {};
  std::string line = "journal " + options_.file + ": ";
  if (plan_) {
    line += fmt::format("{} of {} tasks were done before; ", plan_->kept(), tasks);
    if (const std::uint64_t more = plan_->count(Fate::Further); more > 0 && !plan_->by_content()) {
      line += fmt::format("{} more came at the end; ", more);
    }
    const PartTotals all = totals();
    line += fmt::format("{} parts took {:.1f} s and {} attempts; ", all.parts, all.seconds,
                        all.attempts);
  }
  line += told(options_.durable);
  if (options_.durable == Durable::Batch) {
    line += fmt::format(", at the longest after {:.1f} s", to_seconds(longest_unsynced_));
  }
  return line;
}

}  // namespace spread
