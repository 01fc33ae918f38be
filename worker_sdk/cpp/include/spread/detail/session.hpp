#pragma once

#include "spread/detail/beats.hpp"
#include "spread/detail/describe.hpp"
#include "spread/detail/hooks.hpp"
#include "spread/detail/memory.hpp"
#include "spread/detail/stdio.hpp"
#include "spread/detail/text.hpp"
#include "spread/detail/values.hpp"
#include "spread/detail/watchdog.hpp"

#include <array>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace spread::detail {

/// Ends the worker: the master has been told why, or is gone.
struct Ended {
  int status;
};

/// What worker() returns.
enum Status : int { kDone = 0, kFailed = 1, kMisused = 2, kMalformed = 3 };

/// One worker's life between the move of stdin and stdout and their return.
class Session {
 public:
  explicit Session(Stdio& stdio) : stdio_(stdio), input_(stdio.in()), output_(stdio.out()) {
    // The process is not the master's to end where the descriptors are no stdin and stdout.
    constexpr double kForEver = 1e6;
    watchdog_.emplace(output_, stdio.in(), stdio.out(), stdio.lent() ? kForEver : grace_seconds());
    // Not SIG_IGN: that would be inherited by the programs that a handler starts, and `yes | head`
    // would complain. A handler ends at exec.
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};
    nothing.sa_flags = SA_RESTART;
    sigaction(SIGPIPE, nullptr, &before_sigpipe_);
    if (before_sigpipe_.sa_handler == SIG_DFL) sigaction(SIGPIPE, &nothing, nullptr);
    // When a handler or a library calls exit(), the answers that are held back are still sent.
    static const bool registered = std::atexit(flush_at_exit) == 0;
    static_cast<void>(registered);
    current_ = this;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  ~Session() {
    finish();
    current_ = nullptr;
    if (before_sigpipe_.sa_handler == SIG_DFL) sigaction(SIGPIPE, &before_sigpipe_, nullptr);
  }

  /// The session of this process; null before and after.
  static Session* current() { return current_; }

  void hello(std::size_t window, std::size_t prep) {
    output_.begin(kNil, "hello");
    msgpack::packer<Output> packer(output_);
    packer.pack_map(5);
    packer.pack("wire").pack(1);
    packer.pack("window").pack(std::max<std::size_t>(window, 1));
    packer.pack("prep").pack(prep);
    packer.pack("lang").pack("c++");
    packer.pack("features").pack_array(beats_.possible() ? 2 : 1).pack("batch");
    if (beats_.possible()) packer.pack("beat");
    output_.end();
    flush();
    beats_.begin();
  }

  /// Throws where there is a limit that it cannot keep.
  void limit_memory() { memory_.read_environment(); }

  /// What is to be done before the first task has been done.
  void ready() {
    output_.begin(kNil, "ready", 2);
    output_.end();
    flush();
  }

  /// Reads that many values. Copies: the input buffer moves while the next one arrives.
  std::vector<std::string> read_prep(std::size_t count) {
    std::vector<std::string> items;
    while (items.size() < count) {
      std::string_view body;
      if (input_.next(body)) {
        items.emplace_back(body);
      } else if (!input_.fill()) {
        complain("stdin ended after " + std::to_string(items.size()) + " of " +
                 std::to_string(count) + " prep items");
      }
    }
    return items;
  }

  /// Called with the prep items that come again, between two tasks; may throw Ended.
  using PrepareAgain = std::function<void(const std::vector<std::string>&)>;
  void on_prepare_again(PrepareAgain call) { prepare_again_ = std::move(call); }

  /// To be called where the exception is handled: this worker cannot do its work.
  [[noreturn]] void fail_prep() {
    pass_captured_on();
    pack_failure(kNil, "error", describe_exception());
    flush();
    throw Ended{kFailed};
  }

  /// From here on what is printed is attached to the answers.
  void capture() {
    flush_stdio();
    captures_[0].emplace(STDOUT_FILENO);
    captures_[1].emplace(STDERR_FILENO);
  }

  /// Whether every task's payload is a list of payloads.
  static bool has_lists() {
    const char* const text = std::getenv("SPREAD_CHUNK");
    return text != nullptr && *text != '\0';
  }

