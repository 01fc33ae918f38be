#include "spread/errors.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace spread {
inline namespace v1 {

// Here, so that each type has one identity, that of the library: what is thrown in it is caught
// outside of it.
Error::~Error() = default;
ValueError::~ValueError() = default;
PoolError::~PoolError() = default;
StateError::~StateError() = default;
BrokenPromise::~BrokenPromise() = default;
RemoteException::~RemoteException() = default;
NoResponse::~NoResponse() = default;

const char* name_of(State state) {
  switch (state) {
    case State::ok: return "ok";
    case State::failed: return "failed";
    case State::lost: return "lost";
    case State::not_computed: return "not computed";
  }
  return "";
}

namespace {

/// Its last bytes, from the start of a line where that is near, in one line.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kShown = 200;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::string shown;
  if (text.size() > kShown) {
    text.remove_prefix(text.size() - kShown);
    // Not from the middle of a character.
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0) == 0x80) {
      text.remove_prefix(1);
    }
    shown = "...";
  }
  for (const char c : text) {
    if (c == '\n') {
      shown += " | ";
    } else {
      shown += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
    }
  }
  return shown;
}

std::string describe(std::size_t index, const Failure& failure) {
  std::string text = "task " + std::to_string(index) + ": " + failure.type;
  if (!failure.message.empty()) text += ": " + failure.message;
  if (!failure.printed_out.empty()) text += " [stdout: " + excerpt(failure.printed_out) + "]";
  if (!failure.printed_err.empty()) text += " [stderr: " + excerpt(failure.printed_err) + "]";
  return text;
}

}  // namespace

RemoteException::RemoteException(std::size_t index, Failure failure)
    : Error(describe(index, failure)), index_(index), failure_(std::move(failure)) {}

void throw_failure(std::size_t index, const Failure& failure) {
  if (failure.state == State::lost) throw NoResponse(index, failure);
  throw RemoteException(index, failure);
}

}  // namespace v1
}  // namespace spread
