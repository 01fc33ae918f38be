#pragma once

#include <string>

namespace spread {

struct HistoryOptions {
  bool enabled = true;
  std::string file;  ///< empty = $XDG_STATE_HOME/spread/history.db
};

}  // namespace spread
