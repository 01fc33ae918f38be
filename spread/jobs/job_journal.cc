// Jobs in the journal, and those of a run before that are handed on out of it.
#include <array>
#include <utility>

#include <fmt/format.h>

#include "spread/io/files.h"
#include "spread/jobs/job_mode.h"

namespace spread {

/// Blocks that lie in files are read for it: their places say nothing about what is there.
Result<std::uint64_t> JobMode::digest(const Record& record) {
  if (!pipe_ || !pipe_->by_ranges() || !record.bad.empty()) return RunMode::digest(record);
  const FilePart part = PipeInput::part_of(record.payload.body.view());
  Digest digest;
  std::vector<Byte> piece(64 * 1024);
  std::uint64_t at = pipe_->offset(part);
  for (std::uint64_t left = part.range.end - part.range.begin; left > 0;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    const auto read = read_at(pipe_->file(part), at, {piece.data(), size});
    if (!read) return tl::unexpected(read.error());
    if (*read == 0) return fail("it has become shorter meanwhile");
    digest.add({piece.data(), *read});
    at += *read;
    left -= *read;
  }
  return digest.value();
}

void JobMode::tell_kept(const JournalAnswer& answer, const JobWords& words) {
  if (answer.outcome == Outcome::Ok) return;
  if (answer.outcome == Outcome::NotComputed) return failures_.not_computed(answer.attempts > 0);
  failures_.failed(answer.task, words.how, words.command, words.last_lines, std::nullopt);
  if (first_failure_ == 0) first_failure_ = std::max(1, words.exit_status);
}

Status JobMode::hand_on_kept(const JournalAnswer& answer) {
  if (answer.value.empty()) {
    failures_.not_computed(false);
    end_output(answer.task, {});
    return {};
  }
  // The tag is wanted before what it stands in front of.
  const auto words = parse_job_words(answer.value);
  if (!words) return tl::unexpected(words.error());
  const std::string tag(words->tag), note(words->note);
  tell_kept(answer, *words);
  const auto take = [&](std::uint8_t stream, ByteView bytes) {
    const Slice piece = Slice::copy_of(bytes);
    if (output_) output_->append(answer.task, static_cast<JobStream>(stream), piece, tag);
  };
  const auto whole = read_job(answer, engine_.journal()->reader(), take);
  if (!whole) return tl::unexpected(whole.error());
  end_output(answer.task, as_bytes(note));
  return {};
}

}  // namespace spread
