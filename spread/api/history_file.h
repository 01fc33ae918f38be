#pragma once

#include <string>

namespace spread {

/// What is remembered of hosts.
struct HistoryFile {
  bool enabled = true;
  std::string name;  ///< empty = $XDG_STATE_HOME/spread/history.db
};

}  // namespace spread