  /// Calls `answer(payload)` for every task until the end of input. It is to call reply(), or to
  /// throw; where `has_hooks`, the hooks are called by itself.
  template <class Answer>
  void serve(const Answer& answer, bool has_hooks = false) {
    calls_hooks_ = !has_hooks;
    nested_ = [&answer](std::string_view payload) { answer(payload); };
    while (!retiring_) {
      std::string_view body;
      start_batch();
      for (bool more = input_.next(body); more;) {
        serve_message(body, answer);
        if (retiring_) [[unlikely]]
          break;
        more = input_.next(body);
        if (more) hold_back();
      }
      while (!later_.empty() && !retiring_) {
        const std::string message = std::move(later_.front());
        later_.pop_front();
        serve_message(message, answer);
      }
      flush();
      if (retiring_) break;
      if (input_.fill()) continue;
      if (input_.left_over() > 0) complain("stdin ended inside a frame");
      if (beats_.possible()) say_bye();
      return finish();
    }
    say_bye();
    finish();
  }

  /// The worker leaves when its task is answered.
  void retire() {
    require("bye");
    retiring_ = true;
  }

  /// A question to the master; the answer. `encoded` has so many arguments, in pieces, which are
  /// sent from where they are. Tasks that come in front of it wait; or, where it is one that
  /// `runs_subtasks`, those of the present task are run.
  msgpack::object_handle ask(std::string_view op, unsigned arguments,
                             std::span<const std::string_view> encoded,
                             bool runs_subtasks = false) {
    require("ask");
    const std::uint64_t seq = ++asked_;
    const auto fill = [&](auto& packer, msgpack::sbuffer& frame) {
      packer.pack_array(5 + arguments);
      packer.pack_nil();
      packer.pack("ask").pack(seq).pack(op);
      id_.empty() ? void(packer.pack_nil()) : frame.write(id_.data(), id_.size());
    };
    send_frame(fill, encoded);
    replies_.emplace(seq, std::string());
    while (replies_[seq].empty()) {
      if (wait_for_reply(runs_subtasks)) continue;
      replies_.erase(seq);
      throw refused("Gone", "spread has closed the input and will not answer");
    }
    // What it holds in bulk stays in the frame, and the frame with the answer.
    auto zone = std::make_unique<msgpack::zone>();
    auto& [body, spare] = *zone->allocate<Reply>();
    body = std::move(replies_.extract(seq).mapped());
    if (body.size() > kPipeBytes) spare = input_.spare();
    const auto refer = [](msgpack::type::object_type, std::size_t, void*) { return true; };
    const msgpack::object whole = msgpack::unpack(*zone, body.data(), body.size(), refer);
    const msgpack::object* const reply = whole.via.array.ptr;
    if (reply[1].as<std::string_view>() == "answer") return {reply[3], std::move(zone)};
    const auto why = reply[3].as<std::map<std::string, std::string>>();
    throw refused(value_at(why, "type"), value_at(why, "message"));
  }

  /// Throws where the master does not know this.
  static void require(const std::string& ability) {
    if (!knows(ability)) throw too_old(ability);
  }

  /// The present task's third element; an empty map where there is none.
  msgpack::object_handle meta() const {
    const std::string_view bytes = meta_.empty() ? std::string_view("\x80", 1) : meta_;
    return msgpack::unpack(bytes.data(), bytes.size());
  }

  /// A number of the present task's third element.
  std::optional<std::uint64_t> meta_number(std::string_view key) const {
    return number_in_map(meta_, key);
  }

  /// The common part of the present task, encoded; nothing where there is none.
  std::optional<std::string_view> common() const {
    const auto k = meta_number("common");
    const auto found = k ? commons_.find(*k) : commons_.end();
    return found == commons_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  }

  /// The present task's payload, encoded; in a list of payloads the present one.
  std::string_view payload() const { return payload_; }
  void set_payload(std::string_view payload) { payload_ = payload; }

  /// Who tells how far the present task is: the first that asks, until the task's end.
  bool claim_progress(const void* who) {
    if (id_.empty() || progress_owner_ != nullptr) return false;
    progress_owner_ = who;
    return true;
  }
  bool owns_progress(const void* who) const { return progress_owner_ == who; }

