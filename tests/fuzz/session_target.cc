#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/wire/codec.h"
#include "spread/wire/json.h"
#include "spread/workers/session.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr std::uint64_t kTasks = 6;

/// What a worker is heard to say. Neighbouring pieces of text that have no end of their own are
/// one.
struct Listener final : SessionSink {
  explicit Listener(Session& heard) : session(heard), open(heard.outstanding()) {}

  void on_hello(const wire::Hello& hello) override {
    SPREAD_ASSERT(hello.wire == 1);
    say("hello");
  }
  void on_ready() override {
    SPREAD_ASSERT(!ready);
    ready = true;
    say("ready");
  }
  void on_answer(const wire::UpMessage& message) override {
    SPREAD_ASSERT(message.has_id && number(message.id) < kTasks);
    SPREAD_ASSERT(open > 0);
    --open;
    say("answer", message);
  }
  void on_progress(const wire::UpMessage& message) override {
    SPREAD_ASSERT(message.number >= 0 && message.number <= 1);
    say("progress", message);
  }
  void on_log(const wire::UpMessage& message) override { say("log", message); }
  void on_ask(const wire::UpMessage& question) override {
    say("ask", question);
    session.reply(question.seq, wire::make_refusal(question.seq, "No", "no"));
  }
  void on_retires() override {
    open = 0;
    say("retires");
  }
  /// A newline behind it is passed on where it came together with it, and else shown in any case.
  void on_stray(std::string_view text) override {
    std::string rest(text);
    std::erase(rest, '\n');
    add("stray ", rest);
  }
  void on_tail(std::string_view text) override {
    SPREAD_ASSERT(open == 0);
    add("tail ", text);
  }
  void on_warning(std::string message) override { say("warning " + message); }

  void say(const std::string& what) {
    log += "\n" + what;
    adding.clear();
  }
  void say(const std::string& what, const wire::UpMessage& message) {
    say(what + " " + std::to_string(number(message.id)) + " " + std::to_string(message.number));
    for (const std::string_view text :
         {as_text(message.value), message.text, message.so, message.se}) {
      log += "|" + std::string(text);
    }
  }
  void add(const std::string& what, std::string_view text) {
    if (adding != what) say(what);
    adding = what;
    log += text;
  }

  Session& session;
  std::size_t open;
  bool ready = false;
  std::string adding;
  std::string log;
};

/// All tasks are sent at once; `close_at`: how many bytes of its output have been read when its
/// input is closed.
std::string play(const SessionOptions& options, ByteView output, std::size_t piece,
                 std::size_t close_at) {
  OutputQueue unsent;
  Session session(options, unsent);
  for (std::uint64_t i = 0; i < kTasks && !options.raw; ++i) {
    SPREAD_ASSERT(session.send_task(TaskId{i}, wire::text_value(Slice::literal("x"))));
  }
  Listener listener(session);
  std::size_t done = 0, there = 0;
  while (true) {
    const bool final = there == output.size();
    // A copy of its own, so that the address sanitizer sees a look beyond the end.
    const std::vector<Byte> rest(output.begin() + static_cast<std::ptrdiff_t>(done),
                                 output.begin() + static_cast<std::ptrdiff_t>(there));
    const std::size_t used = session.receive(rest, final, listener);
    SPREAD_ASSERT(used <= rest.size());
    SPREAD_ASSERT(session.outstanding() == listener.open);
    done += used;
    if (final) break;
    if (there >= close_at) session.close();
    // It closes at the same byte, however the output comes.
    const std::size_t next = there < close_at ? std::min(there + piece, close_at) : there + piece;
    there = std::min(next, output.size());
  }
  const bool broken = session.state() == SessionState::Broken;
  SPREAD_ASSERT(broken == (session.problem() != Problem::None));
  SPREAD_ASSERT(broken == !session.problem_text().empty());
  return listener.log + "\n" + session.problem_text();
}

}  // namespace

// The wire and its options; the size of pieces; when its input is closed; what a worker writes.
void session(ByteView bytes) {
  Input input(bytes);
  const Byte flags = input.byte();
  SessionOptions options;
  options.wire = static_cast<Wire>(flags % 4);
  options.strict = (flags & 4) != 0;
  options.raw = (flags & 8) != 0;
  options.prep_count = flags >> 4 & 1;
  options.max_frame = 4096;
  const std::size_t piece = input.byte() % 32 + std::size_t{1};
  const std::size_t close_at = input.byte() * std::size_t{4};
  const ByteView output = input.rest();
  const std::string whole = play(options, output, output.size() + 1, close_at);
  const std::string pieces = play(options, output, piece, close_at);
  // Of lines, how much has come together says whether one is too many (docs/protocol.md, 11); of
  // stray text under --strict, how much of a line is shown.
  if (options.wire != Wire::Lines && !options.strict) check_same(whole, pieces);
}

}  // namespace spread::fuzz
