#pragma once

#include <cstdint>
#include <string>

namespace spread {

/// How messages name a place in a source: "stdin line 3", "::: argument 2".
struct ItemPlace {
  std::string source;
  std::string unit;

  std::string text(std::uint64_t number) const {
    return source + " " + unit + " " + std::to_string(number);
  }
};

}  // namespace spread
