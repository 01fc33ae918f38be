#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/wire/codec.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

/// What was found, as text: kinds, ids and every view, with neighbouring stray text joined.
class Log {
 public:
  void add(const wire::Decoded& decoded, ByteView front) {
    switch (decoded.found) {
      case wire::Found::NeedMore: return;
      case wire::Found::Skip:
        if (in_stray_) append("", front);
        return;
      case wire::Found::Stray: return add_stray(front);
      case wire::Found::Broken: return start("broken " + decoded.error);
      case wire::Found::Message: return add(decoded.message);
    }
  }
  const std::string& text() const { return text_; }

 private:
  void start(const std::string& what) {
    in_stray_ = false;
    text_ += "\n" + what;
  }
  void append(std::string_view name, ByteView bytes) {
    text_ += name;
    text_ += as_text(bytes);
  }
  void add_stray(ByteView bytes) {
    if (!in_stray_) start("stray ");
    in_stray_ = true;
    append("", bytes);
  }
  void add(const wire::UpMessage& message) {
    start("message " + std::to_string(static_cast<int>(message.kind)) +
          (message.has_id ? " " + std::to_string(number(message.id)) : std::string()));
    append(" value ", message.value);
    append(" text ", as_bytes(message.text));
    append(" so ", as_bytes(message.so));
    append(" se ", as_bytes(message.se));
    text_ += std::to_string(message.number);
    // The receiver of such a message parses the map next.
    if (message.kind == wire::UpKind::Hello) (void)wire::parse_hello(message.value);
    if (message.kind == wire::UpKind::Error) (void)wire::parse_error(message.value);
  }

  std::string text_;
  bool in_stray_ = false;
};

std::string decode(Wire wire, ByteView bytes, std::size_t piece) {
  const auto codec = wire::make_codec(wire, 4096);
  wire::Decoded decoded;
  Log log;
  std::size_t done = 0;
  std::size_t there = piece < bytes.size() ? piece : bytes.size();
  while (true) {
    const bool final = there == bytes.size();
    // A copy of its own, so that the address sanitizer sees a look beyond the end.
    const std::vector<Byte> front(bytes.begin() + static_cast<std::ptrdiff_t>(done),
                                  bytes.begin() + static_cast<std::ptrdiff_t>(there));
    codec->decode(front, final, decoded);
    if (decoded.found == wire::Found::NeedMore) {
      SPREAD_ASSERT(decoded.size > front.size());
      if (final) {
        SPREAD_ASSERT(front.empty());
        return log.text();
      }
      const std::size_t wanted = done + decoded.size;
      there += piece;
      if (there < wanted) there = wanted;
      if (there > bytes.size()) there = bytes.size();
      continue;
    }
    // Of a broken message the size says nothing.
    const bool broken = decoded.found == wire::Found::Broken;
    log.add(decoded, broken ? ByteView() : ByteView(front).first(decoded.size));
    if (broken) return log.text();
    SPREAD_ASSERT(decoded.size > 0 && decoded.size <= front.size());
    done += decoded.size;
  }
}

}  // namespace

void codec(ByteView input) {
  if (input.size() < 2) return;
  const Wire wire = static_cast<Wire>(input[0] % 4);
  const std::size_t piece = input[1] % 32 + std::size_t{1};
  const ByteView bytes = input.subspan(2);
  check_same(decode(wire, bytes, bytes.size()), decode(wire, bytes, piece));
}

}  // namespace spread::fuzz
