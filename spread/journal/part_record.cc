#include "spread/journal/part_record.h"

#include <string_view>

#include "spread/base/characters.h"
#include "spread/base/quote.h"
#include "spread/journal/record_log.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

using wire::Token;
using wire::TokenType;

void write_bool(bool value, ByteBuffer& out) { out.push_back(value ? Byte{0xc3} : Byte{0xc2}); }

/// As a str, which readers in other languages expect, if it is one.
void write_text(std::string_view text, ByteBuffer& out) {
  if (is_utf8(as_bytes(text))) return wire::ValueWriter(out).text(text);
  Byte* const begin = out.prepare(wire::kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(wire::put_bin_header(begin, text.size()) - begin));
  out.append(text);
}

/// The values of a record, one after the other. A value that is not what was asked for makes all of
/// it bad.
class PartReader {
 public:
  explicit PartReader(ByteView bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool is_bad() const { return bad_; }
  bool is_at_end() const { return at_ == end_; }

  std::uint64_t number() { return take(TokenType::Unsigned).number; }
  bool flag() { return take(TokenType::Bool).number != 0; }
  std::uint64_t elements() { return take(TokenType::Array).number; }
  std::uint64_t pairs() { return take(TokenType::Map).number; }
  std::string text() {
    const Token token = wire::next_token(at_, end_);
    if (!token.is_text()) bad_ = true;
    return std::string(as_text(token.bytes));
  }
  void skip() {
    const wire::Skipped skipped = wire::skip_value(at_, end_);
    if (skipped.ok()) {
      at_ = skipped.at;
    } else {
      bad_ = true;
    }
  }

 private:
  Token take(TokenType type) {
    const Token token = wire::next_token(at_, end_);
    if (token.type == type) return token;
    bad_ = true;
    return {};
  }

  const Byte* at_;
  const Byte* end_;
  bool bad_ = false;
};

void read_words(PartReader& reader, JournalPart& part) {
  // A count that is not true ends with the bytes.
  for (std::uint64_t left = reader.elements(); left > 0 && !reader.is_bad(); --left) {
    part.words.push_back(reader.text());
  }
}

void read_identity(PartReader& reader, JournalPart& part) {
  for (std::uint64_t left = reader.pairs(); left > 0 && !reader.is_bad(); --left) {
    std::string name = reader.text();
    part.identity.emplace_back(std::move(name), reader.text());
  }
}

void read_field(std::string_view key, PartReader& reader, JournalPart& part) {
  if (key == "format") {
    part.format = reader.number();
  } else if (key == "spread") {
    part.spread = reader.text();
  } else if (key == "epoch") {
    part.epoch = reader.number();
  } else if (key == "host") {
    part.writer.host = reader.text();
  } else if (key == "boot") {
    part.writer.boot = reader.text();
  } else if (key == "pid") {
    part.writer.pid = reader.number();
  } else if (key == "pid_start") {
    part.writer.pid_start = reader.number();
  } else if (key == "time") {
    part.time = reader.number();
  } else if (key == "subcommand") {
    part.subcommand = reader.text();
  } else if (key == "words") {
    read_words(reader, part);
  } else if (key == "identity") {
    read_identity(reader, part);
  } else if (key == "renumbers") {
    part.renumbers = reader.flag();
  } else if (key == "output") {
    part.output = reader.text();
  } else {
    reader.skip();
  }
}

}  // namespace

void append_part(const JournalPart& part, ByteBuffer& out) {
  constexpr std::uint64_t kFields = 12;
  wire::ValueWriter writer(out);
  out.push_back(kPartRecord);
  writer.map(kFields + (part.output.empty() ? 0 : 1));
  const auto number = [&](std::string_view key, std::uint64_t value) {
    writer.text(key);
    writer.number(value);
  };
  const auto text = [&](std::string_view key, std::string_view value) {
    writer.text(key);
    write_text(value, out);
  };
  // First, so that a reader finds it whatever the rest has become.
  number("format", part.format);
  text("spread", part.spread);
  number("epoch", part.epoch);
  text("host", part.writer.host);
  text("boot", part.writer.boot);
  number("pid", part.writer.pid);
  number("pid_start", part.writer.pid_start);
  number("time", part.time);
  text("subcommand", part.subcommand);
  writer.text("words");
  writer.array(part.words.size());
  for (const std::string& word : part.words) write_text(word, out);
  writer.text("identity");
  writer.map(part.identity.size());
  for (const auto& [name, value] : part.identity) text(name, value);
  writer.text("renumbers");
  write_bool(part.renumbers, out);
  if (!part.output.empty()) text("output", part.output);
}

Result<JournalPart> parse_part(ByteView record) {
  PartReader reader(record.subspan(record.empty() ? 0 : 1));
  JournalPart part;
  bool has_format = false, has_epoch = false;
  for (std::uint64_t left = reader.pairs(); left > 0 && !reader.is_bad(); --left) {
    const std::string key = reader.text();
    read_field(key, reader, part);
    if (reader.is_bad()) return fail("the record of a part has a bad " + show_text(key));
    has_format = has_format || key == "format";
    has_epoch = has_epoch || key == "epoch";
    if (has_format && part.format > kJournalFormat) {
      return fail("written by a newer spread (format " + std::to_string(part.format) + ")");
    }
  }
  if (reader.is_bad() || !reader.is_at_end()) return fail("the record of a part is no map");
  if (!has_format) return fail("the record of a part has no format");
  if (!has_epoch) return fail("the record of a part has no epoch");
  return part;
}

Result<std::optional<LastWriter>> find_last_writer(JournalBytes& journal) {
  std::optional<LastWriter> last;
  RecordLogReader reader(journal);
  while (true) {
    const LogRead read = reader.next();
    if (read == LogRead::Failed) return tl::unexpected(reader.error());
    if (read == LogRead::End || read == LogRead::Torn) return last;
    if (read != LogRead::Record) continue;
    const Byte type = reader.record().front();
    if (type == kEndRecord && last) last->has_ended = true;
    if (type != kPartRecord) continue;
    if (Result<JournalPart> part = parse_part(reader.record())) {
      last = LastWriter{std::move(*part), false};
    }
  }
}

}  // namespace spread
