#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spread/base/posix.h"
#include "spread/journal/contents.h"

namespace spread {

/// The files of -o that a journal names. Of a journal of several parts it may be more than one; the
/// last one stays open.
class NamedOutputFiles final : public OutputFiles {
 public:
  ByteView read(const std::string& file, std::uint64_t offset, std::uint64_t bytes) override;
  /// It may be another one of this name now.
  void look_again() { name_.clear(); }

 private:
  std::string name_;  ///< of what is open; empty: nothing has been looked for
  UniqueFd fd_;
  std::vector<Byte> bytes_;
};

}  // namespace spread
