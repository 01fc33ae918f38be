// Pickles that Python 2.7 and 3 have written, and values with what they are as pickles
// (tests/golden/README.md).

#include <sys/mman.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "spread/wire/codec.h"
#include "spread/wire/json.h"
#include "spread/wire/pickle_machine.h"
#include "spread/wire/pickle_value.h"
#include "spread/wire/pickle_writer.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kMax = std::size_t{1} << 30;

std::string golden_file(const std::string& name) {
  std::ifstream file(std::string(SPREAD_SOURCE_DIR) + "/tests/golden/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What the wire makes of it: an answer in one line, its value as JSON.
std::string read_answer(Codec& codec, const std::string& bytes, std::size_t piece) {
  Decoded decoded;
  for (std::size_t size = std::min(piece, bytes.size());;
       size = std::min(size + piece, bytes.size())) {
    const bool final = size == bytes.size();
    codec.decode(as_bytes(std::string_view(bytes).substr(0, size)), final, decoded);
    if (decoded.found != Found::NeedMore) break;
    if (final) return "needs more";
    EXPECT_GT(decoded.size, size);
  }
  if (decoded.found == Found::Broken) return "broken: " + decoded.error;
  EXPECT_EQ(decoded.size, bytes.size());
  const UpMessage& message = decoded.message;
  std::string text;
  switch (message.kind) {
    case UpKind::Ok: text = "ok"; break;
    case UpKind::Busy: text = "busy " + std::to_string(message.number); break;
    case UpKind::Error: text = "error"; break;
    case UpKind::Fatal: text = "fatal"; break;
    default: text = "?"; break;
  }
  if (!message.value.empty()) {
    ByteBuffer json;
    JsonStyle style{.keeps_floats = true};
    EXPECT_TRUE(msgpack_to_json(message.value, json, style));
    text += " " + to_string(json);
  }
  const auto add = [&text](const char* name, std::string_view what) {
    if (!what.empty()) text += std::string(" ") + name + "=" + std::string(what);
  };
  add("text", message.text);
  add("so", message.so);
  add("se", message.se);
  return text;
}

std::string base64(std::string_view bytes) {
  ByteBuffer value, json;
  append_pickle_ext(as_bytes(bytes), value);
  JsonStyle style;
  EXPECT_TRUE(msgpack_to_json(value.view(), json, style));
  return to_string(json);
}

/// Of each file but those whose value is carried as a pickle.
const std::map<std::string, std::string> kRecorded = {
    {"answer", "ok \"r\xc3\xa9sult\" so=line 1\n"},
    {"answer_bytes", "ok {\"$bin\":\"AP+AYWJj\"}"},
    {"answer_dict", "ok {\"a\":1,\"3\":null,\"b\":[1,2],\"[1,\\\"x\\\"]\":[1,2]}"},
    {"answer_none", "ok null"},
    {"complex", "ok [1.0,2.0]"},
    {"frozenset", "ok [1]"},
    {"ordereddict", "ok {\"z\":1,\"a\":2}"},
    {"remote",
     "fatal {\"type\":\"RemoteException\",\"message\":\"ValueError: bad input 7 (index=7; so: "
     "abc)\"} "
     "so=out\n se=err\n"},
    {"shared",
     "broken: it answered with a tuple (d, so, se) in which so is a list of 2, and not a list of "
     "text"},
    {"toobusy", "busy 0.250000 text=disk full"},
    {"toobusy_int", "busy 2.000000"},
};

TEST(PickleGolden, EveryAnswerOfPython27IsReadAsTheDocumentSays) {
  const Json manifest = Json::parse(golden_file("pickle27/manifest.json"));
  ASSERT_EQ(manifest.size(), 102u);
  for (const Json& entry : manifest) {
    SCOPED_TRACE(entry.at("file").get<std::string>());
    const std::string name = entry.at("name");
    const std::string bytes = golden_file("pickle27/" + entry.at("file").get<std::string>());
    const auto codec = make_codec(Wire::Pickle, kMax);
    const std::string found = read_answer(*codec, bytes, bytes.size());
    EXPECT_EQ(read_answer(*codec, bytes, 1), found);
    if (const auto expected = kRecorded.find(name); expected != kRecorded.end()) {
      // The order of a dict of 2.7 is its own, and the file says it.
      if (name == "answer_dict") {
        EXPECT_EQ(Json::parse(found.substr(3)), Json::parse(expected->second.substr(3)));
      } else {
        EXPECT_EQ(found, expected->second);
      }
      continue;
    }
    if (name == "answer_long_text") {
      EXPECT_EQ(found, "ok \"" + std::string(300, 'x') + "\"");
      continue;
    }
    EXPECT_TRUE(found.starts_with("ok {\"$ext\":[80,")) << found;
  }
}

/// (value, None, None), which is what the recorded pickles of Python 3 are.
std::string value_of_answer(const std::string& bytes, std::size_t piece, ByteBuffer& value) {
  const auto codec = make_codec(Wire::Pickle, kMax);
  Decoded decoded;
  for (std::size_t size = std::min(piece, bytes.size());;
       size = std::min(size + piece, bytes.size())) {
    codec->decode(as_bytes(std::string_view(bytes).substr(0, size)), size == bytes.size(), decoded);
    if (decoded.found != Found::NeedMore) break;
  }
  if (decoded.found != Found::Message) return decoded.error;
  value.append(decoded.message.value);
  return decoded.message.kind == UpKind::Ok ? "" : "no result";
}

TEST(PickleGolden, EveryValueOfPython3IsReadAsTheDocumentSays) {
  const Json golden = Json::parse(golden_file("pickles.json"));
  int foreign = 0, plain = 0;
  for (const Json& entry : golden.at("read")) {
    SCOPED_TRACE(entry.at("name").get<std::string>() + ", protocol " + entry.at("protocol").dump());
    const std::string bytes = from_hex(entry.at("hex").get<std::string>());
    for (const std::size_t piece : {bytes.size(), std::size_t{1}}) {
      if (piece == 1 && bytes.size() > 5000) continue;
      ByteBuffer value;
      EXPECT_EQ(value_of_answer(bytes, piece, value), "");
      if (!entry.at("msgpack").is_null()) {
        EXPECT_EQ(to_hex(value.view()), to_hex(from_hex(entry.at("msgpack").get<std::string>())));
        ++plain;
        continue;
      }
      ++foreign;
      const Byte* at = value.data();
      const Token ext = next_token(at, at + value.size());
      ASSERT_EQ(ext.type, TokenType::Ext);
      EXPECT_EQ(ext.negative(), kPickleExt);
      PickleMachine machine(kMax);
      EXPECT_EQ(machine.advance(ext.bytes), PickleMachine::Step::Complete) << machine.error();
      EXPECT_EQ(machine.size(), ext.bytes.size());
    }
  }
  EXPECT_GT(plain, 300);
  EXPECT_GT(foreign, 100);
}

TEST(PickleGolden, EveryValueIsWrittenAsTheDocumentSays) {
  const Json golden = Json::parse(golden_file("pickles.json"));
  int compared = 0;
  for (const Json& entry : golden.at("write")) {
    SCOPED_TRACE(entry.at("name").get<std::string>() + ", bytes " + entry.at("bytes").dump());
    const std::string value = from_hex(entry.at("msgpack").get<std::string>());
    const bool three = entry.at("bytes") == 3;
    ByteBuffer out;
    EXPECT_TRUE(msgpack_to_pickle(as_bytes(value),
                                  three ? PickleBytes::Python3 : PickleBytes::Python2, out));
    EXPECT_EQ(to_hex(out.view()), to_hex(from_hex(entry.at("hex").get<std::string>())));
    ++compared;
  }
  EXPECT_GE(compared, 18);
}

TEST(PickleGolden, WhatIsWrittenIsReadAsTheSameValue) {
  const Json golden = Json::parse(golden_file("pickles.json"));
  for (const Json& entry : golden.at("write")) {
    if (entry.at("bytes") != 3) continue;  // the str of Python 2 may be either
    SCOPED_TRACE(entry.at("name").get<std::string>());
    const std::string bytes = from_hex(entry.at("hex").get<std::string>());
    PickleMachine machine(kMax);
    ASSERT_EQ(machine.advance(as_bytes(bytes)), PickleMachine::Step::Complete);
    const PickleSource source{as_bytes(bytes), machine.tree()};
    ByteBuffer value;
    EXPECT_EQ(PickleConverter(source, kMax).convert(source.tree.root, value), PickleFit::Fits);
    EXPECT_EQ(to_hex(value.view()), to_hex(from_hex(entry.at("msgpack").get<std::string>())));
  }
}

TEST(PickleGolden, AnAnswerIsCarriedAsThePickleOfItsFirstElement) {
  // What pickle.dumps(Other) writes beside the two lists, with its marks and memo.
  const std::string zero = golden_file("pickle27/other_oldstyle.p0c.pickle");
  const std::string wanted = zero.substr(1, zero.find("b(l(lt") - 0) + ".";
  const auto codec = make_codec(Wire::Pickle, kMax);
  EXPECT_EQ(read_answer(*codec, zero, zero.size()), "ok " + base64(wanted));
}

/// A msgpack string of so many zeros, none of which has memory.
class LongString {
 public:
  LongString(Byte type, std::uint32_t size) : size_(5 + std::size_t{size}) {
    void* const place = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    EXPECT_NE(place, MAP_FAILED);
    bytes_ = static_cast<Byte*>(place);
    bytes_[0] = type;
    for (int i = 0; i < 4; ++i) bytes_[1 + i] = static_cast<Byte>(size >> (24 - 8 * i));
  }
  ~LongString() { ::munmap(bytes_, size_); }
  LongString(const LongString&) = delete;
  LongString& operator=(const LongString&) = delete;
  ByteView view() const { return {bytes_, size_}; }

 private:
  std::size_t size_;
  Byte* bytes_;
};

TEST(PickleWriter, SaysSoOfAStringThatIsTooLongForItsLength) {
  constexpr Byte kBin32 = 0xc6, kStr32 = 0xdb;
  constexpr std::uint32_t kMost = INT32_MAX;
  struct TooLong {
    Byte type;
    PickleBytes style;
    std::uint32_t most;
  };
  const std::array<TooLong, 4> all = {{{kStr32, PickleBytes::Python2, kMost},
                                       {kStr32, PickleBytes::Python3, kMost},
                                       {kBin32, PickleBytes::Python2, kMost},
                                       {kBin32, PickleBytes::Python3, kMost / 2}}};
  for (const TooLong& each : all) {
    for (const std::uint32_t size : {each.most + 1, UINT32_MAX}) {
      const LongString text(each.type, size);
      ByteBuffer out;
      const Status written = msgpack_to_pickle(text.view(), each.style, out);
      ASSERT_FALSE(written);
      EXPECT_EQ(written.error().message, "has a string of " + std::to_string(size) +
                                             " bytes, of which a pickle of protocol 2 takes " +
                                             std::to_string(each.most));
      EXPECT_EQ(out.size(), 0u);
    }
  }
}

}  // namespace
}  // namespace spread::wire
