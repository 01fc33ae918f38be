#pragma once

#include <cstdint>
#include <string>

#include "spread/api/bytes.h"

namespace spread {

/// XXH3-64: of a task's payload, to tell whether it is the same one as in an earlier run. No guard
/// against one who makes two of the same digest on purpose.
std::uint64_t digest_of(ByteView bytes);
std::uint64_t digest_of(const Value& value);

/// Of bytes that come in pieces.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(ByteView bytes);
  std::uint64_t value() const;

 private:
  void* state_;
};

/// 16 hexadecimal digits.
std::string digest_text(std::uint64_t digest);

}  // namespace spread
