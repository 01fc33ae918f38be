#include "spread/journal/resume_plan.h"

#include <bit>

namespace spread {

std::string_view text_of(Fate fate) {
  switch (fate) {
    case Fate::Done: return "kept: done";
    case Fate::DoneBadly: return "kept: failed or lost (--resume-failed runs them again)";
    case Fate::LeftOut: return "kept: not computed, in a run that came to its end";
    case Fate::Unanswered: return "run again: without an answer when the run was cut off";
    case Fate::NotComputed: return "run again: not computed before the run was cut off";
    case Fate::Gone: return "run again: the result is not in the file of -o any more";
    case Fate::FailedBefore: return "run again: failed or lost (--resume-failed)";
    case Fate::Changed: return "run: the input is new, or has changed";
    case Fate::Further: return "run: more input at the end";
  }
  return "";
}

Result<std::unique_ptr<ResumePlan>> ResumePlan::create(JournalContents& contents, ResumeHow how,
                                                       EntryFile* buckets, EntryFile* chain) {
  how.by_content |= contents.renumbering_is_open();
  std::unique_ptr<ResumePlan> plan(new ResumePlan(contents, how, buckets, chain));
  if (how.by_content) SPREAD_TRY(plan->index_by_content());
  return plan;
}

Fate ResumePlan::fate_of(const JournalContents::Task& task) const {
  if (task.is_gone) return Fate::Gone;
  if (task.place == 0) return contents_.complete() ? Fate::LeftOut : Fate::Unanswered;
  switch (task.outcome) {
    case Outcome::Ok: return Fate::Done;
    case Outcome::NotComputed:
      return contents_.complete() && !how_.failed_again ? Fate::LeftOut : Fate::NotComputed;
    case Outcome::Failed:
    case Outcome::Lost: break;
  }
  return how_.failed_again ? Fate::FailedBefore : Fate::DoneBadly;
}

Fate ResumePlan::fate_in_place(const JournalContents::Task& task) {
  const Fate fate = fate_of(task);
  if (!is_kept(fate)) ran_again_ = true;
  return how_.in_place && ran_again_ && task.in_output ? Fate::Gone : fate;
}

Result<ResumePlan::Decision> ResumePlan::next(std::uint64_t digest) {
  auto decision = how_.by_content ? by_digest(digest) : by_number(digest);
  if (!decision) return decision;
  ++next_;
  ++counts_[static_cast<std::size_t>(decision->fate)];
  return decision;
}

Result<ResumePlan::Decision> ResumePlan::by_number(std::uint64_t digest) {
  Decision decision;
  if (next_ >= contents_.tasks()) return decision;
  const auto task = contents_.task(next_);
  if (!task) return tl::unexpected(task.error());
  decision.differs = task->digest != digest;
  decision.fate = fate_in_place(*task);
  if (!is_kept(decision.fate)) return decision;
  decision.place = task->place;
  decision.outcome = decision.fate == Fate::LeftOut ? Outcome::NotComputed : task->outcome;
  return decision;
}

// ---------------------------------------------------------------- by content

/// Open addressing. Of many tasks with one payload only the first is in the table: the others would
/// all have to be passed by.
Result<std::uint64_t> ResumePlan::bucket_of(std::uint64_t digest) {
  for (std::uint64_t at = digest & bucket_mask_;; at = (at + 1) & bucket_mask_) {
    const auto entry = buckets_->get(at);
    if (!entry) return tl::unexpected(entry.error());
    if (*entry == EntryFile::Entry() || entry->first == digest) return at;
  }
}

Status ResumePlan::index_by_content() {
  const std::uint64_t begin = contents_.entries_begin(), end = contents_.entries_end();
  bucket_mask_ = std::bit_ceil(2 * (end - begin) + 16) - 1;
  // From the last to the first, so that of equal ones the first is found first.
  for (std::uint64_t n = end; n-- > begin;) {
    const auto task = contents_.entry(n);
    if (!task) return tl::unexpected(task.error());
    const Fate fate = fate_of(*task);
    if (fate != Fate::Done && fate != Fate::DoneBadly) continue;
    const auto bucket = bucket_of(task->digest);
    if (!bucket) return tl::unexpected(bucket.error());
    const auto head = buckets_->get(*bucket);
    if (!head) return tl::unexpected(head.error());
    SPREAD_TRY(chain_->set(n, {head->second, 0}));
    SPREAD_TRY(buckets_->set(*bucket, {task->digest, n + 1}));
  }
  return {};
}

Result<ResumePlan::Decision> ResumePlan::by_digest(std::uint64_t digest) {
  Decision decision;
  decision.fate = Fate::Changed;
  const auto bucket = bucket_of(digest);
  if (!bucket) return tl::unexpected(bucket.error());
  const auto head = buckets_->get(*bucket);
  if (!head) return tl::unexpected(head.error());
  if (head->second == 0) return decision;
  decision.was = head->second - 1;
  const auto task = contents_.entry(decision.was);
  if (!task) return tl::unexpected(task.error());
  const auto rest = chain_->get(decision.was);
  if (!rest) return tl::unexpected(rest.error());
  SPREAD_TRY(buckets_->set(*bucket, {digest, rest->first}));
  decision.fate = fate_of(*task);
  decision.place = task->place;
  decision.outcome = task->outcome;
  return decision;
}

}  // namespace spread
