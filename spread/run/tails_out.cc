#include "spread/run/tails_out.h"

#include <filesystem>
#include <system_error>

#include "spread/base/posix.h"
#include "spread/io/system.h"

namespace spread {

TailsOut::TailsOut(const OutputOptions& options, const LimitOptions& limits, OutputWriter& out)
    : to_(options.tails),
      directory_(options.tails_directory),
      out_(out),
      spill_(limits.spill_directory, limits.spill_max),
      store_(limits.reorder_memory, spill_) {}

Status TailsOut::open() {
  if (to_ != TailsTo::Directory) return {};
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return fail("--tails " + directory_ + ": " + error.message());
  return {};
}

Status TailsOut::append(WorkerId worker, std::string_view text) {
  if (to_ == TailsTo::None) return {};
  return store_.append(worker, text);
}

void TailsOut::ended(WorkerId worker, bool has_tail) {
  if (!has_tail) return store_.drop(worker);
  if (number(worker) >= complete_.size()) complete_.resize(number(worker) + 1);
  complete_[number(worker)] = true;
}

Status TailsOut::write_file(WorkerId worker, std::string_view text) {
  auto fd = open_for_writing(directory_ + "/" + std::to_string(number(worker)), true);
  if (!fd) return fail("--tails: " + fd.error().message);
  while (!text.empty()) {
    const ByteView piece = as_bytes(text);
    const IoResult result = write_some(fd->get(), {&piece, 1});
    if (result.state != IoState::Done) {
      return fail("--tails: cannot write in " + directory_ + ": " + errno_text(result.error));
    }
    text.remove_prefix(result.size);
  }
  return {};
}

Status TailsOut::advance(bool results_done, bool live, std::uint32_t workers) {
  if (!results_done || to_ == TailsTo::None) return {};
  while (next_ < workers && !out_.full()) {
    const WorkerId worker{next_};
    const bool complete = next_ < complete_.size() && complete_[next_];
    if (!complete && !live) return {};
    if (to_ == TailsTo::Directory) {
      ByteBuffer text;
      Result<bool> more = store_.take(worker, text);
      while (more && *more) more = store_.take(worker, text);
      if (!more) return tl::unexpected(more.error());
      if (!text.empty()) SPREAD_TRY(write_file(worker, as_text(text.view())));
    } else {
      Result<bool> more = store_.take(worker, out_.queue().tail());
      if (!more) return tl::unexpected(more.error());
      if (*more) continue;
    }
    if (!complete) return {};
    ++next_;
  }
  return {};
}

Status TailsOut::finish(std::uint32_t workers) {
  complete_.assign(workers, true);
  return advance(true, false, workers);
}

}  // namespace spread
