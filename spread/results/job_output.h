#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"
#include "spread/results/job_output_held.h"
#include "spread/results/waiting_values.h"

namespace spread {

enum class JobStream : std::uint8_t { Out = 0, Err = 1 };

/// Where the output of jobs goes: stdout and stderr, or a writer of records.
class JobSink {
 public:
  virtual ~JobSink() = default;
  /// The sink wants no more now. A job with little output is still handed over as a whole.
  virtual bool full() const = 0;
  /// The next bytes of a job. Until end() nothing of another job comes between, except in Lines.
  virtual void write(TaskId task, JobStream stream, Slice bytes) = 0;
  /// In JobOutputMode::Whole: the job has ended, with this note; what it printed follows.
  virtual void begin(TaskId task, ByteView note) {
    static_cast<void>(task), static_cast<void>(note);
  }
  /// The last call about a job that printed something or has a note; in order, like write().
  virtual void end(TaskId task, ByteView note) = 0;
};

enum class JobOutputMode : std::uint8_t {
  Live,    ///< whole jobs; stdout before stderr, but the head's as they come
  Blocks,  ///< whole jobs; stdout before stderr always: the head's stderr waits for its end
  Lines,   ///< whole lines as they come (--lb)
  Whole,   ///< jobs that have ended, behind their notes; stdout before stderr
};

struct JobOutputOptions {
  JobOutputMode mode = JobOutputMode::Live;
  bool ordered = true;      ///< in task order; else jobs (or lines) as they are complete
  bool one_attempt = true;  ///< every attempt is final from its start, without set_final()
  std::size_t memory_bytes = 4 * 1024 * 1024;
};

/// What the jobs of `map` print, handed on in the right order and form and in bounded memory.
///
/// One job at a time may be the *head*, which has the sink for itself: the first that is not
/// finished if output is ordered; otherwise whichever is being delivered, or one chosen when memory
/// runs out. The head is handed on as it prints, as soon as its attempt is final; all else is held,
/// in memory up to `memory_bytes`, then in the spill file, then in the jobs' pipes, which are not
/// read (may_read()). Nothing is ever dropped.
///
/// Costs, while waiting for an earlier job: one that printed nothing and has no note, 1 bit;
/// otherwise what it left and 100 bytes in memory, or that and 56 bytes in the file and nothing in
/// memory. Only a job whose output was spilled while it ran keeps some 400 bytes of memory.
class JobOutput {
 public:
  /// Less memory than this is taken as this much.
  static constexpr std::size_t kMemoryMin = 64 * 1024;
  /// Of a job's stderr, last_lines() knows so much.
  static constexpr std::size_t kLastBytes = 2048;

  /// `spill` may be null, and has no other user; it and `sink` must outlive this.
  JobOutput(const JobOutputOptions& options, JobSink& sink, SpillFile* spill);
  JobOutput(const JobOutput&) = delete;
  JobOutput& operator=(const JobOutput&) = delete;

  /// A running attempt printed this. `prefix`, if not empty, is put in front of each line, so it
  /// ends in the TAB of --tag.
  void append(TaskId task, JobStream stream, const Slice& bytes, std::string_view prefix = {});
  /// Whether what the running job prints next to stdout would go to the sink at once, as it is, and
  /// unseen by this: then it may go past both. Only of JobOutputMode::Live.
  bool may_bypass(TaskId task) const;
  /// It has.
  void bypassed(TaskId task) { job_of(number(task)).printed = true; }
  /// No other attempt will follow the one that runs or is about to start: it may go live.
  void set_final(TaskId task);
  /// The attempt failed and another will follow: what it printed is dropped. False if some of it
  /// has gone out, because it was final; that stays.
  bool discard(TaskId task);
  /// Each task once: its attempt was the last, has ended, and its pipes were read to their ends;
  /// or it will never run. `note` (a status for --out records) is handed to JobSink::end().
  void finished(TaskId task, ByteView note = {});
  /// Hands on what may go, until the sink is full. Call it after every round of the above, and
  /// when the sink has room again. An Error if the spill file cannot be read: output is lost.
  Status pump();

