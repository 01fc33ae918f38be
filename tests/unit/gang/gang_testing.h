// Verbs of the gang tests: values as JSON, and a gang whose members ask and leave.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/buffers.h"
#include "spread/gang/collectives.h"
#include "spread/wire/json.h"

namespace spread::test {

/// One value of msgpack.
inline Slice encoded(std::string_view json) {
  ByteBuffer bytes;
  const Status converted = wire::json_to_msgpack(json, bytes);
  EXPECT_TRUE(converted.has_value()) << json;
  return Slice::copy_of(bytes.view());
}

inline std::string as_json(ByteView value) {
  ByteBuffer json;
  wire::JsonStyle style;
  EXPECT_TRUE(wire::msgpack_to_json(value, json, style).has_value());
  return std::string(as_text(json.view()));
}

/// A gang, and each reply that its members have had, by rank: "[1,2]", or "! rank 1 called ...".
/// Fails the test where a question has two replies or one that was not asked.
class TestGang {
 public:
  TestGang(std::uint32_t size, CollectiveBudget& budget, std::size_t reply_bytes_max = 1 << 20)
      : gang_(size, budget, reply_bytes_max) {}

  /// `arguments`: JSON values with commas between them.
  void ask(std::uint32_t rank, std::string_view op, const std::string& arguments) {
    const Slice list = encoded("[" + arguments + "]");
    wire::UpMessage question;
    question.kind = wire::UpKind::Ask;
    question.text = op;
    question.seq = ++seq_;
    question.arguments = list.view()[0] & 0x0fu;
    open_[question.seq] = rank;
    Collectives::Replies replies;
    gang_.ask(rank, question, Slice(list.block(), list.view().subspan(1)), replies);
    take(replies);
  }
  void call(std::uint32_t rank, const std::string& arguments) {
    ask(rank, "collective", arguments);
  }
  /// The same of every member, in order.
  void call_all(std::uint32_t size, const std::string& arguments) {
    for (std::uint32_t rank = 0; rank < size; ++rank) call(rank, arguments);
  }
  void answered(std::uint32_t rank) {
    Collectives::Replies replies;
    gang_.answered(rank, replies);
    take(replies);
  }
  void failed(std::uint32_t rank, std::string_view reason) {
    Collectives::Replies replies;
    gang_.failed(rank, reason, replies);
    take(replies);
  }

  /// The replies of one rank since the last call.
  std::vector<std::string> heard(std::uint32_t rank) { return std::exchange(heard_[rank], {}); }
  std::string last(std::uint32_t rank) {
    const std::vector<std::string> all = heard(rank);
    return all.size() == 1 ? all[0] : std::to_string(all.size()) + " replies";
  }
  const std::vector<GangReply>& replies() const { return replies_; }
  std::size_t open() const { return open_.size(); }
  Collectives& gang() { return gang_; }

 private:
  void take(Collectives::Replies& replies) {
    for (GangReply& reply : replies) {
      EXPECT_EQ(open_.count(reply.seq), 1u) << "nothing was asked, or it has been answered";
      EXPECT_EQ(open_[reply.seq], reply.rank);
      open_.erase(reply.seq);
      heard_[reply.rank].push_back(text_of(reply));
      replies_.push_back(std::move(reply));
    }
  }
  static std::string text_of(const GangReply& reply) {
    if (reply.refused()) {
      return (reply.type == "GangFailed" ? "! " : "! " + reply.type + " ") + reply.message;
    }
    ByteBuffer whole;
    for (const Slice& piece : reply.value) whole.append(piece.view());
    EXPECT_EQ(whole.size(), reply.size());
    return as_json(whole.view());
  }

  Collectives gang_;
  std::uint64_t seq_ = 0;
  std::map<std::uint64_t, std::uint32_t> open_;
  std::map<std::uint32_t, std::vector<std::string>> heard_;
  std::vector<GangReply> replies_;
};

}  // namespace spread::test
