#include "spread/io/guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "spread/base/posix.h"

namespace spread {

/// Written by the master, and read by the guard only when the master is gone. Plain numbers and no
/// constructor: the memory comes zeroed, and page by page as it is used.
struct Guard::Table {
  // As many processes as Linux has numbers for.
  static constexpr std::size_t kGroupsMax = std::size_t{1} << 22;
  int goodbye;
  int starting;            ///< children whose number is not known yet
  std::uint32_t used;      ///< places that were ever used
  int groups[kGroupsMax];  ///< 0 = free
};

namespace {

void signal_groups(std::vector<int>& groups, int signal) {
  std::erase_if(groups, [&](int group) { return ::kill(-group, signal) != 0 && errno == ESRCH; });
}

void end_groups(std::vector<int> groups, Duration grace) {
  constexpr int kLookEveryMs = 20;
  signal_groups(groups, SIGTERM);
  // A stopped process (Ctrl-Z) would keep its TERM for later.
  signal_groups(groups, SIGCONT);
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(grace).count();
  for (; left > 0 && !groups.empty(); left -= kLookEveryMs) {
    ::poll(nullptr, 0, kLookEveryMs);
    signal_groups(groups, 0);
  }
  signal_groups(groups, SIGKILL);
}

/// What is the same in every process that stays behind for others' sake: it must not hold anybody's
/// pipe open, nor keep a file system busy, and what happens at the terminal is not for it.
void stand_apart(int pipe) {
  ::setsid();
  ::prctl(PR_SET_NAME, "spread-guard");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  if (pipe != 3) ::dup2(pipe, 3);
  ::close_range(4, ~0u, 0);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null, fd);
  if (::chdir("/") != 0) ::_exit(1);
}

/// In order, and not kept in a register: kill -9 may come after any instruction.
template <typename T>
void store(T& place, T value) {
  std::atomic_ref<T>(place).store(value, std::memory_order_release);
}

/// The children that carry the mark: of one that was just being started the number is not known. It
/// may still be on its way to its exec, hence more than one look.
void find_marked(const std::string& mark, std::vector<int>& groups) {
  constexpr int kLooks = 5, kLookEveryMs = 20;
  for (int look = 0; look < kLooks; ++look) {
    if (look > 0) ::poll(nullptr, 0, kLookEveryMs);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      const int pid = std::atoi(entry.path().filename().c_str());
      if (pid <= 0 || std::find(groups.begin(), groups.end(), pid) != groups.end()) continue;
      std::ifstream file(entry.path() / "environ", std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (('\0' + text).find('\0' + mark + '\0') == std::string::npos) continue;
      if (::getpgid(pid) == pid) groups.push_back(pid);
    }
  }
}

void wait_for_end_of(int pipe) {
  Byte nothing;
  while (read_some(pipe, &nothing, 1).state == IoState::Done) {
  }
}

}  // namespace

void Guard::Unmap::operator()(Table* table) const { ::munmap(table, sizeof(Table)); }

Guard::Guard(UniqueFd pipe, int pid, std::unique_ptr<Table, Unmap> table, std::string mark)
    : pipe_(std::move(pipe)), pid_(pid), table_(std::move(table)), mark_(std::move(mark)) {}
Guard::Guard(Guard&&) noexcept = default;

Result<Guard> Guard::start(Duration grace) {
  void* memory = ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return tl::unexpected(errno_error("mmap"));
  std::unique_ptr<Table, Unmap> table(static_cast<Table*>(memory));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(errno_error("pipe2"));
  UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  // No other run has this number at this moment.
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::string mark = "SPREAD_RUN=" + std::to_string(::getpid()) + "." +
                           std::to_string(now.tv_sec) + "." + std::to_string(now.tv_nsec);
  const pid_t pid = ::fork();
  if (pid < 0) return tl::unexpected(errno_error("fork"));
  if (pid == 0) {
    stand_apart(read.get());
    wait_for_end_of(3);
    if (table->goodbye != 0) ::_exit(0);
    std::vector<int> groups;
    for (std::uint32_t i = 0; i < table->used; ++i) {
      if (const int group = table->groups[i]; group != 0) groups.push_back(group);
    }
    if (table->starting != 0) find_marked(mark, groups);
    end_groups(std::move(groups), grace);
    ::_exit(0);
  }
  return Guard(std::move(write), pid, std::move(table), mark);
}

Guard::~Guard() {
  if (!pipe_) return;
  store(table_->goodbye, 1);
  pipe_.reset();
  int status;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

void Guard::starting(int by) { store(table_->starting, table_->starting + by); }

void Guard::watch(int process_group) {
  std::uint32_t place;
  if (free_.empty()) {
    if (table_->used == Table::kGroupsMax) return;
    place = table_->used;
  } else {
    place = free_.back();
    free_.pop_back();
  }
  store(table_->groups[place], process_group);
  if (place == table_->used) store(table_->used, place + 1);
  place_of_[process_group] = place;
}

void Guard::forget(int process_group) {
  const auto found = place_of_.find(process_group);
  if (found == place_of_.end()) return;
  store(table_->groups[found->second], 0);
  free_.push_back(found->second);
  place_of_.erase(found);
}

}  // namespace spread
