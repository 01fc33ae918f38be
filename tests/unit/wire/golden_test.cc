// tests/golden/frames.json against the master's codecs. The file comes out of an encoder of its
// own (generate.py), and the SDKs are held against it too.

#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "spread/wire/codec.h"
#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

using Json = nlohmann::json;

std::vector<Json> golden_cases(std::string_view direction) {
  std::ifstream file(std::string(SPREAD_SOURCE_DIR) + "/tests/golden/frames.json");
  const Json golden = Json::parse(file);
  std::vector<Json> cases;
  for (const Json& entry : golden.at("cases")) {
    if (entry.at("direction") == direction) cases.push_back(entry);
  }
  return cases;
}

std::string name_of(const Json& entry) {
  return entry.at("wire").get<std::string>() + ": " + entry.at("name").get<std::string>();
}

std::unique_ptr<Codec> codec_for(const Json& entry) {
  const std::string wire = entry.at("wire");
  return make_codec(wire == "json"    ? Wire::Json
                    : wire == "lines" ? Wire::Lines
                                      : Wire::Msgpack,
                    entry.value("max_frame", std::size_t{1} << 30));
}

Value value_of(std::string_view bytes) {
  Value value;
  value.body = Slice::copy_of(as_bytes(bytes));
  return value;
}

std::string text_in(const Json& message, const char* key) {
  const auto found = message.find(key);
  return found != message.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string from_latin1(std::string_view utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    bytes += c < 0x80 ? utf8[i] : static_cast<char>((c << 6) | (utf8[++i] & 0x3f));
  }
  return bytes;
}

/// The line that describe() makes of the message that is expected.
std::string expected_message(const Json& expected) {
  const Json& message = expected.at("message");
  const std::string kind = message.at("kind");
  UpMessage up;
  for (int i = 0; i <= static_cast<int>(UpKind::Unknown); ++i) {
    up.kind = static_cast<UpKind>(i);
    if (describe(up).starts_with(kind + " ")) break;
  }
  const Json& id = message.at("id");
  up.has_id = !id.is_null();
  if (up.has_id) up.id = TaskId{id.get<std::uint64_t>()};
  const std::string value = from_hex(text_in(expected, "value_hex"));
  up.value = as_bytes(value);
  const char* const word = kind == "unknown" ? "name" : kind == "ask" ? "op" : "text";
  const std::string text = text_in(message, word);
  up.seq = message.value("seq", message.value("worker", std::uint64_t{0}));
  up.arguments = message.value("arguments", std::uint64_t{0});
  const std::string level = message.value("level", "info");
  up.level = level == "debug"     ? LogLevel::Debug
             : level == "warning" ? LogLevel::Warning
             : level == "error"   ? LogLevel::Error
                                  : LogLevel::Info;
  up.text = text;
  up.number = message.value("seconds", message.value("fraction", 0.0));
  // generate.py writes bytes that are not UTF-8 as the Latin-1 characters of the same numbers.
  const bool as_latin1 = message.value("so", "") == "\xc3\xbf bytes";
  const auto captured = [&](const char* key) {
    return as_latin1 ? from_latin1(text_in(message, key)) : text_in(message, key);
  };
  const std::string so = captured("so");
  const std::string se = captured("se");
  up.so = so;
  up.se = se;
  return describe(up);
}

bool error_fits(const std::string& error, const std::string& word) {
  if (word == "too long") return error.find("--max-frame") != std::string::npos;
  if (word == "nested") return error.find("deeper than") != std::string::npos;
  if (word == "id") return error.find(" id ") != std::string::npos;
  return error.starts_with("not a frame: ");
}

void check_up(const Json& entry, const std::vector<Seen>& seen) {
  const Json& expect = entry.at("expect");
  ASSERT_EQ(seen.size(), expect.size()) << ::testing::PrintToString(seen);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const Json& wanted = expect[i];
    if (wanted.contains("message")) {
      EXPECT_EQ(seen[i], (Seen{Found::Message, expected_message(wanted)}));
    } else if (wanted.contains("stray")) {
      EXPECT_EQ(seen[i], (Seen{Found::Stray, from_hex(text_in(wanted, "stray"))}));
    } else if (wanted.contains("broken")) {
      EXPECT_EQ(seen[i].found, Found::Broken);
      EXPECT_PRED2(error_fits, seen[i].text, text_in(wanted, "broken"));
    } else if (text_in(wanted, "at_end") == "stray") {
      EXPECT_EQ(seen[i], (Seen{Found::Stray, from_hex(text_in(wanted, "incomplete"))}));
    } else {
      EXPECT_EQ(seen[i].found, Found::Broken);
      EXPECT_TRUE(seen[i].text.starts_with("ended inside a ")) << seen[i].text;
    }
  }
}

