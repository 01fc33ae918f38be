#pragma once

#include <cstddef>
#include <memory>

#include "spread/wire/codec.h"

namespace spread::wire {

/// Lengths from 2^31 up are what UTF-8 text after the byte C6 looks like, so no frame may have one.
inline constexpr std::size_t kMaxFrameLimit = 0x7fffffff;

/// `--wire msgpack`, the default: frames of one msgpack value behind C6 and a 4-byte length
/// (docs/protocol.md section 2; what is a frame and what is stray text, section 5). `max_frame`
/// counts the bytes of the value, and is at most kMaxFrameLimit.
std::unique_ptr<Codec> make_msgpack_codec(std::size_t max_frame);

}  // namespace spread::wire
