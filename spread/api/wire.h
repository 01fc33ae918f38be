// The wires that tasks and answers take. The defaults here are those of --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spread {

enum class Wire : std::uint8_t { Msgpack, Json, Lines };
/// As users and workers (SPREAD_WIRE) write them.
inline constexpr std::string_view kWireNames[] = {"msgpack", "json", "lines"};
constexpr std::string_view name_of(Wire wire) { return kWireNames[static_cast<std::size_t>(wire)]; }

/// `--wire lines --window N`: answers belong to lines by their number alone, and may sit in a
/// filter's buffer until its input ends.
constexpr bool counts_answers(Wire wire, std::uint32_t window) {
  return wire == Wire::Lines && window > 1;
}

}  // namespace spread
