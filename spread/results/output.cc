#include "spread/results/output.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/json_string.h"
#include "spread/base/numbers.h"
#include "spread/wire/codec.h"
#include "spread/wire/pickle_writer.h"

namespace spread {
namespace {

constexpr Byte kNil = 0xc0;

std::string_view status_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "ok";
    case Outcome::Failed: return "failed";
    case Outcome::Lost: return "lost";
    case Outcome::NotComputed: return "not computed";
  }
  return "unknown";
}

// At most 6 decimals, without trailing zeros.
void append_seconds(Duration duration, ByteBuffer& out) {
  constexpr Duration::rep kPerSecond = 1000000;
  const auto micro = (duration.count() + 500) / 1000;
  append_number(micro / kPerSecond, out);
  auto rest = micro % kPerSecond;
  if (rest == 0) return;
  out.push_back('.');
  for (auto place = kPerSecond / 10; rest > 0; place /= 10) {
    out.push_back(static_cast<Byte>('0' + rest / place));
    rest %= place;
  }
}

void append_error(ByteView map, ByteBuffer& out) {
  const wire::WorkerError error = wire::parse_error(map);
  out.append("{\"type\":");
  append_json_string(error.type, out);
  out.append(",\"message\":");
  append_json_string(error.message, out);
  if (!error.trace.empty()) {
    out.append(",\"trace\":");
    append_json_string(error.trace, out);
  }
  out.append("}");
}

bool is_str(const Value& value) {
  const Byte first = value.head_size != 0 ? value.head[0] : value.body.view()[0];
  return (first & 0xe0) == 0xa0 || (first >= 0xd9 && first <= 0xdb);
}

}  // namespace

OutputFormatter::OutputFormatter(const OutputOptions& options,
                                 const std::vector<std::string>& host_names)
    : format_(options.format),
      terminator_(static_cast<Byte>(options.terminator)),
      pickle_bytes_(options.pickle_bytes),
      host_names_(host_names),
      look_for_terminator_(options.ordered) {}

void OutputFormatter::append(const TaskResult& result, OutputQueue& out) {
  if (format_ == OutputFormat::Text && result.outcome == Outcome::Ok) {
    // The hot case in one piece: short strings, one a line.
    const std::optional<ByteView> text = text_of(result.value);
    if (text && text->size() < OutputQueue::kLargeBytes && !has_terminator(*text)) {
      const std::size_t size = text->size();
      Byte* to = out.tail().prepare(size + 1);
      if (size != 0) std::memcpy(to, text->data(), size);
      to[size] = terminator_;
      out.tail().commit(size + 1);
      return;
    }
  }
  append_other(result, out);
}

bool OutputFormatter::has_terminator(ByteView text) const {
  return !text.empty() && std::memchr(text.data(), terminator_, text.size()) != nullptr;
}

void OutputFormatter::append_other(const TaskResult& result, OutputQueue& out) {
  switch (format_) {
    case OutputFormat::Text:
      append_text(result, out);
      out.tail().push_back(terminator_);
      return;
    case OutputFormat::Json:
      append_json(result, out.tail());
      out.tail().push_back('\n');
      return;
    case OutputFormat::Msgpack: append_msgpack(result, out); return;
    case OutputFormat::Pickle: append_pickle(result, out); return;
    case OutputFormat::Records: append_record(result, out); return;
    case OutputFormat::Csv: SPREAD_ASSERT(false);
  }
}

// What is not Ok, not a string, or large.
void OutputFormatter::append_text(const TaskResult& result, OutputQueue& out) {
  if (result.outcome != Outcome::Ok) return;
  const std::optional<ByteView> text = text_of(result.value);
  if (!text) {
    append_json(result, out.tail());
    return;
  }
  if (has_terminator(*text)) {
    // Line N belongs to task N, so a string of several lines is shown as one, in JSON. Bytes that
    // are no text have no such form: they are written as they are, like strings with --out0.
    if (terminator_ == '\n' && is_str(result.value)) return append_json(result, out.tail());
    if (look_for_terminator_) note_terminator(result.id);
  }
  out.append(Slice(result.value.body.block(), *text));
}

