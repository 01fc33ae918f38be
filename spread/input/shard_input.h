#pragma once

#include <memory>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/shards/shard_reader.h"

namespace spread {

/// Reads the files of --partition, whose form `records` may say, and makes what cuts them. Whatever
/// is wrong with them is an Error here, before anything runs.
Result<std::unique_ptr<ShardReader>> open_shard_reader(const ShardOptions& options,
                                                       const RecordOptions& records,
                                                       Streams streams);

}  // namespace spread
