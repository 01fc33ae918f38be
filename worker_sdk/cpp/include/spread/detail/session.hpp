#pragma once

#include "spread/detail/beats.hpp"
#include "spread/detail/memory.hpp"
#include "spread/detail/stdio.hpp"
#include "spread/detail/text.hpp"
#include "spread/detail/values.hpp"
#include "spread/detail/watchdog.hpp"

#include <array>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace spread::detail {

/// Ends the worker: the master has been told why, or is gone.
struct Ended {
  int status;
};

/// What worker() returns.
enum Status : int { kDone = 0, kFailed = 1, kMisused = 2, kMalformed = 3 };

struct Description {
  std::string type;
  std::string message;
  std::string trace;
};

/// Of the exception that is being handled.
inline Description describe_exception() {
  try {
    throw;
  } catch (const task_error& e) {
    return {e.type(), e.what(), e.trace()};
  } catch (const std::exception& e) {
    return {demangle(typeid(e).name()), e.what(), ""};
  } catch (const std::string& text) {
    return {"std::string", text, ""};
  } catch (const char* text) {
    return {"const char*", text, ""};
  } catch (...) {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    if (type == nullptr) return {"unknown", "threw what is not of C++", ""};
    const std::string name = demangle(type->name());
    const bool vowel = std::string_view("aeiouAEIOU").find(name[0]) != std::string_view::npos;
    return {name, (vowel ? "threw an " : "threw a ") + name, ""};
  }
}

/// One worker's life between the move of stdin and stdout and their return.
class Session {
 public:
  explicit Session(Stdio& stdio) : stdio_(stdio), input_(stdio.in()), output_(stdio.out()) {
    watchdog_.emplace(output_, stdio.in(), stdio.out(), grace_seconds());
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

  /// To be called where the exception is handled: this worker cannot do its work.
  [[noreturn]] void fail_prep() {
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

  /// Calls `answer(payload)` for every task until the end of input. It is to call reply(), or to
  /// throw.
  template <class Answer>
  void serve(const Answer& answer) {
    while (!retiring_) {
      std::string_view body;
      start_batch();
      for (bool more = input_.next(body); more;) {
        serve_one(parse_task(body), answer);
        if (retiring_) [[unlikely]]
          break;
        more = input_.next(body);
        if (more) hold_back();
      }
      while (!later_.empty() && !retiring_) {
        const std::string task = std::move(later_.front());
        later_.pop_front();
        serve_one(parse_task(task), answer);
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
    if (!knows("bye")) throw too_old("bye");
    retiring_ = true;
  }

  /// A question to the master; the answer. Tasks that come in front of it wait. `pack` adds so many
  /// arguments.
  template <class Pack>
  msgpack::object_handle ask(std::string_view op, unsigned arguments, const Pack& pack) {
    if (!knows("ask")) throw too_old("ask");
    const std::uint64_t seq = ++asked_;
    send_frame([&](auto& packer, msgpack::sbuffer& frame) {
      packer.pack_array(5 + arguments);
      packer.pack_nil();
      packer.pack("ask").pack(seq).pack(op);
      id_.empty() ? void(packer.pack_nil()) : frame.write(id_.data(), id_.size());
      pack(packer);
    });
    for (std::string body; input_.next_aside(body);) {
      if (!is_reply(body)) {
        later_.push_back(std::move(body));
        continue;
      }
      auto whole = msgpack::unpack(body.data(), body.size());
      const msgpack::object* const reply = whole.get().via.array.ptr;
      if (reply[2].as<std::uint64_t>() != seq) continue;
      if (reply[1].as<std::string_view>() == "answer") {
        return {reply[3], std::move(whole.zone())};
      }
      const auto why = reply[3].as<std::map<std::string, std::string>>();
      throw refused(value_at(why, "type"), value_at(why, "message"));
    }
    throw refused("Gone", "spread has closed the input and will not answer");
  }

  /// The present task's third element; an empty map where there is none.
  msgpack::object_handle meta() const {
    const std::string_view bytes = meta_.empty() ? std::string_view("\x80", 1) : meta_;
    return msgpack::unpack(bytes.data(), bytes.size());
  }

  /// Collectives that the present task has called.
  std::uint64_t& rounds() { return rounds_; }

  template <class T>
  T decode(std::string_view payload) {
    return decoder_.decode<T>(payload);
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
  /// At once; `fill(packer, frame)` writes the body.
  template <class Fill>
  void send_frame(const Fill& fill) {
    msgpack::sbuffer frame;
    msgpack::packer<msgpack::sbuffer> packer(frame);
    frame.write("\xc6\0\0\0\0", kHeaderBytes);
    fill(packer, frame);
    store_big_endian(frame.data() + 1, static_cast<std::uint32_t>(frame.size() - kHeaderBytes));
    frame.write("\n", 1);
    output_.send({frame.data(), frame.size()});
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
  void serve_one(const Task& task, const Answer& answer) {
    id_ = task.id;
    meta_ = task.meta;
    rounds_ = 0;
    try {
      answer(task.payload);
    } catch (...) {
      output_.abandon();
      answer_exception();
    }
    id_ = meta_ = {};
    decoder_.clear();
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
      flush_stdio();
      output_.set_elements(5);
      for (auto& capture : captures_) {
        msgpack::packer<Output>(output_).pack(as_utf8(capture->take()));
      }
    }
    output_.end();
    if (memory_.is_set()) [[unlikely]]
      retiring_ = retiring_ || memory_.is_exceeded();
  }

  /// busy has no place for text.
  void pass_captured_on() {
    if (!captures_[0]) return;
    flush_stdio();
    for (auto& capture : captures_) captures_[1]->pass_on(capture->take());
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
  Decoder decoder_;
  std::array<std::optional<Capture>, 2> captures_;
  struct sigaction before_sigpipe_ {};
  std::string_view id_;            ///< Of the present task; empty between tasks.
  std::string_view meta_;          ///< Likewise.
  std::deque<std::string> later_;  ///< Tasks that came while a reply was waited for.
  std::uint64_t asked_ = 0;
  std::uint64_t rounds_ = 0;
  bool retiring_ = false;
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
