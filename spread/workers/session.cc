#include "spread/workers/session.h"

#include <algorithm>
#include <utility>

#include "spread/base/assert.h"
#include "spread/base/quote.h"

namespace spread {
namespace {

// docs/protocol.md: answers to tasks that are not outstanding are dropped with one warning; so many
// of them, and the worker is not to be trusted.
constexpr std::uint32_t kUnexpectedAnswersMax = 10;
constexpr std::uint32_t kWireVersion = 1;
// A longer message is no bye: how much of a tail may wait for its next bytes.
constexpr std::size_t kByeBytesMax = 64;

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return '"' + printable_line(text, kShown) + '"';
}

/// As it is on the wire, where the author of a worker sees it.
std::string name(TaskId id) { return "id " + std::to_string(number(id)); }

}  // namespace

Session::Session(const SessionOptions& options, OutputQueue& output)
    : options_(options),
      codec_(wire::make_codec(options.wire, options.max_frame, options.pickle)),
      output_(output),
      greeting_(codec_->has_ids()) {}
Session::~Session() = default;

Status Session::send_task(TaskId id, const Value& payload, ByteView meta) {
  SPREAD_ASSERT(state_ == SessionState::Running);
  if (!meta.empty()) {
    SPREAD_TRY(codec_->encode_prep(wire::make_task(id, payload, meta), output_.tail()));
    outstanding_.push_back(id);
    return {};
  }
  if (payload.body.size() >= OutputQueue::kLargeBytes) {
    const Result<bool> by_reference = codec_->encode_task_head(id, payload, output_.tail());
    if (!by_reference) return tl::unexpected(by_reference.error());
    if (*by_reference) {
      output_.append(payload.body);
      outstanding_.push_back(id);
      return {};
    }
  }
  SPREAD_TRY(codec_->encode_task(id, payload, output_.tail()));
  outstanding_.push_back(id);
  return {};
}

void Session::close() {
  if (state_ == SessionState::Running) state_ = SessionState::Shutdown;
}

bool Session::at_tail() const {
  if (options_.raw) return state_ != SessionState::Broken;
  return state_ == SessionState::Shutdown && outstanding_.empty() && !beats();
}

std::size_t Session::receive(ByteView bytes, bool final, SessionSink& sink) {
  std::size_t done = 0;
  wanted_ = 0;
  const auto looks = [this] {
    return state_ == SessionState::Running || state_ == SessionState::Shutdown;
  };
  while (looks() && done < bytes.size()) {
    const ByteView rest = bytes.subspan(done);
    if (options_.counts_answers && outstanding_.empty()) {
      broken("it has written more lines than it was given", Problem::Mismatch);
      break;
    }
    if (at_tail()) {
      done += receive_tail(rest, final, sink);
      if (at_tail()) return done;
      continue;  // its hello, which was not in the tail after all, promised a bye
    }
    codec_->decode(rest, final, decoded_);
    switch (decoded_.found) {
      case wire::Found::NeedMore: wanted_ = decoded_.size; return done;
      case wire::Found::Skip:
        end_mark_pending_ = false;
        done += decoded_.size;
        break;
      case wire::Found::Stray:
        end_mark_pending_ = false;
        stray(as_text(rest.first(decoded_.size)), sink);
        done += decoded_.size;
        break;
      case wire::Found::Broken: broken(decoded_.error); break;
      case wire::Found::Message:
        done += decoded_.size;
        end_mark_pending_ = rest[decoded_.size - 1] != '\n';
        on_message(done < bytes.size(), sink);
        break;
    }
  }
  return state_ == SessionState::Broken ? bytes.size() : done;
}

/// Everything is the worker's tail, but for the 0A of its last frame, and the hello and the ready
/// of a worker that had no task to answer.
std::size_t Session::receive_tail(ByteView bytes, bool final, SessionSink& sink) {
  std::size_t used = 0;
  if (greeting_ && !tail_started_ && !take_greetings(bytes, final, used, sink)) return used;
  if (!at_tail()) return used;
  if (used < bytes.size() && std::exchange(end_mark_pending_, false) && bytes[used] == '\n') ++used;
  if (!tail_started_ && !take_bye(bytes, final, used)) return used;
  tail_started_ = true;
  if (used < bytes.size()) sink.on_tail(as_text(bytes.subspan(used)));
  return bytes.size();
}

/// False: more bytes are wanted before it can be said whether this is a hello or a ready.
bool Session::take_greetings(ByteView bytes, bool final, std::size_t& used, SessionSink& sink) {
  while (greeting_) {
    if (used < bytes.size() && end_mark_pending_ && bytes[used] == '\n') {
      end_mark_pending_ = false;
      ++used;
    }
    if (used == bytes.size()) return false;
    codec_->decode(bytes.subspan(used), final, decoded_);
    if (decoded_.found == wire::Found::NeedMore && !final) {
      wanted_ = decoded_.size;
      return false;
    }
    const bool greets = decoded_.found == wire::Found::Message && !decoded_.message.has_id;
    const bool hello = greets && !heard_ && decoded_.message.kind == wire::UpKind::Hello;
    const bool ready = greets && decoded_.message.kind == wire::UpKind::Ready;
    greeting_ = hello;
    if (!hello && !ready) break;
    used += decoded_.size;
    end_mark_pending_ = bytes[used - 1] != '\n';
    heard_ = true;
    hello ? on_hello(sink) : sink.on_ready();
    if (!at_tail()) return true;
  }
  return true;
}

