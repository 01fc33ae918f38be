#include "spread/io/launcher_threads.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

#include "spread/base/posix.h"
#include "spread/io/system.h"
#include "spread/sys/calls.h"
#include "spread/sys/start_process.h"

namespace spread {

SpawnCall::SpawnCall(bool guest) : stack_(new char[kStackBytes]) {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now;
    if (sys::sigaction(signal, nullptr, &now) != 0) continue;
    // A host may change them at any time, in another thread.
    if (now.sa_handler == SIG_DFL && !guest) continue;
    changed_signals_.push_back(signal);
    // spread was started to ignore PIPE or XFSZ by a careless parent. A shell ignores INT and QUIT
    // for what it starts with `&`, so that Ctrl-C does not reach it; but children of spread are in
    // groups of their own, and
    // --term-seq may send them.
    constexpr int kReset[] = {SIGPIPE, SIGXFSZ, SIGINT, SIGQUIT};
    const bool reset = std::find(std::begin(kReset), std::end(kReset), signal) != std::end(kReset);
    if (reset || now.sa_handler != SIG_IGN) own_signals_.push_back(signal);
  }
}

void SpawnCall::clear() {
  for (UniqueFd& fd : ours) fd.reset();
  for (UniqueFd& fd : theirs) fd.reset();
  std::fill(std::begin(from_), std::end(from_), -1);
  directory_.clear();
  standard_only_ = false;
  keeps_ignored_ = false;
  descriptor_limit_ = 0;
  nicer_by_ = 0;
  own_group_ = true;
  exit_fd.reset();
  pid = -1;
  error = 0;
}

void SpawnCall::set_words(char* const* argv) {
  words_.assign(1, const_cast<char*>("/bin/sh"));
  for (; *argv != nullptr; ++argv) words_.push_back(*argv);
  words_.push_back(nullptr);
}

void SpawnCall::set_words(std::span<const std::string> words) {
  words_.assign(1, const_cast<char*>("/bin/sh"));
  for (const std::string& word : words) words_.push_back(const_cast<char*>(word.c_str()));
  words_.push_back(nullptr);
}

void SpawnCall::keep_words() {
  kept_.clear();
  for (std::size_t i = 1; words_[i] != nullptr; ++i) kept_.append(words_[i]).push_back('\0');
  char* word = kept_.data();
  for (std::size_t i = 1; words_[i] != nullptr; ++i) {
    words_[i] = word;
    word += std::strlen(word) + 1;
  }
}

void SpawnCall::set_directory(const std::string& directory) { directory_ = directory; }

void SpawnCall::run() {
  sys::ProcessStart start;
  start.words = words_.data();
  start.environment = environment.data();
  start.search_path = search_path_;
  start.directory = directory_.empty() ? nullptr : directory_.c_str();
  std::copy(std::begin(from_), std::end(from_), std::begin(start.from));
  start.standard_only = standard_only_;
  start.descriptor_limit = descriptor_limit_;
  start.nicer_by = nicer_by_;
  start.own_group = own_group_;
  start.reset_signals = keeps_ignored_ ? own_signals_ : changed_signals_;
  start.stack = {stack_.get(), kStackBytes};
  const sys::ProcessStarted started = sys::start_process(start);
  pid = started.pid;
  exit_fd = above_standard(started.exit_fd);
  error = started.error;
}

std::string SpawnCall::name() const {
  return words_[1] + (directory_.empty() ? std::string() : " (in " + directory_ + ")");
}

std::string SpawnCall::problem() const {
  const bool there = directory_.empty() || sys::access(directory_.c_str(), X_OK) == 0;
  if (error == ENOENT && there) {
    const auto path = program_path(words_[1], search_path_, directory_);
    const std::string missing = path ? missing_interpreter(*path) : "";
    if (!missing.empty()) return missing;
  }
  return errno_text(error);
}

