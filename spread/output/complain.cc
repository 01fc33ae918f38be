#include "spread/output/complain.h"

#include "spread/io/system.h"
#include "spread/report/readable.h"
#include "spread/report/summary.h"

namespace spread {

void warn(int to, std::string_view message, std::string_view speaker) {
  complain_in_words(to, message_line(message, speaker), 0);
}

int complain(int to, const Error& error, std::string_view speaker) {
  return complain_in_words(to, message_line(error.message, speaker), kOwnError);
}

int complain_in_words(int to, const std::string& text, int status) {
  static_cast<void>(print(to, text));
  return status;
}

}  // namespace spread
