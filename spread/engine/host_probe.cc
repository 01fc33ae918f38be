#include "spread/engine/host_probe.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "spread/base/posix.h"
#include "spread/launch/launcher.h"

namespace spread {

/// One host being asked: a process whose output is the answer.
class HostProbe::Question final : public ReadyHandler {
 public:
  Question(HostId host, LaunchPlan plan, EventLoop& loop)
      : host_(host), plan_(std::move(plan)), loop_(loop) {}
  ~Question() override { end(); }

  void ask(Spawner& spawner) {
    deadline_ = after(loop_.now(), kPatience);
    SpawnOptions options;
    options.arguments = plan_.arguments;
    options.environment = plan_.environment;
    auto process = spawner.spawn(options);
    if (!process) return finish(process.error().message);
    process_.emplace(std::move(*process));
    process_->input.reset();
    loop_.add(process_->output.get(), true, false, this);
    loop_.add(process_->errors.get(), true, false, this);
  }

  void give_up() {
    if (!done_)
      finish("it did not answer within " + std::to_string(kPatience / std::chrono::seconds(1)) +
             " s");
  }
  bool done() const { return done_; }
  TimePoint deadline() const { return done_ ? kForever : deadline_; }
  std::optional<Answer> take() { return std::exchange(answer_, std::nullopt); }

  void on_ready(int fd, bool, bool) override {
    // No answer about CPUs is longer than this.
    constexpr std::size_t kMost = 64 * 1024;
    std::array<Byte, 4096> piece;
    UniqueFd& from = fd == process_->output.get() ? process_->output : process_->errors;
    std::string& text = fd == process_->output.get() ? said_ : complained_;
    const IoResult result = read_some(fd, piece.data(), piece.size());
    if (result.state == IoState::WouldBlock) return;
    if (result.state == IoState::Done) {
      text += as_text({piece.data(), result.size});
      if (text.size() > kMost) finish("its answer is too long");
      return;
    }
    loop_.remove(fd);
    from.reset();
    if (!process_->output && !process_->errors) finish("");
  }

 private:
  void finish(std::string problem) {
    done_ = true;
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
    end();
  }
  void end() {
    if (!process_) return;
    if (process_->output) loop_.remove(process_->output.get());
    if (process_->errors) loop_.remove(process_->errors.get());
    process_->kill_group();
    process_.reset();
  }

  HostId host_;
  LaunchPlan plan_;
  EventLoop& loop_;
  TimePoint deadline_ = kForever;
  std::optional<Subprocess> process_;
  std::string said_, complained_;
  std::optional<Answer> answer_;
  bool done_ = false;
};

HostProbe::HostProbe(const Plan& plan, Spawner& spawner, EventLoop& loop, std::size_t at_once)
    : loop_(loop), spawner_(spawner), at_once_(at_once) {
  for (const HostId host : plan.roster.ask_cpus) {
    questions_.push_back(
        std::make_unique<Question>(host, plan_cpu_question(plan.roster.hosts[number(host)]), loop));
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
                    [](const auto& question) { return !question->done(); }));
  for (; open < at_once_ && asked_ < questions_.size(); ++asked_) {
    questions_[asked_]->ask(spawner_);
    open += questions_[asked_]->done() ? 0 : 1;
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

}  // namespace spread
