#include "spread/run/complain.h"

#include <cstdio>

#include "spread/report/human.h"
#include "spread/run/exit_code.h"

namespace spread {

void warn(std::string_view message) { std::fputs(message_line(message).c_str(), stderr); }

int complain(const Error& error) {
  warn(error.message);
  return kOwnError;
}

}  // namespace spread
