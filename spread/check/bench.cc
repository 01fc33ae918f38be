#include "spread/check/bench.h"

#include "spread/io/child.h"
#include "spread/io/system.h"

namespace spread::check {
namespace {

/// A program in the worker's place: all that it writes is kept.
class Speaker final : public SharedSink {
 public:
  Speaker(ReadBuffer& shared, Bench::Spoken& spoken) : SharedSink(shared), spoken_(spoken) {}
  void on_bytes(bool errors, Slice bytes) override {
    (errors ? spoken_.errors : spoken_.out) += as_text(bytes.view());
  }
  void on_ended(const ChannelEnd& end) override { spoken_.status = end.status_or_killed(); }

 private:
  Bench::Spoken& spoken_;
};

}  // namespace

Bench::Bench(const Plan& plan, WorkerId worker, const Subject& subject, EventLoop& loop,
             Spawner& spawner, SignalSet& signals, int output)
    : plan_(plan),
      worker_(worker),
      subject_(subject),
      loop_(loop),
      spawner_(spawner),
      signals_(signals),
      output_(is_pipe(output) ? output : -1) {
  loop_.add(signals_.fd(), true, false, this);
  // Without interest in anything: a reader that goes away is told all the same.
  if (output_ >= 0) loop_.add(output_, false, false, this);
}

Bench::~Bench() {
  loop_.remove(signals_.fd());
  if (output_ >= 0) loop_.remove(output_);
}

void Bench::on_ready(int fd, bool, bool) {
  if (fd == output_) {
    loop_.pause(fd);
    return stop();
  }
  while (const auto signal = signals_.next()) {
    if (signal->asks_to_end && signal_ == 0) signal_ = signal->number;
    if (signal->asks_to_stop) signals_.stop_here();
  }
}

bool Bench::wait_until(const std::function<bool()>& met, Duration limit) {
  loop_.advance();
  const TimePoint end = after(loop_.now(), limit);
  while (!met()) {
    if (stopped() || loop_.now() >= end) return false;
    loop_.wait(end);
  }
  return true;
}

Bench::Spoken Bench::run_in_its_place(const ArgumentList& words, std::string_view input,
                                      bool closes, const std::function<bool(const Spoken&)>& met,
                                      Duration limit) {
  Spoken spoken;
  CommandOptions command = plan_.command;
  command.words = words;
  const LaunchPlan plan = plan_.launch(command, worker_, 0);
  SpawnOptions options;
  options.arguments = plan.arguments;
  options.environment = plan.environment;
  options.directory = plan.directory;
  options.inherits = is_local();
  ReadBuffer read_buffer;
  Speaker speaker(read_buffer, spoken);
  ChildOptions ending;
  ending.ends_group = true;
  Child child(loop_, read_buffer, std::move(ending));
  child.set_sink(speaker);
  if (const Status started = child.start(spawner_, options); !started) {
    spoken.not_started = started.error().message;
    return spoken;
  }
  child.send(Slice::copy_of(as_bytes(plan.input)));
  child.send(Slice::copy_of(as_bytes(input)));
  child.flush();
  if (closes) child.close_input();
  wait_until([&] { return met(spoken) || spoken.status; }, limit);
  const auto status = spoken.status;
  spoken.seen_at = loop_.now();
  child.kill();
  constexpr Duration kAfterKill = std::chrono::seconds(10);
  wait_until([&] { return spoken.status.has_value(); }, kAfterKill);
  spoken.status = status;
  return spoken;
}

}  // namespace spread::check
