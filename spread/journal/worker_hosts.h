#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/task.h"

namespace spread {

/// A record `W`.
struct WorkerRecord {
  std::uint64_t worker = 0;
  bool started = false;   ///< else it has ended
  std::string_view host;  ///< in the record
};
/// None: it has no worker.
std::optional<WorkerRecord> parse_worker(ByteView record);

/// Which host each worker was on, by the records `W` of a journal: a run that goes on with one may
/// have others.
class WorkerHosts {
 public:
  /// Of workers with higher numbers it is not known.
  static constexpr std::uint32_t kWorkersMax = std::uint32_t{1} << 20;

  /// A record `W`, and its offset, which is above those before. What is none is passed over.
  void take(ByteView record, std::uint64_t at);
  /// Of a worker that is named in the record at `at`; empty: it is not known.
  std::string_view of(WorkerId worker, std::uint64_t at) const;

 private:
  struct Since {
    std::uint64_t at = 0;
    const std::string* host = nullptr;
  };
  std::set<std::string, std::less<>> names_;
  std::map<std::uint32_t, std::vector<Since>> workers_;
};

}  // namespace spread
