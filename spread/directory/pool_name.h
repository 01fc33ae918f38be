// How the pools of a user are called, and where they are found (docs/pool.md, "Where").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

inline constexpr std::size_t kPoolNameMax = 32;
/// [A-Za-z0-9._-]{1,32}, and not an option.
Status check_pool_name(std::string_view name);

/// What a pool has in the folder: `name` and one of these. No name with one of them is that of
/// another pool with another, since each ends with its own.
inline constexpr std::string_view kPoolSocket = ".pool", kPoolLog = ".log";
/// The pools whose sockets are among these names of files, in order.
std::vector<std::string> pools_among(const std::vector<std::string>& files);

/// Where the folder of pools is, by the first rule that applies.
struct PoolPlace {
  std::string folder;
  std::string base;  ///< in which it is made; it must be there
};
/// `runtime_directory`: $XDG_RUNTIME_DIR, which counts where it is an absolute path; null: it is
/// not set. `has_run_user`: /run/user/UID is there, and the user's.
PoolPlace pool_place(const char* runtime_directory, std::uint32_t user, bool has_run_user,
                     const std::string& temporary_directory);
std::string run_user_directory(std::uint32_t user);

}  // namespace spread
