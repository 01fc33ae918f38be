// What a worker of spread_jobs has answered (docs/pickle.md, "Answers").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "spread/api/shared_options.h"
#include "spread/base/buffers.h"
#include "spread/wire/codec.h"
#include "spread/wire/pickle_machine.h"
#include "spread/wire/pickle_value.h"

namespace spread::wire {

/// Reads the answer in a whole pickle. The memory for what it finds is its own, and is used again.
class PickleAnswer {
 public:
  PickleAnswer(std::size_t max_bytes, const PickleOptions& options)
      : max_bytes_(max_bytes), options_(options) {}

  /// `machine` is Complete with `bytes`. False: it is no answer, and error() says what it is.
  bool read(ByteView bytes, const PickleMachine& machine, UpMessage& message);
  const std::string& error() const { return error_; }

 private:
  bool failed(std::string why);
  bool read_captured(const PickleSource& source, PickleRef ref, std::string_view which,
                     std::string& out);
  bool add_line(const PickleSource& source, PickleRef ref, std::string& out);
  std::string shown(const PickleSource& source, PickleRef ref);
  bool read_busy(const PickleSource& source, const PickleNode& call, PickleRef reason,
                 UpMessage& message);
  void read_remote(const PickleSource& source, const PickleNode& call, UpMessage& message);
  void read_result(const PickleSource& source, const PickleMachine& machine, PickleRef result,
                   UpMessage& message);
  void set_error(std::string_view type, std::string_view text, UpMessage& message);

  std::size_t max_bytes_;
  PickleOptions options_;
  std::string error_;
  ByteBuffer value_;
  std::string so_, se_, text_, scratch_;
};

}  // namespace spread::wire
