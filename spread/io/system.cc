#include "spread/io/system.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "spread/base/posix.h"
#include "spread/io/terminal.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

/// cgroup v2's cpu.max is "QUOTA PERIOD" or "max PERIOD", here and in every group above.
double cgroup_quota() {
  const Result<std::string> own = read_file("/proc/self/cgroup");
  if (!own) return HUGE_VAL;
  const std::size_t at = own->find("0::");
  if (at == std::string::npos) return HUGE_VAL;
  std::string group = own->substr(at + 3, own->find('\n', at) - at - 3);
  double least = HUGE_VAL;
  while (true) {
    const Result<std::string> quota = read_file("/sys/fs/cgroup" + group + "/cpu.max");
    if (quota && quota->compare(0, 3, "max") != 0) {
      char* end = nullptr;
      const double used = std::strtod(quota->c_str(), &end);
      const double period = std::strtod(end, nullptr);
      if (period > 0) least = std::min(least, used / period);
    }
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos || group.empty() || group == "/") return least;
    group.resize(slash);
  }
}

/// A copy, so that an error is known before anything is started.
Result<UniqueFd> open_standard_input(int standard_input) {
  const int flags = sys::fcntl(standard_input, F_GETFL);
  const bool readable = flags >= 0 && (flags & O_ACCMODE) != O_WRONLY;
  UniqueFd fd(readable ? sys::fcntl(standard_input, F_DUPFD_CLOEXEC, 3) : -1);
  if (!fd) return fail("cannot read standard input: " + errno_text(readable ? errno : EBADF));
  return fd;
}

}  // namespace

std::uint32_t usable_cpus() {
  return static_cast<std::uint32_t>(
      std::max(1.0, std::min(sys::cpus(), std::ceil(cgroup_quota()))));
}

std::string current_directory() {
  std::array<char, PATH_MAX> name;
  return sys::getcwd(name.data(), name.size()) == nullptr ? "." : name.data();
}

