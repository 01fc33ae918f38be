#include "spread/output/answers_out.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/journal/job_answer.h"
#include "spread/output/outcome_chain.h"
#include "spread/output/sinks.h"
#include "spread/report/summary.h"
#include "spread/results/job_output_held.h"
#include "spread/results/result_pair.h"
#include "spread/wire/codec.h"

namespace spread {
namespace {

constexpr std::size_t kLineBytes = 500;  // of what a worker or a job has said

bool is_bad(Outcome outcome) { return outcome == Outcome::Failed || outcome == Outcome::Lost; }

// ---------------------------------------------------------------- run, gang

/// The chain of a run, but for the order: they are put in order.
class ValuesOut final : public AnswersOut {
 public:
  ValuesOut(const OutputOptions& output, bool has_payloads, const SpillOptions& spill,
            const AnswerPlaces& places)
      : places_(places),
        has_payloads_(has_payloads),
        needs_payloads_(needs_payloads(output)),
        shows_none_(output.format != OutputFormat::Records),
        chain_(
            open_outcome_chain(output, std::nullopt, spill, places.output, host_names_, nullptr)) {}

  Status put(const JournalAnswer& answer, AnswerPlace place) override {
    SPREAD_TRY(check_value(answer, has_payloads_));
    TaskResult result = result_of(answer);
    name_host(answer.worker, record_of(place));
    if (answer.value.empty()) {
      result.value = none();
    } else {
      result.value.body = Slice::copy_of(answer.value);
    }
    take(std::move(result), has_payloads_ && !answer.value.empty());
    return {};
  }
  void put_none(TaskId task) override {
    if (!shows_none_) return;
    TaskResult result;
    result.id = task;
    result.outcome = Outcome::NotComputed;
    result.value = none();
    take(std::move(result), false);
  }
  void end() override { chain_->end(); }
  Status pump() override { return chain_->pump(); }
  bool done() const override { return chain_->empty(); }
  std::string take_warning() override {
    return chain_->has_warning() ? chain_->take_warning() : std::string();
  }

 private:
  static Value none() { return wire::make_error("NotComputed", "it has no answer"); }

  void take(TaskResult&& result, bool is_pair) {
    if (is_pair && !needs_payloads_) result = take_pair(result).result;
    // The payload itself is not in the journal.
    if (!is_pair && needs_payloads_) result.value = pair_of(Value(), result.value);
    chain_->take(std::move(result));
  }
  void name_host(WorkerId worker, std::uint64_t at) {
    const std::string_view host = places_.hosts.of(worker, at);
    if (host.empty()) return;
    if (host_names_.size() <= number(worker)) host_names_.resize(number(worker) + std::size_t{1});
    if (host_names_[number(worker)] != host) host_names_[number(worker)] = host;
  }

  AnswerPlaces places_;
  bool has_payloads_, needs_payloads_, shows_none_;
  std::vector<std::string> host_names_;
  std::unique_ptr<OutcomeSink> chain_;
};

/// --failed: "task 3: ValueError: no".
class FailedValuesOut final : public AnswersOut {
 public:
  FailedValuesOut(bool has_payloads, const AnswerPlaces& places)
      : has_payloads_(has_payloads), out_(places.output) {}

  Status put(const JournalAnswer& answer, AnswerPlace) override {
    SPREAD_TRY(check_value(answer, has_payloads_));
    TaskResult result;
    result.value.body = Slice::copy_of(answer.value);
    if (has_payloads_ && !answer.value.empty()) result = take_pair(result).result;
    const wire::WorkerError error = wire::parse_error(result.value.body.view());
    std::string line = fmt::format("task {}: ", number(answer.task) + 1);
    if (!error.type.empty()) line += printable_line(error.type, kLineBytes) + ": ";
    line += printable_line(error.message, kLineBytes);
    out_.queue().tail().append(line + "\n");
    return {};
  }

 private:
  bool has_payloads_;
  OutputWriter& out_;
};

// ---------------------------------------------------------------- map, pipe

/// What jobs printed, as they printed it.
class PrintedOut final : public AnswersOut {
 public:
  explicit PrintedOut(const AnswerPlaces& places) : places_(places) {}

  Status put(const JournalAnswer& answer, AnswerPlace) override {
    if (answer.value.empty()) return {};  // it was not run
    const auto words = parse_job_words(answer.value);
    if (!words) return tl::unexpected(words.error());
    const std::string tag(words->tag);
    LinePrefixer prefixers[2];
    const auto take = [&](std::uint8_t stream, ByteView bytes) {
      OutputWriter& writer = stream == 0 ? places_.output : places_.errors;
      if (writer.closed()) return;
      if (tag.empty()) return writer.queue().append(Slice::copy_of(bytes));
      prefixers[stream].append(bytes, tag, writer.queue().tail());
    };
    const auto whole = read_job(answer, places_.reader, take);
    return whole ? Status() : tl::unexpected(whole.error());
  }

 private:
  AnswerPlaces places_;
};

class JobRecordsOut final : public AnswersOut {
 public:
  explicit JobRecordsOut(const AnswerPlaces& places)
      : places_(places), sink_(places.output, nullptr) {}

  Status put(const JournalAnswer& answer, AnswerPlace place) override {
    if (answer.value.empty()) return {};
    std::string note;
    // A record has all of stdout first.
    for (const std::uint8_t wanted : {std::uint8_t{0}, std::uint8_t{1}}) {
      const auto take = [&](std::uint8_t stream, ByteView bytes) {
        if (stream != wanted || bytes.empty()) return;
        sink_.write(answer.task, static_cast<JobStream>(stream), Slice::copy_of(bytes));
      };
      const auto words = read_job(answer, places_.reader, take);
      if (!words) return tl::unexpected(words.error());
      if (wanted == 1) note = note_of(answer, *words, place);
    }
    sink_.end(answer.task, as_bytes(note));
    return {};
  }

