#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"

namespace spread {

/// The CPUs that this process may use: the smaller of its affinity mask and its cgroup's quota
/// (rounded up), at least 1.
std::uint32_t usable_cpus();

std::string current_directory();
/// Absolute, and without `.` and `..` in it if it exists: what $PWD is in it.
std::string absolute_directory(const std::string& name);
std::string host_name();
/// "-" is what `standard_input` gives, to its end.
Result<std::string> read_file(const std::string& name, int standard_input = -1);
/// "-" is a copy of `standard_input`.
Result<UniqueFd> open_for_reading(const std::string& name, int standard_input = -1);
/// A name that stands for a descriptor (named_descriptor) is a copy of it: neither emptied nor
/// written over, with one place for all who write.
Result<UniqueFd> open_for_writing(const std::string& name, bool append);

/// Writes to standard output, `fd`, and waits where its reader is slow. Not for a run: that has an
/// OutputWriter. Error::number is EPIPE where the reader has left; the thread has
/// WriteSignalsBlocked, or that would end the process.
Status print(int fd, std::string_view text);
/// What has been written to a regular file so far is safe, as far as closing one of its descriptors
/// tells: NFS tells only then that there was no room.
Status check_printed(int fd);
/// The soft limit on descriptors; 0 if it is not known.
std::uint64_t descriptor_limit();
/// Where the process is the program's, it is raised to `wanted`, as far as the hard limit allows.
/// Returns what is in force.
std::uint64_t descriptor_limit(const Streams& streams, std::uint64_t wanted);

/// By a signal: SIGSTOP, or SIGTTIN for reading from the terminal.
bool is_stopped(int pid);
bool is_directory(int fd);
/// A read would not block now.
bool readable_now(int fd);
bool is_terminal(int fd);
/// Bytes written to the two come out in one place, where their order can be seen: the same file,
/// pipe, socket or terminal (under whatever name). Not /dev/null and its kin.
bool are_one_place(int fd, int other);
/// A pipe or a socket.
bool is_pipe(int fd);
/// The terminal on `fd` is spread's controlling terminal, but another process group is in its
/// foreground and gets what is typed.
bool in_background(int fd);
/// Columns of the terminal on `fd`; 80 where it does not say.
std::uint32_t terminal_width(int fd);

/// A descriptor for spread's output that never blocks. A pipe or terminal is opened anew, since all
/// processes that hold the same open file (the shell, say) share O_NONBLOCK. Where that is not
/// possible, `chunk_max` is how much may be written at once after the descriptor was ready.
struct OutputDescriptor {
  UniqueFd fd;
  std::size_t chunk_max = SIZE_MAX;
  /// False for a regular file or device that takes everything at once.
  bool can_wait = true;
  /// Bytes can be moved to it out of a pipe. Not to a file: unlike a write, a splice does not lock
  /// the offset, and two that share it would write over each other.
  bool can_splice = false;
  bool regular = false;  ///< a file, as disks have them
};
Result<OutputDescriptor> open_output(int fd);
/// For what is never written to.
inline OutputDescriptor no_output() { return {{}, SIZE_MAX, false}; }

/// Makes a pipe hold up to `bytes`; failure (an unprivileged user's budget is used up) is harmless.
void grow_pipe(int fd, std::size_t bytes);

/// Processes that run or wait to run, averaged by the kernel over the last minute.
std::optional<double> load_average();
/// Bytes that can be had without swapping.
std::optional<std::uint64_t> available_memory();

/// As many jobs at a time as descriptors allow: -j 0.
std::uint32_t slots_without_limit(const Streams& streams);

/// ARG_MAX: bytes that the kernel takes for the arguments and the environment of a process.
std::size_t argument_max();
/// Bytes of these variables, a NUL for each among them.
std::size_t environment_bytes(const Environment& environment);
/// Bytes that the kernel takes for a process's arguments, beside this environment.
std::size_t argument_space(const Environment& environment);
/// What exec would find from `directory`, if anything: in the folders of `search_path`
/// (Environment::search_path), or at this path.
std::optional<std::string> program_path(const std::string& name, const char* search_path,
                                        const std::string& directory = {});
/// Why a program that is there cannot be found by exec: its interpreter is not. Empty: it is.
std::string missing_interpreter(const std::string& program);

/// 32 hexadecimal digits that cannot be guessed.
std::string random_mark();

}  // namespace spread