void OutputFormatter::append_msgpack(const TaskResult& result, OutputQueue& out) {
  if (result.outcome != Outcome::Ok || result.value.size() == 0) {
    out.tail().push_back(kNil);
    return;
  }
  out.tail().append(result.value.head_view());
  out.append(result.value.body);
}

void OutputFormatter::append_pickle(const TaskResult& result, OutputQueue& out) {
  constexpr std::string_view kNone("\x80\x02N.", 4);
  if (result.outcome != Outcome::Ok) return out.tail().append(kNone);
  ByteBuffer whole;
  whole.append(result.value);
  const Status status = wire::msgpack_to_pickle(whole.view(), pickle_bytes_, out.tail());
  if (status) return;
  out.tail().append(kNone);
  warn(kUnreadable, fmt::format("task {}: the result was written as None: it {}",
                                number(result.id) + 1, status.error().message));
}

// Through scratch_: a value that turns out to be unreadable half-way must not leave half a line.
void OutputFormatter::append_json(const TaskResult& result, ByteBuffer& out) {
  if (result.outcome != Outcome::Ok) {
    out.append("null");
    return;
  }
  scratch_.clear();
  const Status status = wire::msgpack_to_json(result.value, scratch_, style_);
  if (std::exchange(style_.saw_non_finite, false)) {
    warn(kNonFinite, fmt::format("task {}: NaN or an infinity was written as null (JSON has no "
                                 "such numbers)",
                                 number(result.id) + 1));
  }
  if (!status) {
    warn(kUnreadable, fmt::format("task {}: the result was written as null: {}",
                                  number(result.id) + 1, status.error().message));
    out.append("null");
    return;
  }
  out.append(scratch_.view());
  if (scratch_.capacity() > OutputQueue::kLargeBytes * 4) {
    scratch_.clear();
    scratch_.shrink();
  }
}

void OutputFormatter::append_record(const TaskResult& result, OutputQueue& out) {
  ByteBuffer& line = out.tail();
  line.append("{\"id\":");
  append_number(number(result.id), line);
  line.append(",\"status\":\"");
  line.append(status_name(result.outcome));
  line.append("\",\"value\":");
  append_json(result, line);
  line.append(",\"error\":");
  if (result.outcome == Outcome::Ok) {
    line.append("null");
  } else {
    ByteBuffer map;
    map.append(result.value);
    append_error(map.view(), line);
  }
  if (result.worker == kNoWorker) {
    line.append(",\"worker\":null,\"host\":");
  } else {
    line.append(",\"worker\":");
    append_number(number(result.worker), line);
    line.append(",\"host\":");
  }
  if (number(result.worker) < host_names_.size()) {
    append_json_string(host_names_[number(result.worker)], line);
  } else {
    line.append("null");
  }
  line.append(",\"attempts\":");
  append_number(result.attempts, line);
  line.append(",\"seconds\":");
  append_seconds(result.duration, line);
  line.append(result.first ? ",\"first\":true}\n" : "}\n");
}

void OutputFormatter::note_terminator(TaskId id) {
  look_for_terminator_ = false;
  const bool lines = terminator_ == '\n';
  warn(
      kTerminatorInText,
      fmt::format("task {}: the result contains {}, so line N of the output is no longer that of "
                  "task N; {}",
                  number(id), lines ? "a newline" : "the byte that ends a record",
                  lines ? "--out json or --out0 keeps them apart" : "--out json keeps them apart"));
}

void OutputFormatter::warn(Warning warning, std::string text) {
  if (std::exchange(warned_[warning], true)) return;
  warnings_.push_back(std::move(text));
}

std::string OutputFormatter::take_warning() {
  if (warnings_.empty()) return {};
  std::string warning = std::move(warnings_.front());
  warnings_.erase(warnings_.begin());
  return warning;
}

