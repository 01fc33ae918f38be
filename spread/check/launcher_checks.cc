// What leads to the worker: a program of ours goes the same way.
#include <chrono>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/check/checks.h"

namespace spread::check {
namespace {

using Spoken = Bench::Spoken;

bool at_its_end(const Spoken&) { return false; }

/// Of a shell there. `met` of what it has written by then.
Spoken ask_shell(Bench& bench, const std::string& script, std::string_view input,
                 const std::function<bool(const Spoken&)>& met) {
  return bench.run_in_its_place({"sh", "-c", script}, input, false, met, bench.subject().limit);
}

std::string seen(const Spoken& spoken) {
  if (!spoken.not_started.empty()) return spoken.not_started;
  std::string errors = spoken.errors;
  errors.erase(errors.find_last_not_of("\r\n") + 1);
  errors = errors.substr(errors.rfind('\n') + 1);
  std::string how = spoken.status ? "it ended with " + spoken.status->text() : "nothing came";
  return errors.empty() ? how : how + "; it says: " + errors;
}

/// Each value beside each other one, and what a terminal would make something of.
std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (int i = 255; i >= 0; --i) bytes += static_cast<char>(i);
  return bytes + "\r\n\n\r~.\n\x03\x04\x1a\x11\x13";
}

std::string byte_text(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? fmt::format("{:02x}", static_cast<unsigned char>(bytes[at]))
                           : "the end";
}

Finding reached(Bench& bench, const Known&) {
  constexpr std::string_view kMark = "spread is here";
  const Spoken told = bench.run_in_its_place({"echo", std::string(kMark)}, "", true, at_its_end,
                                             bench.subject().limit);
  if (told.out.find(kMark) != std::string::npos)
    return Finding::pass("a program can be started there");
  return Finding::fail(
      "no program can be started there: " + seen(told),
      "spread hosts --check tries each host; what is exec'd, --dry-run of run shows");
}

Finding bytes(Bench& bench, const Known&) {
  const std::string sent = all_bytes();
  const Spoken back =
      bench.run_in_its_place({"cat"}, sent, true, at_its_end, bench.subject().limit);
  if (back.out == sent && back.status && back.status->clean()) {
    return Finding::pass("all byte values come through, and so does the end of the input");
  }
  if (back.out == sent) {
    return Finding::fail("cat gets and gives all bytes, but does not end: " + seen(back),
                         "the end of the input has to go through the launcher");
  }
  if (back.out.empty()) {
    return Finding::fail("cat gives nothing back: " + seen(back),
                         "the launcher has to pass on stdin (docker exec -i, kubectl exec -i)");
  }
  std::size_t at = 0;
  while (at < sent.size() && at < back.out.size() && sent[at] == back.out[at]) ++at;
  return Finding::fail(fmt::format("of {} bytes through cat, byte {} was {} and is {}", sent.size(),
                                   at + 1, byte_text(sent, at), byte_text(back.out, at)),
                       "what leads there must not look into the bytes: no terminal (ssh -T, docker "
                       "exec without -t), nothing printed by a login (.bashrc)");
}

Finding no_terminal(Bench& bench, const Known&) {
  const Spoken told = ask_shell(
      bench, "for fd in 0 1; do test -t $fd && echo terminal; done; echo over; cat >/dev/null", "",
      [](const Spoken& s) { return s.out.find("over") != std::string::npos; });
  if (told.out.find("over") == std::string::npos) {
    return Finding::fail("a shell does not answer: " + seen(told), "can sh be started there?");
  }
  if (told.out.find("terminal") == std::string::npos) {
    return Finding::pass("stdin and stdout are no terminal");
  }
  return Finding::fail("stdin or stdout is a terminal",
                       "leave out -t (ssh -tt, docker exec -t, srun --pty)");
}

Finding input(Bench& bench, const Known&) {
  const Spoken told =
      ask_shell(bench, "dd bs=1 count=1 2>/dev/null | wc -c; cat >/dev/null", "x",
                [](const Spoken& s) { return s.out.find('\n') != std::string::npos; });
  if (told.out.find('1') != std::string::npos) {
    return Finding::pass("a byte without a newline gets there at once");
  }
  return Finding::fail("a byte without a newline does not get there: " + seen(told),
                       bench.subject().wire == Wire::Msgpack
                           ? "frames of msgpack have no newline on their way to the worker: use "
                             "--wire json, or switch the buffering off (srun --unbuffered)"
                           : "switch the buffering of input off");
}

Finding output(Bench& bench, const Known&) {
  const Spoken told = ask_shell(bench, "echo line; cat >/dev/null", "",
                                [](const Spoken& s) { return s.out == "line\n"; });
  if (told.out != "line\n") {
    return Finding::fail("a line does not come while the program lives: " + seen(told),
                         "switch the buffering of output off (srun --unbuffered, stdbuf -oL)");
  }
  constexpr Duration kPatience = std::chrono::milliseconds(500);
  const Spoken part = bench.run_in_its_place(
      {"sh", "-c", "printf part; cat >/dev/null"}, "", false,
      [](const Spoken& s) { return s.out == "part"; }, kPatience);
  return Finding::pass(part.out == "part"
                           ? "what is written comes at once"
                           : "what is written comes line by line: each answer has to "
                             "end with a newline, as those of the SDKs do");
}

Finding environment(Bench& bench, const Known&) {
  const Spoken told =
      ask_shell(bench, "echo \"<$SPREAD_WIRE:$SPREAD_PREP>\"; cat >/dev/null", "",
                [](const Spoken& s) { return s.out.find('>') != std::string::npos; });
  const std::string wanted =
      fmt::format("<{}:{}>", name_of(bench.subject().wire), bench.prep_items());
  if (told.out.find(wanted) != std::string::npos) {
    return Finding::pass("SPREAD_WIRE and SPREAD_PREP are set there");
  }
  return Finding::fail("SPREAD_WIRE:SPREAD_PREP there is " +
                           (told.out.empty() ? seen(told) : printable_line(told.out, 60)) +
                           ", and not " + wanted,
                       "the launcher, or a script on the way, has to pass on the environment");
}

Finding status(Bench& bench, const Known&) {
  const Spoken ended =
      bench.run_in_its_place({"sh", "-c", "exit 7"}, "", true, at_its_end, bench.subject().limit);
  if (ended.status && ended.status->signal == 0 && ended.status->code == 7) {
    return Finding::pass("an exit status comes back");
  }
  return Finding::fail("exit status 7 comes back as " + seen(ended),
                       "how a worker has ended cannot be told; of `all` the status counts");
}

Finding latency(Bench& bench, const Known&) {
  constexpr Duration kSlow = std::chrono::seconds(1);
  bench.loop().advance();
  const TimePoint asked = bench.loop().now();
  const Spoken back = ask_shell(bench, "read -r x; echo \"$x\"; cat >/dev/null", "a\n",
                                [](const Spoken& s) { return s.out == "a\n"; });
  const TimePoint answered = back.seen_at;
  const double seconds = to_seconds(answered - asked);
  const std::string took =
      fmt::format("a start and a line there and back take {:.3g} ms", 1000 * seconds);
  if (back.out == "a\n" && answered - asked <= kSlow) return Finding::pass(took);
  return Finding::fail(took,
                       "each start of a worker costs that; give it longer tasks, or a connection "
                       "that is kept open (ControlMaster of ssh)");
}

constexpr Check kLauncherChecks[] = {
    {"launcher", false, true, false, reached},
    {"launcher-bytes", false, true, false, bytes},
    {"launcher-terminal", false, true, false, no_terminal},
    {"launcher-input", false, true, false, input},
    {"launcher-output", false, true, false, output},
    {"launcher-environment", false, true, false, environment},
    {"launcher-status", false, true, false, status},
    {"launcher-latency", false, true, false, latency},
};

}  // namespace

std::span<const Check> launcher_checks() { return kLauncherChecks; }

}  // namespace spread::check
