#include "spread/io/machine.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

#include "spread/base/posix.h"
#include "spread/io/system.h"

extern char** environ;

namespace spread {
namespace {

bool is_program(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<double> load_average() {
  double load;
  if (::getloadavg(&load, 1) != 1) return std::nullopt;
  return load;
}

std::optional<std::uint64_t> available_memory() {
  const auto text = read_file("/proc/meminfo");
  if (!text) return std::nullopt;
  constexpr std::string_view kName = "MemAvailable:";
  const std::size_t at = text->find(kName);
  if (at == std::string::npos) return std::nullopt;
  return std::strtoull(text->c_str() + at + kName.size(), nullptr, 10) * 1024;
}

std::uint32_t slots_without_limit() {
  // Three descriptors for each job, some for us; and no more jobs than a person can mean.
  constexpr std::uint64_t kPerJob = 4, kOwn = 64, kMost = 4096;
  const std::uint64_t descriptors = raise_descriptor_limit(kMost * kPerJob + kOwn);
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>((descriptors - std::min(descriptors, kOwn)) / kPerJob, 1, kMost));
}

std::size_t argument_space() {
  std::size_t used = 0;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    used += std::strlen(*entry) + 1 + sizeof(char*);
  }
  const long all = ::sysconf(_SC_ARG_MAX);
  const std::size_t limit = all > 0 ? static_cast<std::size_t>(all) : 128 * 1024;
  return limit > used ? limit - used : 0;
}

Status become_nicer(int by) {
  errno = 0;
  const int own = ::getpriority(PRIO_PROCESS, 0);
  if (::setpriority(PRIO_PROCESS, 0, std::clamp(own + by, -20, 19)) != 0) {
    return tl::unexpected(errno_error("--nice " + std::to_string(by)));
  }
  return {};
}

std::string random_mark() {
  constexpr char kDigits[] = "0123456789abcdef";
  unsigned char bytes[16];
  std::random_device device;
  for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(device());
  std::string mark;
  for (const unsigned char byte : bytes) {
    mark += kDigits[byte >> 4];
    mark += kDigits[byte & 15];
  }
  return mark;
}

bool can_execute(const std::string& name) {
  if (name.empty()) return false;
  if (name.find('/') != std::string::npos) return is_program(name);
  const char* variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "/bin:/usr/bin";
  while (true) {
    const std::size_t colon = path.find(':');
    std::string folder(path.substr(0, colon));
    if (is_program((folder.empty() ? "." : folder) + "/" + name)) return true;
    if (colon == std::string_view::npos) return false;
    path.remove_prefix(colon + 1);
  }
}

}  // namespace spread
