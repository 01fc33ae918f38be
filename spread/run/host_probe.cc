#include "spread/run/host_probe.h"

#include <array>
#include <optional>
#include <utility>

#include "spread/base/posix.h"
#include "spread/launch/launcher.h"

namespace spread {

/// One host being asked: a process whose output is the answer.
class HostProbe::Question final : public ReadyHandler {
 public:
  Question(HostId host, EventLoop& loop) : host_(host), loop_(loop) {}
  ~Question() override { end(); }

  void ask(const LaunchPlan& plan, Spawner& spawner) {
    SpawnOptions options;
    options.arguments = plan.arguments;
    options.environment = plan.environment;
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
  std::optional<Answer> take() { return std::exchange(answer_, std::nullopt); }

  void on_ready(int fd, bool, bool) override {
    // Nobody says in more than this how many CPUs there are.
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
  EventLoop& loop_;
  std::optional<Subprocess> process_;
  std::string said_, complained_;
  std::optional<Answer> answer_;
  bool done_ = false;
};

HostProbe::HostProbe(const Plan& plan, Spawner& spawner, EventLoop& loop)
    : loop_(loop), deadline_(after(loop.now(), kPatience)) {
  for (const HostId host : plan.roster.ask_cpus) {
    questions_.push_back(std::make_unique<Question>(host, loop));
    questions_.back()->ask(plan_cpu_question(plan.roster.hosts[number(host)]), spawner);
  }
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

void HostProbe::tick() {
  if (loop_.now() < deadline_) return;
  stop();
}

void HostProbe::stop() {
  for (const auto& question : questions_) question->give_up();
}

}  // namespace spread
