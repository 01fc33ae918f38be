#pragma once

/// -j8 as well as -j 8, for programs whose further arguments are a command.

#include <stdlib.h>

namespace limit {

/// The number that belongs to argv[i]; `i` is left at the last word of the two. 0 if it is none.
inline size_t option_number(char** argv, int& i) {
  const char* text = argv[i] + 2;
  if (*text == 0 && argv[i + 1] != nullptr) text = argv[++i];
  char* end;
  const size_t number = strtoul(text, &end, 10);
  return *end == 0 ? number : 0;
}

}  // namespace limit
