// A program that runs spread in a thread, as a library's host does, and behaves as badly as hosts
// do:
//
//   guest_host MANNER... -- WORDS...
//
//   ignore    SIGCHLD is ignored
//   reap      a thread reaps all children of the process
//   close     descriptors 0 to 2 are closed
//   open      descriptors are opened and closed all the time, not close-on-exec
//   environ   variables are changed all the time
//   handle    every signal has a handler
//   exit      a child is forked while the run goes on, and ends as programs do, by exit()
//   fork      the same, but it lives on: its number is written to the FIFO of GUEST_FORKED
//
// A child is forked when a line can be read from the FIFO of GUEST_WHEN. What the run says goes to
// the file of GUEST_MESSAGES. The status is that of the run; 200 where the host has noticed the run
// by what is the host's: GUEST_MESSAGES then has lines that begin with "noticed:".
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "spread/api/message_sink.h"
#include "spread/base/environment_copy.h"
#include "spread/cli/command_line.h"
#include "spread/io/owner_process.h"
#include "spread/io/quiet_thread.h"

namespace {

using Manners = std::set<std::string>;

/// A file with a number that is in no one's way.
int open_high(const char* name, int flags) {
  const int fd = ::open(name, flags | O_CLOEXEC, 0600);
  const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 200);
  ::close(fd);
  return high;
}

class Messages final : public spread::MessageSink {
 public:
  explicit Messages(const char* name) : fd_(open_high(name, O_WRONLY | O_CREAT | O_APPEND)) {}
  void on_message(std::string_view message) override { put("spread: ", message, "\n"); }
  void on_text(std::string_view text) override { put("", text, ""); }
  void host(std::string_view what) { put("noticed: ", what, "\n"); }

 private:
  void put(std::string_view before, std::string_view text, std::string_view behind) const {
    const std::string whole = std::string(before).append(text).append(behind);
    if (::write(fd_, whole.data(), whole.size()) < 0) ::abort();
  }
  int fd_;
};

// ---------------------------------------------------------------- what is the host's

std::map<int, void (*)(int)> dispositions() {
  std::map<int, void (*)(int)> all;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0) all[signal] = now.sa_handler;
  }
  return all;
}

std::vector<int> blocked() {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  std::vector<int> all;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (sigismember(&mask, signal) == 1) all.push_back(signal);
  }
  return all;
}

std::set<int> entries(const char* folder) {
  std::set<int> numbers;
  DIR* const open = ::opendir(folder);
  while (const dirent* entry = ::readdir(open)) {
    const int number = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && number != ::dirfd(open)) numbers.insert(number);
  }
  ::closedir(open);
  return numbers;
}

struct Own {
  std::map<int, void (*)(int)> signals = dispositions();
  std::vector<int> mask = blocked();
  std::set<int> descriptors = entries("/proc/self/fd");
  std::string directory = [] {
    char name[4096];
    return std::string(::getcwd(name, sizeof name));
  }();
};

/// The handlers of signals that are not sent to the host run in none of its threads, and in none of
/// the run's.
std::atomic<int> handled[NSIG + 1];
void handle(int signal) { ++handled[signal]; }

// ---------------------------------------------------------------- what it does meanwhile

class Meanwhile {
 public:
  explicit Meanwhile(const Manners& manners) {
    if (manners.contains("reap")) threads_.emplace_back([this] { reap(); });
    if (manners.contains("open")) threads_.emplace_back([this] { open_and_close(); });
    if (manners.contains("environ")) threads_.emplace_back([this] { change_variables(); });
  }
  void end() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void reap() {
    while (!over_) {
      if (::waitpid(-1, nullptr, WNOHANG) <= 0) std::this_thread::yield();
    }
  }
  void open_and_close() {
    while (!over_) {
      const int fd = ::open("/proc/self/status", O_RDONLY);
      std::this_thread::yield();
      ::close(fd);
    }
  }
  void change_variables() {
    for (int n = 0; !over_; ++n) {
      ::setenv("PATH", ("/nowhere/" + std::to_string(n)).c_str(), 1);
      ::setenv("GUEST_VARIABLE", std::string(static_cast<std::size_t>(n % 500), 'x').c_str(), 1);
      ::unsetenv("TMPDIR");
      std::this_thread::yield();
    }
  }

