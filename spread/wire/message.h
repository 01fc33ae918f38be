// spread/wire: the messages of the worker protocol and how they become bytes (docs/protocol.md).
// Pure: no descriptors, no clock. Start here, then codec.h; the formats are msgpack_codec.cc,
// json_codec.cc and lines_codec.cc. Only this folder knows msgpack.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/task.h"

namespace spread::wire {

/// What a worker can say. Views point into the bytes that were decoded and are good as long as
/// those are.
enum class UpKind : std::uint8_t {
  Ok,         ///< [id, "ok", value, so?, se?]
  Busy,       ///< [id, "busy", seconds, reason?]
  Error,      ///< [id, "error", {"type", "message", "trace"?}, so?, se?]
  Fatal,      ///< [id, "fatal", {...}, so?, se?]
  Progress,   ///< [id, "progress", fraction, text?]
  Log,        ///< [id, "log", text]
  Hello,      ///< [nil, "hello", {...}]
  Ready,      ///< [nil, "ready"]
  PrepError,  ///< [nil, "error", {...}]
  Unknown,    ///< any other kind: a protocol error with an outstanding id, ignored with a nil id
};

struct UpMessage {
  UpKind kind = UpKind::Unknown;
  bool has_id = false;
  TaskId id{};
  /// Ok: one msgpack value, encoded. Error, Fatal, PrepError: the map, encoded. Otherwise empty.
  ByteView value;
  std::string_view text;    ///< Busy: reason; Progress, Log: text; Unknown: the kind's name
  double number = 0;        ///< Busy: seconds; Progress: fraction
  std::string_view so, se;  ///< text that the worker captured, to be shown
};

struct Hello {
  std::uint32_t wire = 1;
  std::optional<std::uint32_t> window;
  std::optional<std::uint32_t> slots;
  std::optional<std::uint32_t> prep;
  std::string unknown_key;  ///< the first one that this spread does not know; empty = none
};

/// Reads one upward message, a msgpack array, that must fill `body` exactly. False: `error` says
/// what is wrong with it. An array of an unknown kind is an Unknown message, not an error.
bool parse_message(ByteView body, UpMessage& message, std::string& error);

/// True for the words that may stand behind the id in wire 1.
bool is_kind(std::string_view word);

}  // namespace spread::wire
