#include "spread/engine/host_probe.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "spread/io/child.h"
#include "spread/io/system.h"
#include "spread/launch/launcher.h"

namespace spread {

namespace {

// No answer about CPUs is longer than this.
constexpr std::size_t kAnswerMax = 64 * 1024;

}  // namespace

/// One host being asked: a process whose output is the answer.
class HostProbe::Question final : private SharedSink {
 public:
  Question(HostId host, LaunchPlan plan, EventLoop& loop, ReadBuffer& shared)
      : SharedSink(shared),
        host_(host),
        plan_(std::move(plan)),
        loop_(loop),
        child_(loop, shared, {}) {
    child_.set_sink(*this);
  }

  void ask(Spawner& spawner) {
    deadline_ = after(loop_.now(), kPatience);
    SpawnOptions options;
    options.arguments = plan_.arguments;
    options.environment = plan_.environment;
    if (const Status started = child_.start(spawner, options); !started) {
      return finish(started.error().message);
    }
    child_.close_input();
  }

  void give_up() {
    finish("it did not answer within " + std::to_string(kPatience / std::chrono::seconds(1)) +
           " s");
  }
  bool done() const { return done_; }
  /// Its descriptors are in use, or will be.
  bool open() const { return !done_ || child_.active(); }
  TimePoint deadline() const { return done_ ? kForever : deadline_; }
  std::optional<Answer> take() { return std::exchange(answer_, std::nullopt); }

 private:
  void on_bytes(bool errors, Slice bytes) override {
    std::string& text = errors ? complained_ : said_;
    if (done_) return;
    text += as_text(bytes.view());
    if (text.size() > kAnswerMax) finish("its answer is too long");
  }
  /// It may take its time to log out.
  void on_output_end() override {
    if (parse_cpu_answer(said_)) finish("");
  }
  void on_ended(const ChannelEnd&) override { finish(""); }

  void finish(std::string problem) {
    if (std::exchange(done_, true)) return;
    Answer answer;
    answer.host = host_;
    const auto cpus = parse_cpu_answer(said_);
    if (problem.empty() && !cpus) {
      // ssh ends its lines with both.
      complained_.erase(complained_.find_last_not_of("\r\n") + 1);
      const std::size_t line = complained_.rfind('\n');
      problem = complained_.empty() ? "it said nothing" : complained_.substr(line + 1);
    }
    answer.cpus = cpus.value_or(1);
    answer.problem = std::move(problem);
    answer_ = std::move(answer);
    child_.kill();
  }

  HostId host_;
  LaunchPlan plan_;
  EventLoop& loop_;
  TimePoint deadline_ = kForever;
  Child child_;
  std::string said_, complained_;
  std::optional<Answer> answer_;
  bool done_ = false;
};

HostProbe::HostProbe(const Plan& plan, Spawner& spawner, EventLoop& loop, std::size_t at_once)
    : loop_(loop), spawner_(spawner), at_once_(at_once) {
  for (const HostId host : plan.roster.ask_cpus) {
    questions_.push_back(std::make_unique<Question>(
        host, plan_cpu_question(plan.roster.hosts[number(host)]), loop, read_buffer_));
  }
  ask_next();
}

HostProbe::~HostProbe() = default;

std::vector<HostProbe::Answer> HostProbe::take_answers() {
  std::vector<Answer> answers;
  for (const auto& question : questions_) {
    if (auto answer = question->take()) answers.push_back(std::move(*answer));
  }
  return answers;
}

bool HostProbe::done() const {
  for (const auto& question : questions_) {
    if (!question->done()) return false;
  }
  return true;
}

TimePoint HostProbe::next_deadline() const {
  TimePoint next = kForever;
  for (const auto& question : questions_) next = std::min(next, question->deadline());
  return next;
}

void HostProbe::ask_next() {
  auto open = static_cast<std::size_t>(
      std::count_if(questions_.begin(), questions_.begin() + static_cast<std::ptrdiff_t>(asked_),
                    [](const auto& question) { return question->open(); }));
  for (; open < at_once_ && asked_ < questions_.size(); ++asked_) {
    questions_[asked_]->ask(spawner_);
    open += questions_[asked_]->open() ? 1 : 0;
  }
}

void HostProbe::tick() {
  for (const auto& question : questions_) {
    if (loop_.now() >= question->deadline()) question->give_up();
  }
  ask_next();
}

void HostProbe::stop() {
  asked_ = questions_.size();
  for (const auto& question : questions_) question->give_up();
}

Result<std::map<std::uint32_t, HostProbe::Answer>> ask_hosts(const Plan& plan,
                                                             Environment environment,
                                                             Streams streams) {
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  Spawner spawner(environment, streams);
  constexpr std::uint64_t kOwn = 16;
  const std::uint64_t limit =
      descriptor_limit(streams, plan.roster.ask_cpus.size() * HostProbe::kDescriptors + kOwn);
  spawner.give_descriptor_limit(plan.descriptor_limit);
  HostProbe probe(
      plan, spawner, *loop,
      std::max<std::uint64_t>(1, (limit - std::min(limit, kOwn)) / HostProbe::kDescriptors));
  std::map<std::uint32_t, HostProbe::Answer> answers;
  while (true) {
    probe.tick();
    for (HostProbe::Answer& answer : probe.take_answers()) {
      answers[number(answer.host)] = std::move(answer);
    }
    if (probe.done()) return answers;
    loop->wait(probe.next_deadline());
  }
}

}  // namespace spread
