#include "spread/input/pipe_input.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/posix.h"
#include "spread/base/quote.h"
#include "spread/blocks/block_cutter.h"
#include "spread/io/files.h"
#include "spread/io/system.h"

namespace spread {
namespace {

BlockOptions block_options(const CutOptions& cut) {
  BlockOptions block;
  // Not looked at where blocks are a number for every slot.
  if (cut.blocks_per_slot == 0) block.block_bytes = cut.block_bytes;
  block.recstart = cut.record_start;
  block.recend = cut.record_end;
  block.patterns = cut.record_patterns;
  block.records = cut.records;
  block.lines = cut.lines;
  block.header_lines = cut.header_lines;
  block.remove_separators = cut.remove_separators;
  return block;
}

/// What to tell of an input that begins so; mostly nothing. Commands would get pieces of packed
/// data, and count, say, the newlines in that. Who says what a record is knows what the input is.
std::string packed_note(const CutOptions& cut, const std::string& name, ByteView start) {
  using namespace std::string_view_literals;
  if (cut.record_start || cut.record_end) return {};
  constexpr struct {
    std::string_view magic, called, unpack;
  } kKinds[] = {
      {"\x1f\x8b\x08"sv, "gzip", "zcat"},
      {"\x28\xb5\x2f\xfd"sv, "zstd", "zstdcat"},
      {"\xfd"
       "7zXZ\0"sv,
       "xz", "xzcat"},
  };
  for (const auto& kind : kKinds) {
    if (as_text(start).substr(0, kind.magic.size()) != kind.magic) continue;
    const std::string file = name == "stdin" ? "FILE" : shell_quote(name);
    return fmt::format(
        "{} is {} data, and is cut as it is, at newlines; unpacked: {} {} | spread "
        "pipe ...",
        name == "stdin" ? "standard input" : printable(name), kind.called, kind.unpack,
        printable(file));
  }
  return {};
}

/// A BlockCutter for each of the files in turn.
class CutterReader final : public RecordReader {
 public:
  CutterReader(const CutOptions& cut, const std::string& name,
               std::shared_ptr<BlockHeaders> headers, std::shared_ptr<std::string> note)
      : cut_(cut),
        options_(block_options(cut_)),
        headers_(std::move(headers)),
        note_(std::move(note)) {
    begin_next(name);
  }
  void feed(Slice piece) override {
    look_at(piece.view());
    cutter_->feed(std::move(piece));
  }
  void finish() override { cutter_->finish(); }
  std::span<Byte> spare() override { return spare_ = cutter_->spare(); }
  void filled(std::size_t bytes) override {
    look_at(spare_.first(bytes));
    cutter_->filled(bytes);
  }
  const std::string& error() const override { return cutter_->error(); }

  Pull next(Record& record) override {
    const Pull pull = cutter_->next(record);
    if (pull == Pull::Record) headers_->add_block(cutter_->header());
    return pull;
  }
  bool begin_next(const std::string& name) override {
    cutter_ = std::make_unique<BlockCutter>(options_, name);
    name_ = name;
    at_start_ = true;
    headers_->begin_file();
    return true;
  }

 private:
  /// The first bytes of a file, whichever way they come.
  void look_at(ByteView piece) {
    if (std::exchange(at_start_, false) && note_->empty()) {
      *note_ = packed_note(cut_, name_, piece);
    }
  }

  CutOptions cut_;
  BlockOptions options_;
  std::shared_ptr<BlockHeaders> headers_;
  std::shared_ptr<std::string> note_;
  std::unique_ptr<BlockCutter> cutter_;
  std::string name_;
  std::span<Byte> spare_;
  bool at_start_ = true;
};

/// RangeFinders as a reader that needs no feeding: a payload is the place of a block.
class RangeReader final : public RecordReader {
 public:
  RangeReader(std::vector<RangeFinder> finders, std::shared_ptr<BlockHeaders> headers)
      : finders_(std::move(finders)), headers_(std::move(headers)) {
    headers_->begin_file();
  }
  void feed(Slice) override {}
  void finish() override {}
  const std::string& error() const override { return error_; }

  Pull next(Record& record) override {
    if (!error_.empty()) return Pull::Broken;
    FilePart part;
    while (file_ < finders_.size()) {
      const Result<bool> more = finders_[file_].next(part.range);
      if (!more) {
        error_ = more.error().message;
        return Pull::Broken;
      }
      if (*more) break;
      ++file_;
      headers_->begin_file();
    }
    if (file_ >= finders_.size()) return Pull::End;
    headers_->add_block(finders_[file_].header());
    part.file = file_;
    Byte place[sizeof part];
    std::memcpy(place, &part, sizeof part);
    record.payload = {};
    record.payload.body = Slice::copy_of(place);
    record.bad.clear();
    return Pull::Record;
  }

