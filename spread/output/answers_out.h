// What `spread results` makes of the answers of a journal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/journal/answers.h"
#include "spread/journal/contents.h"
#include "spread/journal/part_record.h"
#include "spread/journal/worker_hosts.h"
#include "spread/output/output_writer.h"

namespace spread {

/// What answers are shown by, and through. All of it must outlive what shows them.
struct AnswerPlaces {
  AnswerReader& reader;
  const WorkerHosts& hosts;
  OutputWriter& output;
  OutputWriter& errors;  ///< `output` where both are one place
};

/// Where answers go, one behind the other. What is shown is put into the queues of the writers.
class AnswersOut {
 public:
  virtual ~AnswersOut() = default;
  /// An Error: it is no answer of such a run.
  virtual Status put(const JournalAnswer& answer, AnswerPlace place) = 0;
  /// This task has no answer, but a later one has.
  virtual void put_none(TaskId task) { static_cast<void>(task); }
  /// Nothing follows.
  virtual void end() {}
  /// Puts what there is room for; done() when nothing is left.
  virtual Status pump() { return {}; }
  virtual bool done() const { return true; }
  /// Something to be told; mostly empty.
  virtual std::string take_warning() { return {}; }
};

/// For the journal whose last part is `part`. An Error: such a run has no such form.
Result<std::unique_ptr<AnswersOut>> open_answers_out(const JournalPart& part,
                                                     const ResultsForm& form,
                                                     const SpillOptions& spill,
                                                     const AnswerPlaces& places);

}  // namespace spread