  /// Collectives that the present task has called.
  std::uint64_t& rounds() { return rounds_; }

  template <class T>
  T decode(std::string_view payload) {
    return decoder_->decode<T>(payload);
  }

  /// The present task's result.
  template <class T>
  void reply(const T& value) {
    output_.begin(id_, "ok");
    encode(output_, value);
    finish_answer();
  }

  /// [id, kind, ...] at once, from any thread inside a handler; `pack` adds the rest.
  template <class Pack>
  void notify(std::string_view kind, unsigned elements, const Pack& pack) {
    if (id_.empty()) return;
    send_frame([&](auto& packer, msgpack::sbuffer& frame) {
      packer.pack_array(elements);
      frame.write(id_.data(), id_.size());
      packer.pack(kind);
      pack(packer);
    });
  }

  bool has_task() const { return !id_.empty(); }

 private:
  /// The memory of a big one is used again when its answer is let go of, by whichever thread: that
  /// may be after the session's end.
  struct Reply {
    std::string body;
    std::shared_ptr<Spare> spare;  ///< null for a small one
    Reply() = default;
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    ~Reply() {
      if (spare) spare->give(std::move(body));
    }
  };

  /// At once; `fill(packer, frame)` writes the body, or what is in front of its last pieces.
  template <class Fill>
  void send_frame(const Fill& fill, std::span<const std::string_view> last = {}) {
    msgpack::sbuffer frame;
    msgpack::packer<msgpack::sbuffer> packer(frame);
    frame.write("\xc6\0\0\0\0", kHeaderBytes);
    fill(packer, frame);
    std::size_t size = frame.size() - kHeaderBytes;
    for (const std::string_view piece : last) size += piece.size();
    store_big_endian(frame.data() + 1, static_cast<std::uint32_t>(size));
    std::vector<std::string_view> pieces = {std::string_view(frame.data(), frame.size())};
    pieces.insert(pieces.end(), last.begin(), last.end());
    pieces.push_back("\n");
    output_.send(pieces);
  }

  /// Whether the master has said that it knows this.
  static bool knows(std::string_view ability) {
    const char* const text = std::getenv("SPREAD_FEATURES");
    const std::string all = ',' + std::string(text == nullptr ? "" : text) + ',';
    return all.find(',' + std::string(ability) + ',') != std::string::npos;
  }

  static std::string value_at(const std::map<std::string, std::string>& map, const char* key) {
    const auto found = map.find(key);
    return found == map.end() ? std::string() : found->second;
  }

  using Clock = std::chrono::steady_clock;
  /// How long an answer may wait for others to be sent with it: about the time of ten writes, each
  /// a few microseconds.
  static constexpr std::chrono::microseconds kHoldMax{50};
  static constexpr std::size_t kHeldBytesMax = kPipeBytes / 2;
  static constexpr int kStrideMax = 16;

  /// No frame follows, and so no beat.
  void say_bye() {
    beats_.end();
    output_.begin(kNil, "bye", 2);
    output_.end();
    flush();
  }

  /// After the last answer: what is printed from here on is the tail, also by the destructors of
  /// what the handler used.
  void finish() {
    beats_.end();
    output_.send_held();
    flush_stdio();
    for (auto& capture : captures_) capture.reset();
    watchdog_.reset();  // it looks at the descriptors that are closed next
    stdio_.put_back();
  }

  static double grace_seconds() {
    const char* const text = std::getenv("SPREAD_GRACE");
    return text != nullptr ? std::strtod(text, nullptr) : 5;
  }

  static void flush_at_exit() {
    // After a fork without exec the buffer is a copy: its answers are the parent's to send.
    Session* const session = current_;
    if (session == nullptr || session->pid_ != getpid()) return;
    session->output_.send_held();
    session->pass_captured_on();
  }

  /// The input is not what the protocol says. When the master is gone, that is the reason, and
  /// there is nothing to report.
  [[noreturn]] void complain(const std::string& what) {
    if (has_no_reader(stdio_.out())) throw Ended{kFailed};
    throw Malformed(what);
  }

  template <class Answer>
  void serve_message(std::string_view body, const Answer& answer) {
    if (!is_notice(body)) [[likely]]
      return serve_one(parse_task(body), answer);
    if (const auto items = again_items(body)) return prepare_again(*items);
    take_notice(body);
  }

