#include "spread/run/run_directory.h"

#include <cerrno>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/io/event_loop.h"
#include "spread/io/files.h"
#include "spread/io/journal_file.h"
#include "spread/io/private_folder.h"
#include "spread/io/system.h"
#include "spread/journal/contents.h"
#include "spread/journal/digest.h"
#include "spread/journal/worker_hosts.h"
#include "spread/output/scratch_file.h"

namespace spread {
namespace {

/// On NFS a folder is not empty while a process has one of its files open.
constexpr Duration kFolderPatience = std::chrono::seconds(2),
                   kFolderPause = std::chrono::milliseconds(100);
/// What has ended says its last words.
constexpr Duration kHolderPatience = std::chrono::seconds(2),
                   kHolderPause = std::chrono::milliseconds(20);

std::string absolute(const std::string& name) {
  return name.starts_with('/') ? name : current_directory() + "/" + name;
}

struct Measured {
  std::uint64_t size = 0;
  std::string digest;
};

/// Reads all of it; `copy`: a descriptor that gets the same bytes, or -1.
Result<Measured> measure(int fd, const std::string& name, int copy) {
  Digest digest;
  Measured measured;
  SPREAD_TRY(read_to_end(fd, name, [&](ByteView bytes) -> Status {
    digest.add(bytes);
    measured.size += bytes.size();
    return copy < 0 ? Status() : write_whole(copy, bytes);
  }));
  measured.digest = digest_text(digest.value());
  return measured;
}

}  // namespace

Result<RunDirectory> RunDirectory::create(const std::string& name) {
  const auto is_taken = [&] {
    return fail(fmt::format("--dir: {} is a run's already; 'spread run --dir {}' goes on with it",
                            show_text(name), shell_quote(name)));
  };
  if (file_status(name + "/" + std::string(kSpecName))) {
    auto former = open(name);
    const auto is_left = [&former] { return former && former->spec().copying; };
    if (!is_left() || !former->claim() || !is_left()) return is_taken();
    SPREAD_TRY(former->remove());
  }
  if (const Status made = make_private_folder(name); !made) {
    return fail("--dir: " + made.error().message);
  }
  RunDirectory directory(name, absolute(name));
  if (Status held = directory.hold(); !held) {
    // What is not empty is another one's by now, and stays.
    if (held.error().number != 0 && remove_file(directory.file(kPidName))) {
      static_cast<void>(remove_folder(directory.path_));
    }
    return tl::unexpected(std::move(held.error()));
  }
  // Another one may have been faster.
  if (file_status(directory.file(kSpecName))) return is_taken();
  return directory;
}

Result<RunDirectory> RunDirectory::open(const std::string& name) {
  RunDirectory directory(name, absolute(name));
  const std::string file = directory.file(kSpecName);
  if (const auto there = file_status(file); !there) {
    const auto folder = file_status(name);
    if (!folder) return fail(folder.error().message);
    if (!folder->folder) return fail(show_text(name) + ": it is no directory");
    if (there.error().number != ENOENT) return fail(there.error().message);
    return fail(
        fmt::format("{}: it is no run directory (no {} in it)", show_text(name), kSpecName));
  }
  const auto fd = open_regular_file(file);
  if (!fd) return tl::unexpected(fd.error());
  std::string text;
  SPREAD_TRY(read_to_end(fd->get(), file, [&text](ByteView bytes) -> Status {
    text += as_text(bytes);
    return {};
  }));
  auto spec = parse_spec(text);
  if (!spec) return fail(fmt::format("{}/{}: {}", name, kSpecName, spec.error().message));
  directory.spec_ = std::move(*spec);
  return directory;
}

/// The lock of the pid's file. A run that has just come to its end has it for a moment longer.
Status RunDirectory::hold() {
  const std::string name = file(kPidName);
  auto fd = open_private_file(name, true);
  if (!fd) return tl::unexpected(fd.error());
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  const TimePoint until = after(loop->now(), kHolderPatience);
  while (true) {
    switch (try_lock(fd->get(), LockKind::Exclusive, 0)) {
      case FileLock::Ours:
      case FileLock::NotOffered: pid_ = std::move(*fd); return {};
      case FileLock::Failed: return tl::unexpected(errno_error("cannot lock " + name));
      case FileLock::Theirs: break;
    }
    if (loop->now() >= until) {
      return fail(show_text(name_) +
                  ": another process of spread is still at work in it, or begins or cleans it");
    }
    loop->wait(after(loop->now(), kHolderPause));
  }
}

Status RunDirectory::claim() {
  SPREAD_TRY(hold());
  // Before there was the lock it may have been removed, or become another one.
  if (is_file(pid_.get(), file(kPidName))) {
    if (auto now = open(path_)) {
      spec_ = std::move(now->spec_);
      return {};
    }
  }
  return fail(show_text(name_) + ": it has just been removed");
}

Result<InputFile> RunDirectory::keep_input(const std::string& name, int standard_input) {
  const bool standard = name == "-";
  const auto fails = [&](const std::string& why) {
    return fail(fmt::format("--dir: cannot keep {}: {}",
                            standard ? "standard input" : show_text(name), why));
  };
  const auto fd = open_for_reading(name, standard_input);
  if (!fd) return tl::unexpected(fd.error());
  // It may take long, and be cut off.
  if (!std::exchange(spec_.copying, true)) SPREAD_TRY(write_spec());
  InputFile kept;
  kept.name = name;
  if (file_size(fd->get())) {
    kept.path = standard ? path_of(fd->get()) : absolute(name);
    kept.offset = standard ? place_in(fd->get()) : 0;
    // By a descriptor of its own, since the place in the file is shared.
    const auto again = open_for_reading(kept.path);
    // A file that has no name any more is copied from where it stands.
    if (again && are_one_file(again->get(), fd->get())) {
      const auto measured = measure(again->get(), kept.path, -1);
      if (!measured) return fails(measured.error().message);
      kept.size = measured->size;
      kept.digest = measured->digest;
      spec_.input.push_back(kept);
      return kept;
    }
    kept.offset = 0;
  }
  if (is_directory(fd->get())) return fails("it is a directory");
  const std::string copy_name =
      copies_ == 0 ? std::string(kInputName) : fmt::format("{}.{}", kInputName, copies_);
  ++copies_;
  auto copy = open_private_file(file(copy_name), false);
  if (!copy) return tl::unexpected(copy.error());
  const auto measured = measure(fd->get(), standard ? "standard input" : name, copy->get());
  if (!measured) return fails(measured.error().message);
  if (const int error = copy->close(); error != 0) return fails(errno_text(error));
  kept.copied = true;
  kept.path = copy_name;
  kept.size = measured->size;
  kept.digest = measured->digest;
  spec_.input.push_back(kept);
  kept.path = file(copy_name);
  return kept;
}

const InputFile* RunDirectory::kept_input(std::string_view name, std::string& warning) const {
  for (const InputFile& kept : spec_.input) {
    if (kept.name != name) continue;
    if (kept.copied) return &kept;
    const auto fd = open_for_reading(kept.path);
    const auto measured = fd ? measure(fd->get(), kept.path, -1) : Result<Measured>(fail(""));
    // That it cannot be read is for those who read it.
    if (measured && (measured->size != kept.size || measured->digest != kept.digest)) {
      warning = fmt::format("{} has changed since the run was begun ({} bytes then, {} now)",
                            show_text(kept.path), kept.size, measured->size);
    }
    return &kept;
  }
  return nullptr;
}

Status RunDirectory::write_spec() const {
  ByteBuffer text;
  SPREAD_TRY(format_spec(spec_, text));
  return replace_private_file(file(kSpecName), as_text(text.view()));
}

void RunDirectory::describe(std::vector<std::string> words, std::string directory) {
  spec_.spread = SPREAD_VERSION;
  spec_.words = std::move(words);
  spec_.directory = std::move(directory);
}

Status RunDirectory::keep_spec() {
  spec_.copying = false;
  return write_spec();
}

Status RunDirectory::begin() {
  take_file(file(kStopName));
  const auto out = open_private_file(file(kOutName), true);
  if (!out) return tl::unexpected(out.error());
  if (!pid_) {
    // Of a run that is taken over: the other one has the lock.
    auto fd = open_private_file(file(kPidName), true);
    if (!fd) return tl::unexpected(fd.error());
    pid_ = std::move(*fd);
  }
  const WriterIdentity writer = own_identity();
  const std::string text = fmt::format("{} {}\n", writer.host, writer.pid);
  Status written = empty_file(pid_.get());
  if (written) written = write_whole(pid_.get(), as_bytes(text));
  return written ? Status()
                 : fail("cannot write " + file(kPidName) + ": " + written.error().message);
}

/// All but the spec and the pid.
Status RunDirectory::remove_files() const {
  const auto stays = [](std::string_view name) { return name == kSpecName || name == kPidName; };
  const std::string tails = file(kTailsName);
  // A link leads to a folder that is none of the run's.
  if (const auto of_workers = names_in(tails); of_workers && !is_symbolic_link(tails)) {
    for (const std::string& each : *of_workers) {
      if (is_tail_of_run(each)) SPREAD_TRY(remove_file(tails + "/" + each));
    }
    // What else is in it is told below.
    static_cast<void>(remove_folder(tails));
  }
  const auto names = names_in(path_);
  if (!names) return tl::unexpected(names.error());
  for (const std::string& each : *names) {
    if (is_file_of_run(each) && !stays(each)) SPREAD_TRY(remove_file(file(each)));
  }
  const auto left = names_in(path_);
  if (!left) return tl::unexpected(left.error());
  for (const std::string& each : *left) {
    if (stays(each) || each.starts_with(".nfs")) continue;
    return fail(
        fmt::format("{}: {} is none of the run's files, and stays, and so does the directory",
                    show_text(name_), show_text(each)));
  }
  return {};
}

Status RunDirectory::remove() {
  SPREAD_TRY(remove_files());
  // Until here it can be cleaned again.
  SPREAD_TRY(remove_file(file(kSpecName)));
  SPREAD_TRY(remove_file(file(kPidName)));
  pid_.reset();
  // The user who has made a link wants what comes next to be there, too.
  const std::string folder = own_name(path_);
  if (is_symbolic_link(folder)) return {};
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  const TimePoint until = after(loop->now(), kFolderPatience);
  while (true) {
    const Status removed = remove_folder(folder);
    if (removed) return {};
    const int why = removed.error().number;
    const bool may_pass = why == ENOTEMPTY || why == EBUSY || why == EEXIST;
    if (!may_pass || loop->now() >= until) {
      return fail(removed.error().message +
                  (may_pass ? " (a process still has one of its files open?)" : ""));
    }
    loop->wait(after(loop->now(), kFolderPause));
  }
}

Result<UniqueFd> open_input(const InputFile& file) {
  auto fd = open_for_reading(file.path);
  if (fd && file.offset > 0 && !skip_to(fd->get(), file.offset)) {
    return fail("cannot read " + file.path + " from byte " + std::to_string(file.offset));
  }
  return fd;
}

// ---------------------------------------------------------------- what the files say

struct RunWatch::Journal {
  Status read() {
    return contents.read(log, [this](ByteView record, std::uint64_t) {
      take(record);
      return Status();
    });
  }
  std::uint64_t done() const {
    return contents.count(Outcome::Ok) + contents.count(Outcome::Failed) +
           contents.count(Outcome::Lost);
  }
  void take(ByteView record);

