// `--in pickle`: pickles one behind the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "spread/base/buffers.h"
#include "spread/sources/record_reader.h"
#include "spread/wire/pickle_machine.h"

namespace spread {

/// What a pickle is, its machine finds; each byte is looked at once and copied twice.
class PickleReader final : public RecordReader {
 public:
  /// `verbatim`: every record is the pickle, as ext; otherwise only one that msgpack cannot say.
  PickleReader(bool verbatim, std::string name, std::size_t max_record_bytes)
      : verbatim_(verbatim),
        name_(std::move(name)),
        max_record_bytes_(max_record_bytes),
        machine_(max_record_bytes) {}

  void feed(Slice piece) override { unread_.append(piece.view()); }
  void finish() override { finished_ = true; }
  Pull next(Record& record) override;
  const std::string& error() const override { return error_; }

 private:
  void give(ByteView pickle, Record& record);
  std::string place(const std::string& what) const;
  Pull broken(const std::string& what);

  bool verbatim_;
  std::string name_;
  std::size_t max_record_bytes_;
  wire::PickleMachine machine_;
  ByteBuffer unread_;   ///< from the beginning of the present pickle on
  ByteBuffer scratch_;  ///< the record, as msgpack
  Arena arena_;
  std::uint64_t offset_ = 0;  ///< of the present pickle in the input
  bool finished_ = false;
  std::string error_;
};

}  // namespace spread