/// A bye that was on its way when the input was closed is no part of the tail. False: more bytes
/// are wanted before it can be said whether this is one.
bool Session::take_bye(ByteView bytes, bool final, std::size_t& used) {
  if (options_.raw || said_bye_ || !heard_ || !codec_->has_ids()) return true;
  std::size_t at = used;
  if (at < bytes.size() && bytes[at] == '\n') ++at;  // the SDKs begin a line of JSON so
  if (at == bytes.size()) return final;
  codec_->decode(bytes.subspan(at), final, decoded_);
  if (decoded_.found == wire::Found::NeedMore && !final && bytes.size() - at < kByeBytesMax) {
    wanted_ = 0;
    return false;
  }
  const bool bye = decoded_.found == wire::Found::Message && !decoded_.message.has_id &&
                   decoded_.message.kind == wire::UpKind::Bye;
  if (!bye) return true;
  said_bye_ = true;
  used = at + decoded_.size;
  end_mark_pending_ = bytes[used - 1] != '\n';
  if (used < bytes.size() && std::exchange(end_mark_pending_, false) && bytes[used] == '\n') ++used;
  return true;
}

void Session::on_message(bool more_follows, SessionSink& sink) {
  const wire::UpMessage& message = decoded_.message;
  const bool first = !std::exchange(heard_, true);
  const bool greeting = greeting_;
  if (message.has_id || !codec_->has_ids() || message.kind == wire::UpKind::Ready ||
      message.kind == wire::UpKind::Bye) {
    greeting_ = false;
  }
  if (!codec_->has_ids()) return on_next_answer(more_follows, sink);
  if (!message.has_id) return on_without_id(first, greeting, sink);
  switch (message.kind) {
    case wire::UpKind::Ok:
    case wire::UpKind::Busy:
    case wire::UpKind::Error:
    case wire::UpKind::Fatal:
      if (!take_outstanding(message.id)) return on_unexpected(sink);
      if (message.kind == wire::UpKind::Busy) ++refusals_;
      return sink.on_answer(message);
    case wire::UpKind::Progress:
      if (is_outstanding(message.id)) sink.on_progress(message);
      return;
    case wire::UpKind::Log:
      if (is_outstanding(message.id)) sink.on_log(message);
      return;
    case wire::UpKind::Ask: return on_ask(sink);
    case wire::UpKind::Cancelled:
      if (!is_outstanding(message.id)) return on_unexpected(sink);
      return broken("it answered " + name(message.id) +
                    " with \"cancelled\", which it was not asked");
    case wire::UpKind::Bye:
    case wire::UpKind::Beat:
    case wire::UpKind::Stderr:
    case wire::UpKind::Hello:
    case wire::UpKind::Ready:
    case wire::UpKind::PrepError:
    case wire::UpKind::Unknown: break;
  }
  if (!is_outstanding(message.id)) return on_unexpected(sink);
  broken("it answered " + name(message.id) + " with the unknown kind " + quoted(message.text) +
         "; if it echoes its input, or is a filter that answers line by line: --wire lines");
}

/// Of a wire without ids: it is that of the oldest task.
void Session::on_next_answer(bool more_follows, SessionSink& sink) {
  const bool lines = options_.wire == Wire::Lines;
  if (outstanding_.empty()) {
    const std::string what = lines ? "line" : "answer";
    return broken("it wrote " + std::string(lines ? "a " : "an ") + what +
                  " while it had no task: more than one " + what + " per task?");
  }
  wire::UpMessage answer = decoded_.message;
  answer.has_id = true;
  answer.id = outstanding_.front();
  outstanding_.pop_front();
  ++answered_count_;
  if (answer.kind == wire::UpKind::Busy) ++refusals_;
  if (!lines || !more_follows || !outstanding_.empty() || at_tail() || options_.counts_answers) {
    return sink.on_answer(answer);
  }
  const Value error =
      wire::make_error("TooManyLines", "the worker wrote more than one line for it");
  const Slice flat = [&] {
    ByteBuffer whole;
    whole.append(error);
    return Slice::copy_of(whole.view());
  }();
  answer.kind = wire::UpKind::Error;
  answer.value = flat.view();
  const TaskId id = answer.id;
  sink.on_answer(answer);
  broken("it wrote more than one line for task " + std::to_string(number(id) + 1));
}