void ChildEnvironment::give_to(SpawnCall& call, Additions additions) {
  const bool same =
      std::equal(names_.begin(), names_.end(), additions.begin(), additions.end(),
                 [](const std::string& name, const auto& added) { return name == added.first; });
  if (!same || kept_.empty()) keep_others(additions);
  call.environment.assign(kept_.begin(), kept_.end());
  call.added.resize(additions.size());
  for (std::size_t i = 0; i < additions.size(); ++i) {
    call.added[i].assign(additions[i].first).append("=").append(additions[i].second);
    call.environment.push_back(call.added[i].data());
  }
  if (!mark.empty()) call.environment.push_back(mark.data());
  call.environment.push_back(nullptr);
}

void ChildEnvironment::keep_others(Additions additions) {
  names_.clear();
  for (const auto& [name, value] : additions) names_.push_back(name);
  kept_.clear();
  for (char* const* entry = ours_.variables(); *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) kept_.push_back(*entry);
  }
}

namespace {

// A call brings a stack for the child; its own frames take some hundred bytes. The rest is for
// sanitizers, and never touched.
constexpr std::size_t kStackBytes = 128 * 1024;

}  // namespace

LauncherThreads::LauncherThreads(UniqueFd wake, std::size_t threads_max)
    : wake_(std::move(wake)), threads_max_(threads_max) {
  waiting_.reserve(kUnderWayMax);
  done_.reserve(kUnderWayMax);
}

Result<std::unique_ptr<LauncherThreads>> LauncherThreads::create(std::size_t threads_max) {
  UniqueFd wake = above_standard(sys::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return tl::unexpected(errno_error("eventfd"));
  return std::unique_ptr<LauncherThreads>(new LauncherThreads(std::move(wake), threads_max));
}

LauncherThreads::~LauncherThreads() { stop(); }

bool LauncherThreads::add_thread() {
  pthread_t thread;
  const int error = sys::pthread_create(
      &thread, std::max<std::size_t>(kStackBytes, PTHREAD_STACK_MIN), enter, this);
  if (error == 0) threads_.push_back(thread);
  return error == 0;
}

bool LauncherThreads::submit(SpawnCall& call) {
  if (!has_room()) return false;
  bool all_busy;
  {
    const std::lock_guard lock(mutex_);
    all_busy = idle_ <= waiting_.size();
  }
  if (all_busy && threads_.size() < threads_max_) add_thread();
  if (threads_.empty()) return false;
  ++under_way_;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(&call);
  }
  wanted_.notify_one();
  return true;
}

void LauncherThreads::take_done(std::vector<SpawnCall*>& done) {
  std::uint64_t wakes;
  static_cast<void>(read_some(wake_.get(), reinterpret_cast<Byte*>(&wakes), sizeof wakes));
  const std::lock_guard lock(mutex_);
  done.insert(done.end(), done_.begin(), done_.end());
  under_way_ -= done_.size();
  done_.clear();
}

void LauncherThreads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    done_.insert(done_.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
  }
  wanted_.notify_all();
  for (const pthread_t thread : threads_) sys::pthread_join(thread);
  threads_.clear();
}

void* LauncherThreads::enter(void* self) {
  static_cast<LauncherThreads*>(self)->work();
  return nullptr;
}

void LauncherThreads::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    while (!stopping_ && waiting_.empty()) wanted_.wait(lock);
    --idle_;
    if (stopping_) return;
    SpawnCall* call = waiting_.front();
    waiting_.erase(waiting_.begin());
    lock.unlock();
    call->run();
    lock.lock();
    done_.push_back(call);
    if (done_.size() > 1) continue;
    // Without the lock: the thread that is woken takes it.
    lock.unlock();
    const std::uint64_t one = 1;
    const ByteView bytes(reinterpret_cast<const Byte*>(&one), sizeof one);
    static_cast<void>(write_some(wake_.get(), {&bytes, 1}));
    lock.lock();
  }
}

}  // namespace spread
