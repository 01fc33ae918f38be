#include "spread/relay/relay.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/numbers.h"
#include "spread/base/posix.h"
#include "spread/base/quote.h"
#include "spread/report/summary.h"

namespace spread {

using wire::RelayFound;
using wire::RelayFrame;
using wire::RelayKind;
using wire::RelayOpening;

namespace {

// As much as a large pipe holds.
constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
constexpr int kBySignal = 128;

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t comma = words.find(',');
    if (words.substr(0, comma) == word) return true;
    words.remove_prefix(comma == std::string_view::npos ? words.size() : comma + 1);
  }
  return false;
}

tl::unexpected<Error> wrong_variable(std::string_view name, std::string_view value,
                                     std::string_view expected) {
  return fail(fmt::format("relay: {} is {}, and {} is expected of a master", name, show_text(value),
                          expected));
}

ChildOptions child_options(const RelayParts& parts, WorkerId worker) {
  ChildOptions options;
  options.end_sequence = {EndStep::term(parts.ends.kill_grace)};
  // Behind a launcher it is the launcher that dies.
  options.ends_dead_group = parts.plan.is_local(worker);
  return options;
}

}  // namespace

Result<RelayMaster> relay_master(Environment environment) {
  const auto value_of = [&](std::string_view name) -> std::string_view {
    const char* const value = environment.get(name);
    return value == nullptr ? "" : value;
  };
  RelayMaster master;
  const std::string_view wire = value_of("SPREAD_WIRE");
  if (wire == name_of(Wire::Json)) {
    master.wire = Wire::Json;
  } else if (!wire.empty() && wire != name_of(Wire::Msgpack)) {
    return wrong_variable("SPREAD_WIRE", wire, "msgpack or json");
  }
  if (const std::string_view items = value_of("SPREAD_PREP"); !items.empty()) {
    const auto count = parse_count(items);
    if (!count) return wrong_variable("SPREAD_PREP", items, "a number of prep items");
    master.prep_items = *count;
  }
  if (const std::string_view seconds = value_of("SPREAD_BEAT"); !seconds.empty()) {
    const auto beat = parse_duration(seconds);
    if (!beat || *beat <= Duration::zero()) {
      return wrong_variable("SPREAD_BEAT", seconds, "a number of seconds");
    }
    master.beat = *beat;
  }
  master.knows_relays = has_word(value_of("SPREAD_FEATURES"), "relay");
  return master;
}

Relay::Relay(const RelayParts& parts)
    : parts_(parts),
      out_(parts.output),
      opening_(parts.master.wire, parts.master.prep_items, parts.max_frame),
      beat_(parts.loop, [this] { beat(); }),
      grace_(parts.loop, [this] { grace_is_over(); }) {
  for (std::uint32_t k = 0; k < parts_.plan.workers(); ++k) {
    workers_.push_back(std::make_unique<RelayWorker>(k, parts_.loop, read_buffer_, out_,
                                                     child_options(parts_, WorkerId{k})));
  }
  parts_.loop.add(parts_.input, true, false, this);
  parts_.loop.add(parts_.signals.fd(), true, false, this);
}

Relay::~Relay() {
  stop_reading();
  parts_.loop.remove(parts_.signals.fd());
}

Result<int> Relay::execute() {
  wire::RelayHello hello;
  hello.workers = parts_.plan.workers();
  hello.prep_items = parts_.master.prep_items;
  hello.beats = parts_.master.beat.has_value();
  wire::append_relay_hello(hello, parts_.master.wire, parts_.output.queue().tail());
  parts_.output.flush();
  if (hello.beats) beat_.set(after(parts_.loop.now(), *parts_.master.beat / 2));
  while (true) {
    turn();
    if (over()) break;
    parts_.loop.wait(kForever);
  }
  if (error_) return tl::unexpected(*error_);
  return status_;
}

void Relay::turn() {
  for (const auto& worker : workers_) worker->flush();
  if (phase_ == Phase::Ending && orderly() && all_down() && !std::exchange(said_bye_, true)) {
    say(RelayKind::Bye);
  }
  parts_.output.flush();
  look_at_output();
}

void Relay::on_ready(int fd, bool, bool) {
  if (fd == parts_.input) return read_master();
  look_at_signals();
}

void Relay::say(RelayKind kind) {
  RelayFrame frame;
  frame.kind = kind;
  out_.say(frame);
}

/// Any byte is as good as a beat, and what waits to be written will be one.
void Relay::beat() {
  const std::uint64_t written = parts_.output.written();
  if (written == beaten_at_ && parts_.output.queue_empty()) say(RelayKind::Beat);
  parts_.output.flush();
  beaten_at_ = written;
  beat_.set(after(parts_.loop.now(), *parts_.master.beat / 2));
}

// ---------------------------------------------------------------- what the master says

void Relay::read_master() {
  const IoResult result = read_some(parts_.input, input_.prepare(kReadBytes), kReadBytes);
  if (result.state == IoState::WouldBlock) return;
  if (result.state == IoState::Failed) {
    return refuse("cannot read standard input: " + errno_text(result.error));
  }
  if (result.state == IoState::End) return input_ended();
  input_.commit(result.size);
  take_input();
}

void Relay::take_input() {
  while (phase_ == Phase::Opening && take_opening()) {
  }
  while (phase_ == Phase::Working && take_frame()) {
  }
}

/// False: more has to be read first.
bool Relay::take_opening() {
  using What = RelayOpening::Part::What;
  const RelayOpening::Part part = opening_.next(input_.view());
  switch (part.what) {
    case What::NeedMore: return false;
    case What::Broken: return refuse(part.error), false;
    case What::Begin: phase_ = Phase::Working; break;
    case What::Prep: prep_.push_back(arena_.copy(input_.view().first(part.size))); break;
    case What::Dropped: break;
  }
  input_.consume(part.size);
  return true;
}

