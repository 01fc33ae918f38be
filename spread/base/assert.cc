#include "spread/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace spread {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "spread: internal error: %s is false (%s:%d); please report this\n",
               expression, file, line);
  std::abort();
}

}  // namespace spread
