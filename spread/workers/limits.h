/// How long the pipes and the death of a worker's process are waited for, and how much of it is
/// read at a time: the same for every kind of worker.
#pragma once

#include <cstddef>

#include "spread/api/time.h"

namespace spread {

/// A grandchild may hold the pipe open after the process has ended; it is read for so long.
inline constexpr Duration kAfterExit = std::chrono::seconds(1);
/// A process that does not end after SIGKILL sits in the kernel (a dead NFS server, say). The run
/// does not wait for it.
inline constexpr Duration kAfterKill = std::chrono::seconds(5);
/// Payloads of this size make a larger pipe worth its share of the user's pipe budget.
inline constexpr std::size_t kBigBytes = 64 * 1024;
inline constexpr std::size_t kBigPipe = 1024 * 1024;
/// Reads per turn, so that one talkative process does not keep the others waiting.
inline constexpr int kReadsPerTurn = 16;

}  // namespace spread
