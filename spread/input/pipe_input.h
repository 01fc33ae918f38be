#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/job_options.h"
#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/base/posix.h"
#include "spread/blocks/block_ranges.h"
#include "spread/input/task_input.h"

namespace spread {

/// A part of the file with that number (`files` of PipeInput), which is a block.
struct FilePart {
  std::uint32_t file = 0;
  ByteRange range;
};

/// What goes in front of each block: blocks of one file have the same.
class BlockHeaders {
 public:
  /// The next block is the first of another file.
  void begin_file() { files_.emplace_back(blocks_, Slice()); }
  void add_block(const Slice& header);
  const Slice& of(TaskId task) const;

 private:
  std::uint64_t blocks_ = 0;
  std::vector<std::pair<std::uint64_t, Slice>> files_;  ///< their first blocks, ascending
};

/// The tasks of `pipe`: blocks of whole records as payloads, or the places where they lie in files:
/// with --pipepart, and of a regular file on stdin, whose blocks are the same either way and then
/// go to a command without a copy.
class PipeInput {
 public:
  /// `takes_ranges`: the places of blocks will do.
  static Result<PipeInput> open(const CutOptions& options, std::uint32_t slots, bool takes_ranges,
                                EventLoop& loop, Streams streams);

  std::unique_ptr<TaskInput> take_input() { return std::move(input_); }
  /// Once, when a block has been read: that the input is packed. Mostly empty.
  std::string take_note() { return std::exchange(*note_, {}); }
  /// What goes in front of the block of a task that has been read.
  const Slice& header(TaskId task) const { return headers_->of(task); }
  /// Payloads say where a block is.
  bool by_ranges() const { return !files_.empty(); }
  static FilePart part_of(ByteView payload);
  /// What the command gets: the header, and the block itself.
  std::uint64_t sent_bytes(TaskId task, const Value& payload) const;
  int file(const FilePart& part) const { return files_[part.file].get(); }
  /// Where in the file it begins.
  std::uint64_t offset(const FilePart& part) const { return bases_[part.file] + part.range.begin; }

 private:
  Result<std::unique_ptr<RecordReader>> open_ranges(const CutOptions& options,
                                                    const BlockOptions& block, std::uint64_t blocks,
                                                    Streams streams);
  std::unique_ptr<RecordReader> stdin_by_ranges(const CutOptions& options,
                                                const BlockOptions& block, Streams streams);

  std::unique_ptr<TaskInput> input_;
  std::shared_ptr<BlockHeaders> headers_ = std::make_shared<BlockHeaders>();
  std::shared_ptr<std::string> note_ = std::make_shared<std::string>();
  std::vector<UniqueFd> files_;
  std::vector<std::uint64_t> bases_;  ///< of each, where its ranges count from
};

}  // namespace spread
