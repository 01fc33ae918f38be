"""Faults that were once found in spread, each as the text that mends it and what stood there before.
scripts/unmend takes one out, and the simulated machines have to find it again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    file: str
    mended: str  # stands there once
    faulty: str


@dataclass(frozen=True)
class Mend:
    name: str
    kind: str  # of the worlds that are to find it: run, map, pipe, all
    fault: str
    edits: tuple[Edit, ...]
    first: int  # the seed of the first world that is looked at

    def __init__(self, name, kind, fault, *edits, first=1):
        """Each three of `edits` are a file, what stands there once, and what stood there before."""
        groups = zip(edits[::3], edits[1::3], edits[2::3], strict=True)
        for key, value in (("name", name), ("kind", kind), ("fault", fault), ("first", first),
                           ("edits", tuple(Edit(*group) for group in groups))):
            object.__setattr__(self, key, value)


MENDS = [
    Mend("torn-blocks", "map",
         "blocks of two jobs torn apart where stdout and stderr are one place",
         "spread/output/reporter.cc",
         "      shared_(are_one_place(streams.output, streams.errors) ? &results : nullptr),",
         "      shared_(nullptr),"),
    Mend("order", "run",
         "results out of order: one that comes early is passed on at once",
         "spread/results/reorder_buffer.h",
         "    if (number(id) != next_) return false;\n",
         "    if (number(id) > next_ + 1) return false;\n"),
    Mend("slow-stderr-spins", "map",
         "a run whose stderr is read slowly goes round and round at its end",
         "spread/engine/engine.cc",
         "    return drained() || waits_for_reader() ? outputs : loop_.now();",
         "    return drained() ? outputs : loop_.now();"),
    Mend("third-signal", "run",
         "after the third signal a run whose output is not read waits for ever",
         "spread/core/run_phases.cc",
         """  if (now >= killed_at_) return true;
  const bool signalled = turn.signals > signals_before_;
""",
         """  static_cast<void>(now);
  const bool signalled = false;
  if (phase_ == RunPhase::Draining) return turn.drained;
