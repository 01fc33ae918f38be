// A run with a journal: what was done before is compared with the input and handed on, and what
// is done now is kept.
#include <utility>

#include <fmt/format.h>

#include "spread/engine/engine.h"
#include "spread/journal/resume_table.h"

namespace spread {

/// The tasks that were read before come again before anything is started: if one of them is
/// another one now, nothing is.
Status Engine::compare_input() {
  if (journal_->resumes()) {
    kept_ = std::make_unique<KeptTasks>(*journal_, mode_->ordered());
  }
  if (const std::string note = journal_->note(); !note.empty()) reporter_->say(note);
  if (journal_->resumes() && journal_->plan().by_content()) SPREAD_TRY(journal_->begin());
  while (true) {
    const Result<bool> more = compare_some();
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
  }
  if (signals_received_ > 0) {
    // Nothing was begun, and nothing is handed on: that would take as long again.
    if (kept_) kept_->drop();
    results_lost_ = true;
    return {};
  }
  SPREAD_TRY(journal_->begin());
  if (ended_early() && !scheduler_.stopping()) {
    post(StartNoMore{"the run had come to its end before it had read all of the input"});
  }
  return {};
}

/// The run before was ended by --halt, say, and has left out the rest of the input.
bool Engine::ended_early() const {
  return journal_->resumes() && journal_->before().complete() &&
         !journal_->before().end()->input_ended && !journal_->plan().goes_beyond();
}

Error Engine::input_is_short() const {
  return Error{fmt::format(
      "--resume: the input ends behind task {}, and there were {} when it was read before",
      journal_->plan().looked_at(), journal_->before().tasks())};
}

/// Some more of it; false: that was all.
Result<bool> Engine::compare_some() {
  if (!journal_->resumes() || !journal_->plan().compares() || !input_) return false;
  Record record;
  for (int n = 0; n < kRecordsPerTurn; ++n) {
    if (!compare_error_.empty() || !journal_->plan().compares() || !input_->next(record)) break;
    take_record(record);
  }
  if (!compare_error_.empty()) return fail(compare_error_);
  if (!journal_->plan().compares()) return false;
  if (!input_->error().empty()) return fail(input_->error());
  if (input_->ended()) return tl::unexpected(input_is_short());
  // A sweep that waits for its first results: what comes later is compared when it comes.
  if (input_->waiting() && !input_->waits_for_bytes()) return false;
  // For signals, too, and requests to stop.
  loop_.wait(input_->waits_for_bytes() ? kForever : loop_.now());
  return signals_received_ == 0;
}

Error Engine::resume_error(TaskId task, const Error& error) {
  const std::string place = place_of(task);
  const bool resumes = journal_ != nullptr && journal_->resumes();
  return Error{(resumes ? "--resume: " : "--journal: ") + (place.empty() ? "" : place + ": ") +
               error.message};
}

/// Notes that it has been read. True: it is done, and the Scheduler has been told, or there is an
/// error.
bool Engine::is_done_already(TaskId task, const Record& record) {
  const auto fails = [&](const Error& error) {
    compare_error_ = resume_error(task, error).message;
    return true;
  };
  const auto digest = mode_->digest(record);
  if (!digest) return fails(digest.error());
  const auto decision = journal_->read(*digest);
  if (!decision) return fails(decision.error());
  if (!kept_) return false;
  if (const Status added = kept_->add(task, *decision); !added) return fails(added.error());
  if (!is_kept(decision->fate)) return false;
  mode_->keep(task, decision->outcome);
  driver_.feed(TaskSkipped{task, decision->outcome}, now());
  return true;
}

void Engine::hand_on_kept() {
  const Status status = kept_->hand_on(*mode_, *stdout_);
  if (!status) give_up_kept(status.error().message);
}

/// Results cannot be handed on, those that were kept neither, and what comes behind must not be.
void Engine::give_up_kept(const std::string& why) {
  if (kept_) kept_->drop();
  results_lost_ = true;
  abort(why);
}

/// A journal that cannot be written ends the run.
void Engine::keep_journal() {
  if (const Status kept = journal_->turn(); !kept && end_message_.empty()) undecided_ = true;
}

void Engine::conclude_journal(RunEnd& end) {
  JournalEnd last;
  last.status = exit_status_;
  last.complete = complete_;
  last.input_ended = !end.incomplete;
  last.seconds = to_seconds(loop_.now() - started_);
  if (const Status closed = journal_->close(last); !closed) {
    if (end_message_.empty()) reporter_->say(closed.error().message);
    end.own_error = true;
    complete_ = false;
    exit_status_ = kOwnError;
  }
  reporter_->set_totals(journal_->totals());
  const std::string line = journal_->last_line(scheduler_.counts().arrived);
  if (!line.empty() && !end.output_closed) reporter_->say(line);
}

// ---------------------------------------------------------------- --resume --dry-run

Result<ResumePlan::Decision> Engine::decide(TaskId task, const Record& record) {
  if (journal_ == nullptr) return ResumePlan::Decision();
  const auto digest = mode_->digest(record);
  if (!digest) return tl::unexpected(resume_error(task, digest.error()));
  auto decision = journal_->decide(*digest);
  if (!decision) return tl::unexpected(resume_error(task, decision.error()));
  // Where a sweep draws further samples by what came of those before.
  if (is_kept(decision->fate)) mode_->keep(task, decision->outcome);
  return decision;
}

Result<std::string> Engine::explain_resume() {
  const bool resumes = journal_ != nullptr && journal_->resumes();
  const auto compares = [&] { return resumes && journal_->plan().compares(); };
  const bool leaves_rest = resumes && ended_early();
  ResumeTable table;
  std::string note;
  Record record;
  while (true) {
    for (int n = 0; n < kRecordsPerTurn; ++n) {
      if ((leaves_rest && !compares()) || !input_->next(record)) break;
      const TaskId task{next_task_++};
      mode_->accept(task, record);
      const auto decision = decide(task, record);
      if (!decision) return tl::unexpected(decision.error());
      table.add(decision->fate, number(task));
    }
    if (signals_received_ > 0) return fail("--dry-run: ended by a signal");
    if (!input_->error().empty()) return fail(input_->error());
    if (leaves_rest && !compares()) {
      note =
          "no more is started: the run had come to its end before it had read all of the input\n";
      break;
    }
    if (input_->ended()) break;
    if (input_->waiting() && !input_->waits_for_bytes()) {
      note = "what else the sweep draws depends on what comes of these\n";
      break;
    }
    loop_.wait(input_->waits_for_bytes() ? kForever : loop_.now());
  }
  if (compares() && input_->ended()) return tl::unexpected(input_is_short());
  return table.text(resumes) + note;
}

}  // namespace spread
