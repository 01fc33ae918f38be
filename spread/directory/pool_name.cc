#include "spread/directory/pool_name.h"

#include <algorithm>

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread {

Status check_pool_name(std::string_view name) {
  constexpr std::string_view kExpected =
      "1 to 32 letters, digits, dots, underscores and hyphens, and no hyphen in front";
  const auto may_be = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  const bool fine = !name.empty() && name.size() <= kPoolNameMax && name.front() != '-' &&
                    std::all_of(name.begin(), name.end(), may_be);
  if (fine) return {};
  return fail(fmt::format("{} is no name of a pool; expected {}", show_text(name), kExpected));
}

std::vector<std::string> pools_among(const std::vector<std::string>& files) {
  std::vector<std::string> pools;
  for (const std::string& file : files) {
    if (!file.ends_with(kPoolSocket)) continue;
    const std::string name = file.substr(0, file.size() - kPoolSocket.size());
    if (check_pool_name(name)) pools.push_back(name);
  }
  std::sort(pools.begin(), pools.end());
  return pools;
}

std::string run_user_directory(std::uint32_t user) { return "/run/user/" + std::to_string(user); }

PoolPlace pool_place(const char* runtime_directory, std::uint32_t user, bool has_run_user,
                     const std::string& temporary_directory) {
  const std::string_view named = runtime_directory == nullptr ? "" : runtime_directory;
  if (named.starts_with('/')) return {std::string(named) + "/spread", std::string(named)};
  if (has_run_user) return {run_user_directory(user) + "/spread", run_user_directory(user)};
  return {temporary_directory + "/spread-" + std::to_string(user), temporary_directory};
}

}  // namespace spread