  template <class Answer>
  void serve_one(const Task& task, const Answer& answer) {
    id_ = task.id;
    meta_ = task.meta;
    payload_ = task.payload;
    progress_owner_ = nullptr;
    rounds_ = 0;
    try {
      if (calls_hooks_) hooks_.call_before();
      answer(task.payload);
    } catch (...) {
      output_.abandon();
      answer_exception();
    }
    if (calls_hooks_) hooks_.call_after();
    id_ = meta_ = payload_ = {};
    decoder_->clear();
  }

  /// What it prints is no task's.
  [[gnu::noinline, gnu::cold]] void prepare_again(std::string_view encoded) {
    const auto items = elements_of(encoded);
    if (!items) complain("prep items that come again are no list");
    flush();  // it may take long
    prepare_again_(std::vector<std::string>(items->begin(), items->end()));
    pass_captured_on();
  }

  /// While the present task waits. What each of the two prints is its own.
  void run_subtask(const std::string& body) {
    const auto outer = std::tuple(id_, meta_, payload_, progress_owner_, rounds_, decoder_);
    Decoder decoder;
    decoder_ = &decoder;
    std::array<std::string, 2> printed = {take_captured(0), take_captured(1)};
    serve_one(parse_task(body), nested_);
    flush();
    printed_ = std::move(printed);
    std::tie(id_, meta_, payload_, progress_owner_, rounds_, decoder_) = outer;
  }

  /// Takes one frame; false at the end of input. A reply may be that of a question which waits
  /// further up the stack.
  bool wait_for_reply(bool runs_subtasks) {
    std::string body;
    if (!(runs_subtasks && take_later_subtask(body)) && !input_.next_aside(body)) return false;
    if (take_notice(std::move(body))) return true;
    if (runs_subtasks && is_subtask(body)) {
      run_subtask(body);
    } else {
      later_.push_back(std::move(body));
    }
    return true;
  }

  static bool is_subtask(std::string_view body) {
    return !again_items(body) && number_in_map(parse_task(body).meta, "parent").has_value();
  }

  bool take_later_subtask(std::string& body) {
    const auto found = std::find_if(later_.begin(), later_.end(), is_subtask);
    if (found == later_.end()) return false;
    body = std::move(*found);
    later_.erase(found);
    return true;
  }

  /// Whether the frame is a reply or a common part, which is kept. `body` is a view, or a string,
  /// which is moved from if it is kept.
  template <class Body>
  bool take_notice(Body&& body) {
    const std::string_view whole = body;
    if (!is_notice(whole)) [[likely]]
      return false;
    if (again_items(whole)) return false;
    std::size_t end = 2;  // behind nil
    const auto kind = msgpack::unpack(whole.data(), whole.size(), end);
    const auto second = msgpack::unpack(whole.data(), whole.size(), end);
    const auto number = second.get().as<std::uint64_t>();
    if (kind.get().as<std::string_view>() != "common") {
      const auto asked = replies_.find(number);
      if (asked != replies_.end()) asked->second = std::forward<Body>(body);
    } else if (whole[0] == '\x93') {
      commons_.erase(number);
    } else {
      commons_[number] = whole.substr(end);
    }
    return true;
  }

  static std::optional<std::uint64_t> number_in_map(std::string_view map, std::string_view key) {
    if (map.empty()) return std::nullopt;
    const auto whole = msgpack::unpack(map.data(), map.size());
    if (whole.get().type != msgpack::type::MAP) return std::nullopt;
    const auto& pairs = whole.get().via.map;
    for (std::uint32_t i = 0; i < pairs.size; ++i) {
      const msgpack::object& name = pairs.ptr[i].key;
      if (name.type == msgpack::type::STR && name.as<std::string_view>() == key) {
        return pairs.ptr[i].val.as<std::uint64_t>();
      }
    }
    return std::nullopt;
  }

  /// What was printed since the last time.
  std::string take_captured(std::size_t which) {
    if (!captures_[which]) return {};
    if (which == 0) flush_stdio();
    return std::exchange(printed_[which], {}) + captures_[which]->take();
  }

