// One libFuzzer program for each target; the build defines SPREAD_FUZZ_TARGET.

#include <cstddef>
#include <cstdint>

#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  spread::fuzz::SPREAD_FUZZ_TARGET({bytes, size});
  return 0;
}
