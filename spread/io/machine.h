#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "spread/api/result.h"
#include "spread/base/posix.h"
#include "spread/base/unique_fd.h"

namespace spread {

/// Processes that run or wait to run, averaged by the kernel over the last minute.
std::optional<double> load_average();
/// Bytes that can be had without swapping.
std::optional<std::uint64_t> available_memory();

/// As many jobs at a time as descriptors allow: -j 0.
std::uint32_t slots_without_limit();

/// Bytes that the kernel takes for a process's arguments, beside the environment that we have.
std::size_t argument_space();
/// Whether exec would find a program of this name in PATH, or at this path.
bool can_execute(const std::string& name);

bool file_is_empty(const std::string& name);
/// The size of a regular file; none for anything else.
std::optional<std::uint64_t> file_size(int fd);
/// Reads all of `to` from `offset` on; fewer bytes only where the file ends.
Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<Byte> to);

/// Moves up to `size` bytes of a file to a pipe, without their passing through our memory where the
/// kernel can do that. End: the file has become shorter, or nobody reads the pipe.
IoResult move_from_file(int file, std::uint64_t offset, std::uint64_t size, int pipe);

/// 32 hexadecimal digits that nobody can guess.
std::string random_mark();

/// What a run that was killed left behind the last newline of a file goes; no file is fine.
Status drop_torn_line(const std::string& name);

/// Makes `folder`, and in it the files "stdout" and "stderr", empty: a job's, of --results.
Status open_result_files(const std::string& folder, UniqueFd (&files)[2]);

}  // namespace spread
