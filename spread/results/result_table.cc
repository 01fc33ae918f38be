#include "spread/results/result_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "spread/base/json_string.h"

namespace spread {

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
