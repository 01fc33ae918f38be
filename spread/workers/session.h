// spread/workers: one worker: Session (its life in the protocol, pure) on a Channel (io/).
// Start with docs/protocol.md, then here, then session_worker.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/base/buffers.h"
#include "spread/base/ring.h"
#include "spread/wire/codec.h"

namespace spread {

struct SessionOptions {
  Wire wire = Wire::Msgpack;
  PickleOptions pickle = {};
  std::size_t max_frame = std::size_t{1} << 30;
  std::uint32_t prep_count = 0;
  /// `spread all`: a hello as the very first bytes, and a ready behind it, are recognised;
  /// everything else is the tail.
  bool raw = false;
  bool strict = false;  ///< stray output breaks the session
  /// More than one task may be outstanding on a wire without ids: every answer's place is its
  /// number, and one too many or too few leaves none of them certain.
  bool counts_answers = false;
  /// A hello that says `workers` is that of a relay (docs/relay.md), and not of a worker.
  bool relays = false;
};

/// What a Session finds in its worker's output. Views are good during the call.
class SessionSink {
 public:
  virtual ~SessionSink() = default;
  virtual void on_hello(const wire::Hello& hello) = 0;
  /// Its preparation is over. At most once, before any answer.
  virtual void on_ready() = 0;
  /// Ok, Busy, Error or Fatal: the one answer to a task that is outstanding here.
  virtual void on_answer(const wire::UpMessage& message) = 0;
  virtual void on_progress(const wire::UpMessage& message) = 0;
  virtual void on_log(const wire::UpMessage& message) = 0;
  /// A question; what is wrong with it, if something is, is in `se`. Each has one Session::reply().
  virtual void on_ask(const wire::UpMessage& question) = 0;
  /// It leaves of its own accord (docs/protocol.md section 7, "Retirement"): what it has not
  /// answered it will not, outstanding() is 0, and everything that follows is its tail.
  virtual void on_retires() = 0;
  /// What it says that its own workers wrote to their stderr.
  virtual void on_stderr(std::string_view text) { static_cast<void>(text); }
  /// Output that is no part of the protocol: a print.
  virtual void on_stray(std::string_view text) = 0;
  virtual void on_tail(std::string_view text) = 0;
  virtual void on_warning(std::string message) = 0;
};

/// States of docs/protocol.md, seen from the master. `exec` and `prep` need no state of their own:
/// nothing that a worker may say differs between them.
enum class SessionState : std::uint8_t {
  Running,   ///< tasks may be sent
  Shutdown,  ///< its input is closed (or will be when all is written)
  Relay,     ///< it is one, and was Running: nothing of what follows its hello is looked at
  Broken,    ///< see problem(): what else it writes is dropped
};

enum class Problem : std::uint8_t {
  None,
  Misbehaved,  ///< it cannot be understood, or broke the rules
  PrepFailed,  ///< it said that it cannot work
  Mismatch,    ///< the run cannot work with such a worker at all: it wants other prep items, or
               ///< its answers cannot be told apart
};

/// One worker's life in the protocol. Pure: bytes in, calls of the sink out; messages in, bytes to
/// be written out, in a queue.
class Session {
 public:
  /// `output`: where bytes for the worker are put. It must outlive the session.
  Session(const SessionOptions& options, OutputQueue& output);
  ~Session();

  /// A piece of the encoded prep items; a large one is not copied.
  void send_prep(Slice encoded) { output_.append(std::move(encoded)); }
  /// `meta`: the task's third element, a map in msgpack; empty = it has none. An Error means that
  /// this wire cannot carry the payload; nothing was sent.
  Status send_task(TaskId id, const Value& payload, ByteView meta = {});
  /// A message that no question asks for, in msgpack.
  void tell(const Value& message);
  /// An answer to a question of the worker, made by wire::make_answer() or wire::make_refusal().
  /// It may come late: one whose input has been closed meanwhile is sent none.
  void reply(std::uint64_t seq, const Value& message);
  /// The same with a value that is in several pieces, one behind the other, and of which a large
  /// one is not copied: many workers may be sent it.
  /// `awaited`: see wire::Reply.
  void answer(std::uint64_t seq, std::span<const Slice> value, bool awaited = false);
  /// No task will follow: the worker's input is to be closed when all has been written.
  void close();

