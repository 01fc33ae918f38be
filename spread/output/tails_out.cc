#include "spread/output/tails_out.h"

#include <algorithm>

#include "spread/base/posix.h"
#include "spread/io/files.h"
#include "spread/io/system.h"

namespace spread {

TailsOut::TailsOut(const TailOptions& options, const SpillOptions& spill, OutputWriter& out,
                   Reporter& reporter, bool as_they_come)
    : to_(options.to),
      directory_(options.directory),
      as_they_come_(as_they_come),
      out_(out),
      reporter_(reporter),
      spill_(spill.place(), spill.max_bytes),
      store_(spill.memory, spill_) {}

Status TailsOut::open() {
  if (to_ != TailsTo::Directory) return {};
  const Status made = make_directories(directory_);
  return made ? made : fail("--tails " + directory_ + ": " + made.error().message);
}

Status TailsOut::append(WorkerId worker, std::string_view text) {
  if (to_ == TailsTo::None) return {};
  return store_.append(worker, text);
}

void TailsOut::started(WorkerId worker) {
  if (number(worker) < complete_.size()) complete_[number(worker)] = false;
}

void TailsOut::ended(WorkerId worker, bool has_tail) {
  if (!has_tail) return store_.drop(worker);
  store_.keep(worker);
  if (number(worker) >= complete_.size()) complete_.resize(number(worker) + 1);
  complete_[number(worker)] = true;
}

Status TailsOut::write_file(WorkerId worker, std::string_view text) {
  if (number(worker) >= file_begun_.size()) file_begun_.resize(number(worker) + 1);
  const bool append = file_begun_[number(worker)];
  file_begun_[number(worker)] = true;
  auto fd = open_for_writing(directory_ + "/" + std::to_string(number(worker)), append);
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

Result<bool> TailsOut::pass_on(WorkerId worker) {
  switch (to_) {
    case TailsTo::Stdout: return store_.take(worker, out_.queue().tail());
    case TailsTo::Stderr: return store_.take(worker, reporter_.errors());
    case TailsTo::None: return false;
    case TailsTo::Directory: break;
  }
  ByteBuffer text;
  const Result<bool> more = store_.take(worker, text);
  if (more && *more) SPREAD_TRY(write_file(worker, as_text(text.view())));
  return more;
}

Status TailsOut::advance(bool results_done, bool live, const std::vector<WorkerId>& order) {
  if (!results_done || to_ == TailsTo::None) return {};
  if (as_they_come_) return advance_as_they_come(order);
  while (next_ < order.size() && !full()) {
    const WorkerId worker = order[next_];
    const bool complete = number(worker) < complete_.size() && complete_[number(worker)];
    if (!complete && !live) return {};
    const Result<bool> more = pass_on(worker);
    if (!more) return tl::unexpected(more.error());
    if (*more) continue;
    if (!complete) return {};
    ++next_;
  }
  return {};
}

/// --unordered: each whole tail as soon as it is complete.
Status TailsOut::advance_as_they_come(const std::vector<WorkerId>& order) {
  for (std::uint32_t i = 0; i < complete_.size(); ++i) {
    if (!complete_[i]) continue;
    Result<bool> more = true;
    while (more && *more && !full()) more = pass_on(WorkerId{i});
    if (!more) return tl::unexpected(more.error());
    if (*more) return {};
  }
  const bool all = complete_.size() >= order.size() &&
                   std::all_of(complete_.begin(), complete_.end(), [](bool done) { return done; });
  if (all) next_ = order.size();
  return {};
}

Status TailsOut::finish(const std::vector<WorkerId>& order) {
  complete_.assign(order.size(), true);
  return advance(true, false, order);
}

}  // namespace spread
