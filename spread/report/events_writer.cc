#include "spread/report/events_writer.h"

#include <cmath>

#include "spread/base/json_string.h"
#include "spread/base/number_text.h"
#include "spread/report/outcome_name.h"

namespace spread {
namespace {

/// One object, written by hand (with fmt three of them took longer than a task): opened with its
/// event and time, closed with a newline by the destructor.
class Line {
 public:
  Line(ByteBuffer& out, std::string_view event, Duration since_start) : out_(out) {
    out_.append(R"({"event":")");
    out_.append(event);
    out_.append(R"(","time":)");
    append_decimals(to_seconds(since_start), kDecimals, 0, out_);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { out_.append("}\n"); }

  Line& whole(std::string_view name, std::uint64_t value) {
    key(name);
    append_number(value, out_);
    return *this;
  }
  Line& integer(std::string_view name, std::int64_t value) {
    key(name);
    append_number(value, out_);
    return *this;
  }
  Line& real(std::string_view name, double value) {
    key(name);
    std::isfinite(value) ? append_decimals(value, kDecimals, 0, out_) : out_.append("null");
    return *this;
  }
  Line& boolean(std::string_view name, bool value) {
    key(name);
    out_.append(value ? "true" : "false");
    return *this;
  }
  Line& text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(value, out_);
    return *this;
  }
  Line& worker(WorkerId id) {
    if (id == kNoWorker) {
      out_.append(R"(,"worker":null)");
      return *this;
    }
    return whole("worker", number(id));
  }
  Line& task(TaskId id) { return whole("task", number(id)); }

 private:
  static constexpr int kDecimals = 6;

  void key(std::string_view name) {
    out_.append(",\"");
    out_.append(name);
    out_.append("\":");
  }

  ByteBuffer& out_;
};

}  // namespace

EventsWriter::EventsWriter(ByteBuffer& out, TimePoint start, double wall_seconds)
    : out_(out), start_(start) {
  Line(out_, "run_started", {}).real("wall_time", wall_seconds).text("version", SPREAD_VERSION);
}

void EventsWriter::run_ended(int exit_status, TimePoint now) {
  Line(out_, "run_ended", now - start_).integer("exit_status", exit_status);
}

void EventsWriter::on(const WorkerStarted& event, TimePoint now) {
  Line(out_, "worker_started", now - start_)
      .worker(event.worker)
      .text("host", event.host)
      .integer("pid", event.pid);
}

void EventsWriter::on(const WorkerReady& event, TimePoint now) {
  Line(out_, "worker_ready", now - start_).worker(event.worker);
}

void EventsWriter::on(const WorkerEnded& event, TimePoint now) {
  Line(out_, "worker_ended", now - start_)
      .worker(event.worker)
      .boolean("expected", event.expected)
      .text("reason", event.reason);
}

void EventsWriter::on(const TaskSent& event, TimePoint now) {
  Line(out_, "task_sent", now - start_)
      .task(event.task)
      .worker(event.worker)
      .whole("attempt", event.attempt);
}

void EventsWriter::on(const TaskAnswered& event, TimePoint now) {
  Line line(out_, "task_answered", now - start_);
  line.task(event.task).worker(event.worker).text("kind", event.kind);
  line.real("seconds", to_seconds(event.duration));
  if (event.first) line.boolean("first", true);
  if (!event.message.empty()) line.text("message", event.message);
}

void EventsWriter::on(const TaskFinished& event, TimePoint now) {
  const TaskResult& result = *event.result;
  Line line(out_, "task_finished", now - start_);
  line.task(result.id).text("status", outcome_name(result.outcome)).worker(result.worker);
  line.text("host", event.host).whole("attempts", result.attempts);
  line.real("seconds", to_seconds(result.duration));
  if (result.first) line.boolean("first", true);
  if (result.outcome == Outcome::Ok) {
    line.whole("bytes", result.value.size());
  } else {
    line.text("error_type", event.error_type).text("error_message", event.error_message);
  }
}

void EventsWriter::on(const TaskProgress& event, TimePoint now) {
  Line line(out_, "task_progress", now - start_);
  line.task(event.task).worker(event.worker).real("fraction", event.fraction);
  if (!event.text.empty()) line.text("text", event.text);
}

void EventsWriter::on(const WorkerLog& event, TimePoint now) {
  Line(out_, "worker_log", now - start_).worker(event.worker).text("text", event.text);
}

void EventsWriter::on(const WorkerTail& event, TimePoint now) {
  Line(out_, "worker_tail", now - start_).worker(event.worker).text("text", event.text);
}

void EventsWriter::on(const Decision& event, TimePoint now) {
  Line(out_, "decision", now - start_).text("text", event.text);
}

}  // namespace spread
