// The input of `spread pipe`: BlockCutter for a stream, RangeFinder (block_ranges.h) for a file
// that spread does not read as a whole. block_boundary.h says what a record is, docs/pipe.md how
// long a block becomes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "spread/blocks/block_boundary.h"
#include "spread/blocks/block_options.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// Cuts a stream into blocks of whole records. A payload's body is the block's bytes (its head is
/// empty); header() is not in it. The blocks of an input, one after the other, are the input
/// without its header; only the last may end elsewhere than at a boundary.
///
/// Bytes are best read to spare(), which is never empty after NeedMore: the payload then shares
/// the memory that was read to, and only what stands behind the last boundary is copied to the next
/// block. feed() is for pieces that are in memory anyway: a block that lies within one shares its
/// bytes, one that spans two is copied.
///
/// Memory: what the payloads given lie in, and the block that is being read, of at most
/// max_block_bytes (twice that while it moves to a larger place). A longer one is Broken.
class BlockCutter final : public RecordReader {
 public:
  /// `options` must pass check_block_options().
  BlockCutter(const BlockOptions& options, std::string name);
  ~BlockCutter() override;
  BlockCutter(const BlockCutter&) = delete;
  BlockCutter& operator=(const BlockCutter&) = delete;

  void feed(Slice piece) override;
  void finish() override { finished_ = true; }
  std::span<Byte> spare() override;
  void filled(std::size_t bytes) override;
  Pull next(Record& record) override;
  const std::string& error() const override { return error_; }

  /// The first `header_lines` lines, to be given in front of every block. Complete when next() said
  /// Record; memory of its own, so it may be kept for as long as the run lasts. An input that ends
  /// within its header is all header, and has no blocks.
  const Slice& header() const { return header_; }

  /// With --regexp, how many bytes searches that found no boundary went through: a few times the
  /// input, whatever the pieces.
  std::uint64_t searched_bytes() const { return searched_bytes_; }

 private:
  bool by_count() const { return header_left_ > 0 || options_.records > 0; }
  Byte* back() const { return block_->data() + (end_ - block_->data()); }
  std::size_t room() const {
    return static_cast<std::size_t>(block_->data() + block_->capacity() - end_);
  }
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
  ByteView bytes() const { return {begin_, end_}; }

  bool take_header();
  std::size_t find_cut();
  std::size_t cut_by_size();
  std::size_t cut_by_lines();
  std::size_t cut_by_count();
  std::size_t count_separators();
  std::size_t cut_by_pattern();
  void wait_behind(std::size_t place);
  void give(std::size_t cut, Record& record);
  void advance(std::size_t bytes);
  Pull too_long();

  std::size_t wanted() const;
  std::size_t missing() const;
  std::size_t first_unseen() const;
  void make_room(std::size_t bytes);
  bool draw();

  BlockOptions options_;
  RecordBoundary boundary_;
  std::optional<RecordPattern> pattern_;  // instead, with --regexp
  std::string name_;
  std::string error_;
  std::size_t lookahead_;  // what must be seen behind a boundary
  std::size_t per_block_;  // what counts to a block with -N: records, or lines
  std::size_t header_left_;
  Slice header_;
  bool finished_ = false;
  std::uint64_t offset_ = 0;  // of begin_ in the input

  Block* block_ = nullptr;  // of the bytes that are not given yet
  const Byte* begin_ = nullptr;
  const Byte* end_ = nullptr;
  bool ours_ = false;  // so bytes may be appended at end_
  Slice piece_;        // was fed while there was a remainder; a part of it is not copied yet
  std::size_t drawn_ = 0;

  // How far the present block has been looked through in vain.
  std::size_t scanned_ = 0;
  std::size_t counted_ = 0;
  // With patterns: where the last record found begins, and what there must be before it is worth
  // searching again.
  std::size_t record_ = 0;
  std::size_t search_again_ = 0;
  std::uint64_t searched_bytes_ = 0;
};

}  // namespace spread
