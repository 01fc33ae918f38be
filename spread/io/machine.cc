#include "spread/io/machine.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "spread/base/posix.h"
#include "spread/io/system.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

bool is_program(const std::string& path) {
  struct stat status {};
  return sys::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         sys::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<double> load_average() {
  const double load = sys::load();
  return load < 0 ? std::nullopt : std::optional(load);
}

std::optional<std::uint64_t> available_memory() {
  const auto text = read_file("/proc/meminfo");
  if (!text) return std::nullopt;
  constexpr std::string_view kName = "MemAvailable:";
  const std::size_t at = text->find(kName);
  if (at == std::string::npos) return std::nullopt;
  return std::strtoull(text->c_str() + at + kName.size(), nullptr, 10) * 1024;
}

std::uint32_t slots_without_limit(const Streams& streams) {
  // Three descriptors for each job, some for spread; and no more jobs than a user can mean.
  constexpr std::uint64_t kPerJob = 4, kOwn = 64, kMost = 4096;
  const std::uint64_t descriptors = descriptor_limit(streams, kMost * kPerJob + kOwn);
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>((descriptors - std::min(descriptors, kOwn)) / kPerJob, 1, kMost));
}

std::size_t argument_max() {
  const long all = sys::argument_max();
  return all > 0 ? static_cast<std::size_t>(all) : 128 * 1024;
}

std::size_t environment_bytes(const Environment& environment) {
  std::size_t used = 0;
  for (char* const* entry = environment.variables(); *entry != nullptr; ++entry) {
    used += std::strlen(*entry) + 1;
  }
  return used;
}

std::size_t argument_space(const Environment& environment) {
  std::size_t used = environment_bytes(environment);
  for (char* const* entry = environment.variables(); *entry != nullptr; ++entry) {
    used += sizeof(char*);
  }
  const std::size_t limit = argument_max();
  return limit > used ? limit - used : 0;
}

std::string random_mark() {
  constexpr char kDigits[] = "0123456789abcdef";
  unsigned char bytes[16] = {};
  static_cast<void>(sys::getrandom(bytes, sizeof bytes));
  std::string mark;
  for (const unsigned char byte : bytes) {
    mark += kDigits[byte >> 4];
    mark += kDigits[byte & 15];
  }
  return mark;
}

std::optional<std::string> program_path(const std::string& name, const char* search_path,
                                        const std::string& directory) {
  if (name.empty()) return std::nullopt;
  const auto from_directory = [&](const std::string& path) {
    return path.front() == '/' || directory.empty() ? path : directory + '/' + path;
  };
  if (name.find('/') != std::string::npos) {
    const std::string path = from_directory(name);
    return is_program(path) ? std::optional(path) : std::nullopt;
  }
  std::string_view path = search_path;
  while (true) {
    const std::size_t colon = path.find(':');
    const std::string folder(path.substr(0, colon));
    const std::string file = from_directory((folder.empty() ? "." : folder) + "/" + name);
    if (is_program(file)) return file;
    if (colon == std::string_view::npos) return std::nullopt;
    path.remove_prefix(colon + 1);
  }
}

std::string missing_interpreter(const std::string& program) {
  constexpr std::size_t kFirstLine = 256;  // what the kernel reads
  const auto file = open_for_reading(program);
  if (!file) return {};
  std::string text(kFirstLine, '\0');
  const auto read = read_some(file->get(), reinterpret_cast<Byte*>(text.data()), text.size());
  text.resize(read.state == IoState::Done ? read.size : 0);
  if (text.substr(0, 4) ==
      "\x7f"
      "ELF") {
    return "it is there, but its loader is missing (is it for another system or C library?)";
  }
  if (text.substr(0, 2) != "#!") return {};
  const std::string line = text.substr(2, text.find('\n', 2) - 2);
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const std::string interpreter = line.substr(begin, line.find_first_of(" \t", begin) - begin);
  if (interpreter.empty() || sys::access(interpreter.c_str(), F_OK) == 0) return {};
  if (interpreter.back() == '\r') {
    return "its first line ends with a carriage return (CR LF), so its interpreter " +
           interpreter.substr(0, interpreter.size() - 1) + "<CR> is missing";
  }
  return "its interpreter " + interpreter + " is missing";
}

}  // namespace spread
