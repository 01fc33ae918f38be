// How the worker ends; and what it was seen to do while all of that was tried.
#include <chrono>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/check/checks.h"
#include "spread/check/trial.h"
#include "spread/wire/codec.h"

namespace spread::check {
namespace {

constexpr std::string_view kEndsAtTheEnd = "its loop has to end at the end of its input";

Finding well(const Trial& trial, std::string what) {
  if (trial.ended_well()) return Finding::pass(std::move(what));
  return Finding::fail("it ends with its input, but not well: " + trial.why_silent(),
                       "what ends with another status than 0 is told as a warning, and nothing is "
                       "known of its last words");
}

Finding unused(Bench& bench, const Known& known) {
  if (!known.started) return Finding::not_applicable(known.silence);
  Trial trial(bench);
  trial.close_input();
  if (trial.wait_for_end()) return well(trial, "without a task it ends at the end of its input");
  return Finding::fail(
      "without a task it does not end at the end of its input",
      std::string(kEndsAtTheEnd) + "; where there are more workers than tasks, some get none");
}

Finding idle(Bench& bench, const Known&) {
  Trial trial(bench);
  trial.send(TaskId{0}, bench.subject().task);
  trial.flush();
  trial.wait_for_answers(1);
  trial.close_input();
  if (trial.wait_for_end()) return well(trial, "it ends when its input does, with status 0");
  return Finding::fail("it does not end when its input does", std::string(kEndsAtTheEnd));
}

Finding busy(Bench& bench, const Known&) {
  // Without ids there is one at a time.
  const std::size_t tasks = has_messages(bench.subject().wire) ? 3 : 1;
  Trial trial(bench);
  for (std::size_t i = 0; i < tasks; ++i) trial.send(TaskId{i}, bench.subject().task);
  trial.close_input();
  const bool all = trial.wait_for_answers(tasks);
  const bool ended = trial.wait_for_end();
  if (!all) {
    return Finding::fail(fmt::format("where its input ends while it computes, {} of {} tasks are "
                                     "answered: {}",
                                     trial.answers().size(), tasks, trial.why_silent()),
                         "what was read before the end of the input is to be answered");
  }
  if (ended) return well(trial, "what it has read is answered though its input has ended");
  return Finding::fail("it answers what it has read, and does not end", std::string(kEndsAtTheEnd));
}

/// All that is sent to a worker with one task, encoded.
std::string one_task(const Bench& bench) {
  OutputQueue queue;
  SessionOptions options;
  options.wire = bench.subject().wire;
  options.pickle = bench.subject().pickle;
  Session session(options, queue);
  for (const Slice& piece : bench.plan().encoded_prep) session.send_prep(piece);
  if (!session.send_task(TaskId{0}, bench.subject().task)) return {};
  std::string bytes;
  while (!queue.empty()) {
    ByteView piece;
    const std::size_t count = queue.gather({&piece, 1});
    if (count == 0) break;
    bytes += as_text(piece);
    queue.consume(piece.size());
  }
  return bytes;
}

/// Waits for a process's end.
class EndWatch final : private ReadyHandler {
 public:
  EndWatch(EventLoop& loop, int fd) : loop_(loop), fd_(fd) { loop_.add(fd, true, false, this); }
  ~EndWatch() override { loop_.remove(fd_); }
  bool over() const { return over_; }

 private:
  void on_ready(int, bool, bool) override {
    over_ = true;
    loop_.pause(fd_);
  }
  EventLoop& loop_;
  int fd_;
  bool over_ = false;
};

Finding gone(Bench& bench, const Known&) {
  if (!bench.is_local())
    return Finding::not_applicable("what ends on another machine is not seen here");
  constexpr Duration kGrace = std::chrono::seconds(5);
  const LaunchPlan plan = bench.plan().launch(bench.worker());
  SpawnOptions options;
  options.arguments = plan.arguments;
  options.environment = plan.environment;
  options.directory = plan.directory;
  options.inherits = true;
  options.errors = Connect::Null;
  auto process = bench.spawner().spawn(options);
  if (!process) return Finding::not_applicable(process.error().message);
  const std::string bytes = one_task(bench);
  // A pipe takes as much; of what it does not, the worker sees the end.
  const ByteView piece = as_bytes(bytes);
  static_cast<void>(write_some(process->input.get(), {&piece, 1}));
  process->input.reset();
  process->output.reset();
  bool over = false;
  {
    EndWatch watch(bench.loop(), process->exit_fd());
    over = bench.wait_until([&] { return watch.over(); }, bench.subject().limit + kGrace);
  }
  process->kill_group();
  if (over) return Finding::pass("it ends when spread is gone");
  return Finding::fail(
      "it goes on when spread is gone: its input has ended, and what it writes has no "
      "reader",
      "it has to end at the end of its input, or at an error of a write (EPIPE)");
}

Finding beats(Bench& bench, const Known&) {
  constexpr Duration kBeat = std::chrono::milliseconds(200);
  Trial trial(bench, {.without_prep = false, .beat = kBeat});
  trial.send(TaskId{0}, bench.subject().task);
  trial.flush();
  trial.wait_for_answers(1);
  if (!trial.promised_beats()) {
    return Finding::not_applicable(
        "it promises none; one whose machine is gone is found by --timeout only");
  }
  trial.take_heard();
  for (int i = 0; i < 3; ++i) {
    trial.wait(4 * kBeat);
    if (trial.take_heard()) continue;
    return Finding::fail("it has promised a beat every 0.2 s, and is silent for 0.8 s",
                         "beats come from a thread or a process of their own");
  }
  trial.close_input();
  if (trial.wait_for_end() && trial.said_bye()) {
    return Finding::pass("it beats as often as it was asked to, and says bye");
  }
  return Finding::fail("it has promised beats, and ends without a bye",
                       "behind its last answer it says [nil, \"bye\"], and beats no more");
}

// ---------------------------------------------------------------- seen on the side

Finding questions(Bench& bench, const Known& known) {
  if (bench.questions() == 0) return Finding::not_applicable("it asks none");
  if (!known.answers) {
    return Finding::fail(
        "it has asked, was refused, and answers nothing",
        "a master may know less than the worker, and refuses what it does not know");
  }
  return Finding::pass("where its questions are refused, its tasks are answered");
}

Finding stray(Bench& bench, const Known& known) {
  if (bench.stray().empty() && !known.answers) return Finding::not_applicable("it answers no task");
  if (bench.stray().empty()) return Finding::pass("nothing else is on its standard output");
  return Finding::fail("it prints on its standard output: " + printable_line(bench.stray(), 100),
                       "stdout is for answers: print to stderr, or use an SDK, which sees to that");
}

Finding messages(Bench& bench, const Known& known) {
  if (bench.warning().empty() && !known.answers) {
    return Finding::not_applicable("it answers no task");
  }
  if (bench.warning().empty())
    return Finding::pass("each message is of a known kind, and in its place");
  return Finding::fail(bench.warning(), "each task has one answer, with its id");
}

constexpr Check kEnds[] = {
    {"end-unused", false, true, false, unused}, {"end-idle", true, true, false, idle},
    {"end-busy", true, true, false, busy},      {"end-master", true, true, false, gone},
    {"beats", true, false, false, beats},
};

constexpr Check kConduct[] = {
    {"questions", false, false, false, questions},
    {"stray", false, false, false, stray},
    {"messages", false, false, false, messages},
};

}  // namespace

std::span<const Check> end_checks() { return kEnds; }
std::span<const Check> conduct_checks() { return kConduct; }

}  // namespace spread::check
