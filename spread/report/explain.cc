#include "spread/report/explain.h"

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread {
namespace {

constexpr std::size_t kTextMax = 1000;

}  // namespace

void Explain::add(std::string_view text, TimePoint now) {
  out_().append(
      fmt::format("[{:8.3f}] {}\n", to_seconds(now - start_), printable_line(text, kTextMax)));
}

void Explain::on(const Decision& event, TimePoint now) { add(event.text, now); }

void Explain::on(const WorkerStarted& event, TimePoint now) {
  add(fmt::format("worker {} has started on {}, process {}", number(event.worker), event.host,
                  event.pid),
      now);
}

void Explain::on(const WorkerEnded& event, TimePoint now) {
  const std::string_view how = event.expected ? "has ended" : "has died";
  add(fmt::format("worker {} {}{}{}", number(event.worker), how, event.reason.empty() ? "" : ": ",
                  event.reason),
      now);
}

}  // namespace spread