  /// Looks at all of the worker's output that has not been consumed yet; `final` = end of file.
  /// Returns how many bytes from the front are done with.
  std::size_t receive(ByteView bytes, bool final, SessionSink& sink);
  /// After receive(): how many bytes (counted from the first one not consumed) are wanted before it
  /// is worth calling again; 0 = any.
  std::size_t wanted() const { return wanted_; }

  SessionState state() const { return state_; }
  /// The hello of one that is a relay.
  const wire::Hello& relay() const { return relay_; }
  Problem problem() const { return problem_; }
  const std::string& problem_text() const { return problem_text_; }
  /// The problem is its hello, but for the number of prep items that it wants.
  bool wrong_hello() const { return wrong_hello_; }
  /// It has said hello after its first message; the warning comes behind.
  bool late_hello() const { return late_hello_; }
  std::size_t outstanding() const { return outstanding_.size(); }
  /// It has answered as many tasks that it was never given as it could answer now: it may take all
  /// of them for answered.
  bool may_think_it_is_done() const { return answerable() > 0 && foreign_answers_ >= answerable(); }
  /// A NaN or an infinity in a payload went out as null.
  bool sent_null_for_number() const { return codec_->saw_non_finite(); }
  /// It has sent at least one message.
  bool heard() const { return heard_; }
  /// It has answered a task (not with busy).
  bool answered() const { return answered_count_ > refusals_; }
  /// Its hello promised beats, and it has not said bye: it is never silent for long.
  bool beats() const { return promised_beats_ && !said_bye_; }
  /// It leaves, which it may have shown otherwise than by a bye.
  void leave(SessionSink& sink);
  bool left() const { return left_; }

 private:
  bool at_tail() const;
  std::size_t receive_tail(ByteView bytes, bool final, SessionSink& sink);
  bool take_bye(ByteView bytes, bool final, std::size_t& used);
  bool take_greetings(ByteView bytes, bool final, std::size_t& used, SessionSink& sink);
  void on_message(bool more_follows, SessionSink& sink);
  void on_next_answer(bool more_follows, SessionSink& sink);
  void on_without_id(bool first, bool greeting, SessionSink& sink);
  void on_hello(SessionSink& sink);
  void on_bye(SessionSink& sink);
  void on_ask(SessionSink& sink);
  bool counts_reply(std::size_t bytes);
  void sent_reply(bool sent);
  void on_late(const char* what, SessionSink& sink);
  void on_unexpected(SessionSink& sink);
  void on_unknown(const std::string& kind, SessionSink& sink);
  bool was_answered(TaskId id) const;
  std::size_t answerable() const;
  void forget_questions(TaskId of);
  bool take_outstanding(TaskId id);
  bool is_outstanding(TaskId id) const;
  void stray(std::string_view text, SessionSink& sink);
  void broken(std::string message, Problem problem = Problem::Misbehaved);

  SessionOptions options_;
  std::unique_ptr<wire::Codec> codec_;
  OutputQueue& output_;
  Ring<TaskId> outstanding_;  ///< in the order sent
  /// Its questions that have no reply yet, and the tasks that wait for these and have no answer.
  std::map<std::uint64_t, TaskId> questions_;
  /// The last ones that it has answered: another answer to one of them is a repetition.
  std::array<TaskId, 16> answered_{};
  std::size_t answered_count_ = 0;
  wire::Decoded decoded_;
  SessionState state_ = SessionState::Running;
  wire::Hello relay_;
  Problem problem_ = Problem::None;
  std::string problem_text_;
  std::size_t wanted_ = 0;
  std::uint32_t unexpected_answers_ = 0;
  std::size_t foreign_answers_ = 0;   ///< to tasks that it was never given
  std::size_t foreign_in_a_row_ = 0;  ///< ... since its last right one
  bool heard_ = false;
  std::size_t refusals_ = 0;
  std::size_t unread_replies_ = 0;  ///< bytes, since nothing waited to be written
  std::string bad_ask_;             ///< what is wrong with the present question
  bool left_ = false;
  bool promised_beats_ = false;
  bool said_bye_ = false;
  bool warned_unknown_ = false;
  bool wrong_hello_ = false;
  bool late_hello_ = false;
  bool warned_late_ = false;
  bool greeting_;  ///< it may still say hello or ready: no ready and no answer came yet
  bool tail_started_ = false;
  bool end_mark_pending_ = false;  ///< the 0A of the last frame has not come yet
};

}  // namespace spread