void Session::on_without_id(bool first, bool greeting, SessionSink& sink) {
  const wire::UpMessage& message = decoded_.message;
  switch (message.kind) {
    case wire::UpKind::Hello: return first ? on_hello(sink) : on_late("hello", sink);
    case wire::UpKind::Ready: return greeting ? sink.on_ready() : on_late("ready", sink);
    case wire::UpKind::PrepError: {
      const wire::WorkerError error = wire::parse_error(message.value);
      return broken("its preparation failed: " + error.type +
                        (error.type.empty() || error.message.empty() ? "" : ": ") + error.message,
                    Problem::PrepFailed);
    }
    case wire::UpKind::Log: return sink.on_log(message);
    case wire::UpKind::Bye: return on_bye(sink);
    case wire::UpKind::Beat: return;  // that something came is all that it says
    case wire::UpKind::Stderr: return sink.on_stderr(message.text);
    case wire::UpKind::Ask: return on_ask(sink);
    default: return on_unknown(quoted(message.text), sink);
  }
}

void Session::on_unknown(const std::string& kind, SessionSink& sink) {
  if (std::exchange(warned_unknown_, true)) return;
  sink.on_warning("it sent a message of a kind that this spread does not know (" + kind +
                  "); such messages are ignored");
}

void Session::on_hello(SessionSink& sink) {
  const Result<wire::Hello> hello = wire::parse_hello(decoded_.message.value);
  wrong_hello_ = !hello || hello->wire != kWireVersion;
  if (!hello) return broken("its hello is wrong: " + hello.error().message);
  if (hello->wire != kWireVersion) {
    return broken("it speaks wire " + std::to_string(hello->wire) +
                  ", and this spread speaks wire " + std::to_string(kWireVersion));
  }
  if (hello->prep && *hello->prep != options_.prep_count) {
    return broken("it wants " + std::to_string(*hello->prep) + " prep items, and is given " +
                      std::to_string(options_.prep_count),
                  Problem::Mismatch);
  }
  if (options_.relays && hello->workers && state_ == SessionState::Running) {
    state_ = SessionState::Relay;
    relay_ = *hello;
    return;
  }
  promised_beats_ = hello->beats && !options_.raw;
  sink.on_hello(*hello);
}

/// After the close it is only where the tail begins.
void Session::on_bye(SessionSink& sink) {
  said_bye_ = true;
  if (state_ == SessionState::Running || !outstanding_.empty()) leave(sink);
}

/// What it has not answered is not its business any more, and its end need not be waited for to say
/// so.
void Session::leave(SessionSink& sink) {
  if (std::exchange(left_, true)) return;
  close();
  outstanding_.clear();
  sink.on_retires();
}

void Session::tell(const Value& message) {
  if (state_ != SessionState::Running) return;
  sent_reply(codec_->encode_prep(message, output_.tail()).has_value());
}

/// By now the run has been arranged without it, or with another one.
void Session::on_late(const char* what, SessionSink& sink) {
  const std::string word = what;
  late_hello_ |= word == "hello";
  if (std::exchange(warned_late_, true)) return;
  sink.on_warning("it said " + word + " after its first " +
                  (word == "hello" ? "message" : "answer") + "; a late " + word + " is ignored");
}

void Session::on_unexpected(SessionSink& sink) {
  const std::string what = "it answered " + name(decoded_.message.id) +
                           ", which it was not working on (a second answer to the same task?)";
  // It takes its tasks for others, and each that it has for answered: none of them ever will be.
  const std::size_t open = answerable();
  const bool foreign = open > 0 && !was_answered(decoded_.message.id);
  if (foreign) ++foreign_answers_;
  if (foreign && ++foreign_in_a_row_ >= open) {
    return broken("it answered " + name(decoded_.message.id) +
                  ", which it was not given, instead of " +
                  (open == 1 ? name(outstanding_.back())
                             : "the " + std::to_string(open) + " tasks that it was given"));
  }
  if (++unexpected_answers_ >= kUnexpectedAnswersMax) {
    return broken(what + ", for the " + std::to_string(kUnexpectedAnswersMax) + "th time");
  }
  if (unexpected_answers_ == 1) sink.on_warning(what + "; such answers are dropped");
}

bool Session::take_outstanding(TaskId id) {
  for (std::size_t i = 0; i < outstanding_.size(); ++i) {
    if (outstanding_[i] != id) continue;
    outstanding_.erase(i);
    if (!questions_.empty()) [[unlikely]]
      forget_questions(id);
    foreign_in_a_row_ = 0;
    answered_[answered_count_++ % answered_.size()] = id;
    return true;
  }
  return false;
}

bool Session::was_answered(TaskId id) const {
  const auto end = answered_.begin() + std::min(answered_count_, answered_.size());
  return std::find(answered_.begin(), end, id) != end;
}

bool Session::is_outstanding(TaskId id) const {
  for (std::size_t i = 0; i < outstanding_.size(); ++i) {
    if (outstanding_[i] == id) return true;
  }
  return false;
}

void Session::stray(std::string_view text, SessionSink& sink) {
  if (options_.strict) {
    text = text.substr(0, text.find('\n'));  // how much of the rest has come already is chance
    return broken("it wrote what is no part of the protocol, and --strict was given: " +
                  quoted(text));
  }
  sink.on_stray(text);
}

void Session::broken(std::string message, Problem problem) {
  state_ = SessionState::Broken;
  problem_ = problem;
  problem_text_ = std::move(message);
}

}  // namespace spread
