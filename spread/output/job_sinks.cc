#include "spread/output/job_sinks.h"

#include <fmt/format.h>

#include "spread/base/json_string.h"
#include "spread/base/characters.h"

namespace spread {
namespace {

// What is longer goes to the queue by reference.
constexpr std::size_t kPiece = 64 * 1024;

/// Whether `bytes`, which are no UTF-8, may be the start of a character that is cut off.
bool may_go_on(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (first > 0xf4 || bytes.size() >= length) return false;
  for (const char c : bytes.substr(1)) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) return false;
  }
  return true;
}

}  // namespace

void StandardSink::write(TaskId, JobStream stream, Slice bytes) {
  if (stream == JobStream::Err && !reporter_.one_place()) {
    return reporter_.errors().append(bytes.view());
  }
  if (out_.closed()) return;
  reporter_.begin_block();
  const bool whole_lines = lines_ && bytes.view().back() == '\n';
  out_.queue().append(std::move(bytes));
  if (whole_lines) reporter_.end_block();
}

void RecordSink::open(TaskId task) {
  if (opened_) return;
  opened_ = true;
  reporter_.begin_block();
  stream_ = -1;
  out_.queue().tail().append(fmt::format("{{\"id\":{},", number(task)));
}

/// Each of the two strings comes once: in JobOutputMode::Blocks all of stdout is before stderr.
void RecordSink::begin(JobStream stream) {
  const int wanted = static_cast<int>(stream);
  ByteBuffer& out = out_.queue().tail();
  for (; stream_ < wanted;) {
    if (stream_ >= 0) {
      if (!partial_.empty()) out.append("\xef\xbf\xbd");
      partial_.clear();
      out.append("\",");
    }
    ++stream_;
    out.append(stream_ == 0 ? "\"stdout\":\"" : "\"stderr\":\"");
  }
}

void RecordSink::write(TaskId task, JobStream stream, Slice bytes) {
  if (out_.closed()) return;
  open(task);
  begin(stream);
  std::string_view rest = as_text(bytes.view());
  while (!rest.empty()) {
    append(rest.substr(0, kPiece));
    rest.remove_prefix(std::min(rest.size(), kPiece));
  }
}

void RecordSink::append(std::string_view text) {
  ByteBuffer& out = out_.queue().tail();
  std::string joined;
  if (!partial_.empty()) {
    joined = partial_ + std::string(text);
    partial_.clear();
    text = joined;
  }
  while (!text.empty()) {
    const std::size_t good = utf8_prefix(as_bytes(text));
    append_json_escaped(text.substr(0, good), out);
    text.remove_prefix(good);
    if (text.empty()) return;
    if (text.size() < 4 && may_go_on(text)) {
      partial_ = text;
      return;
    }
    // JSON has no bytes that are no text.
    out.append("\xef\xbf\xbd");
    text.remove_prefix(1);
  }
}

void RecordSink::end(TaskId task, ByteView note) {
  if (out_.closed()) return;
  open(task);
  begin(JobStream::Err);
  if (!partial_.empty()) out_.queue().tail().append("\xef\xbf\xbd");
  partial_.clear();
  out_.queue().tail().append("\",");
  out_.queue().tail().append(note);
  opened_ = false;
  reporter_.end_block();
}

}  // namespace spread
