#pragma once

#include <functional>
#include <string>

#include "spread/api/result.h"
#include "spread/embed/pool_engine.h"
#include "spread/embed/pool_upstream.h"

namespace spread::embed {

/// The run of a pool, from its settings to its end, in the calling thread. `opened` is called when
/// all that can be wrong beforehand has been found right, and nothing has been started. An Error:
/// it did not come to that. Else why the run ended before its upstream did; empty if it did not.
Result<std::string> run_pool(const Settings& settings, PoolUpstream& upstream, Sink& sink,
                             const std::function<void()>& opened);

}  // namespace spread::embed
