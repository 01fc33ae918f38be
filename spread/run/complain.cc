#include "spread/run/complain.h"

#include <cstdio>

#include "spread/report/human.h"
#include "spread/run/exit_code.h"

namespace spread {

int complain(const Error& error) {
  std::fputs(message_line(error.message).c_str(), stderr);
  return kOwnError;
}

}  // namespace spread
