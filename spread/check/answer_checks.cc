// What the worker makes of tasks.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/check/checks.h"
#include "spread/check/trial.h"
#include "spread/wire/json.h"

namespace spread::check {
namespace {

constexpr std::string_view kWhileTasksCome =
    "each task has to be answered when it has been read, with its own id, whatever follows";

/// A filter that writes two lines for one shows it a moment later.
constexpr Duration kMoment = std::chrono::milliseconds(50);

Value value_of(std::string_view json) {
  ByteBuffer bytes;
  Value value;
  if (wire::json_to_msgpack(json, bytes)) value.body = Slice::copy_of(bytes.view());
  return value;
}

std::string counted(std::size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

/// Its tasks are answered with these ids, in any order.
bool has_ids(const Trial& trial, std::vector<std::uint64_t> wanted) {
  std::vector<std::uint64_t> ids;
  for (const Trial::Answer& answer : trial.answers()) ids.push_back(number(answer.id));
  std::sort(ids.begin(), ids.end());
  std::sort(wanted.begin(), wanted.end());
  return ids == wanted;
}

// ---------------------------------------------------------------- the first task

Finding start(Bench&, const Known& known) {
  if (!known.started) {
    return Finding::fail(known.silence, "name a program, and its arguments, behind --");
  }
  if (known.problem == Problem::PrepFailed) {
    return Finding::fail(known.problem_text, "it says itself that it cannot work");
  }
  return Finding::pass("it can be started");
}

Finding answer(Bench&, const Known& known) {
  if (!known.started) return Finding::not_applicable(known.silence);
  if (known.at_the_end) return Finding::pass("a task is answered, at the end of the input");
  if (!known.answers) {
    return Finding::fail(known.silence,
                         "is it a worker, of this --wire, and not a command to be started for each "
                         "task (spread map)? spread oneshot -v shows more, --timeout waits longer");
  }
  const double seconds = to_seconds(known.took);
  if (known.value) {
    return Finding::pass(fmt::format("a task is answered, {:.3g} s after the start", seconds));
  }
  return Finding::pass("a task is answered, by " + printable_line(known.error, 200) +
                       "; --task JSON gives it one that it can do");
}

Finding flush(Bench&, const Known& known) {
  if (known.answers) return Finding::pass("its answer comes while its input is open");
  if (!known.at_the_end) return Finding::not_applicable("it answers no task");
  return Finding::fail("its answer comes only when its input has ended",
                       "it has to flush each answer (sys.stdout.flush(), fflush, sed -u, grep "
                       "--line-buffered, stdbuf -oL)");
}

Finding prep(Bench& bench, const Known& known) {
  const std::size_t given = bench.prep_items();
  if (known.problem == Problem::Mismatch) {
    return Finding::fail(known.problem_text,
                         "give it what it wants, by --prep, --prep-json, --prep-file");
  }
  if (given == 0) return Finding::not_applicable("no prep items are given (--prep)");
  if (known.answers) {
    return Finding::pass("the first task comes behind " + counted(given, "prep item"));
  }
  if (!known.started || known.at_the_end) return Finding::not_applicable(known.silence);
  Trial without(bench, {.without_prep = true, .beat = std::nullopt});
  without.send(TaskId{0}, bench.subject().task);
  without.flush();
  if (!without.wait_for_answers(1)) {
    return Finding::not_applicable("it does not answer without, either");
  }
  return Finding::fail("it answers without prep items, and with them not: " + known.silence,
                       "it has to read as many values as SPREAD_PREP says before the first task");
}

Finding hello(Bench& bench, const Known& known) {
  if (known.wrong_hello) {
    return Finding::fail(known.problem_text,
                         "docs/protocol.md, section 3, has the keys and their values");
  }
  if (!bench.late_hello().empty()) {
    return Finding::fail(bench.late_hello(), "a hello is the first of all messages");
  }
  if (!known.hello) return Finding::not_applicable("it says none, and need not");
  if (!known.hello->unknown_key.empty()) {
    return Finding::pass("its key " + show_text(known.hello->unknown_key) +
                         " is not known here, and ignored");
  }
  return Finding::pass("its hello is the first message, and right");
}

// ---------------------------------------------------------------- many tasks

/// One after the other, each when the one before has been answered.
bool in_turn(Trial& trial, const std::vector<std::uint64_t>& ids, const Value& task) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    trial.send(TaskId{ids[i]}, task);
    trial.flush();
    if (!trial.wait_for_answers(i + 1)) return false;
  }
  return true;
}

Finding ids(Bench& bench, const Known&) {
  const std::vector<std::uint64_t> ids = {0, 127, 128, 65536, 4294967296u, std::uint64_t{1} << 52,
                                          7, 7};
  Trial trial(bench);
  if (in_turn(trial, ids, bench.subject().task) && has_ids(trial, ids)) {
    return Finding::pass("ids of all sizes come back, also one that comes twice");
  }
  const std::uint64_t at = ids[std::min(trial.answers().size(), ids.size() - 1)];
  return Finding::fail(
      fmt::format("the task with id {} is not answered: {}", at, trial.why_silent()),
      "an id is any integer from 0 on, and its answer has the same one; ids need not "
      "rise, and one comes again when its task is tried again");
}

Finding lines(Bench& bench, const Known&) {
  Trial trial(bench);
  constexpr std::size_t kTasks = 3;
  for (std::size_t i = 0; i < kTasks; ++i) {
    trial.send(TaskId{i}, bench.subject().task);
    trial.flush();
    if (!trial.wait_for_answers(i + 1)) break;
    trial.wait(kMoment);
  }
  const bool all = trial.answers().size() == kTasks && trial.problem_kind() == Problem::None;
  if (all) return Finding::pass("each line is answered by one line");
  return Finding::fail(
      counted(trial.answers().size(), "line") + " of 3: " + trial.why_silent(),
      "one line for each line; what leaves lines out, or writes more, is for spread "
      "pipe, or for a worker of another wire");
}

Finding several(Bench& bench, const Known&) {
  constexpr std::uint64_t kTasks = 8;
  Trial trial(bench);
  std::vector<std::uint64_t> sent;
  for (std::uint64_t id = 0; id < kTasks; ++id) {
    if (trial.send(TaskId{id}, bench.subject().task)) sent.push_back(id);
  }
  trial.flush();
  if (trial.wait_for_answers(kTasks) && has_ids(trial, sent)) {
    return Finding::pass("8 tasks that come together are all answered");
  }
  return Finding::fail(
      fmt::format("of 8 tasks that come together {} are answered: {}", trial.answers().size(),
                  trial.why_silent()),
      std::string(kWhileTasksCome) + "; what was read behind the first one must not be dropped");
}

Finding pieces(Bench& bench, const Known&) {
  Trial trial(bench);
  // One that is still being started would find all the bytes there.
  trial.send(TaskId{0}, bench.subject().task);
  trial.flush();
  trial.wait_for_answers(1);
  trial.send(TaskId{1}, bench.subject().task);
  trial.trickle();
  if (trial.wait_for_answers(2)) return Finding::pass("a task that comes byte by byte is answered");
  return Finding::fail("a task that comes byte by byte is not answered: " + trial.why_silent(),
                       "a read may return any part of a message: read until it is whole");
}

Finding large(Bench& bench, const Known&) {
  constexpr std::size_t kBytes = 256 * 1024;
  const std::string text(kBytes, 'x');
  Trial trial(bench);
  trial.send(TaskId{0}, wire::text_value(Slice::copy_of(as_bytes(text))));
  trial.flush();
  if (trial.wait_for_answers(1)) return Finding::pass("a payload of 256 KiB is answered");
  return Finding::fail(
      "a payload of 256 KiB is not answered: " + trial.why_silent(),
      "a message may be longer than a pipe holds, or a buffer: read until it is whole");
}

Finding values(Bench& bench, const Known&) {
  constexpr std::string_view kValues[] = {"null",       "true",
                                          "7",          "-7",
                                          "1.5",        "\"text\"",
                                          "\"\u00e9\"", "\"\"",
                                          "[]",         "[[1],{\"a\":[null]}]",
                                          "{\"a\":1}",  "{\"$bin\":\"AP8=\"}"};
  Trial trial(bench);
  for (std::size_t i = 0; i < std::size(kValues); ++i) {
    trial.send(TaskId{i}, value_of(kValues[i]));
    trial.flush();
    if (trial.wait_for_answers(i + 1)) continue;
    return Finding::fail(
        fmt::format("the payload {} is not answered: {}", kValues[i], trial.why_silent()),
        "a payload that it cannot use is an error of that task, and no reason to end");
  }
  return Finding::pass("a payload of each type is answered");
}

Finding third(Bench& bench, const Known& known) {
  Trial trial(bench);
  trial.send(TaskId{0}, bench.subject().task, true);
  trial.flush();
  if (trial.wait_for_answers(1) && (trial.last_is_ok() || !known.value)) {
    return Finding::pass("a task with a third element, with keys it does not know, is answered");
  }
  const std::string why = trial.answers().empty() ? trial.why_silent() : trial.answers()[0].error;
  if (!bench.subject().third && (trial.ended() || !trial.answers().empty())) {
    return Finding::not_applicable(
        "it takes tasks of two elements: no --task-meta, gang or sub-tasks (" +
        printable_line(why, 200) + ")");
  }
  return Finding::fail(
      "a task with a third element is not answered: " + why,
      "a task is [id, payload] or [id, payload, map], and unknown keys are ignored");
}

constexpr Check kAnswerChecks[] = {
    {"start", false, true, false, start},   {"answer", false, true, false, answer},
    {"flush", false, true, false, flush},   {"prep", false, true, false, prep},
    {"hello", false, false, false, hello},  {"ids", true, false, false, ids},
    {"one-line", true, true, true, lines},  {"several", true, false, false, several},
    {"pieces", true, true, false, pieces},  {"large", true, true, false, large},
    {"values", true, false, false, values}, {"third-element", true, false, false, third},
};

}  // namespace

Known first_task(Bench& bench) {
  Known known;
  bench.loop().advance();
  const TimePoint asked = bench.loop().now();
  Trial trial(bench);
  known.started = trial.not_started().empty();
  trial.send(TaskId{0}, bench.subject().task);
  trial.flush();
  known.answers = trial.wait_for_answers(1);
  known.took = bench.loop().now() - asked;
  known.hello = trial.hello();
  known.problem = trial.problem_kind();
  known.problem_text = trial.problem();
  known.wrong_hello = trial.wrong_hello();
  if (known.answers) {
    known.value = trial.last_is_ok();
    known.error = trial.answers().front().error;
    return known;
  }
  known.silence = trial.why_silent();
  if (trial.ended() || known.problem != Problem::None) return known;
  // Does an answer come when its input ends?
  trial.close_input();
  known.at_the_end = trial.wait_for_answers(1);
  if (known.at_the_end) known.silence = "it answers at the end of its input only";
  return known;
}

std::span<const Check> answer_checks() { return kAnswerChecks; }

}  // namespace spread::check
