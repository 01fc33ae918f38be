// Verbs of the wire tests: bytes from hex, and a codec driven as a Session drives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"
#include "spread/wire/codec.h"

namespace spread::wire {

/// "c6 00(61*3)" -> C6 00 61 61 61. White space is ignored; (HEX*N) repeats.
std::string from_hex(std::string_view hex);
std::string to_hex(std::string_view bytes);
inline std::string to_hex(ByteView bytes) { return to_hex(as_text(bytes)); }
inline std::string to_string(const ByteBuffer& bytes) { return std::string(as_text(bytes.view())); }

/// One thing that a decoder found, with copies of its views.
struct Seen {
  Found found = Found::NeedMore;
  std::string text;  ///< Stray: the bytes. Broken: the error. Message: every field, readable
  std::size_t size = 0;
  bool operator==(const Seen& other) const { return found == other.found && text == other.text; }
};
std::ostream& operator<<(std::ostream& out, const Seen& seen);

/// Every field of a message in one line: `ok 7 value=09 so="" se=""`.
std::string describe(const UpMessage& message);

/// Feeds `bytes` cut at `cuts` (rising; offsets), asks again as soon as the size that was wanted is
/// there, and ends with `final` unless told not to. Skips are dropped, but those that belong to
/// stray text are added to it, and neighbouring pieces of stray text are joined. Fails the test if
/// the codec does not get on.
std::vector<Seen> decode_all(Codec& codec, std::string_view bytes,
                             const std::vector<std::size_t>& cuts = {}, bool end = true);

/// The seed of a random test: SPREAD_SEED, or `fallback`; printed when the test fails.
std::uint64_t test_seed(std::uint64_t fallback);

}  // namespace spread::wire
