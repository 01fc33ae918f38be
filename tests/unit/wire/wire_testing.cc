#include "wire_testing.h"

#include <cstdlib>
#include <ostream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace spread::wire {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size();) {
    if (hex[i] == ' ' || hex[i] == '\n') {
      ++i;
    } else if (hex[i] == '(') {
      const std::size_t star = hex.find('*', i);
      const std::size_t end = hex.find(')', star);
      const std::string piece = from_hex(hex.substr(i + 1, star - i - 1));
      const int times = std::atoi(std::string(hex.substr(star + 1, end - star - 1)).c_str());
      for (int n = 0; n < times; ++n) bytes += piece;
      i = end + 1;
    } else {
      bytes += static_cast<char>(std::strtol(std::string(hex.substr(i, 2)).c_str(), nullptr, 16));
      i += 2;
    }
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  constexpr const char* kNames[] = {"need more", "message", "skip", "stray", "broken"};
  const bool readable = seen.found != Found::Stray;
  return out << kNames[static_cast<int>(seen.found)] << ' '
             << (readable ? seen.text : to_hex(seen.text));
}

std::string describe(const UpMessage& message) {
  constexpr const char* kKinds[] = {"ok",  "busy",      "error", "fatal",  "progress",
                                    "log", "cancelled", "hello", "ready",  "prep_error",
                                    "ask", "bye",       "beat",  "stderr", "unknown"};
  const std::string id = message.has_id ? fmt::format("{}", number(message.id)) : "nil";
  const std::string plain =
      fmt::format("{} {} value={} text=\"{}\" number={} so=\"{}\" se=\"{}\"",
                  kKinds[static_cast<int>(message.kind)], id, to_hex(message.value), message.text,
                  message.number, message.so, message.kind == UpKind::Ask ? "" : message.se);
  if (message.kind == UpKind::Log) {
    return fmt::format("{} level={}", plain, static_cast<int>(message.level));
  }
  if (message.kind != UpKind::Ask) return plain;
  return fmt::format("{} seq={} arguments={}", plain, message.seq, message.arguments);
}

namespace {

/// Appends what was found to `seen`; stray text is put together.
void add(std::vector<Seen>& seen, const Decoded& decoded, std::string_view front) {
  const auto join_stray = [&] {
    seen.back().text += front;
    seen.back().size += decoded.size;
  };
  const bool after_stray = !seen.empty() && seen.back().found == Found::Stray;
  switch (decoded.found) {
    case Found::NeedMore: return;
    case Found::Skip:
      if (after_stray) join_stray();
      return;
    case Found::Stray:
      if (after_stray) return join_stray();
      seen.push_back({Found::Stray, std::string(front), decoded.size});
      return;
    case Found::Message:
      seen.push_back({Found::Message, describe(decoded.message), decoded.size});
      return;
    case Found::Broken: seen.push_back({Found::Broken, decoded.error, 0}); return;
  }
}

}  // namespace

std::vector<Seen> decode_all(Codec& codec, std::string_view bytes,
                             const std::vector<std::size_t>& cuts, bool end) {
  std::vector<Seen> seen;
  Decoded decoded;
  std::size_t done = 0;
  std::size_t wanted = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const bool last = i == cuts.size();
    const std::size_t there = last ? bytes.size() : cuts[i];
    const bool final = last && end;
    while (final || there - done >= wanted) {
      // A copy of exactly these bytes, so that the address sanitizer sees a look beyond them.
      const std::vector<char> piece(bytes.begin() + static_cast<std::ptrdiff_t>(done),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(there));
      const std::string_view front(piece.data(), piece.size());
      codec.decode(as_bytes(front), final, decoded);
      wanted = 0;
      if (decoded.found == Found::NeedMore) {
        EXPECT_GT(decoded.size, front.size()) << "wants no more than there is";
        EXPECT_FALSE(final && !front.empty()) << "wants more behind the end";
        wanted = decoded.size;
        break;
      }
      add(seen, decoded, front.substr(0, decoded.size));
      if (decoded.found == Found::Broken) return seen;
      if (decoded.size == 0 || decoded.size > front.size()) {
        ADD_FAILURE() << "does not get on at byte " << done << " of " << to_hex(bytes);
        return seen;
      }
      done += decoded.size;
    }
  }
  return seen;
}

std::uint64_t test_seed(std::uint64_t fallback) {
  const char* const given = std::getenv("SPREAD_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : fallback;
  ::testing::Test::RecordProperty("SPREAD_SEED", std::to_string(seed));
  return seed;
}

}  // namespace spread::wire
