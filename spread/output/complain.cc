#include "spread/output/complain.h"

#include "spread/io/system.h"
#include "spread/report/exit_code.h"
#include "spread/report/readable.h"

namespace spread {

void warn(std::string_view message, std::string_view speaker) {
  complain_in_words(message_line(message, speaker), 0);
}

int complain(const Error& error, std::string_view speaker) {
  return complain_in_words(message_line(error.message, speaker), kOwnError);
}

int complain_in_words(const std::string& text, int status) {
  constexpr int kStandardError = 2;
  // What cannot be written there can be told nowhere.
  static_cast<void>(print(kStandardError, text));
  return status;
}

}  // namespace spread
