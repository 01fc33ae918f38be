#include "spread/results/joblog.h"

#include <fmt/format.h>

#include "spread/base/byte_buffer.h"
#include "spread/results/text_of.h"
#include "spread/wire/json.h"

namespace spread {

namespace {

std::string cut(std::string_view text) {
  const std::string_view start = cut_text(text, kJoblogCommandBytes);
  return std::string(start) + (start.size() < text.size() ? "..." : "");
}

}  // namespace

std::string joblog_escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '\t': escaped += "\\t"; break;
      case '\n': escaped += "\\n"; break;
      case '\r': escaped += "\\r"; break;
      case '\\': escaped += "\\\\"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string joblog_header() {
  return "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
}

std::string format_joblog_line(const JoblogLine& line) {
  return fmt::format("{}\t{}\t{:.3f}\t{:10.3f}\t{}\t{}\t{}\t{}\t{}\n", number(line.task) + 1,
                     joblog_escape(line.host), line.started, to_seconds(line.duration),
                     line.sent_bytes, line.received_bytes, line.exit_status, line.signal,
                     joblog_escape(line.command));
}

std::string joblog_command(const Value& payload) {
  if (const std::optional<ByteView> text = text_of(payload)) return cut(as_text(*text));
  ByteBuffer encoded, json;
  encoded.append(payload);
  wire::JsonStyle style;
  if (!wire::msgpack_to_json(encoded.view(), json, style)) return {};
  return cut(as_text(json.view()));
}

}  // namespace spread
