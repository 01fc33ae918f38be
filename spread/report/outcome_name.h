#pragma once

#include <string_view>

#include "spread/api/task.h"

namespace spread {

/// The word for an outcome in everything that people and programs read. Part of the formats of
/// --events and --out records.
constexpr std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "ok";
    case Outcome::Failed: return "failed";
    case Outcome::Lost: return "lost";
    case Outcome::NotComputed: return "not computed";
  }
  return "";
}

}  // namespace spread
