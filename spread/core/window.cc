#include "spread/core/window.h"

#include <algorithm>
#include <cmath>

namespace spread {
namespace {

// Weight of the newest sample; 1/4 forgets a change within about ten answers.
constexpr double kNewest = 0.25;
// One slow task among tiny ones must not make the window collapse for long.
constexpr double kOutlier = 4;
// A second task is sent to a worker only to measure it while answers take less than this: longer
// tasks lose little to a round trip, and whatever waits behind them waits for long.
constexpr double kProbeBelow = 1.0;
// A round trip below this part of the service time is not worth a task waiting in the pipe.
constexpr double kRoundTripMatters = 0.02;
// A worker may hold answers back for about so long (docs/protocol.md, section 6).
constexpr double kHeldBack = 0.02;
// The least response is forgotten at this rate: a network can become slower.
constexpr double kForget = 1.01;

}  // namespace

void Window::answered(const Batch& batch) {
  answers_ += batch.count;
  if (answers_ >= allowed_ && allowed_ <= wanted_ + 1 && allowed_ < kMax) {
    allowed_ *= 2;
    answers_ = 0;
  }
  const double elapsed = std::max(to_seconds(batch.since_sent), 1e-9);
  if (batch.first_of_process) {
    // An upper bound, and better than nothing.
    if (provisional_) service_ = elapsed / batch.count;
  } else if (batch.from_idle) {
    learn_from_idle(batch, elapsed);
  } else {
    learn_while_busy(batch, elapsed);
  }
  decide_size();
}

void Window::learn_from_idle(const Batch& batch, double elapsed) {
  if (batch.count > 1) {
    // The first of them took a whole response, each other one the service time alone. Until a
    // response has been seen alone (a worker that holds answers back may never show one) the
    // shortest batch stands for it.
    const double least = elapsed / (100.0 * batch.count);
    response_min_ = response_min_ == 0 ? elapsed : std::min(response_min_, elapsed);
    learn_pure_service(std::max(least, (elapsed - response_min_) / (batch.count - 1)));
    return;
  }
  response_min_ = response_min_ == 0 ? elapsed : std::min(response_min_ * kForget, elapsed);
  if (!separated_) {
    learn_service(elapsed);
    return;
  }
  const double round_trip = std::clamp(elapsed - service_, 0.0, response_min_);
  round_trip_ += kNewest * (round_trip - round_trip_);
  learn_service(std::max(0.0, elapsed - round_trip_));
}

void Window::learn_while_busy(const Batch& batch, double elapsed) {
  const double gap = std::max(to_seconds(batch.since_answer), 0.0);
  burst_ += kNewest * (batch.count - burst_);
  // It was at the worker before the one before it was done: what passed since is pure service.
  if (batch.together || elapsed - gap >= response_min_) {
    learn_pure_service(gap / batch.count);
    return;
  }
  // Else the worker may have waited for it.
  learn_service(std::min(gap, std::max(0.0, elapsed - round_trip_)) / batch.count);
}

void Window::learn_pure_service(double sample) {
  if (!separated_) {
    separated_ = true;
    provisional_ = false;
    service_ = std::max(sample, 1e-9);
    // Whatever the response had beyond the service is the first guess of the round trip.
    round_trip_ = std::max(0.0, response_min_ - service_);
    return;
  }
  learn_service(sample);
}

void Window::learn_service(double sample) {
  sample = std::max(sample, 1e-9);
  if (provisional_) {
    service_ = sample;
    provisional_ = false;
    return;
  }
  service_ += kNewest * (std::min(sample, kOutlier * service_) - service_);
}

void Window::decide_size() {
  const double limit = to_seconds(queued_work_max_);
  double size = 1 + std::floor(std::min(to_seconds(kQueuedWork), limit) / service_);
  if (separated_ && response_min_ < kProbeBelow && round_trip_ > kRoundTripMatters * service_) {
    // Answers that come in bursts are on average under way for longer than the least response.
    const double burst =
        round_trip_ > to_seconds(kQueuedWork) ? std::min(burst_ - 1, kHeldBack / service_) : 0;
    size += std::min(std::ceil(round_trip_ / service_ + burst), std::floor(limit / service_));
  }
  wanted_ = static_cast<std::uint32_t>(std::clamp(size, 1.0, static_cast<double>(kMax)));
  probing_ = !separated_ && wanted_ < 2 && service_ < kProbeBelow;
}

}  // namespace spread