 private:
  /// A run with records has left its own; of others all is known but the commands that went well.
  std::string note_of(const JournalAnswer& answer, const JobWords& words, AnswerPlace place) const {
    if (words.note.starts_with("\"status\":") && words.note.ends_with("}\n")) {
      return std::string(words.note);
    }
    JobRecord record{answer.outcome,  words.exit_status, words.signal, words.how, words.command, {},
                     answer.attempts, answer.duration};
    const std::string_view host = places_.hosts.of(answer.worker, record_of(place));
    if (!host.empty()) record.host = host;
    return record_note(record);
  }

  AnswerPlaces places_;
  RecordSink sink_;
};

/// --failed: "job 3: exit status 1: grep x".
class FailedJobsOut final : public AnswersOut {
 public:
  explicit FailedJobsOut(const AnswerPlaces& places) : out_(places.output) {}

  Status put(const JournalAnswer& answer, AnswerPlace) override {
    const auto words = parse_job_words(answer.value);
    if (!words) return tl::unexpected(words.error());
    std::string line =
        fmt::format("job {}: {}", number(answer.task) + 1, printable_line(words->how, kLineBytes));
    if (!words->command.empty()) line += ": " + printable_line(words->command, kLineBytes);
    out_.queue().tail().append(line + "\n");
    return {};
  }

 private:
  OutputWriter& out_;
};

// ---------------------------------------------------------------- which

/// Passes on what failed or was lost.
class OnlyFailed final : public AnswersOut {
 public:
  explicit OnlyFailed(std::unique_ptr<AnswersOut> next) : next_(std::move(next)) {}
  Status put(const JournalAnswer& answer, AnswerPlace place) override {
    return is_bad(answer.outcome) ? next_->put(answer, place) : Status();
  }
  void end() override { next_->end(); }
  Status pump() override { return next_->pump(); }
  bool done() const override { return next_->done(); }
  std::string take_warning() override { return next_->take_warning(); }

 private:
  std::unique_ptr<AnswersOut> next_;
};

std::string identity_of(const JournalPart& part, std::string_view name) {
  for (const auto& [known, value] : part.identity) {
    if (known == name) return value;
  }
  return {};
}

/// As run/ has written it: the form, "(savetxt)", the columns.
Result<OutputOptions> form_of_run(const JournalPart& part) {
  std::string text = identity_of(part, "--out");
  const std::string_view kSavetxt = " (savetxt)";
  OutputOptions output;
  output.ordered = false;
  const std::size_t end = std::min(text.find(' '), text.size());
  const auto found =
      std::find(std::begin(kOutputNames), std::end(kOutputNames), text.substr(0, end));
  if (found == std::end(kOutputNames)) {
    return fail(
        fmt::format("its run has --out {}, which this spread does not know", show_text(text)));
  }
  output.format = static_cast<OutputFormat>(found - std::begin(kOutputNames));
  text.erase(0, end);
  if (text.starts_with(kSavetxt)) {
    output.csv_style = CsvStyle::Savetxt;
    text.erase(0, kSavetxt.size());
  }
  auto columns = shell_split(text);
  if (!columns) return tl::unexpected(columns.error());
  output.columns = std::move(*columns);
  return output;
}

bool is_of_jobs(const JournalPart& part) {
  return part.subcommand == "map" || part.subcommand == "pipe";
}

Result<std::unique_ptr<AnswersOut>> open_jobs(const JournalPart& part, const ResultsForm& form,
                                              const AnswerPlaces& places) {
  const OutputFormat of_run = identity_of(part, "--out") == "records" && !form.failed
                                  ? OutputFormat::Records
                                  : OutputFormat::Text;
  const OutputFormat format = form.format.value_or(of_run);
  if (format == OutputFormat::Records) return std::make_unique<JobRecordsOut>(places);
  if (format != OutputFormat::Text) {
    return fail(
        fmt::format("--out {}: what the jobs of `spread {}` print is shown as text or records",
                    kOutputNames[static_cast<std::size_t>(format)], part.subcommand));
  }
  if (form.failed) return std::make_unique<FailedJobsOut>(places);
  return std::make_unique<PrintedOut>(places);
}

Result<std::unique_ptr<AnswersOut>> open_values(const JournalPart& part, const ResultsForm& form,
                                                const SpillOptions& spill,
                                                const AnswerPlaces& places) {
  auto output = form_of_run(part);
  if (!output) return tl::unexpected(output.error());
  const bool has_payloads =
      output->format == OutputFormat::Csv ||
      identity_of(part, "--gather") == kGatherNames[static_cast<std::size_t>(GatherAs::ByWorker)];
  if (form.failed && !form.format) return std::make_unique<FailedValuesOut>(has_payloads, places);
  output->format = form.format.value_or(output->format);
  output->terminator = form.terminator;
  if (output->format == OutputFormat::Csv && output->columns.empty() && !form.in_task_order) {
    return fail("-f: the columns of --out csv are known at the end; --out records can be followed");
  }
  return std::make_unique<ValuesOut>(*output, has_payloads, spill, places);
}

}  // namespace

Result<std::unique_ptr<AnswersOut>> open_answers_out(const JournalPart& part,
                                                     const ResultsForm& form,
                                                     const SpillOptions& spill,
                                                     const AnswerPlaces& places) {
  auto out =
      is_of_jobs(part) ? open_jobs(part, form, places) : open_values(part, form, spill, places);
  if (out && form.failed) return std::make_unique<OnlyFailed>(std::move(*out));
  return out;
}

}  // namespace spread
