#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace spread::test {

/// "c6(61*3)00": hex, with repeated stretches in brackets.
inline std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at < hex.size();) {
    if (hex[at] != '(') {
      bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
      at += 2;
      continue;
    }
    const std::size_t star = hex.find('*', at);
    const std::size_t end = hex.find(')', at);
    const std::string stretch = bytes_of(hex.substr(at + 1, star - at - 1));
    for (int n = std::stoi(hex.substr(star + 1, end - star - 1)); n > 0; --n) bytes += stretch;
    at = end + 1;
  }
  return bytes;
}

inline std::vector<nlohmann::json> cases(const std::string& direction, const std::string& kind) {
  std::ifstream file(SPREAD_SOURCE_DIR "/tests/golden/frames.json");
  const auto golden = nlohmann::json::parse(file);
  std::vector<nlohmann::json> found;
  for (const auto& one : golden["cases"]) {
    if (one["wire"] != "msgpack" || one["direction"] != direction) continue;
    if (direction == "up" ? one["name"] == kind : one["message"]["kind"] == kind) {
      found.push_back(one);
    }
  }
  if (found.empty()) throw std::runtime_error("no golden case " + direction + " " + kind);
  return found;
}

/// Those of the case of that name, in msgpack.
inline std::string golden_bytes(const std::string& direction, const std::string& name) {
  std::ifstream file(SPREAD_SOURCE_DIR "/tests/golden/frames.json");
  const auto golden = nlohmann::json::parse(file);
  for (const auto& one : golden["cases"]) {
    if (one["wire"] == "msgpack" && one["direction"] == direction && one["name"] == name) {
      return bytes_of(one["hex"]);
    }
  }
  throw std::runtime_error("no golden case " + direction + " " + name);
}

}  // namespace spread::test
