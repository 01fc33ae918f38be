#include "spread/results/job_output.h"

#include <algorithm>

#include "spread/base/assert.h"

namespace spread {

namespace {

// The head is alone, so a line of it longer than this need not be kept together.
constexpr std::uint64_t kLineMax = 64 * 1024;
constexpr std::size_t kPiece = 64 * 1024;
// Prefixes make short lines many times as long: what is prefixed at once is kept small.
constexpr std::size_t kPrefixPiece = 4 * 1024;

constexpr std::size_t index(JobStream stream) { return static_cast<std::size_t>(stream); }

}  // namespace

JobOutput::JobOutput(const JobOutputOptions& options, JobSink& sink, SpillFile* spill)
    : options_(options),
      sink_(sink),
      spill_(spill),
      memory_bytes_(std::max(options.memory_bytes, kMemoryMin)),
      shared_(spill),
      finished_(memory_bytes_, spill == nullptr ? nullptr : &shared_) {}

JobOutput::Job& JobOutput::job_of(std::uint64_t id) {
  const auto [at, added] = jobs_.try_emplace(id);
  if (added) {
    SPREAD_ASSERT(!options_.ordered || (id >= next_ && !finished_.contains(id)));
    at->second.final = options_.one_attempt;
    count(at->second);
  }
  return at->second;
}

bool JobOutput::is_head(std::uint64_t id) const {
  return options_.ordered ? id == next_ : head_ == id;
}

std::optional<TaskId> JobOutput::head() const {
  if (options_.ordered) return TaskId{next_};
  return head_ ? std::optional(TaskId{*head_}) : std::nullopt;
}

// What this job (null: it has printed nothing) prints to that stream need not wait.
bool JobOutput::passes(std::uint64_t id, const Job* job, JobStream stream) const {
  if (job == nullptr ? !options_.one_attempt : !job->final) return false;
  switch (options_.mode) {
    case JobOutputMode::Live: return is_head(id);
    case JobOutputMode::Blocks:
      return is_head(id) && (stream == JobStream::Out || (job != nullptr && job->finished));
    case JobOutputMode::Whole: return is_head(id) && job != nullptr && job->finished;
    case JobOutputMode::Lines: return is_head(id) || (!options_.ordered && !head_);
  }
  return false;
}

std::uint64_t JobOutput::deliverable(std::uint64_t id, const Job& job, JobStream stream) const {
  if (!passes(id, &job, stream)) return 0;
  const HeldBytes& held = job.held[index(stream)];
  if (options_.mode != JobOutputMode::Lines) return held.size();
  if (is_head(id) && (job.finished || full() || held.size() - held.whole_lines() > kLineMax)) {
    return held.size();
  }
  return held.whole_lines();
}

void JobOutput::append(TaskId task, JobStream stream, const Slice& bytes, std::string_view prefix) {
  if (bytes.empty()) return;
  const std::uint64_t id = number(task);
  Job& job = job_of(id);
  SPREAD_ASSERT(!job.finished);
  if (stream == JobStream::Err) keep_last(job, bytes.view());
  if (prefix.empty()) {
    route(id, job, stream, bytes);
  } else {
    for (ByteView rest = bytes.view(); !rest.empty();) {
      const ByteView piece = rest.first(std::min(rest.size(), kPrefixPiece));
      rest = rest.subspan(piece.size());
      scratch_.clear();
      job.prefixer[index(stream)].append(piece, prefix, scratch_);
      route(id, job, stream, Slice::copy_of(scratch_.view()));
    }
  }
  count(job);
  bound_memory();
}

bool JobOutput::may_bypass(TaskId task) const {
  const auto at = jobs_.find(number(task));
  const Job* const job = at == jobs_.end() ? nullptr : &at->second;
  return options_.mode == JobOutputMode::Live && passes(number(task), job, JobStream::Out) &&
         (job == nullptr || !job->has_held()) && !sink_.full();
}

void JobOutput::route(std::uint64_t id, Job& job, JobStream stream, const Slice& bytes) {
  const bool lines = options_.mode == JobOutputMode::Lines;
  std::size_t passed = 0;
  if (!job.has_held() && passes(id, &job, stream) && !sink_.full()) {
    passed = lines ? as_text(bytes.view()).rfind('\n') + 1 : bytes.size();
    if (passed == bytes.size()) return write(id, job, stream, bytes);
    if (passed != 0) write(id, job, stream, Slice(bytes.block(), bytes.view().first(passed)));
  }
  job.held[index(stream)].append(bytes.view().subspan(passed), lines);
  lines_wait_ = true;
}

void JobOutput::write(std::uint64_t id, Job& job, JobStream stream, Slice bytes) {
  job.printed = true;
  job.mid_line[index(stream)] = bytes.view().back() != '\n';
  sink_.write(TaskId{id}, stream, std::move(bytes));
}

// Twice the size, so that a byte is moved once on average however small the pieces are.
void JobOutput::keep_last(Job& job, ByteView bytes) {
  const std::string_view text = as_text(bytes.last(std::min(bytes.size(), 2 * kLastBytes)));
  if (job.last.size() + text.size() > 2 * kLastBytes) {
    const std::size_t kept = std::min(job.last.size(), kLastBytes + 1);
    job.last.erase(0, job.last.size() - kept);
  }
  job.last.append(text);
}

std::string JobOutput::last_lines(TaskId task, std::size_t lines) const {
  const auto at = jobs_.find(number(task));
  if (at == jobs_.end() || lines == 0) return {};
  std::string_view text = at->second.last;
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::size_t begin = text.size();
  for (std::size_t found = 0; begin != 0; --begin) {
    if (text[begin - 1] == '\n' && ++found == lines) break;
  }
  // Whole lines, if there is one among the last bytes.
  if (text.size() - begin > kLastBytes) {
    begin = text.size() - kLastBytes;
    const std::size_t newline = text.find('\n', begin - 1);
    if (newline != std::string_view::npos) begin = newline + 1;
  }
  return std::string(text.substr(begin));
}

void JobOutput::set_final(TaskId task) {
  if (options_.one_attempt) return;
  job_of(number(task)).final = true;
  lines_wait_ = true;
  choose_head();
}

bool JobOutput::discard(TaskId task) {
  const auto at = jobs_.find(number(task));
  if (at == jobs_.end()) return true;
  SPREAD_ASSERT(!at->second.finished);
  const bool unseen = !at->second.printed;
  if (head_ == at->first) head_.reset();
  erase(at);
  give_back();
  return unseen;
}

std::uint64_t JobOutput::handed_on() const {
  if (options_.ordered) return next_;
  const auto head = head_ ? jobs_.find(*head_) : jobs_.end();
  return accepted_ - ready_.size() - (head != jobs_.end() && head->second.finished ? 1 : 0);
}

void JobOutput::finished(TaskId task, ByteView note) {
  const std::uint64_t id = number(task);
  ++accepted_;
  SPREAD_ASSERT(!options_.ordered || (id >= next_ && !finished_.contains(id)));
  if (!note.empty()) job_of(id);
  if (options_.ordered) finished_.mark(id);
  const auto at = jobs_.find(id);
  if (at == jobs_.end()) return;
  Job& job = at->second;
  SPREAD_ASSERT(!job.finished);
  if (note.empty() && !job.printed && !job.has_held()) return erase(at);
  job.final = job.finished = true;
  job.last = {};
  if (options_.ordered && id != next_ && job.in_file() == 0) {
    finished_.put(id, job.held[0].view(), job.held[1].view(), note);
    erase(at);
  } else {
    job.note = as_text(note);
    count(job);
    if (!options_.ordered && !is_head(id)) ready_.push_back(id);
  }
  bound_memory();
}

Status JobOutput::pump() {
  Status status = options_.ordered ? pump_ordered() : pump_unordered();
  give_back();
  if (full()) bound_memory();
  return status;
}

Status JobOutput::pump_ordered() {
  while (!sink_.full()) {
    if (const auto at = jobs_.begin(); at != jobs_.end() && at->first == next_) {
      const Result<bool> done = deliver_job(at);
      if (!done) return tl::unexpected(done.error());
      if (!*done) return {};
    } else if (finished_.first() == next_) {
      SPREAD_TRY(deliver_left());
    } else if (!finished_.contains(next_)) {
      return {};
    }
    finished_.forget_before(++next_);
  }
  return {};
}

Status JobOutput::pump_unordered() {
  while (!sink_.full()) {
    if (!head_ && !ready_.empty()) {
      head_ = ready_.front();
      ready_.pop_front();
    }
    if (!head_) return pump_lines();
    const auto at = jobs_.find(*head_);
    const Result<bool> done = deliver_job(at);
    if (!done) return tl::unexpected(done.error());
    if (*done) {
      head_.reset();
      continue;
    }
    const Job& job = at->second;
    // Chosen because memory ran out, it need not keep the sink beyond the end of a line.
    if (options_.mode != JobOutputMode::Lines || full() || job.finished || job.mid_line[0] ||
        job.mid_line[1]) {
      return {};
    }
    head_.reset();
  }
  return {};
}

Status JobOutput::pump_lines() {
  if (options_.mode != JobOutputMode::Lines || !lines_wait_) return {};
  // Jobs take turns: a slow reader of stdout must not get the lines of the first job only.
  auto at = jobs_.lower_bound(lines_from_);
  for (std::size_t left = jobs_.size(); left != 0; --left, ++at) {
    if (at == jobs_.end()) at = jobs_.begin();
    const Result<bool> done = deliver(at->first, at->second);
    if (!done) return tl::unexpected(done.error());
    lines_from_ = at->first + 1;
    if (*done) continue;
    // The sink took a part of a line: no other job's output may follow it.
    if (at->second.mid_line[0] || at->second.mid_line[1]) head_ = at->first;
    return {};
  }
  lines_wait_ = false;
  return {};
}

// True if all that may go is gone.
Result<bool> JobOutput::deliver(std::uint64_t id, Job& job) {
  for (const JobStream stream : {JobStream::Out, JobStream::Err}) {
    HeldBytes& held = job.held[index(stream)];
    while (const std::uint64_t size = deliverable(id, job, stream)) {
      if (sink_.full()) return false;
      const bool from_file = held.in_file() != 0;
      const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(size, kPiece));
      Result<Slice> bytes = held.take(piece, spill_);
      if (!bytes) return tl::unexpected(std::move(bytes.error()));
      if (from_file) freed_ += bytes->size();
      write(id, job, stream, std::move(*bytes));
      count(job);
    }
  }
  return true;
}

// True if the job has ended and is gone.
Result<bool> JobOutput::deliver_job(Jobs::iterator at) {
  Job& job = at->second;
  if (options_.mode == JobOutputMode::Whole && job.finished && !std::exchange(job.begun, true)) {
    sink_.begin(TaskId{at->first}, as_bytes(job.note));
  }
  Result<bool> drained = deliver(at->first, job);
  if (!drained || !*drained || !job.finished) return drained.map([](bool) { return false; });
  sink_.end(TaskId{at->first}, as_bytes(job.note));
  erase(at);
  return true;
}

// In one piece: it was held in memory, so the sink has room for it.
Status JobOutput::deliver_left() {
  const TaskId task{next_};
  Result<FinishedJobs::Left> left = finished_.take();
  if (!left) return tl::unexpected(std::move(left.error()));
  freed_ += left->out.size() + left->err.size();
  if (options_.mode == JobOutputMode::Whole) sink_.begin(task, left->note.view());
  if (!left->out.empty()) sink_.write(task, JobStream::Out, std::move(left->out));
  if (!left->err.empty()) sink_.write(task, JobStream::Err, std::move(left->err));
  sink_.end(task, left->note.view());
  return {};
}

}  // namespace spread
