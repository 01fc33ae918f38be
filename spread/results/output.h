// The forms that results are written in: records (--out), and rows of a table (--results x.csv).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/job_options.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"
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
  /// The same, where it is not called for each of very many: append() stays small enough to be
  /// inlined where it is.
  void append_other(const TaskResult& result, OutputQueue& out);
  /// The value alone, as JSON; null for whatever is not Ok.
  void append_json(const TaskResult& result, ByteBuffer& out);
  /// A warning to be shown, each kind once (a NaN was written as null, ...); empty when there is
  /// none.
  std::string take_warning();
  bool has_warning() const { return !warnings_.empty(); }

 private:
  enum Warning : std::uint8_t { kTerminatorInText, kNonFinite, kUnreadable, kWarnings };

  void append_text(const TaskResult& result, OutputQueue& out);
  void append_msgpack(const TaskResult& result, OutputQueue& out);
  void append_pickle(const TaskResult& result, OutputQueue& out);
  void append_record(const TaskResult& result, OutputQueue& out);
  bool has_terminator(ByteView text) const;
  void note_terminator(TaskId id);
  void warn(Warning warning, std::string text);

  OutputFormat format_;
  Byte terminator_;
  PickleBytes pickle_bytes_;
  const std::vector<std::string>& host_names_;
  bool look_for_terminator_;  // until it was found once
  ByteBuffer scratch_;
  wire::JsonStyle style_;
  bool warned_[kWarnings] = {};
  std::vector<std::string> warnings_;
};

/// The bytes of a value that is a msgpack str or bin, without a copy; nothing for any other value.
/// On the hot path of text output, where msgpack_to_text() would copy what is large: inlined even
/// where others call it, too (19 instructions per task).
[[gnu::always_inline]] inline std::optional<ByteView> text_of(const Value& value) {
  // Either all of the encoding is in the body, or all of the header is in the head.
  const bool split = value.head_size != 0;
  const ByteView body = value.body.view();
  if (!split && body.empty()) return std::nullopt;
  const Byte type = split ? value.head[0] : body[0];
  std::size_t header = 1;
  if (type < 0xa0 || type > 0xbf) {
    if (type == 0xd9 || type == 0xc4)
      header = 2;
    else if (type == 0xda || type == 0xc5)
      header = 3;
    else if (type == 0xdb || type == 0xc6)
      header = 5;
    else
      return std::nullopt;
  }
  if (split) return header == value.head_size ? std::optional(body) : std::nullopt;
  return header <= body.size() ? std::optional(body.subspan(header)) : std::nullopt;
}

/// At most the first `max` bytes of UTF-8 text, cut between characters.
inline std::string_view cut_text(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  // A character has at most three continuation bytes.
  for (int i = 0; i < 3 && max > 0 && (static_cast<Byte>(text[max]) & 0xc0) == 0x80; ++i) --max;
  return text.substr(0, max);
}

/// What a table has of a job beside what it printed.
struct TableRow {
  std::uint64_t sequence = 0;
  std::string_view host;
  double started = 0;  ///< seconds since 1970
  Duration duration{};
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;  ///< of its stdout
  int exit_status = 0;
  int signal = 0;
  std::string_view command;
  std::vector<std::string_view> values;
};

/// `--results x.csv`, `.tsv`, `.json`: a row for each job, byte for byte what GNU parallel writes
/// (docs/map-output.md). Written in pieces, so that no job's output need be in memory: row_start(),
/// then what it printed through append(), with between() after its stdout and row_end() behind all.
///
/// JSON has one object on a line. Bytes that are no UTF-8 go out as they are, as there.
class ResultTable {
 public:
  /// Whether a CSV field needs quotes is to be known before its first byte.
  struct Quotes {
    bool out = false, err = false;
  };

  explicit ResultTable(JobOptions::Table format) : format_(format) {}

  /// The first line, for a first row with so many values: their names, or V1, V2, ... where there
  /// are none. Empty for JSON.
  std::string header(const std::vector<std::string>& names, std::size_t values) const;
  std::string row_start(const TableRow& row) const;
  /// What stands in front of stdout, between stdout and stderr, and behind.
  std::string_view before(Quotes quotes) const;
  std::string between(Quotes quotes) const;
  std::string_view row_end(Quotes quotes) const;
  void append(std::string_view text, ByteBuffer& out) const;

  bool needs_quotes(std::string_view field) const;

 private:
  bool is_json() const { return format_ == JobOptions::Table::Json; }
  char separator() const { return format_ == JobOptions::Table::Tsv ? '\t' : ','; }
  void append_field(std::string_view field, ByteBuffer& out) const;
  void append_string(std::string_view text, ByteBuffer& out) const;

  JobOptions::Table format_;
};

}  // namespace spread
