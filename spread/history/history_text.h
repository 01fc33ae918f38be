#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spread/history/history_store.h"

namespace spread {

/// The text of `spread history show`: a table, one line per row and one for the titles; for people.
/// `unix_now` turns the time of the last use into an age.
std::string format_history(const std::vector<HistoryStore::Row>& rows, std::int64_t unix_now);

/// "1.25 s", "20 ms", "15 us", "2.5 h": three digits at most; for people.
std::string format_span(double seconds);

}  // namespace spread
