// What a worker says, written as a relay does: the other side of parse_message().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"
#include "spread/wire/codec.h"
#include "spread/wire/json.h"

namespace spread::wire {

/// Puts messages into a queue, each with the newline that ends it.
class UpWriter {
 public:
  /// `wire`: Msgpack or Json. The queue outlives this.
  UpWriter(Wire wire, OutputQueue& out) : json_(wire == Wire::Json), out_(out) {}

  /// A worker that computes so many tasks at the same time, and understands `cancel`.
  void hello(std::uint32_t slots, std::uint32_t window, std::uint64_t prep_items, bool beats);
  /// `kind`: Ok, with a value, Error or Fatal, with a description. A large value is not copied. One
  /// that the wire cannot carry becomes an error.
  void answer(TaskId id, UpKind kind, const Value& value, std::string_view so = {},
              std::string_view se = {});
  void progress(TaskId id, double fraction, std::string_view text);
  void log(TaskId id, std::string_view text, LogLevel level);
  void cancelled(TaskId id);
  /// `values`: so many arguments, encoded, one behind the other.
  void ask(std::uint64_t seq, std::string_view op, std::optional<TaskId> id,
           std::uint64_t arguments, ByteView values);
  void bye();
  void beat();

 private:
  void begin(std::size_t elements, std::optional<TaskId> id, std::string_view kind);
  void append_frame(const Value& value, ByteView rest);
  Status append_line(TaskId id, UpKind kind, const Value& value, std::string_view so,
                     std::string_view se);
  void end();

  bool json_;
  OutputQueue& out_;
  ByteBuffer message_;  ///< the one that is being written, as msgpack
  ByteBuffer rest_, line_;
};

}  // namespace spread::wire
