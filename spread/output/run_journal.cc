#include "spread/output/run_journal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/io/system.h"
#include "spread/journal/digest.h"
#include "spread/journal/varint.h"
#include "spread/wire/msgpack.h"
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

void append_var(std::uint64_t n, ByteBuffer& out) {
  Byte* const begin = out.prepare(kVarBytes);
  out.commit(static_cast<std::size_t>(put_var(begin, n) - begin));
}

/// One that is there is gone on with only where that was asked for.
Result<JournalFile> open_file(const JournalOptions& options) {
  auto made = JournalFile::create(options.file);
  if (made || made.error().number != EEXIST) return made;
  if (!options.resume) {
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

// ---------------------------------------------------------------- the parts before

Status RunJournal::read_before() {
  contents_ = std::make_unique<JournalContents>(table_);
  contents_->look_into(output_files_);
  reader_.look_into(output_files_, *contents_);
  RecordLogReader log(file_);
  SPREAD_TRY(contents_->read(log));
  torn_ = log.torn_bytes();
  zeros_ = log.skipped().zero_bytes;
  end_of_records_ = log.end_of_records();
  if (contents_->parts().empty()) return {};
  SPREAD_TRY(check_identity(contents_->parts().back()));
  const bool in_place = owns_output() && !moves_results();
  const ResumeHow how{options_.failed_again, options_.by_content, in_place};
  auto plan = ResumePlan::create(*contents_, how, &buckets_, &chain_);
  if (!plan) return tl::unexpected(plan.error());
  plan_ = std::move(*plan);
  return {};
}

/// The first thing that is another one now.
Status RunJournal::check_identity(const JournalPart& last) const {
  if (last.subcommand != run_.subcommand) {
    return fail(fmt::format("it is the journal of `spread {}`, and this is `spread {}`",
                            last.subcommand, run_.subcommand));
  }
  const auto shown = [](const std::string& text) {
    return text.empty() ? "none" : show_text(text);
  };
  for (const auto& [name, value] : run_.identity) {
    const auto same_name = [&name = name](const auto& other) { return other.first == name; };
    const auto was = std::find_if(last.identity.begin(), last.identity.end(), same_name);
    const std::string before = was == last.identity.end() ? "" : was->second;
    if (before == value) continue;
    return fail(
        fmt::format("{} is another one: it was {}, and is {}; another journal is wanted for that",
                    name, shown(before), shown(value)));
  }
  return {};
}

bool RunJournal::owns_output() const {
  const std::vector<JournalPart>& parts = contents_->parts();
  return std::any_of(parts.begin(), parts.end(), [&](const JournalPart& part) {
    return !part.output.empty() && part.output == run_.output;
  });
}

std::string RunJournal::note() const {
  std::string text;
  if (torn_ > 0)
    text = fmt::format("{} bytes at its end are no whole record, and are cut off", torn_);
  if (zeros_ > 0) {
    text += fmt::format("{}{} bytes are lost in pages of zeros: what they had is done again",
                        text.empty() ? "" : "; ", zeros_);
  }
  if (const std::uint64_t gone = contents_->gone(); gone > 0) {
    text += fmt::format("{}{} results are not in the file of -o any more, and are computed again",
                        text.empty() ? "" : "; ", gone);
  }
  return text.empty() ? text : "journal " + options_.file + ": " + text;
}

Result<ResumePlan::Decision> RunJournal::read(std::uint64_t digest) {
  const bool known = plan_ && plan_->compares();
  const auto decision = decide(digest);
  if (decision && !known) SPREAD_TRY(note_task(digest, *decision));
  return decision;
}

Result<ResumePlan::Decision> RunJournal::decide(std::uint64_t digest) {
  if (!plan_) return ResumePlan::Decision();
  auto decision = plan_->next(digest);
  if (decision && decision->differs) {
    return fail(fmt::format(
        "task {} is another one than before (--resume=content keeps what has not changed)",
        plan_->looked_at()));
  }
  return decision;
}

Status RunJournal::note_task(std::uint64_t digest, const ResumePlan::Decision& decision) {
  if (digests_.empty()) first_digest_ = tasks_;
  Byte* const to = digests_.prepare(8);
  for (std::size_t i = 0; i < 8; ++i) to[i] = static_cast<Byte>(digest >> (8 * i));
  digests_.commit(8);
  const std::uint64_t task = tasks_++;
  if (!plan_ || !plan_->by_content() || !is_kept(decision.fate)) return {};
  const auto stored = reader_.stored(decision.place);
  if (!stored) return tl::unexpected(stored.error());
  put_tasks();
  if (stored->in_output) SPREAD_TRY(keep_again(TaskId{task}, decision.place));
  record_.clear();
  record_.push_back('K');
  append_var(task, record_);
  append_var(decision.was, record_);
  append_var(stored->in_output ? 0 : decision.place, record_);
  append_var(static_cast<std::uint64_t>(decision.outcome), record_);
  append_var(stored->attempts, record_);
  append_var(to_microseconds(stored->duration), record_);
  put(record_.view());
  return {};
}

/// Whole: where it is now will be written anew.
Status RunJournal::keep_again(TaskId task, AnswerPlace place) {
  auto answer = reader_.get(place);
  if (!answer) return tl::unexpected(answer.error());
  answer->task = task;
  batch_.add(result_of(*answer), {}, answer->value);
  put_answers();
  return pending_.size() < kBatch ? Status() : flush();
}

Result<JournalAnswer> RunJournal::answer(AnswerPlace place) {
  if (options_.failed_again && !options_.by_content) {
    const auto stored = reader_.stored(place);
    if (stored && stored->in_output) SPREAD_TRY(keep_again(stored->task, place));
  }
  return reader_.get(place);
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
  // Records behind it name tasks by other numbers than those before, and answers by their places: a
  // power cut must not leave the one without the other.
  return part.renumbers ? sync() : Status();
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
  if (awaits_places_ && result.outcome == Outcome::Ok && result.value.size() > kInOutputAbove) {
    awaited_.add(result, loop_.now());
  } else {
    add_whole(result);
  }
}

void RunJournal::add_whole(const TaskResult& result) {
  batch_.add(result, result.value.head_view(), result.value.body.view());
  if (batch_.full()) put_answers();
  if (!gathered_since_) gathered_since_ = loop_.now();
}

/// One that is handed on again, or was in the journal before its place was known, is not awaited.
void RunJournal::will_be_at(const TaskResult& result, const ResultPlace& place) {
  if (!awaited_.take(result.id)) return;
  batch_.add(result, place);
  has_unsynced_places_ = true;
  if (batch_.full()) put_answers();
  if (!gathered_since_) gathered_since_ = loop_.now();
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
  if (batch_.full()) put_answers();
  if (!gathered_since_) gathered_since_ = loop_.now();
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

Status RunJournal::flush() {
  if (!error_.empty()) return fail(error_);
  if (!log_ || closed_) return {};
  put_tasks();
  put_answers();
  if (pending_.empty()) return {};
  put_moment();
  // A run that was told to take over has put another file in its place.
  if (const Status ours = file_.check_ours(); !ours) return failed(ours.error().message);
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

/// First the results, then where they are.
Status RunJournal::sync_output() {
  return std::exchange(has_unsynced_places_, false) ? output_->sync() : Status();
}

Status RunJournal::sync() {
  if (!unsynced_since_) return {};
  if (const Status synced = sync_output(); !synced) return failed(synced.error().message);
  if (const Status synced = file_.sync(); !synced) return failed(synced.error().message);
  longest_unsynced_ = std::max(longest_unsynced_, loop_.now() - *unsynced_since_);
  unsynced_since_.reset();
  return {};
}

Status RunJournal::before_write() {
  SPREAD_TRY(flush());
  return options_.durable == Durable::Answer ? sync() : Status();
}

Status RunJournal::turn() {
  if (!error_.empty()) return fail(error_);
  if (!log_ || closed_) return {};
  while (const auto overdue = awaited_.overdue(loop_.now())) add_whole(*overdue);
  const bool large = pending_.size() + batch_.size() + digests_.size() >= kBatch;
  if (large || (gathered_since_ && loop_.now() >= after(*gathered_since_, kLinger))) {
    SPREAD_TRY(flush());
  }
  if (options_.durable == Durable::None || !unsynced_since_) return {};
  const Duration patience = options_.durable == Durable::Batch ? kSyncEvery : kLinger;
  return loop_.now() >= after(*unsynced_since_, patience) ? sync() : Status();
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
