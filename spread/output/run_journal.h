// A run's journal: what the parts before have left in it, and what this one adds (docs/journal.md).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/observer.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"
#include "spread/io/event_loop.h"
#include "spread/io/journal_file.h"
#include "spread/io/output_files.h"
#include "spread/journal/awaited_answers.h"
#include "spread/journal/contents.h"
#include "spread/journal/job_answer.h"
#include "spread/journal/resume_plan.h"
#include "spread/output/output_writer.h"
#include "spread/output/scratch_file.h"
#include "spread/output/sinks.h"
#include "spread/report/summary.h"

namespace spread {

/// What a run is, as its journal has it.
struct JournaledRun {
  std::string subcommand;
  std::vector<std::string> words;  ///< the command line
  /// What must be the same in every part, by name.
  std::vector<std::pair<std::string, std::string>> identity;
  std::string output;  ///< -o, the whole path; empty: standard output
};

/// The journal of a run that goes on. What is put into it is gathered, and given to the file before
/// anything is written to an output whose gate this is; so what has been delivered is in it.
class RunJournal final : public WriteGate, public Observer, public ResultPlaces {
 public:
  /// What has been delivered nowhere may wait for so long.
  static constexpr Duration kLinger = std::chrono::milliseconds(100);
  /// --durable batch.
  static constexpr Duration kSyncEvery = std::chrono::seconds(1);
  /// Gathered to this size it is written at once.
  static constexpr std::size_t kBatch = 256 * 1024;

  /// Opens or makes the file, and reads what is in it. Nothing is written before begin().
  static Result<std::unique_ptr<RunJournal>> open(const JournalOptions& options, JournaledRun run,
                                                  const SpillOptions& spill, EventLoop& loop);
  /// Only to see what a resume would do: without a lock, and begin() must not follow. Null: there
  /// is no such file.
  static Result<std::unique_ptr<RunJournal>> look_at(const JournalOptions& options,
                                                     JournaledRun run, const SpillOptions& spill,
                                                     EventLoop& loop);
  ~RunJournal() override;

  // ---- the parts before
  /// There are some.
  bool resumes() const { return plan_ != nullptr; }
  const JournalContents& before() const { return *contents_; }
  bool has_successes() const { return resumes() && contents_->count(Outcome::Ok) > 0; }
  /// The file of -o has what a part before has written.
  bool owns_output() const;
  /// Lines in the middle of that will be others, so that it is to be written anew.
  bool moves_results() const { return options_.failed_again || options_.by_content; }
  /// So much of that, from its start on, has results that the journal does not have.
  std::uint64_t needed_output() const { return contents_->needed_of(run_.output); }
  const ResumePlan& plan() const { return *plan_; }
  /// What was skipped or cut off at its end, in a line; mostly empty.
  std::string note() const;
  /// The next task has been read: what becomes of it. An Error: it is not the one that had this
  /// number.
  Result<ResumePlan::Decision> read(std::uint64_t digest);
  /// The same, of which nothing is noted.
  Result<ResumePlan::Decision> decide(std::uint64_t digest);
  /// Good until the next call.
  Result<JournalAnswer> answer(AnswerPlace place);
  /// What reads the file, for what is large.
  AnswerReader& reader() { return reader_; }

  /// Where tables of very many tasks may lie.
  const std::string& scratch() const { return scratch_; }