bool Relay::take_frame() {
  RelayFrame frame;
  const RelayFound found = wire::find_relay_frame(input_.view(), wire::RelaySide::Master, frame);
  if (found.what == RelayFound::What::NeedMore) return false;
  if (found.what == RelayFound::What::Broken) return refuse(found.error), false;
  carry_out(frame);
  input_.consume(found.size);
  return true;
}

void Relay::carry_out(const RelayFrame& frame) {
  if (frame.kind == RelayKind::Begin) return refuse("it has begun already");
  if (frame.k >= workers_.size()) {
    return refuse(fmt::format("there is no worker {}, there are {}", frame.k, workers_.size()));
  }
  RelayWorker& worker = *workers_[frame.k];
  switch (frame.kind) {
    case RelayKind::Start: return start(worker, frame);
    case RelayKind::In: {
      const Status taken = worker.take(frame.bytes);
      return taken ? void() : refuse(taken.error().message);
    }
    case RelayKind::Close: return worker.close_input();
    case RelayKind::Term: return worker.terminate();
    case RelayKind::Kill: return worker.kill();
    case RelayKind::Stop: return worker.suspend(true);
    case RelayKind::Cont: return worker.suspend(false);
    case RelayKind::Read: return worker.read(frame.reads_out, frame.reads_err);
    case RelayKind::Begin:
    case RelayKind::Up:
    case RelayKind::Out:
    case RelayKind::Err:
    case RelayKind::End:
    case RelayKind::Took:
    case RelayKind::Deaf:
    case RelayKind::Down:
    case RelayKind::Beat:
    case RelayKind::Bye: break;
  }
  SPREAD_ASSERT(false);  // no frame of a master
}

void Relay::start(RelayWorker& worker, const RelayFrame& frame) {
  if (worker.up()) return refuse(fmt::format("worker {} is up, and is to be started", frame.k));
  const WorkerId id{frame.k};
  wire::RelayEnvironment environment = {{"SPREAD_PREP", std::to_string(parts_.master.prep_items)}};
  for (auto& variable : wire::environment_of(frame.bytes)) {
    environment.push_back(std::move(variable));
  }
  const LaunchPlan plan = parts_.plan.launch(id, std::move(environment));
  SpawnOptions options;
  options.arguments = plan.arguments;
  options.environment = plan.environment;
  options.directory = plan.directory;
  options.inherits = parts_.plan.is_local(id);
  worker.start(parts_.spawner, options, parts_.plan.host_names[frame.k], plan.input, prep_);
}

// ---------------------------------------------------------------- how it ends

void Relay::stop_reading() {
  if (!std::exchange(reads_master_, false)) return;
  parts_.loop.remove(parts_.input);
}

void Relay::begin_end() {
  stop_reading();
  beat_.set(kForever);
  phase_ = Phase::Ending;
}

/// The master has said nonsense: what it wants is not known any more.
void Relay::refuse(std::string what) {
  if (phase_ == Phase::Ending) return;
  error_ = Error{"relay: from its master: " + std::move(what)};
  begin_end();
  end_workers(true);
}

void Relay::input_ended() {
  if (!input_.empty() || !opening_.between()) {
    return refuse("standard input has ended in the middle of a frame");
  }
  stop_reading();
  phase_ = Phase::Ending;
  for (const auto& worker : workers_) {
    // Nothing can be said of them any more.
    worker->suspend(false);
    worker->close_input();
    worker->read(true, true);
  }
  const auto& limit = parts_.ends.shutdown_timeout;
  if (limit && *limit != kNoLimit) grace_.set(after(parts_.loop.now(), *limit));
}

void Relay::end_workers(bool gently) {
  killed_ = !gently || terminated_;
  terminated_ = true;
  for (const auto& worker : workers_) killed_ ? worker->kill() : worker->terminate();
  // Then also what has ended and was not read.
  grace_.set(killed_ ? kForever : after(parts_.loop.now(), parts_.ends.kill_grace));
}

void Relay::grace_is_over() { end_workers(true); }

void Relay::look_at_signals() {
  while (const auto signal = parts_.signals.next()) {
    if (signal->asks_to_stop) parts_.signals.stop_here();
    if (!signal->asks_to_end) continue;
    if (status_ == 0 && !error_) status_ = kBySignal + signal->number;
    begin_end();
    end_workers(true);
  }
}

void Relay::look_at_output() {
  if (parts_.output.closed()) {
    if (killed_) return;
    if (parts_.output.failed()) {
      error_ = Error{"relay: cannot write to its master: " + parts_.output.error()};
    } else if (status_ == 0) {
      status_ = kOutputClosed;
    }
    begin_end();
    return end_workers(false);
  }
  if (out_.take_room()) {
    for (const auto& worker : workers_) worker->reconsider();
  }
  if (!reads_master_) return;
  const bool pause = parts_.output.waiting() >= kAnswersMax;
  if (pause == std::exchange(master_paused_, pause)) return;
  pause ? parts_.loop.pause(parts_.input) : parts_.loop.change(parts_.input, true, false);
}

bool Relay::all_down() const {
  return std::none_of(workers_.begin(), workers_.end(),
                      [](const auto& worker) { return worker->up(); });
}

/// Who has ended it by a signal, or has sent nonsense, may not be reading.
bool Relay::over() const {
  return phase_ == Phase::Ending && all_down() && (!orderly() || parts_.output.queue_empty());
}

}  // namespace spread
