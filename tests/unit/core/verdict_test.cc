#include "spread/core/verdict.h"

#include <gtest/gtest.h>

#include <string>

namespace spread {
namespace {

using std::chrono::seconds;

// ---------------------------------------------------------------- what becomes of a task

struct TriedTask {
  const char* what;
  std::uint32_t tries;  ///< failures, or crashes
  std::uint32_t limit;
  bool last_try, stopping;
  Verdict after_failure, after_crash;
};

TEST(Verdict, OfATaskThatHasFailedOrCrashed) {
  constexpr auto kAgain = Verdict::Again, kAlone = Verdict::Alone, kFinal = Verdict::Final;
  const TriedTask rows[] = {
      // what                        tries limit last   stop   failure crash
      {"the first of two", 1, 2, false, false, kAgain, kAlone},
      {"the second of two", 2, 2, false, false, kFinal, kFinal},
      {"the only one", 1, 1, false, false, kFinal, kFinal},
      {"some of its output is out", 1, 9, true, false, kFinal, kFinal},
      {"the run stops", 1, 9, false, true, kFinal, kFinal},
      // --retries 0 is without end; --crash-retries is 1 at least.
      {"the hundredth of any number", 100, 0, false, false, kAgain, kFinal},
  };
  for (const TriedTask& row : rows) {
    SCOPED_TRACE(row.what);
    Task task;
    task.failures = task.crashes = row.tries;
    task.last_try = row.last_try;
    FailureOptions rules;
    rules.retries = rules.crash_retries = row.limit;
    EXPECT_EQ(static_cast<int>(after_failure(task, rules, row.stopping)),
              static_cast<int>(row.after_failure));
    EXPECT_EQ(static_cast<int>(after_crash(task, rules, row.stopping)),
              static_cast<int>(row.after_crash));
  }
}

TEST(Verdict, ARefusedTaskWaitsForMaxBusySinceItsFirstRefusal) {
  Task task;
  FailureOptions rules;
  rules.max_busy = seconds(10);
  EXPECT_EQ(refusals_end(task, rules), kForever);
  task.refused_since = TimePoint{} + seconds(3);
  EXPECT_EQ(refusals_end(task, rules), TimePoint{} + seconds(13));
  rules.max_busy.reset();
  EXPECT_EQ(refusals_end(task, rules), kForever);
}

// ---------------------------------------------------------------- whose fault it was

WorkerEnd proven(std::size_t in_flight, std::uint32_t parallel = 1) {
  WorkerEnd end;
  end.proven = end.heard = true;
  end.in_flight = in_flight;
  end.parallel = parallel;
  return end;
}

WorkerEnd unproven(std::size_t in_flight, bool waits_for_hello, bool heard) {
  WorkerEnd end;
  end.waits_for_hello = waits_for_hello;
  end.heard = heard;
  end.in_flight = in_flight;
  return end;
}

WorkerEnd because(EndCause cause) {
  WorkerEnd end = proven(3);
  end.cause = cause;
  return end;
}

WorkerEnd killed_for(KillReason reason) {
  WorkerEnd end = proven(3);
  end.killed_for = reason;
  return end;
}

WorkerEnd silent(std::size_t in_flight) {
  WorkerEnd end = proven(in_flight);
  end.says_hello = true;
  end.heard = false;
  return end;
}

TEST(Verdict, OfTheEndOfAWorker) {
  const struct {
    const char* what;
    WorkerEnd end;
    Blame blame;
  } rows[] = {
      {"one task at a time", proven(1), Blame::Task},
      {"others wait behind it", proven(64), Blame::Task},
      {"several at a time", proven(5, 4), Blame::Suspects},
      {"room for several, but one task", proven(1, 4), Blame::Task},
      {"nothing in flight", proven(0), Blame::Worker},
      {"no answer of its kind yet", unproven(1, false, true), Blame::Launch},
      {"no answer, but a hello before its task", unproven(1, true, true), Blame::Task},
      {"no answer and no hello", unproven(1, true, false), Blame::Launch},
      {"a hello, and no task", unproven(0, true, true), Blame::Launch},
      {"its kind says hello, it did not", silent(0), Blame::Launch},
      {"its kind says hello, it was given a task all the same", silent(1), Blame::Task},
      {"exec failed", because(EndCause::NotStarted), Blame::Launch},
      {"it could not prepare itself", because(EndCause::PrepFailed), Blame::Launch},
      {"it broke the protocol", because(EndCause::Misbehaved), Blame::Task},
      {"no process to be had", because(EndCause::NoRoom), Blame::Room},
      {"killed for a time-out", killed_for(KillReason::TimedOut), Blame::TimeOut},
      {"killed at the end of the run", killed_for(KillReason::Halted), Blame::Stop},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(static_cast<int>(blame(row.end)), static_cast<int>(row.blame)) << row.what;
  }
}

}  // namespace
}  // namespace spread