  Journal(JournalFile opened, const std::string& scratch)
      : file(std::move(opened)),
        table_file(scratch),
        table(table_file),
        contents(table),
        log(file) {}

  JournalFile file;
  ScratchFile table_file;
  EntryFile table;
  JournalContents contents;
  RecordLogReader log;
  // Of the last part.
  std::set<std::uint64_t> workers;
  std::uint64_t retried = 0, done_before = 0, seen_done = 0;
};

/// What JournalContents makes nothing of.
void RunWatch::Journal::take(ByteView record) {
  const std::uint64_t before = std::exchange(seen_done, done());
  switch (record[0]) {
    case 'P':
      done_before = seen_done;
      workers.clear();
      retried = 0;
      break;
    // What is kept by content comes back one by one.
    case 'K': done_before += seen_done - before; break;
    case 'F': ++retried; break;
    case 'W':
      if (const auto worker = parse_worker(record)) {
        worker->started ? void(workers.insert(worker->worker))
                        : void(workers.erase(worker->worker));
      }
      break;
    default: break;
  }
}

RunWatch::RunWatch(const RunDirectory& directory, std::string scratch)
    : directory_(directory), scratch_(std::move(scratch)) {}
RunWatch::~RunWatch() = default;

Result<DirectoryFacts> RunWatch::look() {
  DirectoryFacts facts;
  if (journal_ != nullptr && !journal_->file.is_named()) journal_.reset();
  if (journal_ == nullptr) {
    auto file = JournalFile::open_to_read(directory_.file(kJournalName));
    if (!file) {
      if (file.error().number == ENOENT) return facts;
      return tl::unexpected(file.error());
    }
    journal_ = std::make_unique<Journal>(std::move(*file), scratch_);
  }
  // The lock first: a run that ends between the two has then told its end.
  switch (journal_->file.lock_seen()) {
    case JournalFile::LockSeen::Free: facts.lock = DirectoryFacts::Lock::Free; break;
    case JournalFile::LockSeen::Held: facts.lock = DirectoryFacts::Lock::Held; break;
    case JournalFile::LockSeen::Unknown: facts.lock = DirectoryFacts::Lock::Unknown; break;
  }
  if (const Status read = journal_->read(); !read) {
    return fail(journal_->file.name() + ": " + read.error().message);
  }
  const JournalContents& contents = journal_->contents;
  facts.parts = contents.parts().size();
  if (facts.parts == 0) return facts;
  const JournalPart& part = contents.parts().back();
  facts.writer = part.writer;
  facts.jobs = part.subcommand == "map" || part.subcommand == "pipe";
  facts.began = static_cast<std::int64_t>(part.time);
  facts.done_before = journal_->done_before;
  facts.retried = journal_->retried;
  facts.task_time = contents.task_time();
  facts.workers = static_cast<std::uint32_t>(journal_->workers.size());
  facts.writer_gone = is_provably_gone(facts.writer);
  facts.same_host = facts.writer.host == own_identity().host;
  facts.end = contents.end();
  facts.tasks = contents.tasks();
  facts.failed = contents.count(Outcome::Failed) + contents.count(Outcome::Lost);
  facts.done = journal_->done();
  facts.all_read = contents.all_read();
  facts.last_record = journal_->file.modified();
  return facts;
}

}  // namespace spread
