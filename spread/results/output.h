#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spread/api/output_options.h"
#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/base/byte_buffer.h"
#include "spread/base/output_queue.h"
#include "spread/wire/json.h"

namespace spread {

/// Turns results into the bytes of stdout, one record each (docs/manual.md, "Results out").
class OutputFormatter {
 public:
  /// `host_names[worker number]` is what --out records shows as the host (null where there is no
  /// such entry). It must outlive the formatter and may grow meanwhile.
  OutputFormatter(const OutputOptions& options, const std::vector<std::string>& host_names);
  /// Appends one record: the value; or an empty line, null or nil for whatever is not Ok; or the
  /// JSON object of --out records. Never fails: a value that cannot be shown is shown as null and
  /// counted in take_warning().
  void append(const TaskResult& result, OutputQueue& out);
  /// A warning to be shown, each kind once (a NaN was written as null, ...); empty when there is
  /// none.
  std::string take_warning();
  bool has_warning() const { return !warnings_.empty(); }

 private:
  enum Warning : std::uint8_t { kTerminatorInText, kNonFinite, kUnreadable, kWarnings };

  void append_other(const TaskResult& result, OutputQueue& out);
  void append_text(const TaskResult& result, OutputQueue& out);
  void append_msgpack(const TaskResult& result, OutputQueue& out);
  void append_record(const TaskResult& result, OutputQueue& out);
  void append_json(const TaskResult& result, ByteBuffer& out);
  bool has_terminator(ByteView text) const;
  void note_terminator(TaskId id);
  void warn(Warning warning, std::string text);

  OutputFormat format_;
  Byte terminator_;
  const std::vector<std::string>& host_names_;
  bool look_for_terminator_;  // until it was found once
  ByteBuffer scratch_;
  wire::JsonStyle style_;
  bool warned_[kWarnings] = {};
  std::vector<std::string> warnings_;
};

}  // namespace spread