  [[gnu::noinline, gnu::cold]] void answer_exception() {
    try {
      throw;
    } catch (const busy& e) {
      output_.begin(id_, "busy", e.reason().empty() ? 3 : 4);
      msgpack::packer<Output> packer(output_);
      packer.pack(e.seconds());
      if (!e.reason().empty()) packer.pack(as_utf8(e.reason()));
      output_.end();
      pass_captured_on();
    } catch (const fatal&) {
      pack_failure(id_, "fatal", describe_exception());
    } catch (...) {
      pack_failure(id_, "error", describe_exception());
    }
  }

  void pack_failure(std::string_view id, std::string_view kind, const Description& what) {
    output_.begin(id, kind);
    msgpack::packer<Output> packer(output_);
    packer.pack_map(what.trace.empty() ? 2 : 3);
    packer.pack("type").pack(as_utf8(what.type));
    packer.pack("message").pack(as_utf8(what.message));
    if (!what.trace.empty()) packer.pack("trace").pack(as_utf8(what.trace));
    finish_answer();
  }

  /// Attaches what the task printed, if that is wanted.
  void finish_answer() {
    if (captures_[0]) [[unlikely]] {
      output_.set_elements(5);
      for (const std::size_t which : {0, 1}) {
        msgpack::packer<Output>(output_).pack(as_utf8(take_captured(which)));
      }
    }
    output_.end();
    if (memory_.is_set()) [[unlikely]]
      retiring_ = retiring_ || memory_.is_exceeded();
  }

  /// busy has no place for text.
  void pass_captured_on() {
    if (!captures_[0]) return;
    for (const std::size_t which : {0, 1}) captures_[1]->pass_on(take_captured(which));
  }

  void start_batch() {
    since_ = Clock::now();
    until_look_ = stride_;
  }

  /// An answer is ready, and so is a further task. The clock is asked after every answer of slow
  /// tasks, and after every 16th of tiny ones, where it would cost as much as all else together;
  /// between two looks the watchdog sends what has waited too long.
  void hold_back() {
    watchdog_->stay_awake();
    if (output_.held() >= kHeldBytesMax) {
      flush();
    } else if (--until_look_ == 0) {
      const auto now = Clock::now();
      const bool slow = now - since_ > kHoldMax;
      if (slow) {
        flush();
        since_ = now;
      }
      stride_ = slow ? 1 : std::min(2 * stride_, kStrideMax);
      until_look_ = stride_;
    }
  }

  void flush() {
    output_.flush();
    if (output_.broken()) throw Ended{kFailed};
  }

  inline static Session* current_ = nullptr;

  const pid_t pid_ = getpid();
  Stdio& stdio_;
  Input input_;
  Output output_;
  std::optional<Watchdog> watchdog_;
  Beats beats_{output_};
  Hooks& hooks_ = hooks();
  Decoder own_decoder_;
  Decoder* decoder_ = &own_decoder_;  ///< of the present task
  std::array<std::optional<Capture>, 2> captures_;
  std::array<std::string, 2> printed_;  ///< by the present task, before it waited
  struct sigaction before_sigpipe_ {};
  std::string_view id_;                   ///< Of the present task; empty between tasks.
  std::string_view meta_;                 ///< Likewise.
  std::string_view payload_;              ///< Likewise.
  const void* progress_owner_ = nullptr;  ///< see claim_progress()
  PrepareAgain prepare_again_;
  std::deque<std::string> later_;                 ///< What came while a reply was waited for.
  std::function<void(std::string_view)> nested_;  ///< answers a payload
  std::map<std::uint64_t, std::string> replies_;  ///< by seq; empty until it has come
  std::map<std::uint64_t, std::string> commons_;  ///< the common parts of sub-tasks, encoded
  std::uint64_t asked_ = 0;
  std::uint64_t rounds_ = 0;
  bool retiring_ = false;
  bool calls_hooks_ = true;  ///< around each task
  MemoryLimit memory_;
  Clock::time_point since_;
  int stride_ = 1;
  int until_look_ = 1;
};

inline Session& session_at_work(const char* call) {
  Session* const session = Session::current();
  if (session == nullptr) throw std::logic_error(std::string(call) + "() outside of a worker");
  return *session;
}

}  // namespace spread::detail
