#include "spread/report/failures.h"

#include <fmt/format.h>

#include "spread/report/human.h"
#include "spread/report/outcome_name.h"

namespace spread {
namespace {

constexpr std::size_t kTypeMax = 100;
constexpr std::size_t kMessageMax = 500;

std::string where(const TaskFinished& event) {
  const TaskResult& result = *event.result;
  if (result.worker == kNoWorker) return "";
  std::string text = fmt::format(" (worker {} on {}", number(result.worker), event.host);
  if (result.attempts > 1) text += fmt::format(", {} attempts", result.attempts);
  return text + ")";
}

std::string_view verb(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "succeeded";
    case Outcome::Failed: return "failed";
    case Outcome::Lost: return "was lost";
    case Outcome::NotComputed: return "was not computed";
  }
  return "";
}

}  // namespace

void FailureReport::on(const TaskFinished& event, TimePoint) {
  const TaskResult& result = *event.result;
  ++counts_[static_cast<std::size_t>(result.outcome)];
  if (result.outcome == Outcome::Ok || told_ == kToldMax) return;
  ++told_;
  std::string text = fmt::format("spread: task {} {}", number(result.id), verb(result.outcome));
  if (!event.error_type.empty()) text += ": " + one_line(event.error_type, kTypeMax);
  if (!event.error_message.empty()) text += ": " + one_line(event.error_message, kMessageMax);
  out_.append(text + where(event) + "\n");
}

void FailureReport::finish() {
  std::uint64_t all = 0;
  std::string text;
  for (const Outcome outcome : {Outcome::Failed, Outcome::Lost, Outcome::NotComputed}) {
    const std::uint64_t count = counts_[static_cast<std::size_t>(outcome)];
    all += count;
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, outcome_name(outcome));
  }
  if (all <= told_) return;
  out_.append(
      fmt::format("spread: {} of {} tasks have no result: {}; the first {} are told above\n", all,
                  all + counts_[0], text, told_));
}

}  // namespace spread
