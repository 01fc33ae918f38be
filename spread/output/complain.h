#pragma once

#include <string>
#include <string_view>

#include "spread/api/environment.h"
#include "spread/api/result.h"

namespace spread {

/// Tells `error` on the descriptor `to`, in a line that is safe for a terminal and begins with
/// `speaker`; returns kOwnError. What cannot be written there can be told nowhere.
int complain(int to, const Error& error, std::string_view speaker = "spread");
/// The same where a run tells it. That the reader of stdout has left (print()) is told nowhere:
/// kOutputClosed.
int complain(const Streams& streams, const Error& error, std::string_view speaker = "spread");
/// Puts `text`, which is whole, there; returns `status`.
int complain_in_words(int to, const std::string& text, int status);
/// At the end, with the exit status: that of an error, which is told, where what is on stdout is
/// not safe (check_printed()).
int conclude_output(int status, const Streams& streams, std::string_view speaker = "spread");
/// As complain(), of what is no reason to end.
void warn(const Streams& streams, std::string_view message, std::string_view speaker = "spread");

}  // namespace spread
