#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/streams.h"

namespace spread {

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
