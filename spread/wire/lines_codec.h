#pragma once

#include <cstddef>
#include <memory>

#include "spread/wire/codec.h"

namespace spread::wire {

/// `--wire lines`: a payload line in, a result line out, for filters that were never meant to be
/// workers (docs/protocol.md section 11). Every line is an Ok message without an id; nothing is
/// stray. A last line without its newline was cut off: it is Broken, not an answer, since a filter
/// that dies while it writes "12345" may have got as far as "12".
std::unique_ptr<Codec> make_lines_codec(std::size_t max_frame);

}  // namespace spread::wire