  // ---- this part
  /// The output is a regular file that is not written anew: large results may be in it alone.
  void may_keep_in(OutputWriter& output) {
    if (options_.durable != Durable::Answer && !moves_results()) output_ = &output;
  }
  /// Who is to be told where results are in it; null: nothing is.
  ResultPlaces* await_places() {
    awaits_places_ = output_ != nullptr;
    return awaits_places_ ? this : nullptr;
  }
  void will_be_at(const TaskResult& result, const ResultPlace& place) override;
  /// From here on it is written. After the tasks of the parts before have been compared, or at once
  /// where that is by content.
  Status begin();
  /// There are no more tasks than those that have been read.
  void input_ended();
  /// Shards are made for so many slots, since nothing says how many there should be.
  void shards_made(std::uint64_t slots);
  /// A task that is final.
  void answered(const TaskResult& result);
  /// An attempt that is followed by another.
  void attempt_failed(TaskId task, WorkerId worker, std::uint32_t attempt, std::string_view why);
  // What jobs print, and how they end.
  void printed(TaskId task, std::uint8_t stream, ByteView bytes);
  void forget(TaskId task) { jobs_.erase(number(task)); }
  void job_ended(const TaskResult& result, const JobWords& words);

  // Of workers.
  using Observer::on;
  void on(const WorkerStarted& event, TimePoint now) override;
  void on(const WorkerEnded& event, TimePoint now) override;
  void on(const WorkerTail& event, TimePoint now) override;

  // ---- the file
  Status before_write() override;
  Status before_close() override {
    return options_.durable == Durable::None ? Status() : sync_output();
  }
  /// Once in every turn of the loop: what is due is written and synced.
  Status turn();
  /// Whether the file is still the one of its name, which is looked at once in kLinger at most: to
  /// be asked before something is begun, since the process may have been stopped for long. False:
  /// error() says why.
  bool is_ours();
  TimePoint next_deadline() const;
  /// Nothing follows. What has been put into it is there, synced if it is to be.
  Status close(JournalEnd end);
  /// Why it cannot be written; empty while it can.
  const std::string& error() const { return error_; }
  /// Of all parts, as far as they have come.
  PartTotals totals() const;
  /// At the end, for people.
  std::string last_line(std::uint64_t tasks) const;

 private:
  RunJournal(const JournalOptions& options, JournaledRun run, std::string scratch, EventLoop& loop,
             JournalFile file);
  static Result<std::unique_ptr<RunJournal>> create(const JournalOptions& options, JournaledRun run,
                                                    const SpillOptions& spill, EventLoop& loop,
                                                    Result<JournalFile> file);
  Status read_before();
  Status check_identity(const JournalPart& last) const;
  Status note_task(std::uint64_t digest, const ResumePlan::Decision& decision);
  Status note_kept(std::uint64_t task, const ResumePlan::Decision& decision);
  void put(ByteView record);
  void put_tasks();
  void put_answers();
  void put_moment();
  void added_to_batch();
  void add_whole(const TaskResult& result);
  void keep_rest_whole();
  Status keep_again(TaskId task, AnswerPlace place);
  Status look_at_name();
  Status flush();
  Status sync();
  Status sync_output();
  Status failed(const std::string& what);

  JournalOptions options_;
  JournaledRun run_;
  EventLoop& loop_;
  JournalFile file_;
  AnswerReader reader_;
  NamedOutputFiles output_files_;
  std::string scratch_;
  ScratchFile table_file_, buckets_file_, chain_file_;
  EntryFile table_, buckets_, chain_;
  std::unique_ptr<JournalContents> contents_;
  std::unique_ptr<ResumePlan> plan_;
  std::uint64_t torn_ = 0, zeros_ = 0;
  std::uint64_t end_of_records_ = 0;

  std::optional<RecordLogWriter> log_;  ///< after begin()
  ByteBuffer digests_;
  std::uint64_t first_digest_ = 0, tasks_ = 0;
  AnswerBatch batch_;
  ByteBuffer record_, pending_;
  std::map<std::uint64_t, JobPieces> jobs_;
  OutputWriter* output_ = nullptr;  ///< in which results are that are not here
  bool awaits_places_ = false, has_unsynced_places_ = false;
  AwaitedAnswers awaited_;
  std::optional<TimePoint> gathered_since_, unsynced_since_;
  TimePoint began_{}, last_moment_{}, last_look_{};
  Duration longest_unsynced_{};
  std::uint64_t attempts_ = 0;
  bool closed_ = false;
  std::string error_;
};

}  // namespace spread