  /// Whether to read that pipe of a running job now. Beyond the bound comes at most one read of
  /// each job, and what a buffer doubled for it has allocated but not touched.
  bool may_read(TaskId task, JobStream stream) const;
  /// Memory and spill file are used up: start no job but the first that is not finished.
  bool full() const { return memory_in_use() > memory_bytes_; }
  /// The job that has the sink for itself: while full, the only one that is read.
  std::optional<TaskId> head() const;
  /// While full, the job that would have to go live for anything to move, but must not. The way
  /// out is set_final() (its further tries are given up), or, if that was done (stderr in Blocks),
  /// to end the job. Rare: one job has printed more than the spill file can hold.
  std::optional<TaskId> stuck() const;
  /// This job, and no other, is read though memory and spill file are used up: what it prints comes
  /// on top, in memory. For when the head cannot run before it has ended.
  void lift_limits(std::optional<TaskId> task) { lifted_ = task; }
  /// Tasks that finished() was called for.
  std::uint64_t accepted() const { return accepted_; }
  /// Of those, the ones of which everything has been handed on.
  std::uint64_t handed_on() const;
  /// Nothing waits here: at the end of a run, everything has been handed on.
  bool empty() const { return jobs_.empty() && finished_.first() == FinishedJobs::kNone; }

  /// The last lines of the stderr of a running attempt, as it was printed; without the final
  /// newline. To be asked before finished() or discard().
  std::string last_lines(TaskId task, std::size_t lines) const;
  /// Why the last attempt to spill failed (a full disk), once; empty otherwise.
  bool has_spill_error() const { return !spill_error_.empty(); }
  std::string take_spill_error() { return std::exchange(spill_error_, {}); }
  std::size_t memory_in_use() const { return memory_ + finished_.memory_in_use(); }

 private:
  struct Job {
    HeldBytes held[2];
    LinePrefixer prefixer[2];
    bool mid_line[2] = {};  // the last byte handed on was not a newline
    bool final = false;
    bool finished = false;
    bool printed = false;  // something has been handed on
    bool begun = false;    // JobSink::begin() was called
    std::string last;      // of stderr
    std::string note;
    std::size_t counted = 0;  // of memory_

    bool has_held() const { return !held[0].empty() || !held[1].empty(); }
    std::size_t in_memory() const { return held[0].in_memory() + held[1].in_memory(); }
    std::uint64_t in_file() const { return held[0].in_file() + held[1].in_file(); }
  };
  using Jobs = std::map<std::uint64_t, Job>;

  // The spill file as SpillRuns sees it, which would give back what is not its own.
  class SharedSpill final : public SpillFile {
   public:
    explicit SharedSpill(SpillFile* file) : file_(file) {}
    Result<std::uint64_t> append(ByteView bytes) override;
    Status read(std::uint64_t offset, std::span<Byte> into) override;
    void discard_before(std::uint64_t offset) override { runs_begin_ = offset; }
    /// Of the runs and of others nothing before these is wanted any more.
    void give_back(bool no_runs, std::uint64_t others_begin);

   private:
    SpillFile* file_;
    std::uint64_t runs_begin_ = 0;
    std::uint64_t given_back_ = 0;
    std::uint64_t end_ = 0;
  };

  Job& job_of(std::uint64_t id);
  bool is_head(std::uint64_t id) const;
  bool passes(std::uint64_t id, const Job* job, JobStream stream) const;
  std::uint64_t deliverable(std::uint64_t id, const Job& job, JobStream stream) const;
  void route(std::uint64_t id, Job& job, JobStream stream, const Slice& bytes);
  void write(std::uint64_t id, Job& job, JobStream stream, Slice bytes);
  void keep_last(Job& job, ByteView bytes);
  void count(Job& job);
  void erase(Jobs::iterator at);

  Status pump_ordered();
  Status pump_unordered();
  Status pump_lines();
  Result<bool> deliver(std::uint64_t id, Job& job);
  Result<bool> deliver_job(Jobs::iterator at);
  Status deliver_left();

  void bound_memory();
  bool spill_jobs(std::size_t target);
  void choose_head();
  const Jobs::value_type* largest(bool final_only) const;
  void give_back();

  JobOutputOptions options_;
  JobSink& sink_;
  SpillFile* spill_;
  std::size_t memory_bytes_;
  SharedSpill shared_;
  FinishedJobs finished_;
  // Running jobs that have printed something or are final, and finished ones that are the head,
  // are not ordered, or were spilled while they ran.
  Jobs jobs_;
  std::uint64_t accepted_ = 0;
  std::uint64_t next_ = 0;             // ordered: the head
  std::optional<std::uint64_t> head_;  // unordered
  std::deque<std::uint64_t> ready_;    // unordered: finished, to be the head in turn
  bool lines_wait_ = false;            // unordered lines: some job may have whole lines held
  std::uint64_t lines_from_ = 0;       // and it is this one's turn
  std::optional<TaskId> lifted_;       // see lift_limits()
  std::size_t memory_ = 0;             // of jobs_
  std::size_t retry_at_ = 0;           // after a failure: the memory in use at which to try again
  std::uint64_t freed_ = 0;            // bytes of the file that were not given back yet
  std::string spill_error_;
  ByteBuffer scratch_;
};

}  // namespace spread
