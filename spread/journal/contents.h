// What a journal has come to: which tasks it knows, and where their answers are.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"
#include "spread/journal/answers.h"
#include "spread/journal/entry_file.h"
#include "spread/journal/part_record.h"
#include "spread/journal/record_log.h"

namespace spread {

/// The record `X`.
struct JournalEnd {
  int status = 0;            ///< the exit status
  bool complete = false;     ///< it ended by itself: no signal, no error of spread's own
  bool input_ended = false;  ///< there was nothing more to be read
  double seconds = 0;        ///< of this part
  std::uint64_t attempts = 0;
  double loss_window = 0;  ///< seconds: the longest time for which something was not synced
};
void append_end(const JournalEnd& end, ByteBuffer& out);
Result<JournalEnd> parse_end(ByteView record);

/// The files of -o, of which a journal may have names alone.
class OutputFiles {
 public:
  virtual ~OutputFiles() = default;
  /// So many bytes of the file from `offset` on; fewer where it ends, or where it cannot be read.
  /// Good until the next call.
  virtual ByteView read(const std::string& file, std::uint64_t offset, std::uint64_t bytes) = 0;
};
/// What is there is what was written: its bytes, as read(). An Error: it is not.
Result<ByteView> read_place(const ResultPlace& place, const std::string& file, OutputFiles& files);

/// A whole journal, read once from its start to its end. Of the tasks only what a table of 16 bytes
/// each has is kept, in a file.
class JournalContents {
 public:
  /// `table` must outlive this, and is all its own.
  explicit JournalContents(EntryFile& table) : table_(table) {}
  /// Results that are in a file of -o count only if they are found there. It must outlive this.
  void look_into(OutputFiles& files) { files_ = &files; }

  /// Told of each record that was understood, and of its offset.
  using Look = std::function<Status(ByteView record, std::uint64_t at)>;
  /// To the end of what `log` has now; again, when it has more. An Error names the offset; or it is
  /// that of `look`, which may be null.
  Status read(RecordLogReader& log, const Look& look = nullptr);

  struct Task {
    std::uint64_t digest = 0;
    AnswerPlace place = 0;  ///< 0: it has no answer
    Outcome outcome = Outcome::Ok;
    bool in_output = false;  ///< its result is in a file of -o
    bool is_gone = false;    ///< it was there, and has no answer any more
  };
  /// Of one below tasks().
  Result<Task> task(std::uint64_t number) { return entry(first_ + number); }
  /// The same by its index among all that were read, whatever their numbers were: those that a part
  /// had in which numbers began anew come behind those of the parts before. What is kept of one of
  /// them has its answer no more.
  Result<Task> entry(std::uint64_t index);
  /// Those that may have answers.
  std::uint64_t entries_begin() const { return oldest_; }
  std::uint64_t entries_end() const { return first_ + tasks_; }
  /// The last time that numbers began anew, the part was cut off before it had read all of the
  /// input: what the rest of it came to is among the older ones.
  bool renumbering_is_open() const { return renumbering_is_open_; }
  /// So many have been read in all parts; their numbers are those below.
  std::uint64_t tasks() const { return tasks_; }
  /// There are no others: the input has ended, in the last part.
  bool all_read() const { return all_read_; }
  /// So many have this outcome.
  std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }

  const std::vector<JournalPart>& parts() const { return parts_; }
  /// The part to which a record at this offset belongs.
  const JournalPart& part_of(std::uint64_t record_at) const;
  /// So much of `file`, from its start on, has results that are nowhere else.
  std::uint64_t needed_of(const std::string& file) const;
  /// So many results are not any more where they were written to.
  std::uint64_t gone() const { return gone_; }
  /// Of the last part; none: it was cut off, or goes on.
  const std::optional<JournalEnd>& end() const { return end_; }
  /// For so many slots shards were made; 0: for none.
  std::uint64_t shard_slots() const { return shard_slots_; }
  /// The last part came to its end by itself, and nothing of what it had is lost: a task without an
  /// answer is one that it has left out.
  bool complete() const { return end_ && end_->complete && !has_gaps_ && gone_ == 0; }
  /// Seconds of all parts; of one that was cut off, up to the last moment at which it wrote.
  double seconds() const { return seconds_ + part_seconds_; }
  /// Of the tasks that have an answer: what they took, and in how many attempts.
  Duration task_time() const { return task_time_; }
  std::uint64_t attempts() const { return attempts_; }

 private:
  Status take(ByteView record, std::uint64_t at, bool has_gap);
  Status take_tasks(ByteView left, bool has_gap);
  Status take_answers(ByteView record, std::uint64_t at, bool has_gap);
  Status take_output(ByteView left, std::uint64_t at);
  bool has_all_output(const JournalAnswer& answer) const;
  Status take_kept(ByteView left, bool has_gap);
  Status set(const JournalAnswer& answer, AnswerPlace place, bool has_gap);
  Result<bool> find_in_output(const JournalAnswer& answer, AnswerPlace at);

  EntryFile& table_;
  OutputFiles* files_ = nullptr;
  AnswerList list_;
  std::vector<JournalPart> parts_;
  std::vector<std::uint64_t> parts_at_;  ///< the offsets of their records
  std::map<std::string, std::uint64_t> needed_;
  std::uint64_t gone_ = 0;
  std::optional<JournalEnd> end_;
  bool has_gaps_ = false;
  std::uint64_t oldest_ = 0, first_ = 0;  ///< entries: of older numberings, of the one that counts
  std::uint64_t tasks_ = 0;
  bool renumbering_is_open_ = false;
  std::map<std::uint64_t, std::uint64_t>
      outputs_;  ///< by task: the last `O`, of those without a hole
  bool all_read_ = false;
  std::array<std::uint64_t, 4> counts_{};
  double seconds_ = 0, part_seconds_ = 0;  ///< of parts that are over; of one that is not
  Duration task_time_{};
  std::uint64_t attempts_ = 0;
  std::uint64_t shard_slots_ = 0;
};

/// Answers by their places: those that are next to each other are read together.
class AnswerReader {
 public:
  /// `bytes` must outlive this.
  explicit AnswerReader(JournalBytes& bytes) : bytes_(bytes) {}
  /// Where results are that are in files of -o; both must outlive this.
  void look_into(OutputFiles& files, const JournalContents& contents) {
    files_ = &files;
    contents_ = &contents;
  }

  /// Good until the next call. A value that is in a file of -o is read from there.
  Result<JournalAnswer> get(AnswerPlace place);
  /// As it is in the journal: the value may be in a file of -o.
  Result<JournalAnswer> stored(AnswerPlace place);
  /// The record that begins there; good until the next call.
  Result<ByteView> record(std::uint64_t at);

 private:
  // Tasks end in another order than they began in: as many batches as are under way together.
  static constexpr std::size_t kKept = 8;
  struct Kept {
    std::uint64_t at = UINT64_MAX;
    std::vector<Byte> record;
    AnswerList list;
  };

  Status fetch(JournalAnswer& answer, std::uint64_t record_at);

  JournalBytes& bytes_;
  OutputFiles* files_ = nullptr;
  const JournalContents* contents_ = nullptr;
  std::array<Kept, kKept> kept_;
  std::size_t oldest_ = 0;
  std::vector<Byte> record_;
  ByteBuffer value_;
};

}  // namespace spread
