// The guard: a program of its own without a C library, which outlives the master by a few seconds,
// if need be (decision 16). It waits for the end of the master, or for its goodbye. Without one it
// ends every process group of the table, with TERM, and after the grace time
// with KILL. Its memory is the table, a page of stack and a buffer.
#include <asm/unistd.h>

#include <cstddef>
#include <cstdint>

#include "spread/guard/guard_table.h"
#include "spread/guard/system_call.h"

namespace spread {
namespace {

// The kernel's numbers, the same on all processors for which there is a system_call(). The C
// library's headers are not for a program without it.
constexpr long kSigkill = 9, kSigterm = 15, kSigcont = 18;
constexpr long kNoSuchProcess = -3;
constexpr short kReadable = 1, kNotOpen = 32;  // poll(2)
constexpr long kPrSetName = 15;
constexpr long kProtRead = 1, kProtWrite = 2, kMapShared = 1, kMapNoReserve = 0x4000;
constexpr long kHere = -100;  // openat(2): the current directory
constexpr long kReadOnly = 0;
constexpr long kRlimitNofile = 7;
constexpr std::uint64_t kLookEveryMs = 20;

long address(const void* pointer) { return reinterpret_cast<long>(pointer); }

[[noreturn]] void end(int status) {
  while (true) system_call(__NR_exit_group, status);
}

void pause_ms(std::uint64_t milliseconds) {
  const long time[2] = {0, static_cast<long>(milliseconds) * 1'000'000};
  system_call(__NR_nanosleep, address(time));
}

/// The number that `text` is; -1 if it is none.
int parse_number(const char* text) {
  int number = *text == '\0' ? -1 : 0;
  for (; *text != '\0'; ++text) {
    if (*text < '0' || *text > '9' || number > 100'000'000) return -1;
    number = number * 10 + (*text - '0');
  }
  return number;
}

/// The entries of a folder that are numbers: processes, descriptors.
class Numbers {
 public:
  explicit Numbers(const char* folder)
      : fd_(system_call(__NR_openat, kHere, address(folder), kReadOnly)) {}
  ~Numbers() {
    if (fd_ >= 0) system_call(__NR_close, fd_);
  }
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;

  bool readable() const { return fd_ >= 0; }
  int fd() const { return static_cast<int>(fd_); }

  /// -1 at the end.
  int next() {
    while (true) {
      if (at_ >= size_) {
        size_ = system_call(__NR_getdents64, fd_, address(buffer_), sizeof buffer_);
        at_ = 0;
        if (size_ <= 0) return -1;
      }
      // getdents64(2): two numbers of 8 bytes, the length of the entry in 2, a type of 1, a name.
      // name.
      constexpr std::size_t kLengthAt = 16, kNameAt = 19;
      const char* entry = buffer_ + at_;
      at_ += *reinterpret_cast<const std::uint16_t*>(entry + kLengthAt);
      if (const int number = parse_number(entry + kNameAt); number >= 0) return number;
    }
  }

