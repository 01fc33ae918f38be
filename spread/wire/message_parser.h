#pragma once

#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/wire/message.h"

namespace spread::wire {

/// Reads one upward message, a msgpack array, that must fill `body` exactly. False: `error` says
/// what is wrong with it. An array of an unknown kind is an Unknown message, not an error.
bool parse_message(ByteView body, UpMessage& message, std::string& error);

/// True for the words that may stand behind the id in wire 1.
bool is_kind(std::string_view word);

}  // namespace spread::wire
