// spread/wire: the messages of the worker protocol and how they become bytes (docs/protocol.md).
// Pure: no descriptors, no clock. Start here; the formats are msgpack_codec.cc, json_codec.cc,
// lines_codec.cc and pickle_codec.cc. Only this folder knows msgpack, and pickles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"

namespace spread::wire {

/// What a worker can say. Views point into the bytes that were decoded and are good as long as
/// those are.
enum class UpKind : std::uint8_t {
  Ok,         ///< [id, "ok", value, so?, se?]
  Busy,       ///< [id, "busy", seconds, reason?]
  Error,      ///< [id, "error", {"type", "message", "trace"?}, so?, se?]
  Fatal,      ///< [id, "fatal", {...}, so?, se?]
  Progress,   ///< [id, "progress", fraction, text?]
  Log,        ///< [id, "log", text, level?]
  Cancelled,  ///< [id, "cancelled"]
  Hello,      ///< [nil, "hello", {...}]
  Ready,      ///< [nil, "ready"]
  PrepError,  ///< [nil, "error", {...}]
  Ask,        ///< [nil, "ask", seq, op, id?, argument...]
  Bye,        ///< [nil, "bye"]
  Beat,       ///< [nil, "beat"]
  Stderr,     ///< [nil, "stderr", text]: one of its workers wrote this there
  Unknown,    ///< any other kind: a protocol error with an outstanding id, ignored with a nil id
};

struct UpMessage {
  UpKind kind = UpKind::Unknown;
  bool has_id = false;
  LogLevel level = LogLevel::Info;
  TaskId id{};  ///< Ask: the task that it is about, if has_id
  /// Ok: one msgpack value, encoded. Error, Fatal, PrepError: the map, encoded. Ask: its arguments,
  /// encoded, one behind the other. Otherwise empty.
  ByteView value;
  std::uint64_t seq = 0;        ///< Ask; what is wrong with it, if something is, is in `se`
  std::uint64_t arguments = 0;  ///< Ask: how many
  std::string_view text;  ///< Busy: reason; Progress, Log: text; Ask: op; Unknown: the kind's name
  double number = 0;      ///< Busy: seconds; Progress: fraction, from 0 to 1
  std::string_view so, se;  ///< text that the worker captured, to be shown
};

struct Hello {
  std::uint32_t wire = 1;
  std::optional<std::uint32_t> window;
  std::optional<std::uint32_t> slots;
  std::optional<std::uint32_t> prep;
  std::optional<std::uint32_t> workers;  ///< it is a relay, with so many behind it
  bool beats = false;       ///< `features` has "beat": it promises them, and a bye at its end
  std::string unknown_key;  ///< the first one that this spread does not know; empty = none
};

/// Reads one upward message, a msgpack array, that must fill `body` exactly. False: `error` says
/// what is wrong with it. An array of an unknown kind is an Unknown message, not an error.
bool parse_message(ByteView body, UpMessage& message, std::string& error);

/// True for the words that may stand behind the id in wire 1.
bool is_kind(std::string_view word);

/// What a decoder found at the front of a worker's output.
enum class Found : std::uint8_t {
  NeedMore,  ///< undecided before `size` bytes are there, in all (a hint for the reader's buffer: a
             ///< line may be complete earlier)
  Message,   ///< `message` is one message, `size` bytes long with its end mark
  Skip,      ///< `size` bytes carry nothing (newlines at a frame boundary, a blank line); directly
             ///< behind Stray they belong to that text
  Stray,     ///< `size` bytes are text that is no part of the protocol
  Broken,    ///< the worker cannot be understood any more; `error` says why
};

struct Decoded {
  Found found = Found::NeedMore;
  std::size_t size = 0;
  UpMessage message;
  std::string error;  ///< good where Broken
};

/// One wire format. The Session holds the states; a codec has scratch memory and remembers how far
/// it has searched an unfinished line, so every worker has its own. `encode_*` append to `out`; a
/// payload that the format cannot carry is an Error that names it (and becomes a failed task), and
/// leaves `out` as it was.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual Status encode_prep(const Value& item, ByteBuffer& out) = 0;
  /// As encode_task_head, of a prep item.
  virtual Result<bool> encode_prep_head(const Value& item, ByteBuffer& out) = 0;
  virtual Status encode_task(TaskId id, const Value& payload, ByteBuffer& out) = 0;
  /// Where true is returned, appends the encoded task without `payload.body`, which is to be sent
  /// directly behind it: a megabyte goes out by reference. False, and nothing done, where the
  /// format does not pass the payload on as it is.
  virtual Result<bool> encode_task_head(TaskId id, const Value& payload, ByteBuffer& out) = 0;
  /// Where true is returned, appends [nil, "answer", seq, value] without the value, of so many
  /// bytes of msgpack, which is to be sent directly behind it. False, and nothing done, where the
  /// format has other values: then it is make_answer() and encode_prep().
  virtual Result<bool> encode_answer_head(std::uint64_t seq, std::size_t value_bytes,
                                          ByteBuffer& out) = 0;
  /// Looks at the front of `bytes` and says what is there. `final`: nothing will follow, so what
  /// could be the start of a message is not one, and an unfinished message is Broken ("ended inside
  /// a frame (17 of 300 bytes)"); NeedMore means then that `bytes` is empty. After NeedMore, the
  /// next call must begin at the same place. The views in the message point into `bytes` or into
  /// the codec's scratch memory, and are good until the next call.
  virtual void decode(ByteView bytes, bool final, Decoded& decoded) = 0;
  /// False where answers carry no id and belong to the oldest unanswered task (wires `lines` and
  /// `pickle`).
  virtual bool has_ids() const = 0;
  /// Bytes in front of the payload in an encoded task, at most, for the window's byte limit.
  virtual std::size_t overhead() const = 0;
  /// True when a payload or prep item had a NaN or an infinity that became null on the way.
  virtual bool saw_non_finite() const { return false; }
};

