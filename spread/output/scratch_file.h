#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "spread/io/files.h"
#include "spread/journal/entry_file.h"

namespace spread {

/// ScratchBytes in a file without a name in that directory, made when it is first written.
class ScratchFile final : public ScratchBytes {
 public:
  explicit ScratchFile(const std::string& directory)
      : file_(directory, std::numeric_limits<std::uint64_t>::max()) {}
  Status read(std::uint64_t offset, std::span<Byte> into) override {
    return file_.read(offset, into);
  }
  Status write(std::uint64_t offset, ByteView bytes) override { return file_.write(offset, bytes); }

 private:
  TempFile file_;
};

}  // namespace spread
