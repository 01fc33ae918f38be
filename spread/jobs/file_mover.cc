#include "spread/jobs/file_mover.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/launch/job_agent.h"

namespace spread {
namespace {

// Of a file that is on its way, so much waits in memory at most.
constexpr std::size_t kWaitingMax = 1024 * 1024;
constexpr std::size_t kTextMax = 64 * 1024;

/// Takes those of the first one's base.
std::vector<FilePlace> take_group(std::vector<FilePlace>& files) {
  const FilePlace first = files.front();
  const auto rest = std::stable_partition(files.begin(), files.end(), [&](const FilePlace& file) {
    return file.there == first.there && file.here == first.here;
  });
  std::vector<FilePlace> group(files.begin(), rest);
  files.erase(files.begin(), rest);
  return group;
}

std::string first_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (const std::size_t first = text.find('\n'); first != std::string::npos) text.resize(first);
  return text;
}

}  // namespace

FileMover::FileMover(Engine& engine, ReadBuffer& shared, AgentWorker& agent, HostFiles& host,
                     FileMoverSink& sink, const std::vector<EndStep>& end_sequence)
    : SharedSink(shared),
      engine_(engine),
      agent_(agent),
      host_(host),
      sink_(sink),
      tar_(engine.loop(), shared, {end_sequence, true}) {
  tar_.set_sink(*this);
}

FileMover::~FileMover() {
  std::erase(host_.waiting_for_removal, this);
  removal_ended();
  leave_used();
}

void FileMover::leave_used() {
  for (const FilePlace& file : take_used()) host_.leave(key_of(file));
}

// ---------------------------------------------------------------- there

void FileMover::bring(std::vector<FilePlace> files, std::string directory) {
  // Of a job before, whose files were to stay.
  leave_used();
  files_ = std::move(files);
  directory_ = std::move(directory);
  problem_.clear();
  for (const FilePlace& file : files_) {
    if (const auto status = file_status(file.path_here()); !status) {
      return finish(fail("cannot bring " + status.error().message));
    }
  }
  look();
}

void FileMover::look() {
  for (const FilePlace& file : files_) {
    if (!host_.is_being_removed(key_of(file))) continue;
    step_ = Step::Wait;
    host_.waiting_for_removal.push_back(this);
    return;
  }
  step_ = Step::Look;
  used_ = files_;
  for (const FilePlace& file : files_) host_.use(key_of(file));
  said_.clear();
  complaint_.clear();
  agent_.send(format_look(files_, directory_));
}

void FileMover::cancel() {
  if (problem_.empty()) problem_ = "it is not needed any more";
  if (step_ == Step::Wait) {
    std::erase(host_.waiting_for_removal, this);
    return finish(fail(problem_));
  }
  // The archive ends in the middle, and the other side says so.
  if (step_ == Step::Pack) tar_.kill();
}

void FileMover::on_removed() {
  if (step_ == Step::Wait) look();
}

void FileMover::choose_missing(const std::vector<RemoteFile>& found) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const FilePlace& file = files_[i];
    if (!found[i].exists) host_.set_ours(key_of(file));
    const auto here = file_status(file.path_here());
    if (here && found[i].status && here->same_as(*found[i].status)) continue;
    todo_.push_back(file);
  }
}

void FileMover::pack_group() {
  step_ = Step::Pack;
  SpawnOptions spawn;
  const ArgumentList words = pack_here(group_, engine_.plan().context.current_directory);
  spawn.arguments = words;
  spawn.input = Connect::Null;
  agent_.send(format_receive(group_.front().there, directory_));
  if (const Status started = tar_.start(engine_.spawner(), spawn); !started) {
    fail_with(started.error().message);
    agent_.feed(kChunksEnd);
    tar_over_ = true;
  }
}

void FileMover::on_bytes(bool errors, Slice bytes) {
  if (errors) {
    if (complaint_.size() < kTextMax) complaint_ += as_text(bytes.view());
    return;
  }
  agent_.feed(chunk_header(bytes.size()));
  agent_.feed(std::move(bytes));
}

bool FileMover::wants_output(bool errors) const {
  return errors || agent_.input_size() < kWaitingMax;
}

void FileMover::on_agent_input_written() {
  if (step_ == Step::Pack) tar_.reconsider();
}

void FileMover::on_ended(const ChannelEnd& end) {
  const ExitStatus status = end.status_or_killed();
  if (!status.clean()) fail_with(fmt::format("tar: {}", status.text()));
  if (step_ == Step::Pack) agent_.feed(kChunksEnd);
  tar_over_ = true;
  group_ended();
}

// ---------------------------------------------------------------- here

void FileMover::fetch(std::vector<FilePlace> files, std::string directory, bool all,
                      bool clean_up) {
  files_ = todo_ = std::move(files);
  directory_ = std::move(directory);
  problem_.clear();
  all_ = all;
  clean_up_ = clean_up;
  step_ = Step::Unpack;
  next_group();
}

void FileMover::unpack_group() {
  auto scratch = ScratchFolder::create(group_.front().here);
  if (!scratch) {
    problem_ = scratch.error().message;
    return next_group();
  }
  scratch_.emplace(std::move(*scratch));
  // Started when the first byte comes: there may be no file at all.
  tar_over_ = true;
  agent_.send(format_send(group_, directory_));
}

