#pragma once

#include <cstddef>
#include <memory>

#include "spread/wire/codec.h"

namespace spread::wire {

/// `--wire json`: the messages of the msgpack wire, one a line (docs/protocol.md section 10), for
/// shells, awk, jq, R, Node. Values become msgpack on the way in and JSON on the way out.
std::unique_ptr<Codec> make_json_codec(std::size_t max_frame);

}  // namespace spread::wire
