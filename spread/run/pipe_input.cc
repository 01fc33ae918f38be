#include "spread/run/pipe_input.h"

#include <cstring>
#include <utility>

#include "spread/io/files.h"
#include "spread/io/system.h"

namespace spread {
namespace {

BlockOptions block_options(const PipeOptions& pipe) {
  BlockOptions block;
  // Not looked at where blocks are a number for every slot.
  if (pipe.blocks_per_slot == 0) block.block_bytes = pipe.block_bytes;
  block.recstart = pipe.record_start;
  block.recend = pipe.record_end;
  block.records = pipe.records;
  block.lines = pipe.lines;
  block.header_lines = pipe.header_lines;
  block.remove_separators = pipe.remove_separators;
  return block;
}

/// RangeFinder as a reader that needs no feeding: a payload is the place of a block.
class RangeReader final : public RecordReader {
 public:
  explicit RangeReader(std::shared_ptr<RangeFinder> finder) : finder_(std::move(finder)) {}
  void feed(Slice) override {}
  void finish() override {}
  const std::string& error() const override { return error_; }

  Pull next(Record& record) override {
    if (!error_.empty()) return Pull::Broken;
    ByteRange range;
    const Result<bool> more = finder_->next(range);
    if (!more) {
      error_ = more.error().message;
      return Pull::Broken;
    }
    if (!*more) return Pull::End;
    Byte place[sizeof range];
    std::memcpy(place, &range, sizeof range);
    record.payload = {};
    record.payload.body = Slice::copy_of(place);
    record.bad.clear();
    return Pull::Record;
  }

 private:
  std::shared_ptr<RangeFinder> finder_;
  std::string error_;
};

}  // namespace

Result<PipeInput> PipeInput::open(const Options& options, std::uint32_t slots, EventLoop& loop) {
  const PipeOptions& pipe = options.pipe;
  const BlockOptions block = block_options(pipe);
  SPREAD_TRY(check_block_options(block, pipe.by_ranges));
  const std::string name = options.input.files.empty() ? "-" : options.input.files.front();
  PipeInput opened;
  if (!pipe.by_ranges) {
    auto cutter = std::make_unique<BlockCutter>(block, name == "-" ? "stdin" : name);
    opened.cutter_ = cutter.get();
    auto input = TaskInput::open_reader(std::move(cutter), {name}, loop);
    if (!input) return tl::unexpected(input.error());
    opened.input_ = std::move(*input);
    return opened;
  }
  auto file = open_for_reading(name);
  if (!file) return fail("--pipepart: " + file.error().message);
  const auto size = file_size(file->get());
  if (!size)
    return fail("--pipepart: " + name + " is no regular file, and cannot be read by ranges");
  opened.file_ = std::move(*file);
  const std::uint64_t blocks = pipe.blocks_per_slot * slots;
  opened.finder_ = std::make_shared<RangeFinder>(
      block, name, *size, blocks,
      [fd = opened.file_.get()](std::uint64_t offset, std::span<Byte> to) {
        return read_at(fd, offset, to);
      });
  auto input = TaskInput::open_reader(std::make_unique<RangeReader>(opened.finder_), {}, loop);
  if (!input) return tl::unexpected(input.error());
  opened.input_ = std::move(*input);
  return opened;
}

const Slice& PipeInput::header() const {
  return finder_ != nullptr ? finder_->header() : cutter_->header();
}

ByteRange PipeInput::range_of(ByteView payload) {
  ByteRange range;
  std::memcpy(&range, payload.data(), sizeof range);
  return range;
}

}  // namespace spread
