#include "spread/io/process_memory.h"

#include <dirent.h>
#include <fcntl.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "spread/base/characters.h"
#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

/// Calls `f` with the name of each process that there is.
template <typename F>
Status each_process(F&& f) {
  const UniqueFd folder = open_file("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!folder) return tl::unexpected(errno_error("cannot read /proc"));
  alignas(dirent64) std::array<char, 32 * 1024> entries;
  while (true) {
    const ssize_t size = sys::getdents64(folder.get(), entries.data(), entries.size());
    if (size < 0) return tl::unexpected(errno_error("cannot read /proc"));
    if (size == 0) return {};
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      if (is_digit(entry->d_name[0])) f(std::string(entry->d_name));
      at += entry->d_reclen;
    }
  }
}

}  // namespace

void add_process(std::string_view stat, std::uint64_t page_bytes, GroupMemory& memory) {
  // The name, in parentheses, may hold anything. Behind it: state, parent, group, ...
  const std::size_t name = stat.rfind(") ");
  if (name == std::string_view::npos) return;
  const std::string words(stat.substr(name + 2));
  constexpr int kGroup = 2, kPages = 21;
  const char* at = words.c_str();
  int group = 0;
  for (int word = 0; word < kPages; ++word) {
    if (word == kGroup) group = std::atoi(at);
    while (*at != ' ' && *at != '\0') ++at;
    if (*at++ == '\0') return;
  }
  memory[group] += std::strtoull(at, nullptr, 10) * page_bytes;
}

Result<GroupMemory> resident_memory() {
  const auto page = static_cast<std::uint64_t>(sys::page_size());
  GroupMemory memory;
  SPREAD_TRY(each_process([&](const std::string& pid) {
    const UniqueFd fd = open_file(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
    if (!fd) return;  // it has ended
    std::array<char, 1024> text;
    const ssize_t size = sys::read(fd.get(), text.data(), text.size());
    if (size > 0) add_process({text.data(), static_cast<std::size_t>(size)}, page, memory);
  }));
  return memory;
}

}  // namespace spread
