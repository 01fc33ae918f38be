#include "spread/arguments/xargs_source.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"

namespace spread {
namespace {

std::size_t bytes_of(const std::vector<std::string>& words) {
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size() + 1;
  return bytes;
}

constexpr std::string_view kDoesNotFit =
    "cannot fit single argument within argument list size limit";

}  // namespace

Result<std::unique_ptr<XargsSource>> XargsSource::make(XargsSourceOptions options) {
  // With -I each command line is measured as a whole.
  const bool inserts = !options.replacement.empty();
  if (!inserts && bytes_of(options.command) > options.bytes_max) {
    return fail(std::string(kDoesNotFit));
  }
  return std::unique_ptr<XargsSource>(new XargsSource(std::move(options)));
}

XargsSource::XargsSource(XargsSourceOptions options) : options_(std::move(options)) {
  if (options_.replacement.empty()) command_bytes_ = bytes_of(options_.command);
  limit_items(command_bytes_);
}

void XargsSource::limit_items(std::size_t initial_bytes) {
  item_bytes_max_ = options_.bytes_max - std::min(options_.bytes_max, initial_bytes + 1);
}

void XargsSource::feed(Slice piece) {
  piece_ = std::move(piece);
  at_ = 0;
}

std::string XargsSource::take_warning() {
  if (!nul_seen_ || std::exchange(nul_told_, true)) return {};
  return "WARNING: a NUL character occurred in the input.  It cannot be passed through in the "
         "argument list.  Did you mean to use the --null option?";
}

Pull XargsSource::next(Record& record) {
  while (ready_.empty()) {
    if (!error_.empty()) return Pull::Broken;
    if (ended_) return Pull::End;
    const std::string_view text = as_text(piece_.view());
    while (at_ < text.size() && ready_.empty() && !stopped()) take(text[at_++]);
    if (!ready_.empty() || stopped()) continue;
    if (!finished_) return Pull::NeedMore;
    end_input();
  }
  record.bad.clear();
  record.payload.head_size = 0;
  record.payload.body = std::move(ready_.front());
  ready_.pop_front();
  return Pull::Record;
}

// ---------------------------------------------------------------- bytes to items

void XargsSource::take(char c) {
  if (!options_.delimiter) return take_unquoted(c);
  if (c != *options_.delimiter) return append(c);
  ++lines_;
  end_item();
  end_line();
}

void XargsSource::take_unquoted(char c) {
  const char before = std::exchange(previous_, c);
  if (state_ == State::Quote) {
    if (c == '\n') return fault_quote();
    if (c != quote_) return append(c);
    state_ = State::Word;
    return;
  }
  if (state_ == State::Backslash) {
    state_ = State::Word;
    return append(c);
  }
  // Within a line only blanks end an item: POSIX, in the C locale.
  if (state_ == State::Blank && is_space(c)) return;
  state_ = State::Word;
  if (c == '\n') {
    // As GNU xargs and System V: a line that ends in a blank goes on in the next.
    if (!is_blank(before)) ++lines_;
    return take_newline();
  }
  if (options_.replacement.empty() && is_blank(c)) {
    if (is_end_mark()) return end_input();
    end_item();
    first_ = false;
    return;
  }
  if (c == '\\') {
    state_ = State::Backslash;
  } else if (c == '\'' || c == '"') {
    state_ = State::Quote;
    quote_ = c;
  } else {
    append(c);
  }
}

void XargsSource::take_newline() {
  if (is_end_mark()) return end_input();
  end_item();
  first_ = true;
  end_line();
}

bool XargsSource::is_end_mark() {
  if (item_.empty() || item_ != options_.end_mark) return false;
  item_.clear();
  return true;
}

void XargsSource::append(char c) {
  if (item_.size() >= item_bytes_max_) {
    if (!exits_if_long()) flush();
    return fault("argument line too long");
  }
  nul_seen_ |= c == '\0';
  item_ += c;
}

void XargsSource::end_item() {
  const std::string item = std::exchange(item_, {});
  state_ = State::Blank;
  // For the kernel it ends there.
  const std::string_view shown = std::string_view(item).substr(0, item.find('\0'));
  options_.replacement.empty() ? add(shown) : insert(shown);
}

void XargsSource::end_line() {
  if (options_.lines_max == 0 || lines_ < options_.lines_max || stopped()) return;
  flush();
  lines_ = 0;
}

void XargsSource::end_unquoted_input() {
  // An empty item without its newline is none.
  if (item_.empty()) return;
  if (state_ == State::Quote) return fault_quote();
  if (!first_ || item_ != options_.end_mark) end_item();
}

void XargsSource::end_input() {
  if (!ended_ && finished_ && at_ == piece_.size()) {
    if (!options_.delimiter) {
      end_unquoted_input();
    } else if (!item_.empty()) {
      end_item();
    }
  }
  if (stopped()) return;
  ended_ = true;
  const bool once = options_.run_if_empty && !given_ && options_.replacement.empty();
  if (items_ > 0) return flush();
  if (!once) return;
  add_command();
  ready_.push_back(builder_.take());
}

void XargsSource::fault_quote() {
  if (!exits_if_long()) flush();
  fault(
      fmt::format("unmatched {} quote; by default quotes are special to xargs unless you use the "
                  "-0 option",
                  quote_ == '"' ? "double" : "single"));
}

void XargsSource::fault(std::string message) { error_ = std::move(message); }

// ---------------------------------------------------------------- items to command lines

bool XargsSource::exits_if_long() const {
  return options_.exit_if_long || !options_.replacement.empty() || options_.lines_max > 0;
}

void XargsSource::add(std::string_view item) {
  const std::size_t bytes = item.size() + 1;
  const std::size_t words = options_.command.size() + items_ + 1;
  const std::size_t line = command_bytes_ + bytes_ + bytes;
  if (line > options_.bytes_max) {
    if (items_ == 0) return fault(std::string(kDoesNotFit));
    const bool counted = options_.lines_max > 0 || options_.items_max > 0;
    if (counted && exits_if_long()) return fault("argument list too long");
    flush();
  } else if (items_ > 0 && line + words * sizeof(char*) > options_.kernel_bytes_max) {
    flush();
  }
  if (items_++ == 0) add_command();
  builder_.add_value(as_bytes(item));
  bytes_ += bytes;
  if (items_ == options_.items_max) flush();
}

void XargsSource::add_command() {
  for (const std::string& word : options_.command) builder_.add_value(as_bytes(word));
}

/// -I: the line wherever `replacement` stands, but never in the command's name.
void XargsSource::insert(std::string_view line) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < options_.command.size(); ++i) {
    std::string word = options_.command[i];
    for (std::size_t at = 0; i > 0; at += line.size()) {
      at = word.find(options_.replacement, at);
      if (at == std::string::npos) break;
      word.replace(at, options_.replacement.size(), line);
    }
    total += word.size() + 1;
    if (i > 0 && word.size() + 2 > options_.bytes_max) return fault("command too long");
    if (total > options_.bytes_max) return fault("argument list too long");
    builder_.add_value(as_bytes(word));
  }
  items_ = 1;
  flush();
  // GNU xargs measures the first line without the command's name, and all others with it.
  limit_items(options_.command.front().size() + 1);
}

void XargsSource::flush() {
  if (items_ == 0) return;
  ready_.push_back(builder_.take());
  given_ = true;
  items_ = 0;
  bytes_ = 0;
}

}  // namespace spread
