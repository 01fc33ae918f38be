#include "spread/journal/digest.h"

#include <array>
#include <cstring>

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace spread {

std::uint64_t digest_of(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t digest_of(const Value& value) {
  if (value.head_size == 0) return digest_of(value.body.view());
  // A state has half a kilobyte to be set up: small payloads are put together instead.
  constexpr std::size_t kSmall = 512;
  std::array<Byte, kSmall> whole;
  const ByteView head = value.head_view(), body = value.body.view();
  if (head.size() + body.size() <= kSmall) {
    std::memcpy(whole.data(), head.data(), head.size());
    if (!body.empty()) std::memcpy(whole.data() + head.size(), body.data(), body.size());
    return digest_of({whole.data(), head.size() + body.size()});
  }
  Digest digest;
  digest.add(head);
  digest.add(body);
  return digest.value();
}

Digest::Digest() : state_(XXH3_createState()) {
  XXH3_64bits_reset(static_cast<XXH3_state_t*>(state_));
}
Digest::~Digest() { XXH3_freeState(static_cast<XXH3_state_t*>(state_)); }
void Digest::add(ByteView bytes) {
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), bytes.data(), bytes.size());
}
std::uint64_t Digest::value() const {
  return XXH3_64bits_digest(static_cast<const XXH3_state_t*>(state_));
}

std::string digest_text(std::uint64_t digest) { return fmt::format("{:016x}", digest); }

}  // namespace spread
