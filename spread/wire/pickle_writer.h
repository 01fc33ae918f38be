// Values as pickles: protocol 2, which Python 2.7 and 3 read (docs/pickle.md, "Writing pickles").
#pragma once

#include <cstddef>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"

namespace spread::wire {

/// Appends the pickle of one msgpack value. An Error says what cannot be said in a pickle, as the
/// end of "payload ...", and leaves `out` as it was.
Status msgpack_to_pickle(ByteView value, PickleBytes bytes, ByteBuffer& out);

/// The pickle of the tuple (id, value).
Status pair_to_pickle(TaskId id, ByteView value, PickleBytes bytes, ByteBuffer& out);

}  // namespace spread::wire
