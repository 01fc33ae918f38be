#pragma once

#include <string>

#include "spread/embed/pool_engine.h"
#include "spread/pool.h"

namespace spread {
inline namespace v1 {
namespace pool_detail {

/// The options as the engine takes them, with the environment that this process has now. PoolError
/// where one of them makes no sense by itself.
embed::Settings settings_of(const PoolOptions& options);
/// An error of the engine's, which names options of the program, with ours instead.
std::string in_words_of_options(const std::string& error);

}  // namespace pool_detail
}  // namespace v1
}  // namespace spread
