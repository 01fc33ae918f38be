#include "spread/report/events_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstring>

#include <fmt/format.h>

#include "spread/base/json_string.h"
#include "spread/base/numbers.h"
#include "spread/base/quote.h"
#include "spread/report/summary.h"

namespace spread {
namespace {

/// A literal as an argument of a template.
template <std::size_t N>
struct Literal {
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval Literal(const char (&from)[N]) { std::copy_n(from, N, text); }
  static constexpr std::size_t kSize = N - 1;
  char text[N];
};

/// Of an event.
template <Literal name>
struct Name {};

template <Literal... parts>
constexpr auto joined() {
  std::array<char, (parts.kSize + ...)> whole{};
  char* to = whole.data();
  ((to = std::copy_n(parts.text, parts.kSize, to)), ...);
  return whole;
}

}  // namespace

/// One object, written by hand (with fmt three of them took longer than a task): opened with its
/// event and time, closed with a newline by the destructor. Names are put together with what stands
/// around them while this is compiled.
class EventsWriter::Line {
 public:
  static constexpr int kDecimals = 6;

  template <Literal name>
  Line(EventsWriter& events, Name<name>, TimePoint now) : out_(events.out_) {
    literal<"{\"event\":\"", name, "\",\"time\":">();
    out_.append(events.time_text(now));
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { literal<"}\n">(); }

  template <Literal name>
  Line& text(std::string_view value) {
    key<name>();
    append_json_string(value, out_);
    return *this;
  }
  /// A word of spread's own, in which nothing is to be escaped.
  template <Literal name>
  Line& word(std::string_view value) {
    literal<",\"", name, "\":\"">();
    out_.append(value);
    literal<"\"">();
    return *this;
  }
  template <Literal name, std::integral T>
  Line& whole(T value) {
    key<name>();
    append_number(value, out_);
    return *this;
  }
  template <Literal name>
  Line& real(double value) {
    key<name>();
    std::isfinite(value) ? append_decimals(value, kDecimals, 0, out_) : literal<"null">();
    return *this;
  }
  template <Literal name>
  Line& boolean(bool value) {
    key<name>();
    value ? literal<"true">() : literal<"false">();
    return *this;
  }
  Line& worker(WorkerId id) {
    if (id != kNoWorker) return whole<"worker">(number(id));
    literal<",\"worker\":null">();
    return *this;
  }
  template <Literal name>
  Line& texts(std::span<const std::string> values) {
    key<name>();
    std::string_view before = "[";
    for (const std::string& value : values) {
      out_.append(before);
      append_json_string(value, out_);
      before = ",";
    }
    out_.append(values.empty() ? "[]" : "]");
    return *this;
  }
  Line& task(TaskId id) { return whole<"task">(number(id)); }

 private:
  template <Literal... parts>
  void literal() {
    static constexpr auto kWhole = joined<parts...>();
    std::memcpy(out_.prepare(kWhole.size()), kWhole.data(), kWhole.size());
    out_.commit(kWhole.size());
  }
  template <Literal name>
  void key() {
    literal<",\"", name, "\":">();
  }

  ByteBuffer& out_;
};

std::string_view EventsWriter::time_text(TimePoint now) {
  if (now != written_time_) {
    written_time_ = now;
    time_text_.clear();
    append_decimals(to_seconds(now - start_), Line::kDecimals, 0, time_text_);
  }
  return as_text(time_text_.view());
}

EventsWriter::EventsWriter(ByteBuffer& out, TimePoint start, double wall_seconds)
    : out_(out), start_(start) {
  Line(*this, Name<"run_started">(), start)
      .real<"wall_time">(wall_seconds)
      .text<"version">(SPREAD_VERSION);
}

void EventsWriter::run_ended(int exit_status, const PartTotals& totals, TimePoint now) {
  Line line(*this, Name<"run_ended">(), now);
  line.whole<"exit_status">(exit_status);
  if (totals.parts == 1) return;
  line.whole<"parts">(totals.parts).real<"parts_seconds">(totals.seconds);
  line.whole<"parts_attempts">(totals.attempts);
}

void EventsWriter::on(const WorkerStarted& event, TimePoint now) {
  Line line(*this, Name<"worker_started">(), now);
  line.worker(event.worker).text<"host">(event.host).whole<"pid">(event.pid);
  if (!event.arguments.empty()) line.texts<"arguments">(event.arguments);
}

void EventsWriter::on(const WorkerReady& event, TimePoint now) {
  Line(*this, Name<"worker_ready">(), now).worker(event.worker);
}

void EventsWriter::on(const WorkerEnded& event, TimePoint now) {
  Line(*this, Name<"worker_ended">(), now)
      .worker(event.worker)
      .boolean<"expected">(event.expected)
      .text<"reason">(event.reason);
}

void EventsWriter::on(const TaskSent& event, TimePoint now) {
  Line line(*this, Name<"task_sent">(), now);
  line.task(event.task).worker(event.worker).whole<"attempt">(event.attempt);
  if (event.size > 0) line.whole<"rank">(event.rank).whole<"size">(event.size);
  if (event.parent) line.whole<"parent">(number(*event.parent));
}

void EventsWriter::on(const TaskAnswered& event, TimePoint now) {
  Line line(*this, Name<"task_answered">(), now);
  line.task(event.task).worker(event.worker).word<"kind">(event.kind);
  line.real<"seconds">(to_seconds(event.duration));
  if (event.first) line.boolean<"first">(true);
  if (!event.message.empty()) line.text<"message">(event.message);
}

void EventsWriter::on(const TaskFinished& event, TimePoint now) {
  Line line(*this, Name<"task_finished">(), now);
  line.task(event.task).word<"status">(outcome_name(event.outcome)).worker(event.worker);
  line.text<"host">(event.host).whole<"attempts">(event.attempts);
  line.real<"seconds">(to_seconds(event.duration));
  if (event.first) line.boolean<"first">(true);
  if (event.outcome == Outcome::Ok) {
    line.whole<"bytes">(event.bytes);
  } else {
    line.text<"error_type">(event.error_type).text<"error_message">(event.error_message);
  }
}

void EventsWriter::on(const TaskProgress& event, TimePoint now) {
  Line line(*this, Name<"task_progress">(), now);
  line.task(event.task).worker(event.worker).real<"fraction">(event.fraction);
  if (!event.text.empty()) line.text<"text">(event.text);
  if (event.max > 0) line.whole<"sum">(event.sum).whole<"max">(event.max);
}

void EventsWriter::on(const WorkerLog& event, TimePoint now) {
  Line line(*this, Name<"worker_log">(), now);
  line.worker(event.worker).word<"level">(name_of(event.level));
  if (event.task) line.task(*event.task);
  line.text<"text">(event.text);
}

void EventsWriter::on(const WorkerTail& event, TimePoint now) {
  Line(*this, Name<"worker_tail">(), now)
      .worker(event.worker)
      .text<"text">(event.text)
      .texts<"arguments">(event.arguments);
}

void EventsWriter::on(const Decision& event, TimePoint now) {
  Line(*this, Name<"decision">(), now).text<"text">(event.text);
}

namespace {

constexpr std::size_t kTextMax = 1000;

}  // namespace

void Explain::add(std::string_view text, TimePoint now) {
  out_().append(
      fmt::format("[{:8.3f}] {}\n", to_seconds(now - start_), printable_line(text, kTextMax)));
}

void Explain::on(const Decision& event, TimePoint now) { add(event.text, now); }

void Explain::on(const WorkerStarted& event, TimePoint now) {
  add(fmt::format("worker {} has started on {}, process {}{}{}", number(event.worker), event.host,
                  event.pid, event.arguments.empty() ? "" : ": ", shell_join(event.arguments)),
      now);
}

void Explain::on(const WorkerEnded& event, TimePoint now) {
  const std::string_view how = event.expected ? "has ended" : "has died";
  add(fmt::format("worker {} {}{}{}", number(event.worker), how, event.reason.empty() ? "" : ": ",
                  event.reason),
      now);
}

}  // namespace spread