"""),
    Mend("wrong-ids", "run",
         "a hang: a worker that answers tasks which it was not given keeps those that it was",
         "spread/workers/session.cc",
         "  const bool foreign = open > 0 && !was_answered(decoded_.message.id);",
         "  const bool foreign = open > 1000 && !was_answered(decoded_.message.id);"),
    Mend("joblog-full", "map",
         "a joblog that cannot be written any more is not told, and the status is 0",
         "spread/output/reporter.cc",
         "  file_error_ = \"cannot write \" + file.name + \": \" +\n"
         "                (file.writer->failed() ? file.writer->error() : \"nobody reads it any more\");\n",
         ""),
    Mend("starting", "map",
         "kill -9 while a child is being started leaves it behind",
         "spread/io/spawner.cc",
         "    if (children.guard != nullptr) children.guard->starting(by);",
         "    static_cast<void>(by);"),
    Mend("beyond-limit", "run",
         "a hang: a retry is left to a slot that has no worker and may get none",
         "spread/core/scheduler_choose.cc",
         "others(Group::Idle) + (may_start ? others(Group::Ready) : 0);",
         "others(Group::Idle) + others(Group::Ready);\n  static_cast<void>(may_start);"),
    Mend("hung-login", "map",
         "a hang: a retry is left to a login that never comes",
         "spread/core/slot_pool.cc",
         "when(slot.awaits_hello_ && !slot.overdue_, Group::AwaitsHello)",
         "when(slot.awaits_hello_, Group::AwaitsHello)"),
    Mend("mute", "run",
         "a hang: a worker that closes its stdout with tasks unanswered, and goes on",
         "spread/workers/session_worker.cc",
         "  if (session_.outstanding() > 0 || session_.problem() != Problem::None) {\n    end_unless_over",
         "  if (session_.problem() != Problem::None) {\n    end_unless_over"),
    Mend("deaf", "run",
         "a hang: a worker that closes its stdin with tasks unanswered, and goes on",
         "spread/workers/session_worker.cc",
         "  if (!told_to_end() && deadline_.at() == kForever) {\n    end",
         "  if (false) {\n    end"),
    Mend("unreaped", "map",
         "the loop goes round and round while a child that has ended cannot be reaped yet",
         "spread/io/subprocess.cc",
         "    if (read.state == IoState::Failed && !impl_->ticks) {",
         "    if (false && !impl_->ticks) {"),
    Mend("held-pipe", "map",
         "a hang: a process that a job has left behind holds its stdout",
         "spread/io/child.cc",
         "  timer_.set(after(loop_.now(), kAfterExit));\n  if (writer_.fd() >= 0) {",
         "  if (writer_.fd() >= 0) {"),
    Mend("torn-joblog", "map",
         "--resume after kill -9 joins a line to one that the joblog has lost the end of",
         "spread/output/reporter.cc",
         "    if (append && !named_descriptor(options.joblog)) {",
         "    if (false) {"),
    Mend("charged-pause", "run",
         "a worker that its tasks have killed again and again pauses for up to 30 s",
         "spread/core/scheduler_failure.cc",
         "  return pool_.key_of(dead).proven ? after(now, restart_pause(1)) : not_before;",
         "  return not_before;",
         "spread/core/scheduler_failure.cc",
         "return after(now, alone ? std::min(pause, kPauseOfTheLast) : pause);",
         "static_cast<void>(alone);\n  return after(now, pause);",
         "spread/core/scheduler_failure.cc",
         "  if (!pool_.key_of(gone).proven || pool_.count_of(gone.key, Group::Running) > 0) return;\n",
         "  if (gone.id == gone.id) return;\n"),
    Mend("starting-kill", "map",
         "a job that is killed while a thread starts it runs on",
         "spread/io/child.cc",
         "  if (end_.killed) {\n    send_kill();\n  } else if (ending_) {\n    next_step();\n  }\n",
         ""),
    Mend("grandchildren", "run",
         "what a worker has left in its group, and ignores TERM, outlives it when it is ended",
         "spread/io/child.cc",
         "  if (ending_) process_->kill_group();\n",
         ""),
    Mend("memory", "map",
         "jobs are read though neither memory nor the spill file has room for what they print",
         "spread/results/job_output_memory.cc",
         "  if (!full() || task == lifted_) return true;",
         "  return true;"),
    Mend("wait-for-end", "map",
         "the loop stands still in waitpid until a child that has ended can be reaped",
         "spread/io/subprocess.cc",
         "  if (!has_ended(impl_->pid)) {",
         "  if (false) {",
         "spread/io/subprocess.cc",
         "  sys::waitpid(impl_->pid, &status, WNOHANG);\n  impl_->running",
         "  sys::waitpid(impl_->pid, &status, 0);\n  impl_->running"),
    Mend("reader-left", "run",
         "work goes on for a reader that has left",
         "spread/engine/engine.cc",
         "      post(Aborted{\"nobody reads the output any more\"});\n",
         ""),
    Mend("forget-first", "map",
         "the guard forgets a child that has not been looked at: kill -9 leaves its group behind",
         "spread/io/subprocess.cc",
         "  if (!has_ended(impl_->pid)) {",
         "  impl_->children.forget(impl_->group);\n  if (!has_ended(impl_->pid)) {",
         first=4001),
    Mend("stuck", "map",
         "a hang: the job that all others wait for may not print, for storage is full",
         "spread/jobs/job_mode.cc",
         "  if (const auto stuck = output_->stuck()) SPREAD_TRY(loosen(*stuck));\n",
         ""),
    Mend("empty-item", "map",
         "a job without its item is started once --halt now was reached",
         "spread/core/driver.h",
         "    if (!actions_.empty()) carry_out_actions();\n",
         "    if (!actions_.empty()) carry_out_actions(now);\n",
         "spread/core/driver.h",
         "    scheduler_.decide(now, actions_);\n    carry_out_actions();\n",
         "    scheduler_.decide(now, actions_);\n    carry_out_actions(now);\n",
         "spread/core/driver.h",
         """  void carry_out_actions() {
    for (Action& action : actions_) carrier_.carry_out(action);
    actions_.clear();
""",
         """  void carry_out_actions(TimePoint now) {
    Actions doing;
    std::swap(doing, actions_);
    for (Action& action : doing) {
      carrier_.carry_out(action);
      inbox_.take_all([&](Inbox::Success& success) { tell_success(success, false, now); },
                      [&](Event& event) { tell(std::move(event), now); });
    }
"""),
    Mend("unread-results", "run",
         "memory: stdout is not read, and each task in turn is let through, for it is the oldest",
         "spread/core/scheduler_choose.cc",
         "  if (output_.unread) return false;\n",
         ""),
    Mend("last-words", "run",
         "messages that are read slowly are dropped two seconds after the end",
         "spread/core/run_phases.cc",
         "      return turn.said || turn.signals > 0;",
         "      return true;"),
    Mend("confused", "run",
         "a hang: a worker takes its task for answered, after a wrong id and then a right one",
         "spread/workers/session_worker.cc",
         "const bool confused = session_.may_think_it_is_done() && !told_to_end();",
         "const bool confused = false;",
         first=2001),
    Mend("halt-status", "map",
         "--halt now,fail=1 exits with 143 for a job that was never started",
         "spread/jobs/job_endings.cc",
         "  return kNotExecutable;\n}\n\n}  // namespace",
         "  return kSignalled + kTerminated;\n}\n\n}  // namespace",
         first=2001),
    Mend("full-storage", "map",
         "a hang: storage is full, and the oldest job, which is to be tried again, has no slot",
         "spread/core/scheduler_choose.cc",
         "const bool here_too = options_.retry_first && avoided",
         "const bool here_too = false && avoided",
         "spread/jobs/job_mode.cc",
         "const bool waits = output_->full() && options().ordered;",
         "const bool waits = false;",
         first=1001),
    Mend("gang-not-ended", "run",
         "a hang: a member that does not answer when its gang has failed keeps its worker for ever",
         "spread/core/scheduler_dropped.cc",
         "  kill(watched, KillReason::TimedOut, true, \"what it has is not wanted any more\", actions);\n",
         "  static_cast<void>(actions);\n"),
    Mend("gang-not-told", "run",
         "the members of a gang are not told that one of them has died: they wait until they are ended",
         "spread/tasks/running_gangs.cc",
         "  gang->second.collectives->failed(rank, broken.reason, replies);\n  send(gang->second, replies);\n",
         "  static_cast<void>(rank);\n"),
    Mend("gang-early-answer", "run",
         "a hang: a member answers its task while others wait for it in a collective",
         "spread/gang/collectives.cc",
         "  if (has_failed() || waiting_ == 0) return;\n  for",
         "  if (waiting_ < 1000) return;\n  for"),
    Mend("gang-mixed", "run",
         "what a member answers late, of an attempt that has failed, counts for the next attempt",
         "spread/core/gangs.cc",
         "  const GangId id{++last_};\n  Gang& gang = gangs_[id];\n",
         "  ++last_;\n  const GangId id{std::uint64_t{task} + 1};\n  Gang& gang = gangs_[id];\n  gang = Gang();\n"),
]
