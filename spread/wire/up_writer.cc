#include "spread/wire/up_writer.h"

#include <string>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/characters.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/relay_frames.h"
#include "spread/wire/value_writer.h"

namespace spread::wire {
namespace {

std::string_view word_of(UpKind kind) {
  return kind == UpKind::Ok ? "ok" : kind == UpKind::Fatal ? "fatal" : "error";
}

/// What a worker or a job has printed may be no UTF-8.
void put_text(ByteBuffer& out, std::string_view text) {
  ValueWriter writer(out);
  if (is_utf8(as_bytes(text))) return writer.text(text);
  Byte* const at = out.prepare(kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(put_bin_header(at, text.size()) - at));
  out.append(text);
}

/// Text or nil.
void put_printed(ByteBuffer& out, std::string_view text) {
  text.empty() ? out.push_back(Byte{0xc0}) : put_text(out, text);
}

}  // namespace

void UpWriter::begin(std::size_t elements, std::optional<TaskId> id, std::string_view kind) {
  message_.clear();
  ValueWriter writer(message_);
  writer.array(elements);
  id ? writer.number(number(*id)) : writer.nil();
  writer.text(kind);
}

/// The message is whole.
void UpWriter::end() {
  if (!json_) return append_frame({}, {});
  JsonStyle style;
  style.keeps_floats = true;
  const Status written = msgpack_to_json(message_.view(), out_.tail(), style);
  SPREAD_ASSERT(written.has_value());
  out_.tail().push_back('\n');
}

/// Behind what has been written of it.
void UpWriter::append_frame(const Value& value, ByteView rest) {
  ByteBuffer& out = out_.tail();
  Byte* const header = out.prepare(kRelayHeaderBytes);
  header[0] = kRelayFrameByte;
  put32(header + 1, message_.size() + value.size() + rest.size());
  out.commit(kRelayHeaderBytes);
  out.append(message_.view());
  out.append(value.head_view());
  out_.append(value.body);
  out_.tail().append(rest);
  out_.tail().push_back('\n');
}

/// Element by element: a value in it may be as deep as any.
Status UpWriter::append_line(TaskId id, UpKind kind, const Value& value, std::string_view so,
                             std::string_view se) {
  line_.clear();
  line_.append(fmt::format("[{},\"{}\",", number(id), word_of(kind)));
  JsonStyle style;
  style.keeps_floats = true;
  SPREAD_TRY(msgpack_to_json(value, line_, style));
  for (const std::string_view printed : {so, se}) {
    if (so.empty() && se.empty()) break;
    rest_.clear();
    put_printed(rest_, printed);
    line_.push_back(',');
    SPREAD_TRY(msgpack_to_json(rest_.view(), line_, style));
  }
  out_.tail().append(line_.view());
  out_.tail().append("]\n");
  return {};
}

void UpWriter::hello(std::uint32_t slots, std::uint32_t window, std::uint64_t prep_items,
                     bool beats) {
  begin(3, std::nullopt, "hello");
  ValueWriter writer(message_);
  writer.map(5);
  writer.text("wire");
  writer.number(1);
  writer.text("slots");
  writer.number(slots);
  writer.text("window");
  writer.number(window);
  writer.text("prep");
  writer.number(prep_items);
  writer.text("features");
  writer.array(beats ? 2 : 1);
  writer.text("cancel");
  if (beats) writer.text("beat");
  end();
}

void UpWriter::answer(TaskId id, UpKind kind, const Value& value, std::string_view so,
                      std::string_view se) {
  if (json_) {
    const Status written = append_line(id, kind, value, so, se);
    if (written) return;
    return answer(id, UpKind::Error, make_error("BadResult", written.error().message), so, se);
  }
  const bool printed = !so.empty() || !se.empty();
  begin(printed ? 5 : 3, id, word_of(kind));
  rest_.clear();
  if (printed) {
    put_printed(rest_, so);
    put_printed(rest_, se);
  }
  append_frame(value, rest_.view());
}

void UpWriter::progress(TaskId id, double fraction, std::string_view text) {
  begin(text.empty() ? 3 : 4, id, "progress");
  Byte* const at = message_.prepare(kMaxScalarBytes);
  message_.commit(static_cast<std::size_t>(put_float64(at, fraction) - at));
  if (!text.empty()) put_text(message_, text);
  end();
}

void UpWriter::log(TaskId id, std::string_view text, LogLevel level) {
  begin(4, id, "log");
  put_text(message_, text);
  put_text(message_, name_of(level));
  end();
}

void UpWriter::cancelled(TaskId id) {
  begin(2, id, "cancelled");
  end();
}

void UpWriter::ask(std::uint64_t seq, std::string_view op, std::optional<TaskId> id,
                   std::uint64_t arguments, ByteView values) {
  begin(5 + arguments, std::nullopt, "ask");
  ValueWriter writer(message_);
  writer.number(seq);
  writer.text(op);
  id ? writer.number(number(*id)) : writer.nil();
  writer.encoded(values);
  end();
}

void UpWriter::bye() {
  begin(2, std::nullopt, "bye");
  end();
}

void UpWriter::beat() {
  begin(2, std::nullopt, "beat");
  end();
}

}  // namespace spread::wire
