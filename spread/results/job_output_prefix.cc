#include "spread/results/job_output_prefix.h"

#include <algorithm>

namespace spread {

void LinePrefixer::append(ByteView bytes, std::string_view prefix, ByteBuffer& out) {
  std::string_view text = as_text(bytes);
  while (!text.empty()) {
    const bool ends_crlf = state_ == kAfterReturn && text.front() == '\n';
    if (state_ != kInLine && !ends_crlf) out.append(prefix);
    // Two searches for one byte each are several times as fast as find_first_of().
    std::size_t end = text.find('\n');
    end = std::min(end, text.substr(0, end).find('\r'));
    if (end == std::string_view::npos) {
      out.append(text);
      state_ = kInLine;
      return;
    }
    out.append(text.substr(0, end + 1));
    state_ = text[end] == '\n' ? kLineStart : kAfterReturn;
    text.remove_prefix(end + 1);
  }
}

}  // namespace spread
