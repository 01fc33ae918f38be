#include "spread/io/machine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string_view>
#include <system_error>

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

Status open_result_files(const std::string& folder, UniqueFd (&files)[2]) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail("cannot make " + folder + ": " + error.message());
  for (int i = 0; i < 2; ++i) {
    const std::string name = folder + (i == 0 ? "/stdout" : "/stderr");
    files[i] = UniqueFd(::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!files[i]) return tl::unexpected(errno_error("open " + name));
  }
  return {};
}

bool file_is_empty(const std::string& name) {
  struct stat status {};
  return ::stat(name.c_str(), &status) != 0 || status.st_size == 0;
}

std::optional<std::uint64_t> file_size(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<Byte> to) {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t n =
        ::pread(fd, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected(errno_error("read"));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

IoResult move_from_file(int file, std::uint64_t offset, std::uint64_t size, int pipe) {
  off_t from = static_cast<off_t>(offset);
  const ssize_t moved = ::splice(file, &from, pipe, nullptr, size, SPLICE_F_NONBLOCK);
  IoResult result;
  if (moved > 0) {
    result.state = IoState::Done;
    result.size = static_cast<std::size_t>(moved);
  } else if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
    result.state = IoState::WouldBlock;
  } else if (moved == 0 || errno == EPIPE) {
    result.state = IoState::End;
  } else {
    result.state = IoState::Failed;
    result.error = errno;
  }
  return result;
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

Status drop_torn_line(const std::string& name) {
  const auto text = read_file(name);
  if (!text || text->empty() || text->back() == '\n') return {};
  const std::size_t newline = text->rfind('\n');
  const off_t size = newline == std::string::npos ? 0 : static_cast<off_t>(newline + 1);
  if (::truncate(name.c_str(), size) != 0) return tl::unexpected(errno_error("truncate " + name));
  return {};
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