namespace {

constexpr std::string_view kTableColumns[] = {
    "Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command"};

std::string text_of_buffer(const ByteBuffer& buffer) { return std::string(as_text(buffer.view())); }

}  // namespace

// What Perl's \s is for bytes, the separator, the quote, and NUL.
bool ResultTable::needs_quotes(std::string_view field) const {
  constexpr std::string_view kSpecial(" \t\n\v\f\r\"\0", 8);
  return field.find_first_of(kSpecial) != std::string_view::npos ||
         field.find(separator()) != std::string_view::npos;
}

void ResultTable::append(std::string_view text, ByteBuffer& out) const {
  if (is_json()) return append_json_escaped(text, out, JsonEscapes::Numbers);
  while (true) {
    const std::size_t plain = std::min(text.find('"'), text.size());
    out.append(text.substr(0, plain));
    if (plain == text.size()) return;
    out.append("\"\"");
    text.remove_prefix(plain + 1);
  }
}

void ResultTable::append_field(std::string_view field, ByteBuffer& out) const {
  if (!needs_quotes(field)) return out.append(field);
  out.append("\"");
  append(field, out);
  out.append("\"");
}

void ResultTable::append_string(std::string_view text, ByteBuffer& out) const {
  out.append("\"");
  append(text, out);
  out.append("\"");
}

std::string ResultTable::header(const std::vector<std::string>& names, std::size_t values) const {
  if (is_json()) return {};
  ByteBuffer out;
  const auto add = [&](std::string_view name) {
    if (!out.empty()) out.push_back(static_cast<Byte>(separator()));
    append_field(name, out);
  };
  for (const std::string_view name : kTableColumns) add(name);
  for (std::size_t i = 0; i < values; ++i) {
    add(i < names.size() ? names[i] : names.empty() ? fmt::format("V{}", i + 1) : "");
  }
  add("Stdout");
  add("Stderr");
  out.append("\n");
  return text_of_buffer(out);
}

std::string ResultTable::row_start(const TableRow& row) const {
  ByteBuffer out;
  const std::string started = fmt::format("{:.3f}", row.started);
  const std::string duration = fmt::format("{:.3f}", to_seconds(row.duration));
  if (!is_json()) {
    const auto add = [&](std::string_view field) {
      append_field(field, out);
      out.push_back(static_cast<Byte>(separator()));
    };
    add(std::to_string(row.sequence));
    for (const std::string_view field :
         {row.host, std::string_view(started), std::string_view(duration)}) {
      add(field);
    }
    add(std::to_string(row.sent_bytes));
    add(std::to_string(row.received_bytes));
    add(std::to_string(row.exit_status));
    add(std::to_string(row.signal));
    add(row.command);
    for (const std::string_view value : row.values) add(value);
    return text_of_buffer(out);
  }
  out.append(fmt::format("{{ \"Seq\": {}, \"Host\": ", row.sequence));
  append_string(row.host, out);
  out.append(fmt::format(
      ", \"Starttime\": {}, \"JobRuntime\": {}, \"Send\": {}, \"Receive\": {}, "
      "\"Exitval\": {}, \"Signal\": {}, \"Command\": ",
      started, duration, row.sent_bytes, row.received_bytes, row.exit_status, row.signal));
  append_string(row.command, out);
  out.append(", \"V\": [ ");
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    if (i > 0) out.append(",");
    append_string(row.values[i], out);
  }
  out.append(" ], \"Stdout\": ");
  return text_of_buffer(out);
}

std::string_view ResultTable::before(Quotes quotes) const {
  return is_json() || quotes.out ? "\"" : "";
}

std::string ResultTable::between(Quotes quotes) const {
  if (is_json()) return "\", \"Stderr\": \"";
  return std::string(quotes.out ? "\"" : "") + separator() + (quotes.err ? "\"" : "");
}

std::string_view ResultTable::row_end(Quotes quotes) const {
  if (is_json()) return "\" }\n";
  return quotes.err ? "\"\n" : "\n";
}

}  // namespace spread
