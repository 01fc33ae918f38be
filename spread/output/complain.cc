#include "spread/output/complain.h"

#include <cerrno>

#include "spread/api/message_sink.h"
#include "spread/io/system.h"
#include "spread/report/readable.h"
#include "spread/report/summary.h"

namespace spread {

namespace {

void tell(const Streams& streams, std::string_view message, std::string_view speaker) {
  if (streams.messages != nullptr) return streams.messages->on_message(message);
  const std::string line = message_line(message, speaker);
  static_cast<void>(print(streams.errors, line));
  if (streams.log >= 0) static_cast<void>(print(streams.log, line));
}

}  // namespace

void warn(const Streams& streams, std::string_view message, std::string_view speaker) {
  tell(streams, message, speaker);
}

int complain(const Streams& streams, const Error& error, std::string_view speaker) {
  if (error.number == EPIPE) return kOutputClosed;
  tell(streams, error.message, speaker);
  return kOwnError;
}

int complain(int to, const Error& error, std::string_view speaker) {
  return complain_in_words(to, message_line(error.message, speaker), kOwnError);
}

int conclude_output(int status, const Streams& streams, std::string_view speaker) {
  if (status == kOwnError || status == kOutputClosed) return status;
  const Status printed = check_printed(streams.output);
  return printed ? status : complain(streams, printed.error(), speaker);
}

int complain_in_words(int to, const std::string& text, int status) {
  static_cast<void>(print(to, text));
  return status;
}

}  // namespace spread
