#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "spread/check/bench.h"
#include "spread/check/checks.h"

namespace spread::check {

struct Totals {
  std::size_t passed = 0, failed = 0, not_applicable = 0;
  std::size_t all() const { return passed + failed + not_applicable; }
};

/// Told of each check when it has been made.
using Tell = std::function<void(std::string_view name, const Finding& finding)>;

/// All checks of one worker and of what leads to it, until Bench::stopped(). Each takes a bounded
/// number of Subject::limit, and has ended what it has started.
Totals check_worker(Bench& bench, const Tell& tell);

}  // namespace spread::check