 private:
  std::vector<RangeFinder> finders_;
  std::shared_ptr<BlockHeaders> headers_;
  std::uint32_t file_ = 0;
  std::string error_;
};

Result<std::size_t> read_named(int fd, const std::string& name, std::uint64_t offset,
                               std::span<Byte> to) {
  auto count = read_at(fd, offset, to);
  if (!count) return fail("cannot read " + name + ": " + count.error().message);
  return count;
}

/// Some files (those of /proc) say that they are empty, and are not; those of sysfs are shorter
/// than they say. So there has to be a last byte, and none behind it.
Result<std::uint64_t> size_for_ranges(int fd, const std::string& name) {
  const auto size = file_size(fd);
  if (!size) return fail(name + " is no regular file, and cannot be read by ranges");
  Byte bytes[2] = {};
  const std::uint64_t last = *size - std::min<std::uint64_t>(*size, 1);
  const auto count = read_named(fd, name, last, bytes);
  if (!count) return tl::unexpected(count.error());
  if (*count == *size - last) return *size;
  return fail(name + " does not say how long it is, and cannot be read by ranges");
}

/// How many of `all` blocks are made of a file: all of them, where it is the only one.
std::uint64_t blocks_of_file(std::uint64_t all, std::uint64_t bytes, std::uint64_t bytes_of_all) {
  if (all == 0 || bytes_of_all == 0) return all;
  const double share = static_cast<double>(bytes) / static_cast<double>(bytes_of_all);
  return std::max<std::uint64_t>(1, std::llround(static_cast<double>(all) * share));
}

}  // namespace

void BlockHeaders::add_block(const Slice& header) {
  auto& [first, of_file] = files_.back();
  if (first == blocks_++) of_file = header;
}

const Slice& BlockHeaders::of(TaskId task) const {
  const auto next =
      std::upper_bound(files_.begin(), files_.end(), number(task),
                       [](std::uint64_t block, const auto& file) { return block < file.first; });
  SPREAD_ASSERT(next != files_.begin());
  return std::prev(next)->second;
}

Result<PipeInput> PipeInput::open(const CutOptions& cut, std::uint32_t slots, bool takes_ranges,
                                  EventLoop& loop, Streams streams) {
  const BlockOptions block = block_options(cut);
  SPREAD_TRY(check_block_options(block, cut.by_ranges));
  std::vector<std::string> names = cut.files;
  if (names.empty()) names.emplace_back("-");
  PipeInput opened;
  std::unique_ptr<RecordReader> reader;
  if (cut.by_ranges) {
    auto ranges = opened.open_ranges(cut, block, cut.blocks_per_slot * slots, streams);
    if (!ranges) return fail("--pipepart: " + ranges.error().message);
    reader = std::move(*ranges);
    names.clear();
  } else if (takes_ranges && (reader = opened.stdin_by_ranges(cut, block, streams))) {
    names.clear();
  } else {
    const std::string& first = names.front();
    reader = std::make_unique<CutterReader>(cut, first == "-" ? "stdin" : first, opened.headers_,
                                            opened.note_);
  }
  auto input = TaskInput::open_reader(std::move(reader), names, loop, streams);
  if (!input) return tl::unexpected(input.error());
  opened.input_ = std::move(*input);
  return opened;
}

Result<std::unique_ptr<RecordReader>> PipeInput::open_ranges(const CutOptions& cut,
                                                             const BlockOptions& block,
                                                             std::uint64_t blocks,
                                                             Streams streams) {
  const std::vector<std::string>& names = cut.files;
  std::vector<std::uint64_t> sizes;
  for (const std::string& name : names) {
    auto file = open_for_reading(name, streams.input);
    if (!file) return tl::unexpected(file.error());
    const auto size = size_for_ranges(file->get(), name);
    if (!size) return tl::unexpected(size.error());
    Byte start[8] = {};
    if (const auto count = read_at(file->get(), 0, start); count && note_->empty()) {
      *note_ = packed_note(cut, name, {start, *count});
    }
    files_.push_back(std::move(*file));
    bases_.push_back(0);
    sizes.push_back(*size);
  }
  const std::uint64_t all = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  std::vector<RangeFinder> finders;
  for (std::size_t i = 0; i < names.size(); ++i) {
    finders.emplace_back(
        block, names[i], sizes[i], blocks_of_file(blocks, sizes[i], all),
        [fd = files_[i].get(), name = names[i]](std::uint64_t offset, std::span<Byte> to) {
          return read_named(fd, name, offset, to);
        });
  }
  return std::make_unique<RangeReader>(std::move(finders), headers_);
}

/// Null where it is no regular file, or does not say how long it is, or where its bytes have to be
/// looked at. As one that has been read, it stands at its end afterwards.
std::unique_ptr<RecordReader> PipeInput::stdin_by_ranges(const CutOptions& cut,
                                                         const BlockOptions& block,
                                                         Streams streams) {
  const auto left = cut.files.empty() ? bytes_left(streams.input) : std::nullopt;
  if (left.value_or(0) == 0 || !check_block_options(block, true)) return nullptr;
  const auto size = size_for_ranges(streams.input, "stdin");
  if (!size) return nullptr;
  auto file = open_for_reading("-", streams.input);
  if (!file || !skip_to(file->get(), *size)) return nullptr;
  const std::uint64_t base = *size - *left;
  Byte start[8] = {};
  if (const auto count = read_at(file->get(), base, start)) {
    *note_ = packed_note(cut, "stdin", {start, *count});
  }
  files_.push_back(std::move(*file));
  bases_.push_back(base);
  std::vector<RangeFinder> finders;
  finders.emplace_back(block, "stdin", *left, 0,
                       [fd = files_[0].get(), base](std::uint64_t offset, std::span<Byte> to) {
                         return read_named(fd, "stdin", base + offset, to);
                       });
  return std::make_unique<RangeReader>(std::move(finders), headers_);
}

FilePart PipeInput::part_of(ByteView payload) {
  FilePart part;
  std::memcpy(&part, payload.data(), sizeof part);
  return part;
}

std::uint64_t PipeInput::sent_bytes(TaskId task, const Value& payload) const {
  std::uint64_t block = payload.size();
  if (by_ranges()) {
    const ByteRange range = part_of(payload.body.view()).range;
    block = range.end - range.begin;
  }
  return header(task).size() + block;
}

}  // namespace spread
