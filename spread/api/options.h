// Every option of the program as plain data: cli/ fills it in. The parts are in headers of their
// own; the defaults there are the defaults in --help (cli/ prints them from here).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/failure_options.h"
#include "spread/api/history_options.h"
#include "spread/api/host_options.h"
#include "spread/api/input_options.h"
#include "spread/api/job_options.h"
#include "spread/api/limit_options.h"
#include "spread/api/output_options.h"
#include "spread/api/pipe_options.h"
#include "spread/api/report_options.h"
#include "spread/api/streams.h"
#include "spread/api/wire.h"

namespace spread {

enum class Command : std::uint8_t { Run, All, Map, Pipe, Hosts, HistoryShow, HistoryReset };

/// Plain commands, a process for each task, instead of workers that speak the protocol.
constexpr bool is_jobs(Command command) {
  return command == Command::Map || command == Command::Pipe;
}

struct Options {
  Command command = Command::Run;
  MapOptions map;
  PipeOptions pipe;
  InputOptions input;
  OutputOptions output;
  std::vector<PrepItem> prep;
  HostOptions hosts;
  Wire wire = Wire::Msgpack;
  bool start_all = false;
  FailureOptions failure;
  HaltOptions halt;
  LimitOptions limits;
  ReportOptions report;
  HistoryOptions history;
  bool check_hosts = false;                ///< `spread hosts --check`
  std::vector<std::string> history_words;  ///< what `history show|reset` is restricted to
  Environment environment;                 ///< of this process; a child has it, too
  Streams streams;                         ///< of this process
};

/// `--wire lines --window N`: answers belong to lines by their number alone, and may sit in a
/// filter's buffer until its input ends.
inline bool counts_answers(const Options& options) {
  return options.command == Command::Run && options.wire == Wire::Lines &&
         options.limits.window > 1;
}

}  // namespace spread
