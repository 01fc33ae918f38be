#include "spread/results/joblog.h"

#include <algorithm>

#include "spread/base/byte_buffer.h"
#include "spread/base/json_scan.h"
#include "spread/base/number_text.h"
#include "spread/results/text_of.h"
#include "spread/wire/json.h"

namespace spread {

namespace {

void append_cut(std::string_view text, ByteBuffer& out) {
  const std::string_view start = cut_text(text, kJoblogCommandBytes);
  out.append(start);
  if (start.size() < text.size()) out.append("...");
}

constexpr bool is_escaped(char c) { return c == '\t' || c == '\n' || c == '\r' || c == '\\'; }

void append_escaped(std::string_view text, ByteBuffer& out) {
  while (true) {
    const char* const end = text.data() + text.size();
    const char* special = find_special(text.data(), end);
    // Quotes and other control characters stand for themselves.
    while (special != end && !is_escaped(*special)) special = find_special(special + 1, end);
    const auto plain = static_cast<std::size_t>(special - text.data());
    out.append(text.substr(0, plain));
    if (plain == text.size()) return;
    switch (text[plain]) {
      case '\t': out.append("\\t"); break;
      case '\n': out.append("\\n"); break;
      case '\r': out.append("\\r"); break;
      default: out.append("\\\\");
    }
    text.remove_prefix(plain + 1);
  }
}

}  // namespace

std::string joblog_escape(std::string_view text) {
  ByteBuffer escaped;
  append_escaped(text, escaped);
  return std::string(as_text(escaped.view()));
}

std::string joblog_header() {
  return "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
}

// By hand: with fmt a line took longer than the task that it is about.
void append_joblog_line(const JoblogLine& line, ByteBuffer& out) {
  append_number(number(line.task) + 1, out);
  out.push_back('\t');
  append_escaped(line.host, out);
  out.push_back('\t');
  append_decimals(line.started, 3, 0, out);
  out.push_back('\t');
  append_decimals(to_seconds(line.duration), 3, 10, out);
  out.push_back('\t');
  append_number(line.sent_bytes, out);
  out.push_back('\t');
  append_number(line.received_bytes, out);
  out.push_back('\t');
  append_number(line.exit_status, out);
  out.push_back('\t');
  append_number(line.signal, out);
  out.push_back('\t');
  append_escaped(line.command, out);
  out.push_back('\n');
}

void append_joblog_command(const Value& payload, ByteBuffer& out) {
  if (const std::optional<ByteView> text = text_of(payload)) return append_cut(as_text(*text), out);
  ByteBuffer encoded, json;
  encoded.append(payload);
  wire::JsonStyle style;
  if (wire::msgpack_to_json(encoded.view(), json, style)) append_cut(as_text(json.view()), out);
}

}  // namespace spread
