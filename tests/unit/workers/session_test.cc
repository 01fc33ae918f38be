// tests/golden/endings.json: how a worker's output ends, in each order of close, beat, bye and
// tail.
#include "spread/workers/session.h"

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spread {
namespace {

using Json = nlohmann::json;

struct Life final : SessionSink {
  void on_hello(const wire::Hello&) override { said.push_back("hello"); }
  void on_ready() override { said.push_back("ready"); }
  void on_answer(const wire::UpMessage& message) override {
    said.push_back("ok " + std::to_string(number(message.id)));
  }
  void on_progress(const wire::UpMessage&) override { said.push_back("progress"); }
  void on_log(const wire::UpMessage&) override { said.push_back("log"); }
  void on_ask(const wire::UpMessage&) override { said.push_back("ask"); }
  void on_retires() override { said.push_back("retires"); }
  void on_stray(std::string_view) override {
    if (said.empty() || said.back() != "stray") said.push_back("stray");
  }
  void on_tail(std::string_view text) override { tail += text; }
  void on_warning(std::string message) override { said.push_back(message); }

  std::vector<std::string> said;
  std::string tail;
};

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

/// A worker that lives as the steps say; each piece of its output comes in parts of `cut` bytes.
class Played {
 public:
  Played(const Json& entry, std::size_t cut) : session_(options_of(entry), output_), cut_(cut) {
    for (const Json& step : entry.at("steps")) take(step);
    if (session_.state() == SessionState::Broken) life_.said.push_back("broken");
  }
  const Life& life() const { return life_; }

 private:
  static SessionOptions options_of(const Json& entry) {
    SessionOptions options;
    options.wire = entry.at("wire") == "json" ? Wire::Json : Wire::Msgpack;
    options.raw = entry.at("steps").front() == "all";
    return options;
  }

  void take(const Json& step) {
    if (step == "close") return session_.close();
    if (step == "end") return receive(true);
    if (step.is_number()) {
      Value one;
      one.head[0] = 1;
      one.head_size = 1;
      EXPECT_TRUE(session_.send_task(TaskId{step.get<std::uint64_t>()}, one));
    } else if (step.is_object()) {
      for (const char byte : from_hex(step.at("hex"))) {
        unread_ += byte;
        if (++since_ % cut_ == 0) receive(false);
      }
      receive(false);
    }
  }

  void receive(bool final) { unread_.erase(0, session_.receive(as_bytes(unread_), final, life_)); }

  OutputQueue output_;
  Session session_;
  Life life_;
  std::string unread_;
  std::size_t cut_, since_ = 0;
};

TEST(Session, EndsAsTheGoldenBytesSay) {
  std::ifstream file(SPREAD_SOURCE_DIR "/tests/golden/endings.json");
  const Json golden = Json::parse(file);
  int checked = 0;
  for (const Json& entry : golden.at("cases")) {
    for (const std::size_t cut : {1, 2, 7, 1000}) {
      SCOPED_TRACE(entry.at("name").get<std::string>() + ", " +
                   entry.at("wire").get<std::string>() + ", cut " + std::to_string(cut));
      const Played played(entry, cut);
      EXPECT_EQ(Json(played.life().said), entry.at("said"));
      EXPECT_EQ(played.life().tail, from_hex(entry.at("tail")));
      ++checked;
    }
  }
  EXPECT_GT(checked, 100);
}

TEST(Session, InAllWhatComesBehindAWrongHelloIsNoTail) {
  const std::string text = "[null,\"hello\",{\"wire\":2}]\nits output\n";
  for (const std::size_t together : {text.find("its"), text.size()}) {
    OutputQueue output;
    SessionOptions options;
    options.wire = Wire::Json;
    options.raw = true;
    Session session(options, output);
    Life life;
    EXPECT_EQ(session.receive(as_bytes(text).first(together), false, life), together);
    EXPECT_EQ(session.state(), SessionState::Broken);
    EXPECT_EQ(life.tail, "");
  }
}

TEST(Session, WhatPromisedBeatsIsNeverSilentUntilItsBye) {
  OutputQueue output;
  SessionOptions options;
  options.wire = Wire::Json;
  Session session(options, output);
  Life life;
  const auto say = [&](std::string_view text) { session.receive(as_bytes(text), false, life); };
  EXPECT_FALSE(session.beats());
  say("[null,\"hello\",{\"features\":[\"batch\",\"beat\"]}]\n");
  EXPECT_TRUE(session.beats());
  session.close();
  say("[null,\"beat\"]\n");
  EXPECT_TRUE(session.beats());
  say("[null,\"bye\"]\n");
  EXPECT_FALSE(session.beats());
}

TEST(Session, MessagesOfARelayAreIgnoredAndWarnedOfOnce) {
  OutputQueue output;
  SessionOptions options;
  options.wire = Wire::Json;
  Session session(options, output);
  Life life;
  const std::string_view text =
      "[null,\"up\",0]\n[null,\"from\",0,[null,\"bye\"]]\n[null,\"down\",0,\"gone\"]\n";
  EXPECT_EQ(session.receive(as_bytes(text), false, life), text.size());
  EXPECT_EQ(life.said, std::vector<std::string>(
                           {"it sent a message of a kind that this spread does not know (\"up\"); "
                            "such messages are ignored"}));
  EXPECT_EQ(session.state(), SessionState::Running);
}

TEST(Session, ATaskIsNotCancelledUnasked) {
  OutputQueue output;
  SessionOptions options;
  options.wire = Wire::Json;
  Session session(options, output);
  Life life;
  Value one;
  one.head[0] = 1;
  one.head_size = 1;
  ASSERT_TRUE(session.send_task(TaskId{7}, one));
  session.receive(as_bytes("[7,\"cancelled\"]\n"), false, life);
  EXPECT_EQ(session.state(), SessionState::Broken);
  EXPECT_EQ(session.problem_text(), "it answered id 7 with \"cancelled\", which it was not asked");
}

}  // namespace
}  // namespace spread
