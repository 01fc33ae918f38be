#include "spread/shell/script.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "spread/base/quote.h"
#include "spread/command/command_scan.h"

namespace spread {
namespace {

using Quotes = ScriptPiece::Quotes;

constexpr std::string_view kReserved =
    "if then else elif fi do done case esac while until for in function select time coproc "
    "{ } ! [[ ]]";

void append_count(std::string& out, std::size_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

bool is_reference(Quotes quotes) {
  return quotes == Quotes::Bare || quotes == Quotes::Double || quotes == Quotes::Single ||
         quotes == Quotes::Ansi;
}

void append_single_quoted(std::string& out, std::string_view text) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  out += '\'';
}

// Bare where the shell takes it for nothing else: neither an assignment nor a reserved word.
void append_word(std::string& out, std::string_view text, bool always_quote) {
  const bool quote =
      always_quote || has_word(kReserved, text) || text.find('=') != std::string_view::npos;
  if (quote) {
    append_single_quoted(out, text);
  } else {
    out += shell_quote(text);
  }
}

void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
}

std::string part_of(std::string_view value, const ScriptPiece& piece) {
  const std::string_view part = transform(value, piece.placeholder);
  return piece.evaluated ? shell_quote(part) : std::string(part);
}

}  // namespace

ScriptWriter::ScriptWriter(Script script, bool capture_all) : script_(std::move(script)) {
  for (const ScriptPiece& piece : script_.pieces) {
    column_of_.push_back(kLive);
    if (!is_reference(piece.quotes) || piece.placeholder.is_number()) continue;
    const bool plain = piece.placeholder.form == Form::Whole && !piece.evaluated;
    // Counted from the end, the number of the parameter is known as well as from the front.
    if (plain && !capture_all) {
      live_ = true;
      continue;
    }
    const Column column{piece.placeholder, piece.evaluated};
    const auto found = std::find(columns_.begin(), columns_.end(), column);
    column_of_.back() = static_cast<std::size_t>(found - columns_.begin());
    if (found == columns_.end()) columns_.push_back(column);
  }
}

std::size_t ScriptWriter::captured_before(std::size_t column, std::size_t count) const {
  std::size_t captured = 0;
  for (std::size_t i = 0; i < column; ++i) {
    captured += values_of(columns_[i].placeholder, count).size();
  }
  return captured;
}

void ScriptWriter::append_captured(Arguments& out, Values values) const {
  for (const Column& column : columns_) {
    const ValueRange range = values_of(column.placeholder, values.size());
    for (std::size_t i = range.begin; i < range.end; ++i) {
      const std::string_view part = transform(values[i], column.placeholder);
      if (column.quoted) {
        out.add(shell_quote(part));
      } else {
        out.add(part);
      }
    }
  }
}

/// Where the walk over the pieces writes to, and in which of the two ways.
struct ScriptWriter::Sink {
  std::string& out;
  const TaskContext& context;
  bool readable;
};

void ScriptWriter::walk(Sink& sink, Values values) const {
  const std::vector<ScriptPiece>& pieces = script_.pieces;
  const auto write = [&](std::size_t i, std::size_t only) {
    const ScriptPiece& piece = pieces[i];
    if (piece.quotes == Quotes::Text) {
      sink.out += piece.text;
      return;
    }
    if (piece.placeholder.is_number()) {
      write_number(sink.out, piece, sink.context);
      return;
    }
    ValueRange range = values_of(piece.placeholder, values.size());
    if (only != kEach && piece.placeholder.position == 0) range = {only, only + 1};
    if (!is_reference(piece.quotes)) {
      write_raw(sink.out, piece, values, range);
    } else if (sink.readable) {
      write_readable(sink.out, piece, values, range);
    } else {
      write_reference(sink.out, i, range, values.size());
    }
  };
  std::size_t next = 0;
  for (const Script::Repeat& repeat : script_.repeats) {
    for (; next < repeat.begin; ++next) write(next, kEach);
    for (std::size_t only = 0; only < values.size(); ++only) {
      if (only > 0) sink.out += ' ';
      for (std::size_t i = repeat.begin; i < repeat.end; ++i) write(i, only);
    }
    next = repeat.end;
  }
  for (; next < pieces.size(); ++next) write(next, kEach);
}

