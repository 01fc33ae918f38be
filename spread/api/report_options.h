// What a run tells beside its results. The defaults here are those of --help.
#pragma once

#include <cstdint>
#include <string>

namespace spread {

enum class ProgressStyle : std::uint8_t { Automatic, Bar, Eta, Plain, None };

struct ReportOptions {
  std::string speaker = "spread";  ///< what messages begin with
  ProgressStyle progress = ProgressStyle::Automatic;
  std::string joblog;          ///< empty = none; "-" is not special
  bool joblog_append = false;  ///< --joblog +FILE
  std::string events;          ///< FILE or "fd:N"; empty = none
  bool explain = false;
  bool summary = false;  ///< a table of workers and hosts on stderr, at the end
};

}  // namespace spread
