#include "spread/shards/shard_reader.h"

#include <algorithm>
#include <utility>

#include "spread/base/buffers.h"
#include "spread/wire/value_writer.h"

namespace spread {

ShardReader::ShardReader(const ShardOptions& options, std::vector<Array> arrays)
    : split_(options.split),
      arrays_(std::move(arrays)),
      n_(options.range ? *options.range : arrays_.front().size()) {
  if (options.piece > 0) {
    cutting_ = cut_by(n_, options.piece, split_);
  } else if (options.shards) {
    cutting_ = cut_into(n_, *options.shards, split_);
  } else if (n_ == 0) {
    cutting_ = Cutting();
  }
}

void ShardReader::set_slots(std::uint64_t slots) {
  if (!cutting_) cutting_ = cut_into(n_, std::max<std::uint64_t>(slots, 1), split_);
}

Pull ShardReader::next(Record& record) {
  if (!cutting_) return Pull::Wait;
  if (next_ == cutting_->pieces) return Pull::End;
  const std::uint64_t index = next_++;
  const Piece piece = cutting_->piece(index);
  ByteBuffer bytes;
  wire::ValueWriter writer(bytes);
  writer.map(arrays_.empty() ? 5 : 6);
  const auto add = [&](std::string_view key, std::uint64_t n) {
    writer.text(key);
    writer.number(n);
  };
  add("index", index);
  add("total", cutting_->pieces);
  add("start", piece.start);
  add("stop", piece.stop);
  add("max", n_);
  if (!arrays_.empty()) {
    writer.text("parts");
    writer.array(arrays_.size());
    for (const Array& array : arrays_) {
      // One that is as long as the range is cut with it: --chunk makes pieces that are not alike.
      const Piece part =
          array.size() == n_ ? piece : piece_of(array.size(), cutting_->pieces, index, split_);
      writer.array(part.stop - part.start);
      writer.encoded(array.elements(part.start, part.stop));
    }
  }
  record.payload = {};
  record.payload.body = Slice::copy_of(bytes.view());
  record.bad.clear();
  return Pull::Record;
}

}  // namespace spread
