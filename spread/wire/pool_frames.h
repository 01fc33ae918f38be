// What a pool says beside wire 1 (docs/pool.md, "The bytes on the socket").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"

namespace spread::wire {

/// What who connects wants.
enum class PoolCall : std::uint8_t {
  Run,    ///< to send tasks
  State,  ///< to be told how it is
  Stop,   ///< that it ends, and its tails
};
std::string_view name_of(PoolCall call);

/// [nil, "pool", call], the first frame on a socket.
void append_pool_call(PoolCall call, ByteBuffer& out);
/// `body`: a frame's value. An Error says what is wrong with it.
Result<PoolCall> parse_pool_call(ByteView body);

/// How a pool is: its first frame on a socket, [nil, "pool", map].
struct PoolFacts {
  std::string version, command;
  std::string refused;  ///< why the call is; empty: it is not
  std::uint64_t pid = 0;
  std::uint64_t slots = 0, workers = 0;  ///< of these, with a process
  std::uint64_t runs = 0, tasks = 0;     ///< that are connected, and that they wait for
  std::uint64_t done = 0;                ///< tasks, ever
  std::uint64_t seconds = 0;             ///< since it began
  std::uint64_t idle_max = 0;            ///< --idle in milliseconds; 0: none
  bool stopping = false;
  bool down = false;  ///< every slot has been given up, for now at least

  bool operator==(const PoolFacts&) const = default;
};
void append_pool_facts(const PoolFacts& facts, ByteBuffer& out);
Result<PoolFacts> parse_pool_facts(ByteView body);

/// [nil, "stderr", text]: what a worker wrote there while it had this run's task.
void append_pool_errors(std::string_view text, OutputQueue& out);
/// [nil, "tail", text], to who has asked for a stop.
void append_pool_tail(std::string_view text, ByteBuffer& out);
/// [nil, "bye"]: it has ended as it should.
void append_pool_bye(ByteBuffer& out);
/// Whether it is a tail, and then its text; else it is taken for the bye.
bool parse_pool_tail(ByteView body, std::string_view& text);

/// What stands in front of a frame's value.
inline constexpr std::size_t kPoolHeaderBytes = 5;
/// Of a call, facts, and a piece of tails.
inline constexpr std::size_t kPoolFrameMax = std::size_t{1} << 20;
/// The size of the value behind these bytes; 0: they are no header of a frame, or it is too large.
std::size_t pool_frame_size(ByteView header);

}  // namespace spread::wire