std::string absolute_directory(const std::string& name) {
  const std::string path = name.front() == '/' ? name : current_directory() + '/' + name;
  const std::string parts = path + '/';
  if (parts.find("/./") == std::string::npos && parts.find("/../") == std::string::npos) {
    return path;
  }
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

std::string host_name() {
  std::array<char, 256> name{};
  return sys::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

Result<UniqueFd> open_for_reading(const std::string& name, int standard_input) {
  if (name == "-") return open_standard_input(standard_input);
  UniqueFd fd = open_file(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (!fd) return tl::unexpected(errno_error("cannot read " + name));
  return fd;
}

Result<UniqueFd> open_for_writing(const std::string& name, bool append) {
  if (const auto given = named_descriptor(name)) {
    const int flags = sys::fcntl(*given, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) {
      return fail("cannot write " + name + ": it was opened for reading");
    }
    UniqueFd copy(sys::fcntl(*given, F_DUPFD_CLOEXEC, 3));
    if (!copy) return tl::unexpected(errno_error("cannot write " + name));
    return copy;
  }
  UniqueFd fd =
      open_file(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666);
  if (!fd) return tl::unexpected(errno_error("cannot write " + name));
  return fd;
}

Result<std::string> read_file(const std::string& name, int standard_input) {
  auto fd = open_for_reading(name, standard_input);
  if (!fd) return tl::unexpected(fd.error());
  std::string text;
  std::array<Byte, 16384> piece;
  while (true) {
    const IoResult read = read_some(fd->get(), piece.data(), piece.size());
    if (read.state == IoState::End) return text;
    if (read.state == IoState::Failed)
      return fail("cannot read " + name + ": " + errno_text(read.error));
    text.append(as_text({piece.data(), read.size}));
  }
}

namespace {

Error cannot_print(int error) {
  return {"cannot write to standard output: " + errno_text(error), error};
}

}  // namespace

Status print(int fd, std::string_view text) {
  ByteView rest = as_bytes(text);
  while (!rest.empty()) {
    const IoResult written = write_some(fd, {&rest, 1});
    if (written.state == IoState::WouldBlock) {
      pollfd wanted{fd, POLLOUT, 0};
      sys::poll(&wanted, 1, -1);
    } else if (written.state != IoState::Done) {
      const int error = written.state == IoState::End ? EPIPE : written.error;
      return tl::unexpected(cannot_print(error));
    }
    rest = rest.subspan(written.size);
  }
  return {};
}

Status check_printed(int fd) {
  struct stat status {};
  if (sys::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  UniqueFd copy(sys::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  const int error = copy ? copy.close() : 0;
  return error == 0 ? Status() : tl::unexpected(cannot_print(error));
}

std::uint64_t descriptor_limit() {
  rlimit limit{};
  return sys::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

std::uint64_t descriptor_limit(const Streams& streams, std::uint64_t wanted) {
  const std::uint64_t limit = descriptor_limit();
  if (limit >= wanted || streams.raise_descriptor_limit == nullptr) return limit;
  return streams.raise_descriptor_limit(wanted);
}

bool is_directory(int fd) {
  struct stat status {};
  return sys::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

bool readable_now(int fd) {
  pollfd wanted{fd, POLLIN, 0};
  return sys::poll(&wanted, 1, 0) > 0;
}

bool is_terminal(int fd) { return sys::isatty(fd) == 1; }

bool are_one_place(int fd, int other) {
  struct stat one {};
  struct stat two {};
  if (sys::fstat(fd, &one) != 0 || sys::fstat(other, &two) != 0) return false;
  if (is_terminal(fd) && is_terminal(other)) {
    // A session has one terminal, which has two names: /dev/tty is the other one.
    const pid_t session = sys::tcgetsid(fd);
    if (session >= 0 && session == sys::tcgetsid(other)) return true;
  } else if (S_ISCHR(one.st_mode)) {
    return false;
  }
  return one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

bool is_stopped(int pid) {
  const Result<std::string> stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  // The name, in parentheses, may hold anything.
  const std::size_t name = stat ? stat->rfind(") ") : std::string::npos;
  return name != std::string::npos && name + 2 < stat->size() && (*stat)[name + 2] == 'T';
}

bool is_pipe(int fd) {
  struct stat status {};
  return sys::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

bool in_background(int fd) {
  const pid_t foreground = sys::tcgetpgrp(fd);
  return foreground >= 0 && foreground != sys::getpgrp();
}

std::uint32_t terminal_width(int fd) {
  constexpr std::uint32_t kUsual = 80;
  const int columns = sys::columns(fd);
  return columns > 0 ? static_cast<std::uint32_t>(columns) : kUsual;
}

Result<OutputDescriptor> open_output(int fd) {
  OutputDescriptor output;
  struct stat status {};
  if (sys::fstat(fd, &status) != 0)
    return tl::unexpected(errno_error("cannot write to descriptor " + std::to_string(fd)));
  const bool pipe = S_ISFIFO(status.st_mode);
  const bool terminal = S_ISCHR(status.st_mode) && sys::isatty(fd) == 1;
  if (pipe || terminal) {
    const std::string name = "/proc/self/fd/" + std::to_string(fd);
    output.fd = open_file(name.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    output.can_splice = pipe;
    if (output.fd) return output;
    output.can_splice = false;  // it would block
  }
  output.fd = UniqueFd(sys::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!output.fd)
    return tl::unexpected(errno_error("cannot write to descriptor " + std::to_string(fd)));
  // A pipe that says it is ready takes PIPE_BUF bytes without blocking.
  output.chunk_max = pipe || terminal || S_ISSOCK(status.st_mode) ? PIPE_BUF : SIZE_MAX;
  output.can_wait = output.chunk_max != SIZE_MAX;
  output.can_splice = S_ISCHR(status.st_mode) && !terminal;
  output.regular = S_ISREG(status.st_mode);
  return output;
}

void grow_pipe(int fd, std::size_t bytes) { sys::fcntl(fd, F_SETPIPE_SZ, static_cast<int>(bytes)); }

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
