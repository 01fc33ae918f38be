// The part of JobOutput that keeps memory within its bound.
#include <algorithm>
#include <vector>

#include "spread/results/job_output.h"

namespace spread {

namespace {

constexpr std::size_t kJobOverhead = 48;  // a node of the map with its key and malloc's own
constexpr std::uint64_t kGiveBackHeldBytes = 1024 * 1024;

}  // namespace

Result<std::uint64_t> JobOutput::SharedSpill::append(ByteView bytes) {
  Result<std::uint64_t> at = file_->append(bytes);
  if (at) end_ = *at + bytes.size();
  return at;
}

Status JobOutput::SharedSpill::read(std::uint64_t offset, std::span<Byte> into) {
  return file_->read(offset, into);
}

void JobOutput::SharedSpill::give_back(bool no_runs, std::uint64_t others_begin) {
  const std::uint64_t wanted = std::min({no_runs ? end_ : runs_begin_, others_begin, end_});
  if (wanted <= given_back_) return;
  given_back_ = wanted;
  file_->discard_before(wanted);
}

void JobOutput::count(Job& job) {
  const std::size_t now = sizeof(Job) + kJobOverhead + job.held[0].memory_in_use() +
                          job.held[1].memory_in_use() + job.last.capacity() + job.note.capacity();
  memory_ += now - job.counted;
  job.counted = now;
}

void JobOutput::erase(Jobs::iterator at) {
  memory_ -= at->second.counted;
  freed_ += at->second.in_file();
  jobs_.erase(at);
}

bool JobOutput::may_read(TaskId task, JobStream stream) const {
  const auto at = jobs_.find(number(task));
  const Job* job = at == jobs_.end() ? nullptr : &at->second;
  if (passes(number(task), job, stream)) return !sink_.full();
  if (!full() || task == lifted_) return true;
  // A head that may not go live, but prints little, must be able to end.
  return is_head(number(task)) && (job == nullptr || job->in_memory() <= memory_bytes_ / 8);
}

void JobOutput::bound_memory() {
  const std::size_t memory = memory_in_use();
  if (memory <= memory_bytes_) {
    retry_at_ = 0;
    return;
  }
  if (spill_ != nullptr && memory >= retry_at_) {
    // Not just below the bound: writes should be few and large.
    const std::size_t target = memory_bytes_ / 8 * 5;
    bool room = finished_.spill(memory - target);
    if (!room) spill_error_ = finished_.take_error();
    room = room && spill_jobs(target);
    retry_at_ = room ? 0 : memory_in_use() + memory_bytes_ / 8;
  }
  choose_head();
}

// The largest first: the fewest pieces in the file.
bool JobOutput::spill_jobs(std::size_t target) {
  struct Candidate {
    Job* job;
    HeldBytes* held;
  };
  std::vector<Candidate> candidates;
  for (auto& [id, job] : jobs_) {
    for (HeldBytes& held : job.held) {
      if (held.in_memory() != 0) candidates.push_back({&job, &held});
    }
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.held->in_memory() > b.held->in_memory();
  });
  for (const Candidate& candidate : candidates) {
    if (memory_in_use() <= target) break;
    const Status status = candidate.held->spill(shared_);
    count(*candidate.job);
    if (status) continue;
    spill_error_ = status.error().message;
    return false;
  }
  return true;
}

// Unordered and full: one job gets the sink for itself, or no job could go on.
void JobOutput::choose_head() {
  if (options_.ordered || head_ || !ready_.empty() || !full()) return;
  if (options_.mode == JobOutputMode::Whole) return;
  if (const Jobs::value_type* chosen = largest(true)) head_ = chosen->first;
}

const JobOutput::Jobs::value_type* JobOutput::largest(bool final_only) const {
  const Jobs::value_type* largest = nullptr;
  std::uint64_t most = 0;
  for (const Jobs::value_type& entry : jobs_) {
    const Job& job = entry.second;
    const std::uint64_t size = job.held[0].size() + job.held[1].size();
    if (size <= most || (final_only && !job.final)) continue;
    most = size;
    largest = &entry;
  }
  return largest;
}

std::optional<TaskId> JobOutput::stuck() const {
  if (!full() || sink_.full()) return std::nullopt;
  if (!options_.ordered && !head_) {
    const Jobs::value_type* job = ready_.empty() ? largest(false) : nullptr;
    return job == nullptr ? std::nullopt : std::optional(TaskId{job->first});
  }
  const TaskId head{options_.ordered ? next_ : *head_};
  const auto at = jobs_.find(number(head));
  if (at == jobs_.end() || at->second.finished) return std::nullopt;
  const bool goes_on = may_read(head, JobStream::Out) && may_read(head, JobStream::Err);
  return goes_on ? std::nullopt : std::optional(head);
}

// Only what lies before everything that is still wanted can be given back.
void JobOutput::give_back() {
  if (spill_ == nullptr || freed_ == 0 || (freed_ < kGiveBackHeldBytes && !empty())) return;
  std::uint64_t wanted = HeldBytes::kNone;
  for (const auto& [id, job] : jobs_) {
    for (const HeldBytes& held : job.held) wanted = std::min(wanted, held.lowest_offset());
  }
  shared_.give_back(finished_.file_unused(), wanted);
  freed_ = 0;
  retry_at_ = 0;
}

}  // namespace spread