 private:
  long fd_;
  long at_ = 0, size_ = 0;
  alignas(8) char buffer_[4096];
};

/// Closes all descriptors but those that it begins with. By close_range(2) where the kernel has it
/// (5.9), else by what /proc lists, else by trying each that there may be.
void close_others() {
  constexpr unsigned kFirst = kGuardTable + 1;
  if (system_call(__NR_close_range, kFirst, ~0u, 0) == 0) return;
  if (Numbers open("/proc/self/fd"); open.readable()) {
    for (int fd = open.next(); fd >= 0; fd = open.next()) {
      if (fd >= static_cast<int>(kFirst) && fd != open.fd()) system_call(__NR_close, fd);
    }
    return;
  }
  constexpr std::uint64_t kMost = 1 << 16;
  std::uint64_t limit[2] = {kMost, kMost};
  system_call(__NR_prlimit64, 0, kRlimitNofile, 0, address(limit));
  for (std::uint64_t fd = kFirst; fd < limit[0] && fd < kMost; ++fd) {
    system_call(__NR_close, static_cast<long>(fd));
  }
}

/// Whether `mark` is one of the variables of a process.
bool has_mark(int pid, const char* mark) {
  char name[32] = {'/', 'p', 'r', 'o', 'c', '/'};
  char digits[12];
  int count = 0;
  for (int rest = pid; rest > 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
  char* end_of_name = name + 6;
  while (count > 0) *end_of_name++ = digits[--count];
  for (const char* c = "/environ"; *c != '\0'; ++c) *end_of_name++ = *c;
  *end_of_name = '\0';

  const long fd = system_call(__NR_openat, kHere, address(name), kReadOnly);
  if (fd < 0) return false;
  char buffer[4096];
  bool found = false;
  // How many characters of the mark this variable begins with; none any more once it differs.
  const char* same = mark;
  long size;
  while (!found && (size = system_call(__NR_read, fd, address(buffer), sizeof buffer)) > 0) {
    for (long i = 0; i < size && !found; ++i) {
      if (buffer[i] == '\0') {
        found = same != nullptr && *same == '\0';
        same = mark;
      } else if (same != nullptr) {
        same = buffer[i] == *same ? same + 1 : nullptr;
      }
    }
  }
  system_call(__NR_close, fd);
  return found;
}

bool is_in(const GuardTable& table, int group) {
  for (std::uint32_t i = 0; i < table.used; ++i) {
    if (table.groups[i] == group) return true;
  }
  return false;
}

/// The children that carry the mark: of one that was just being started the number is not known. It
/// may still be on its way to its exec, hence more than one look. Without /proc none is found.
void find_marked(GuardTable& table) {
  constexpr int kLooks = 5;
  for (int look = 0; look < kLooks; ++look) {
    if (look > 0) pause_ms(kLookEveryMs);
    Numbers processes("/proc");
    if (!processes.readable()) return;
    for (int pid = processes.next(); pid >= 0; pid = processes.next()) {
      if (table.used == GuardTable::kGroupsMax) return;
      if (pid == 0 || is_in(table, pid) || !has_mark(pid, table.mark)) continue;
      if (system_call(__NR_getpgid, pid) == pid) table.groups[table.used++] = pid;
    }
  }
}

/// Sends it to every group of the table. A group without a process leaves the table. Returns how
/// many groups are left.
std::uint32_t signal_groups(GuardTable& table, long signal) {
  std::uint32_t left = 0;
  for (std::uint32_t i = 0; i < table.used; ++i) {
    int& group = table.groups[i];
    if (group != 0 && system_call(__NR_kill, -group, signal) == kNoSuchProcess) group = 0;
    if (group != 0) ++left;
  }
  return left;
}

void end_groups(GuardTable& table) {
  signal_groups(table, kSigterm);
  // A stopped process (Ctrl-Z) would keep its TERM for later.
  std::uint32_t left = signal_groups(table, kSigcont);
  for (std::uint64_t waited = 0; waited < table.grace_ms && left > 0; waited += kLookEveryMs) {
    pause_ms(kLookEveryMs);
    left = signal_groups(table, 0);
  }
  signal_groups(table, kSigkill);
}

/// Or for its goodbye. A pipe is not enough: a child that the master has forked, which has its end,
/// too, may live longer; neither is a pidfd: a master may become another program.
void wait_for_end_of_master() {
  struct {
    int fd;
    short events, found;
  } waits[] = {{kGuardPipe, kReadable, 0}, {kGuardMaster, kReadable, 0}};
  auto& [pipe, master] = waits;
  while (true) {
    // All signals are blocked: what fails, for want of memory, is tried again.
    if (system_call(__NR_ppoll, address(waits), 2) <= 0) continue;
    if ((master.found & kNotOpen) != 0) {
      master = {-1, 0, 0};
    } else if (master.found != 0) {
      return;
    }
    if (pipe.found != 0) return;
  }
}

[[noreturn]] void guard() {
  // A descriptor could keep a pipe open for its reader, a directory could keep a file system busy.
  close_others();
  system_call(__NR_chdir, address("/"));
  const long memory = system_call(__NR_mmap, 0, sizeof(GuardTable), kProtRead | kProtWrite,
                                  kMapShared | kMapNoReserve, kGuardTable, 0);
  if (memory < 0 && memory > -4096) end(1);
  system_call(__NR_close, kGuardTable);
  // Set last: a process that sees the name knows that all of this is done.
  system_call(__NR_prctl, kPrSetName, address("spread-guard"));
  wait_for_end_of_master();
  auto& table = *reinterpret_cast<GuardTable*>(memory);
  if (table.goodbye != 0) end(0);
  if (table.starting != 0) find_marked(table);
  end_groups(table);
  end(0);
}

}  // namespace
}  // namespace spread

// The stack is as the kernel left it, and not as a caller would.
#if defined(__x86_64__)
#define SPREAD_ALIGNS_STACK [[gnu::force_align_arg_pointer]]
#else
#define SPREAD_ALIGNS_STACK
#endif
extern "C" SPREAD_ALIGNS_STACK [[noreturn]] void _start() { spread::guard(); }
