// Of a session: what its worker asks.
#include <algorithm>

#include "spread/workers/session.h"

namespace spread {
namespace {

// docs/protocol.md section 13.
constexpr std::size_t kUnreadRepliesMax = std::size_t{64} << 20;

}  // namespace

void Session::on_ask(SessionSink& sink) {
  wire::UpMessage& question = decoded_.message;
  if (state_ != SessionState::Running) return;  // its input has ended: no answer reaches it
  if (question.se.empty() && question.has_id && !is_outstanding(question.id)) {
    bad_ask_ =
        "it asks for id " + std::to_string(number(question.id)) + ", which it is not working on";
    question.se = bad_ask_;
  }
  if (question.has_id) questions_[question.seq] = question.id;
  sink.on_ask(question);
}

void Session::reply(std::uint64_t seq, const Value& message) {
  questions_.erase(seq);
  if (counts_reply(message.size())) {
    sent_reply(codec_->encode_prep(message, output_.tail()).has_value());
  }
}

void Session::answer(std::uint64_t seq, std::span<const Slice> value, bool awaited) {
  questions_.erase(seq);
  std::size_t bytes = 0;
  for (const Slice& piece : value) bytes += piece.size();
  if (!counts_reply(awaited ? 0 : bytes)) return;
  const Result<bool> by_reference = codec_->encode_answer_head(seq, bytes, output_.tail());
  if (by_reference && *by_reference) {
    for (const Slice& piece : value) output_.append(piece);
    return;
  }
  ByteBuffer whole;
  if (by_reference) {
    for (const Slice& piece : value) whole.append(piece.view());
  }
  const bool sent =
      by_reference &&
      codec_->encode_prep(wire::make_answer(seq, whole.view()), output_.tail()).has_value();
  if (sent) return;
  // JSON may be longer than what it was counted as. Without a reply it would wait for ever.
  const Value refusal = wire::make_refusal(
      seq, "TooLarge", "on this wire the answer is longer than --max-frame permits");
  sent_reply(codec_->encode_prep(refusal, output_.tail()).has_value());
}

/// False: it is not to be sent; perhaps the worker reads none, and the session is broken instead. A
/// single one may be of any size.
bool Session::counts_reply(std::size_t bytes) {
  if (state_ != SessionState::Running) return false;  // its input has ended: as in on_ask()
  if (output_.empty()) unread_replies_ = 0;
  if (unread_replies_ > 0 && unread_replies_ + bytes > kUnreadRepliesMax) {
    broken("it asks, and does not read the answers");
    return false;
  }
  unread_replies_ += bytes;
  return true;
}

void Session::sent_reply(bool sent) {
  // It would wait for it for ever.
  if (!sent) broken("the answer to its question is longer than --max-frame permits");
}

/// It has been answered without its replies, which may never come; and it may be sent again.
void Session::forget_questions(TaskId of) {
  std::erase_if(questions_, [of](const auto& question) { return question.second == of; });
}

/// While one waits for a reply, the sub-tasks that were sent later, to run inside of it: all others
/// lie behind it.
std::size_t Session::answerable() const {
  if (questions_.empty()) return outstanding_.size();
  const auto waits = [&](TaskId id) {
    return std::any_of(questions_.begin(), questions_.end(),
                       [&](const auto& question) { return question.second == id; });
  };
  std::size_t count = 0;
  for (std::size_t i = outstanding_.size(); i > 0 && !waits(outstanding_[i - 1]); --i) {
    count += is_subtask(outstanding_[i - 1]) ? 1 : 0;
  }
  return count;
}

}  // namespace spread
