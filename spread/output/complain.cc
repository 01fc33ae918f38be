#include "spread/output/complain.h"

#include <cstdio>

#include "spread/report/exit_code.h"
#include "spread/report/readable.h"

namespace spread {

void warn(std::string_view message, std::string_view speaker) {
  std::fputs(message_line(message, speaker).c_str(), stderr);
}

int complain(const Error& error, std::string_view speaker) {
  std::fputs(message_line(error.message, speaker).c_str(), stderr);
  return kOwnError;
}

int complain_in_words(const std::string& text, int status) {
  std::fputs(text.c_str(), stderr);
  return status;
}

}  // namespace spread
