#pragma once

#include <cstdint>
#include <utility>

#include "spread/io/temp_file.h"
#include "spread/results/spill.h"

namespace spread {

/// SpillFile on a TempFile: results/ knows no files.
class TempSpill final : public SpillFile {
 public:
  explicit TempSpill(TempFile file) : file_(std::move(file)) {}
  Result<std::uint64_t> append(ByteView bytes) override { return file_.append(bytes); }
  Status read(std::uint64_t offset, std::span<Byte> into) override {
    return file_.read(offset, into);
  }
  void discard_before(std::uint64_t offset) override { file_.discard_before(offset); }

 private:
  TempFile file_;
};

}  // namespace spread