  std::atomic<bool> over_ = false;
  std::vector<std::thread> threads_;
};

/// Forks where that is wanted; -1: not, or in the child that is to go on to its end.
pid_t fork_when_asked(const Manners& manners) {
  const bool lives = manners.contains("fork");
  if (!lives && !manners.contains("exit")) return -1;
  char letter;
  const int when = open_high(::getenv("GUEST_WHEN"), O_RDONLY);
  while (::read(when, &letter, 1) < 0) {
  }
  ::close(when);
  const pid_t child = ::fork();
  if (child == 0 && lives) {
    const std::string number = std::to_string(::getpid()) + "\n";
    const int told = open_high(::getenv("GUEST_FORKED"), O_WRONLY);
    if (::write(told, number.data(), number.size()) < 0) ::abort();
    while (true) ::pause();
  }
  return child;
}

int main_of_host(const Manners& manners, std::vector<char*> words) {
  Messages messages(::getenv("GUEST_MESSAGES"));
  if (manners.contains("handle")) {
    for (int signal = 1; signal <= SIGRTMAX; ++signal) ::signal(signal, handle);
  }
  if (manners.contains("ignore")) ::signal(SIGCHLD, SIG_IGN);
  spread::Streams streams;
  streams.input = ::fcntl(0, F_DUPFD_CLOEXEC, 200);
  streams.output = ::fcntl(1, F_DUPFD_CLOEXEC, 200);
  streams.messages = &messages;
  streams.guest = true;
  if (manners.contains("close")) {
    for (int fd = 0; fd <= 2; ++fd) ::close(fd);
  }
  const spread::EnvironmentCopy variables{spread::Environment(environ)};
  const spread::OwnerProcess owner;
  const Own before;
  int status = -1;
  std::optional<spread::QuietThread> run;
  {
    auto started = spread::QuietThread::start([&] {
      status = spread::cli::run_command_line(static_cast<int>(words.size()) - 1, words.data(),
                                             variables.view(), streams, nullptr);
    });
    if (!started) return 201;
    run.emplace(std::move(*started));
  }
  Meanwhile meanwhile(manners);
  const pid_t child = fork_when_asked(manners);
  // A child has no other threads: what it has of the run is a memory.
  if (!owner.is_here()) ::exit(0);
  run->join();
  meanwhile.end();
  if (child > 0 && manners.contains("fork")) ::kill(child, SIGKILL);
  if (child > 0) ::waitpid(child, nullptr, 0);

  bool noticed = false;
  const auto expect = [&](bool good, const std::string& what) {
    if (!good) messages.host(what);
    noticed = noticed || !good;
  };
  const Own after;
  expect(before.signals == after.signals, "dispositions have changed");
  expect(before.mask == after.mask, "the mask has changed");
  for (const int fd : after.descriptors) {
    expect(before.descriptors.contains(fd), "descriptor " + std::to_string(fd) + " is left");
  }
  expect(before.descriptors.size() <= after.descriptors.size(), "descriptors are gone");
  expect(before.directory == after.directory, "the directory has changed");
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    // Its children are the host's.
    if (signal != SIGCHLD) expect(handled[signal] == 0, "a handler ran: " + std::to_string(signal));
  }
  expect(::waitpid(-1, nullptr, WNOHANG) < 0, "a child is left");
  return noticed ? 200 : status;
}

}  // namespace

int main(int argc, char** argv) {
  Manners manners;
  int first = 1;
  while (first < argc && std::strcmp(argv[first], "--") != 0) manners.insert(argv[first++]);
  std::vector<char*> words(argv + std::min(first, argc - 1), argv + argc);
  words.push_back(nullptr);
  return main_of_host(manners, std::move(words));
}
