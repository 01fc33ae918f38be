#include "spread/wire/codec.h"

#include <cstring>

#include <fmt/format.h>

#include "spread/wire/json.h"

namespace spread::wire {
namespace {

class LinesCodec final : public Codec {
 public:
  explicit LinesCodec(std::size_t max_frame) : max_frame_(max_frame) {}

  Status encode_prep(const Value& item, ByteBuffer& out) override {
    return encode("it", item, out);
  }
  Result<bool> encode_prep_head(const Value&, ByteBuffer&) override { return false; }
  Result<bool> encode_answer_head(std::uint64_t, std::size_t, ByteBuffer&) override {
    return false;
  }
  Status encode_task(TaskId, const Value& payload, ByteBuffer& out) override {
    return encode("payload", payload, out);
  }
  Result<bool> encode_task_head(TaskId, const Value&, ByteBuffer&) override { return false; }
  void decode(ByteView bytes, bool final, Decoded& decoded) override;
  bool has_ids() const override { return false; }
  std::size_t overhead() const override { return 0; }
  bool saw_non_finite() const override { return style_.saw_non_finite; }

 private:
  Status encode(std::string_view what, const Value& value, ByteBuffer& out);

  std::size_t max_frame_;
  LineSearch search_;
  JsonStyle style_;
  ByteBuffer text_;   ///< the line being encoded
  ByteBuffer value_;  ///< the answer last decoded
};

Status LinesCodec::encode(std::string_view what, const Value& value, ByteBuffer& out) {
  text_.clear();
  if (auto status = msgpack_to_text(value, text_, style_); !status) return status;
  if (text_.size() > max_frame_) {
    return fail(fmt::format("{} has {} bytes, more than --max-frame {} allows", what, text_.size(),
                            max_frame_));
  }
  if (!text_.empty() && std::memchr(text_.data(), '\n', text_.size()) != nullptr) {
    return fail(fmt::format("{} contains a newline, which --wire lines cannot send", what));
  }
  out.append(text_.view());
  out.push_back('\n');
  return {};
}

void LinesCodec::decode(ByteView bytes, bool final, Decoded& decoded) {
  const auto end = search_.find(bytes);
  if (end.value_or(bytes.size()) > max_frame_) {
    decoded.found = Found::Broken;
    decoded.error = fmt::format("line of more than --max-frame {} bytes", max_frame_);
    return;
  }
  if (!end) {
    decoded.found = final && !bytes.empty() ? Found::Broken : Found::NeedMore;
    decoded.size = bytes.size() + 1;
    if (decoded.found == Found::Broken) {
      decoded.error = fmt::format("ended inside a line ({} bytes without a newline)", bytes.size());
    }
    return;
  }
  // The header has to stand directly in front of the text, hence the copy.
  const Slice line(nullptr, bytes.first(*end));
  value_.clear();
  value_.append(text_value(line));
  decoded.found = Found::Message;
  decoded.size = *end + 1;
  decoded.message = UpMessage{};
  decoded.message.kind = UpKind::Ok;
  decoded.message.value = value_.view();
}

}  // namespace

std::unique_ptr<Codec> make_lines_codec(std::size_t max_frame) {
  return std::make_unique<LinesCodec>(max_frame);
}

}  // namespace spread::wire