void FileMover::on_agent_output(bool errors, Slice bytes) {
  if (errors) {
    if (complaint_.size() < kTextMax) complaint_ += as_text(bytes.view());
    return;
  }
  if (step_ == Step::Look) {
    if (said_.size() < files_.size() * kTextMax) said_ += as_text(bytes.view());
    return;
  }
  if (step_ != Step::Unpack) return;
  if (!tar_.active() && problem_.empty()) {
    SpawnOptions spawn;
    const ArgumentList words = unpack_here(scratch_->path());
    spawn.arguments = words;
    if (const Status started = tar_.start(engine_.spawner(), spawn); !started) {
      return fail_with(started.error().message);
    }
    tar_over_ = false;
  }
  if (tar_.active()) tar_.send(std::move(bytes));
}

bool FileMover::wants_agent_output() const {
  return step_ != Step::Unpack || tar_.waiting() < kWaitingMax;
}

// ---------------------------------------------------------------- what has ended

void FileMover::on_request_ended(int status) {
  switch (step_) {
    case Step::Idle:
    case Step::Wait: return;
    case Step::Look: {
      const auto found = parse_look(said_, files_.size());
      if (!found) return finish(tl::unexpected(found.error()));
      choose_missing(*found);
      return next_group();
    }
    case Step::Pack:
    case Step::Unpack:
      if (status != 0 && !(status == kSomeMissing && !all_ && step_ == Step::Unpack)) {
        fail_with(fmt::format("exit status {} on the other side", status));
      }
      request_over_ = true;
      if (step_ == Step::Unpack && tar_.active()) tar_.close_input();
      return group_ended();
    case Step::Remove: return place_and_clean_up();
  }
}

void FileMover::group_ended() {
  if (!request_over_ || !tar_over_) return;
  if (step_ == Step::Unpack) {
    std::vector<std::string> names;
    for (const FilePlace& file : group_) names.push_back(file.name);
    fetched_.push_back({std::move(*scratch_), group_.front().here, std::move(names)});
    scratch_.reset();
  }
  next_group();
}

void FileMover::next_group() {
  if (problem_.empty() && !todo_.empty()) {
    group_ = take_group(todo_);
    request_over_ = tar_over_ = false;
    complaint_.clear();
    if (step_ == Step::Unpack) return unpack_group();
    return pack_group();
  }
  if (step_ != Step::Unpack) return finish(problem_.empty() ? Status{} : fail(problem_));
  if (!clean_up_) return place_and_clean_up();
  std::vector<FilePlace> used = take_used();
  if (!problem_.empty()) {
    // What could not be fetched is nowhere else; what was brought has done its service.
    std::erase_if(used, [&](const FilePlace& brought) {
      return std::any_of(files_.begin(), files_.end(), [&](const FilePlace& result) {
        return key_of(brought) == key_of(result);
      });
    });
    return request_removal({}, std::move(used));
  }
  // Before they are put into place here: on a file system that both machines share, these are the
  // same files, and those here must be the ones that stay.
  request_removal(std::move(files_), std::move(used));
}

void FileMover::remove(std::vector<FilePlace> used, std::string directory) {
  directory_ = std::move(directory);
  problem_.clear();
  request_removal({}, std::move(used));
}

void FileMover::request_removal(std::vector<FilePlace> files, std::vector<FilePlace> used) {
  step_ = Step::Remove;
  for (FilePlace& file : used) {
    if (!host_.release(key_of(file))) continue;
    removing_.push_back(file);
    files.push_back(std::move(file));
  }
  if (files.empty()) return place_and_clean_up();
  agent_.send(format_remove(files, directory_));
}

void FileMover::removal_ended() {
  if (removing_.empty()) return;
  for (const FilePlace& file : std::exchange(removing_, {})) host_.removed(key_of(file));
  for (FileMover* mover : std::exchange(host_.waiting_for_removal, {})) mover->on_removed();
}

void FileMover::place_and_clean_up() {
  removal_ended();
  // What was not fetched to its end is still there.
  const bool fetched_all = problem_.empty();
  for (auto& [scratch, folder, names] : std::exchange(fetched_, {})) {
    if (!fetched_all) continue;
    const Status placed = scratch.move_out(folder, names);
    if (placed) continue;
    problem_ += (problem_.empty() ? "" : "; ") + placed.error().message;
    if (!clean_up_) continue;
    // It has been removed there.
    problem_ += "; it is in " + scratch.keep();
  }
  finish(problem_.empty() ? Status{} : fail(problem_));
}

/// The first problem counts; what a tar wrote about it says more than its status.
void FileMover::fail_with(std::string what) {
  if (!problem_.empty()) return;
  std::string names;
  for (const FilePlace& file : group_) names += (names.empty() ? "" : ", ") + show_text(file.name);
  const std::string said = first_line(complaint_);
  problem_ = fmt::format("cannot {} {}: {}", step_ == Step::Pack ? "bring" : "fetch", names,
                         said.empty() ? what : said);
}

void FileMover::finish(Status status) {
  step_ = Step::Idle;
  todo_.clear();
  scratch_.reset();
  sink_.on_files_moved(std::move(status));
}

}  // namespace spread