void ScriptWriter::append_script(std::string& out, Values values,
                                 const TaskContext& context) const {
  const std::size_t captured = captured_before(columns_.size(), values.size());
  for (std::size_t i = 1; i <= captured; ++i) {
    out += i > 1 ? " spread_" : "spread_";
    append_count(out, i);
    out += i > 9 ? "=${" : "=$";
    append_count(out, i);
    if (i > 9) out += '}';
  }
  if (captured > 0) out += "; shift";
  if (captured > 1) {
    out += ' ';
    append_count(out, captured);
  }
  if (captured > 0) out += "; ";
  Sink sink{out, context, /*readable=*/false};
  walk(sink, values);
}

void ScriptWriter::append_readable(std::string& out, Values values,
                                   const TaskContext& context) const {
  Sink sink{out, context, /*readable=*/true};
  walk(sink, values);
}

// In double quotes with braces: a letter or digit may follow.
void ScriptWriter::append_reference(std::string& out, std::size_t piece, std::size_t i,
                                    std::size_t count) const {
  const std::size_t column = column_of_[piece];
  const bool live = column == kLive;
  // -X takes single values out of a column that has them all.
  const std::size_t first = live ? 0 : values_of(columns_[column].placeholder, count).begin;
  const std::size_t number = live ? i + 1 : captured_before(column, count) + (i - first) + 1;
  const bool braces = script_.pieces[piece].quotes == Quotes::Double || (live && number > 9);
  out += braces ? "${" : "$";
  if (!live) out += "spread_";
  append_count(out, number);
  if (braces) out += '}';
}

void ScriptWriter::write_reference(std::string& out, std::size_t index, ValueRange range,
                                   std::size_t count) const {
  const ScriptPiece& piece = script_.pieces[index];
  if (range.size() == 0) return;
  const bool all_live = column_of_[index] == kLive && piece.placeholder.position == 0 &&
                        range.size() == count && count > 1;
  if (piece.whole_word && all_live) {
    out += "\"$@\"";
    return;
  }
  const bool own_quotes = piece.quotes != Quotes::Double;
  if (piece.quotes == Quotes::Single || piece.quotes == Quotes::Ansi) out += '\'';
  if (own_quotes) out += '"';
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (i > range.begin) out += piece.whole_word ? "\" \"" : " ";
    append_reference(out, index, i, count);
  }
  if (own_quotes) out += '"';
  if (piece.quotes == Quotes::Single) out += '\'';
  if (piece.quotes == Quotes::Ansi) out += "$'";
}

void ScriptWriter::write_readable(std::string& out, const ScriptPiece& piece, Values values,
                                  ValueRange range) const {
  if (range.size() == 0) return;
  const bool always_quote = piece.glued || script_.has_brackets;
  std::string joined;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (i > range.begin) joined += ' ';
    if (piece.whole_word) {
      append_word(joined, part_of(values[i], piece), always_quote);
    } else {
      joined += part_of(values[i], piece);
    }
  }
  switch (piece.quotes) {
    case Quotes::Bare:
      if (piece.whole_word) {
        out += joined;
      } else {
        append_word(out, joined, always_quote);
      }
      break;
    case Quotes::Double:
      if (piece.glued) out += "\"\"";
      append_escaped(out, joined, "\\\"$`");
      break;
    case Quotes::Single:
      for (const char c : joined) {
        if (c == '\'') {
          out += "'\\''";
        } else {
          out += c;
        }
      }
      break;
    case Quotes::Ansi: append_escaped(out, joined, "\\'"); break;
    case Quotes::Text:
    case Quotes::Raw:
    case Quotes::RawQuoted: break;
  }
}

void ScriptWriter::write_raw(std::string& out, const ScriptPiece& piece, Values values,
                             ValueRange range) const {
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (i > range.begin) out += ' ';
    const std::string_view part = transform(values[i], piece.placeholder);
    if (piece.quotes == Quotes::RawQuoted) {
      out += shell_quote(part);
    } else {
      out += part;
    }
  }
}

// Digits need no quotes, but may run together with what is beside them.
void ScriptWriter::write_number(std::string& out, const ScriptPiece& piece,
                                const TaskContext& context) const {
  const bool separate =
      piece.glued && (piece.quotes == Quotes::Bare || piece.quotes == Quotes::Double);
  if (separate) out += "\"\"";
  append_number(out, piece.placeholder, context);
}

}  // namespace spread
