// What a master and a relay say to each other (docs/relay.md, "As a bundle of pipes"): bytes of
// worker k's pipes, and what is done to its process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"

namespace spread::wire {

enum class RelayKind : std::uint8_t {
  // master to relay
  Begin,  ///< [nil, "relay"]
  Start,  ///< [k, "start", {name: value}]
  In,     ///< [k, "in", bytes]
  Close,
  Term,
  Kill,
  Stop,
  Cont,
  Read,  ///< [k, "read", out, err]
  // relay to master
  Up,    ///< [k, "up", pid, host]
  Out,   ///< [k, "out", bytes]
  Err,   ///< [k, "err", bytes]
  End,   ///< its stdout has ended
  Took,  ///< [k, "took", n]
  Deaf,  ///< it reads no more
  Down,  ///< [k, "down", exit, signal, why]
  Beat,  ///< [nil, "beat"]
  Bye,   ///< [nil, "bye"]
};

/// Views point into the bytes that were read.
struct RelayFrame {
  RelayKind kind = RelayKind::Begin;
  std::uint32_t k = 0;       ///< the worker; not of Begin, Beat, Bye
  ByteView bytes;            ///< In, Out, Err; Start: the map, for environment_of()
  std::string_view text;     ///< Up: the host; Down: why it could not be started, empty if it was
  std::uint64_t number = 0;  ///< Up: the pid; Took: bytes
  std::uint8_t exit_status = 0;             ///< Down
  std::uint8_t signal = 0;                  ///< Down; 0: it exited
  bool reads_out = true, reads_err = true;  ///< Read
};

/// What each frame begins with, and the bytes of that and of the length behind it.
inline constexpr Byte kRelayFrameByte = 0xc6;
inline constexpr std::size_t kRelayHeaderBytes = 5;
/// The bytes of In, Out and Err in one frame, at most; more is said in several.
inline constexpr std::size_t kRelayPieceMax = std::size_t{64} * 1024;
/// Of In that the relay has not said to have written, for one worker: as much as a large pipe
/// holds.
inline constexpr std::size_t kRelayUnderwayMax = std::size_t{256} * 1024;
/// A frame's value, at most: an environment may be as long as the kernel lets it (2 MiB of
/// arguments and environment, by default).
inline constexpr std::size_t kRelayFrameMax = std::size_t{4} * 1024 * 1024;

struct RelayFound {
  enum class What : std::uint8_t { NeedMore, Frame, Broken } what = What::NeedMore;
  std::size_t size = 0;  ///< Frame: its bytes. NeedMore: how many there must be, at least
  std::string error = {};
};

enum class RelaySide : std::uint8_t { Master, Relay };

/// Looks at the front of `bytes`, which `from` has written. Broken: what is there is no frame that
/// this side writes; it says why.
RelayFound find_relay_frame(ByteView bytes, RelaySide from, RelayFrame& frame);

/// Appends a frame; of the kinds with bytes all of it.
void append_relay_frame(const RelayFrame& frame, ByteBuffer& out);
/// In, Out or Err as far as its bytes, so many, which are to follow directly.
void append_relay_head(RelayKind kind, std::uint32_t k, std::size_t bytes, ByteBuffer& out);

using RelayEnvironment = std::vector<std::pair<std::string, std::string>>;
/// The map of a Start, in the order given, and back. `map` is that of a frame that was found.
ByteBuffer relay_environment(const RelayEnvironment& environment);
RelayEnvironment environment_of(ByteView map);

}  // namespace spread::wire
