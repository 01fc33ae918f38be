// Of a run's journal: what the parts before have left in it, and what becomes of their tasks.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/journal/varint.h"
#include "spread/output/run_journal.h"

namespace spread {

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
  if (!plan_) {
    constexpr ResumePlan::Decision fresh;
    SPREAD_TRY(note_task(digest, fresh));
    return fresh;
  }
  const bool known = plan_->compares();
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
  static_assert(std::endian::native == std::endian::little, "as the journal has it");
  std::memcpy(digests_.prepare(sizeof digest), &digest, sizeof digest);
  digests_.commit(sizeof digest);
  const std::uint64_t task = tasks_++;
  if (!plan_ || !plan_->by_content() || !is_kept(decision.fate)) return {};
  return note_kept(task, decision);
}

/// By its new number. Not a part of what each task comes by: it would cost that 30 instructions.
[[gnu::noinline]] Status RunJournal::note_kept(std::uint64_t task,
                                               const ResumePlan::Decision& decision) {
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

}  // namespace spread
