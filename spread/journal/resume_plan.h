#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spread/api/result.h"
#include "spread/journal/contents.h"
#include "spread/journal/entry_file.h"

namespace spread {

/// Why a task of a resumed run is kept, or run.
enum class Fate : std::uint8_t {
  Done,          ///< it has a result
  DoneBadly,     ///< it failed, or was lost, and is not to be tried again
  LeftOut,       ///< not computed, in a run that had come to its end
  Unanswered,    ///< it was read, and had no answer when the run was cut off
  NotComputed,   ///< the run ended before it could be computed
  Gone,          ///< its result was in the file of -o, and is not there any more
  FailedBefore,  ///< --resume-failed
  Changed,       ///< by content: no task of the run before had this payload, or was done
  Further,       ///< one more at the end
};
inline constexpr std::size_t kFates = 9;
constexpr bool is_kept(Fate fate) { return fate <= Fate::LeftOut; }
/// For --resume --dry-run.
std::string_view text_of(Fate fate);

struct ResumeHow {
  bool failed_again = false;  ///< --resume-failed
  /// --resume=content: numbers of tasks may have changed. Also where a part that was resumed so was
  /// cut off before it had read all.
  bool by_content = false;
  /// What is in the file of -o is gone on with in its place: behind a task that is run again,
  /// results move in it, and those that are there alone would be written over.
  bool in_place = false;
};

/// Which tasks of a run are done, by what its journal has of the parts before. The tasks are shown
/// to it in their order.
class ResumePlan {
 public:
  /// `contents` must outlive this. `buckets`, `chain`: two more tables for a resume by content;
  /// else null.
  static Result<std::unique_ptr<ResumePlan>> create(JournalContents& contents, ResumeHow how,
                                                    EntryFile* buckets, EntryFile* chain);

  struct Decision {
    Fate fate = Fate::Further;
    bool differs = false;   ///< it is not the task that had this number: an error
    AnswerPlace place = 0;  ///< of what is kept
    std::uint64_t was = 0;  ///< by content: which of all entries of the contents that is
    Outcome outcome = Outcome::Ok;
  };
  /// The next task: its number is that of the calls before.
  Result<Decision> next(std::uint64_t digest);
  /// Tasks that must come before anything may be started: those that have been read before.
  bool compares() const { return !how_.by_content && next_ < contents_.tasks(); }
  std::uint64_t looked_at() const { return next_; }
  std::uint64_t count(Fate fate) const { return counts_[static_cast<std::size_t>(fate)]; }
  std::uint64_t kept() const {
    return count(Fate::Done) + count(Fate::DoneBadly) + count(Fate::LeftOut);
  }
  bool by_content() const { return how_.by_content; }
  /// It is asked for more than the same run again, which may have come to its end.
  bool goes_beyond() const { return how_.by_content || how_.failed_again; }

 private:
  ResumePlan(JournalContents& contents, ResumeHow how, EntryFile* buckets, EntryFile* chain)
      : contents_(contents), how_(how), buckets_(buckets), chain_(chain) {}
  Status index_by_content();
  Result<Decision> by_number(std::uint64_t digest);
  Result<Decision> by_digest(std::uint64_t digest);
  Fate fate_of(const JournalContents::Task& task) const;
  /// Of the next one, by its number.
  Fate fate_in_place(const JournalContents::Task& task);
  Result<std::uint64_t> bucket_of(std::uint64_t digest);

  JournalContents& contents_;
  ResumeHow how_;
  EntryFile* buckets_;  ///< digest -> the first entry of it + 1
  EntryFile* chain_;    ///< by entry: the next one of the same digest + 1
  std::uint64_t bucket_mask_ = 0;
  std::uint64_t next_ = 0;
  bool ran_again_ = false;  ///< one of those before
  std::array<std::uint64_t, kFates> counts_{};
};

}  // namespace spread