/// `max_frame` limits the bytes of a frame, line or pickle, in both directions. `pickle` is looked
/// at for that wire only.
std::unique_ptr<Codec> make_codec(Wire wire, std::size_t max_frame,
                                  const PickleOptions& pickle = {});

/// Reads the map of a hello message, given as its msgpack encoding; of unknown keys the first is
/// named. A known key with a value of another type, or out of its range, is an Error that names it.
/// The caller checks whether spread speaks `wire`.
Result<Hello> parse_hello(ByteView map);

struct WorkerError {
  std::string type, message, trace;
};
/// The error map of an answer, and back. Whatever is missing or of another type reads as empty; a
/// bare string reads as the message.
WorkerError parse_error(ByteView map);
Value make_error(std::string_view type, std::string_view message, std::string_view trace = {});

/// A map of msgpack, written pair after pair; view() when all are there. At most 15 pairs.
class MapWriter {
 public:
  MapWriter() { bytes_.push_back(Byte{0x80}); }
  MapWriter& add(std::string_view key, std::string_view value);
  MapWriter& add(std::string_view key, std::uint64_t value);
  ByteView view() const { return bytes_.view(); }

 private:
  void add_key(std::string_view key);

  ByteBuffer bytes_;
};

/// [nil, "cancel", id], in msgpack; to be sent with Codec::encode_prep().
Value make_cancel(TaskId id);

/// [nil, "common", k, value], or without `value` [nil, "common", k], in msgpack; to be sent with
/// Codec::encode_prep().
Value make_common(std::uint64_t k, const Value* value);

/// [nil, "prep", [item, ...]], in msgpack; to be sent with Codec::encode_prep().
Value make_prep_again(std::span<const Value> items);

/// [id, payload, meta], in msgpack; to be sent with Codec::encode_prep().
Value make_task(TaskId id, const Value& payload, ByteView meta);

/// [nil, "answer", seq, value] and [nil, "refused", seq, {"type", "message"}], in msgpack; to be
/// sent with Codec::encode_prep(). `value` is one encoded value.
Value make_answer(std::uint64_t seq, ByteView value);
/// An answer as far as its value, which is to follow; also in msgpack.
ByteBuffer make_answer_head(std::uint64_t seq);
Value make_refusal(std::uint64_t seq, std::string_view type, std::string_view message);

/// Finds the end of a line that arrives in pieces, without searching the same bytes twice.
class LineSearch {
 public:
  /// The place of the first newline in `bytes`, which begin where they began in the last call
  /// unless that one found something.
  std::optional<std::size_t> find(ByteView bytes) {
    if (searched_ > bytes.size()) searched_ = 0;
    const std::size_t from = searched_;
    searched_ = bytes.size();
    if (from == bytes.size()) return std::nullopt;
    const void* const at = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
    if (at == nullptr) return std::nullopt;
    searched_ = 0;
    return static_cast<std::size_t>(static_cast<const Byte*>(at) - bytes.data());
  }
  void reset() { searched_ = 0; }

 private:
  std::size_t searched_ = 0;
};

/// `--wire json`: the messages of the msgpack wire, one a line (docs/protocol.md section 10), for
/// shells, awk, jq, R, Node. Values become msgpack on the way in and JSON on the way out.
std::unique_ptr<Codec> make_json_codec(std::size_t max_frame);

/// `--wire lines`: a payload line in, a result line out, for filters that were never meant to be
/// workers (docs/protocol.md section 11). Every line is an Ok message without an id; nothing is
/// stray. A last line without its newline was cut off: it is Broken, not an answer, since a filter
/// that dies while it writes "12345" may have got as far as "12".
std::unique_ptr<Codec> make_lines_codec(std::size_t max_frame);

/// `--wire pickle`: a pickled payload in, a pickled tuple (result, output, errors) out, for workers
/// of gmisclib.spread_jobs (docs/pickle.md). Every pickle is an answer without an id.
std::unique_ptr<Codec> make_pickle_codec(std::size_t max_frame, const PickleOptions& options);

/// Lengths from 2^31 up are what UTF-8 text after the byte C6 looks like, so no frame may have one.
inline constexpr std::size_t kMaxFrameLimit = 0x7fffffff;

/// `--wire msgpack`, the default: frames of one msgpack value behind C6 and a 4-byte length
/// (docs/protocol.md section 2; what is a frame and what is stray text, section 5). `max_frame`
/// counts the bytes of the value, and is at most kMaxFrameLimit.
std::unique_ptr<Codec> make_msgpack_codec(std::size_t max_frame);

}  // namespace spread::wire