TEST(Golden, UpwardBytesDecodeAsTheDocumentSays) {
  const auto cases = golden_cases("up");
  ASSERT_GT(cases.size(), 200u);
  for (const Json& entry : cases) {
    SCOPED_TRACE(name_of(entry));
    check_up(entry, decode_all(*codec_for(entry), from_hex(text_in(entry, "hex"))));
  }
}

TEST(Golden, UpwardBytesDecodeTheSameByteByByte) {
  for (const Json& entry : golden_cases("up")) {
    SCOPED_TRACE(name_of(entry));
    const std::string bytes = from_hex(text_in(entry, "hex"));
    if (bytes.size() > 4096) continue;  // copies of every prefix would take minutes
    std::vector<std::size_t> cuts;
    for (std::size_t i = 1; i < bytes.size(); ++i) cuts.push_back(i);
    check_up(entry, decode_all(*codec_for(entry), bytes, cuts));
  }
}

TEST(Golden, UnfinishedBytesWaitForMore) {
  for (const Json& entry : golden_cases("up")) {
    const Json& last = entry.at("expect").back();
    if (!last.contains("incomplete")) continue;
    SCOPED_TRACE(name_of(entry));
    const auto seen =
        decode_all(*codec_for(entry), from_hex(text_in(entry, "hex")), {}, /*end=*/false);
    EXPECT_EQ(seen.size() + 1, entry.at("expect").size()) << ::testing::PrintToString(seen);
  }
}

Status encode(Codec& codec, const Json& entry, ByteBuffer& out) {
  const Json& message = entry.at("message");
  const std::string kind = message.at("kind");
  const Value value = value_of(from_hex(text_in(entry, "value_hex")));
  const TaskId id{message.value("id", std::uint64_t{0})};
  if (kind == "prep") return codec.encode_prep(value, out);
  if (kind == "answer") {
    return codec.encode_prep(make_answer(message.at("seq"), value.body.view()), out);
  }
  if (kind == "refused") {
    const WorkerError why = parse_error(value.body.view());
    return codec.encode_prep(make_refusal(message.at("seq"), why.type, why.message), out);
  }
  if (kind == "again") {
    const std::string head = from_hex("93c0a470726570");  // [nil, "prep",
    return codec.encode_prep(value_of(head + from_hex(text_in(entry, "value_hex"))), out);
  }
  if (kind == "cancel") return codec.encode_prep(make_cancel(id), out);
  if (kind == "common") {
    const bool over = value.size() == 0;
    return codec.encode_prep(make_common(message.at("k"), over ? nullptr : &value), out);
  }
  if (!message.contains("meta")) return codec.encode_task(id, value, out);
  const std::string meta = from_hex(text_in(entry, "meta_hex"));
  return codec.encode_prep(make_task(id, value, as_bytes(meta)), out);
}

TEST(Golden, TasksAndPrepItemsEncodeToTheDocumentsBytes) {
  int compared = 0;
  for (const Json& entry : golden_cases("down")) {
    // What cannot be sent in the form written here is the worker's business.
    if (!entry.value("canonical", false) && !entry.contains("refused")) continue;
    SCOPED_TRACE(name_of(entry));
    ByteBuffer out;
    const auto codec = codec_for(entry);
    const Status status = encode(*codec, entry, out);
    EXPECT_EQ(status.has_value(), !entry.contains("refused"));
    EXPECT_EQ(to_hex(out.view()), to_hex(from_hex(text_in(entry, "hex"))));
    ++compared;
  }
  EXPECT_GT(compared, 50);
}

TEST(Golden, NonFiniteNumbersAreSentAsNullAndNoticed) {
  int compared = 0;
  for (const Json& entry : golden_cases("down")) {
    if (!entry.contains("sent")) continue;
    SCOPED_TRACE(name_of(entry));
    const std::string sent = entry.at("sent").at("$float");
    const Value value = value_of(from_hex(sent == "nan"   ? "cb7ff8000000000000"
                                          : sent == "inf" ? "cb7ff0000000000000"
                                                          : "cbfff0000000000000"));
    ByteBuffer out;
    const auto codec = codec_for(entry);
    EXPECT_TRUE(codec->encode_task(TaskId{0}, value, out));
    EXPECT_EQ(to_string(out), from_hex(text_in(entry, "hex")));
    EXPECT_TRUE(codec->saw_non_finite());
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

}  // namespace
}  // namespace spread::wire
