#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/wire/codec.h"
#include "spread/wire/pickle_answer.h"
#include "spread/wire/pickle_machine.h"
#include "spread/wire/pickle_writer.h"

namespace spread::wire {
namespace {

/// So much of a line that is no pickle is shown, and waited for.
constexpr std::size_t kLineShown = 80;

class PickleCodec final : public Codec {
 public:
  PickleCodec(std::size_t max_frame, const PickleOptions& options)
      : max_frame_(max_frame),
        options_(options),
        machine_(max_frame),
        answer_(max_frame, options) {}

  Status encode_prep(const Value& item, ByteBuffer& out) override {
    pickle_.clear();
    SPREAD_TRY(named("it", msgpack_to_pickle(contiguous(item), options_.bytes, pickle_)));
    return send("it", out);
  }
  Result<bool> encode_prep_head(const Value&, ByteBuffer&) override { return false; }
  Result<bool> encode_answer_head(std::uint64_t, std::size_t, ByteBuffer&) override {
    return false;
  }
  Status encode_task(TaskId id, const Value& payload, ByteBuffer& out) override {
    const ByteView value = contiguous(payload);
    pickle_.clear();
    SPREAD_TRY(named("payload", options_.pair ? pair_to_pickle(id, value, options_.bytes, pickle_)
                                              : msgpack_to_pickle(value, options_.bytes, pickle_)));
    return send("payload", out);
  }
  /// A pickle ends behind its payload.
  Result<bool> encode_task_head(TaskId, const Value&, ByteBuffer&) override { return false; }
  void decode(ByteView bytes, bool final, Decoded& decoded) override;
  bool has_ids() const override { return false; }
  std::size_t overhead() const override { return 0; }

 private:
  static Status named(std::string_view what, Status status) {
    if (status) return status;
    return fail(fmt::format("{} {}", what, status.error().message));
  }
  ByteView contiguous(const Value& value) {
    if (value.head_size == 0) return value.body.view();
    value_.clear();
    value_.append(value);
    return value_.view();
  }
  Status send(std::string_view what, ByteBuffer& out);
  void decode_broken(ByteView bytes, bool final, Decoded& decoded);

  std::size_t max_frame_;
  PickleOptions options_;
  PickleMachine machine_;
  PickleAnswer answer_;
  ByteBuffer value_;   ///< the payload, in one piece
  ByteBuffer pickle_;  ///< what is being sent
};

Status PickleCodec::send(std::string_view what, ByteBuffer& out) {
  if (pickle_.size() > max_frame_) {
    return fail(fmt::format("{} has {} bytes as a pickle, more than --max-frame {} allows", what,
                            pickle_.size(), max_frame_));
  }
  out.append(pickle_.view());
  return {};
}

void broken(Decoded& decoded, std::string why) {
  decoded.found = Found::Broken;
  decoded.size = 0;
  decoded.error = std::move(why);
}

void PickleCodec::decode(ByteView bytes, bool final, Decoded& decoded) {
  switch (machine_.advance(bytes)) {
    case PickleMachine::Step::NeedMore:
      if (final && !bytes.empty()) {
        machine_.reset();
        return broken(decoded, fmt::format("ended inside a pickle (after {} bytes)", bytes.size()));
      }
      decoded.found = Found::NeedMore;
      decoded.size = std::max(machine_.wanted(), bytes.size() + 1);
      return;
    case PickleMachine::Step::Broken: return decode_broken(bytes, final, decoded);
    case PickleMachine::Step::Complete: break;
  }
  if (answer_.read(bytes, machine_, decoded.message)) {
    decoded.found = Found::Message;
    decoded.size = machine_.size();
  } else {
    broken(decoded, "it " + answer_.error());
  }
  machine_.reset();
}

/// What begins as pickles do, is one, and its bytes say nothing to people. Anything else is most
/// likely a print, of which a line is worth waiting for.
void PickleCodec::decode_broken(ByteView bytes, bool final, Decoded& decoded) {
  const bool binary = bytes[0] == static_cast<Byte>(PickleCode::Proto);
  const std::string_view text = as_text(bytes);
  const std::size_t end = text.find('\n');
  // With one byte more than is shown it is seen that there are more, however many have come
  // already.
  if (!binary && !final && end == std::string_view::npos && bytes.size() <= kLineShown) {
    decoded.found = Found::NeedMore;
    decoded.size = bytes.size() + 1;
    return;
  }
  std::string why = "it wrote what is no pickle: " + machine_.error();
  if (!binary) {
    why = "it wrote \"" +
          printable_line(text.substr(0, std::min(end, kLineShown + 1)), kLineShown) +
          "\", which is no pickle (" + machine_.error() + "); prints belong on stderr";
  }
  machine_.reset();
  broken(decoded, std::move(why));
}

}  // namespace

std::unique_ptr<Codec> make_pickle_codec(std::size_t max_frame, const PickleOptions& options) {
  return std::make_unique<PickleCodec>(max_frame, options);
}

}  // namespace spread::wire
