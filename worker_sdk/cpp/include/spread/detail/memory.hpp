#pragma once

// --max-rss of a worker behind a launcher: spread cannot see its memory, so it looks itself.

#include "spread/errors.hpp"

#include <dirent.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

namespace spread::detail {

/// Resident memory of this process and its descendants; what two of them share is counted twice.
/// None where it cannot be told.
inline std::uint64_t resident_bytes() {
  struct Process {
    pid_t parent = 0;
    std::uint64_t pages = 0;
  };
  std::map<pid_t, Process> processes;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc"), closedir);
  while (const dirent* const entry = folder ? readdir(folder.get()) : nullptr) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    std::ifstream file("/proc/" + std::string(entry->d_name) + "/stat");
    std::string text;
    // Not by istreambuf_iterator, which throws where the process ends before it is read.
    std::getline(file, text, '\0');
    const std::size_t name = text.rfind(") ");  // it may hold anything
    if (name == std::string::npos) continue;    // it has ended
    std::istringstream words(text.substr(name + 2));
    Process& process = processes[pid];
    std::string skipped;
    words >> skipped >> process.parent;
    for (int word = 2; word < 21; ++word) words >> skipped;
    words >> process.pages;
  }
  const pid_t own = getpid();
  std::uint64_t pages = 0;
  for (const auto& [pid, process] : processes) {
    pid_t above = pid;
    while (above != own && processes.count(above) != 0) above = processes[above].parent;
    if (above == own) pages += process.pages;
  }
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Whether that is more than SPREAD_MAX_RSS says, looked at once a second at most.
class MemoryLimit {
 public:
  /// Throws where there is a limit, and nothing can be looked at.
  void read_environment() {
    const char* const text = std::getenv("SPREAD_MAX_RSS");
    bytes_max_ = text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
    if (bytes_max_ > 0 && resident_bytes() == 0) {
      throw task_error("MaxRss", "--max-rss: there is no /proc here to read it from");
    }
  }
  bool is_set() const { return bytes_max_ > 0; }
  bool is_exceeded() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_) return false;
    next_look_ = now + std::chrono::seconds(1);
    return resident_bytes() > bytes_max_;
  }

 private:
  std::uint64_t bytes_max_ = 0;
  std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace spread::detail
