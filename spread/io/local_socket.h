// Sockets of this machine and one user, by the names of files.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/posix.h"

namespace spread {

std::uint32_t own_user();
std::uint64_t own_pid();
/// It is a directory, and the user's; not what a link leads to.
bool is_own_folder(const std::string& name);
/// A folder, 0700, made if it is not there. An Error where what is there is not the user's alone.
Status make_own_folder(const std::string& name);

/// A socket at this name, which only the user can connect to. What is left of one there is
/// replaced: the caller knows that nothing listens.
Result<UniqueFd> listen_at(const std::string& name);
/// The next one that waits; nothing: none does, or it has left. Non-blocking. One of another user
/// is sent away.
UniqueFd accept_own(int listener);

/// A blocking socket. Error::number is ENOENT where there is no such file, and ECONNREFUSED where
/// nothing listens. An Error, too, where another user does.
Result<UniqueFd> connect_to(const std::string& name);
/// Fills `into` from a blocking socket. An Error where that takes longer, or it ends before:
/// Error::number is EPIPE then.
Status read_exactly(int fd, std::span<Byte> into, Duration patience);
/// From now on it never blocks.
Status set_nonblocking(int fd);
UniqueFd duplicate(int fd);

}  // namespace spread
