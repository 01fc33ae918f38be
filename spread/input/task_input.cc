#include "spread/input/task_input.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "spread/arguments/argument_source.h"
#include "spread/base/posix.h"
#include "spread/io/files.h"
#include "spread/io/system.h"

namespace spread {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
// After a large record most likely the next one follows: only its start is read into a piece, and
// the rest to where it belongs.
constexpr std::size_t kFirstOfLarge = 4 * 1024;
// What is left of a block is filled by the next read, unless it is less than this: a trickle of
// short lines must not pin a block each.
constexpr std::size_t kWorthFilling = 4 * 1024;

}  // namespace

TaskInput::TaskInput(RecordOptions record_options, std::size_t max_record_bytes, EventLoop& loop,
                     Streams streams)
    : record_options_(record_options),
      max_record_bytes_(max_record_bytes),
      loop_(loop),
      streams_(streams) {}

TaskInput::~TaskInput() {
  watch(false);
  if (block_ != nullptr) block_->release();
}

Result<std::unique_ptr<TaskInput>> TaskInput::open(const InputOptions& given,
                                                   const RecordOptions& records,
                                                   std::size_t max_record_bytes, EventLoop& loop,
                                                   Streams streams) {
  std::unique_ptr<TaskInput> input(new TaskInput(records, max_record_bytes, loop, streams));
  if (!given.groups.empty()) {
    std::vector<Slice> texts;
    for (const std::string& name : argument_files(given)) {
      const Result<std::string> text = read_file(name, streams.input);
      if (!text) return fail(":::: " + text.error().message);
      texts.push_back(Slice::copy_of(as_bytes(*text)));
    }
    input->reader_ = std::make_unique<ArgumentReader>(given, records, texts);
    if (!input->reader_->error().empty()) return fail(input->reader_->error());
    return input;
  }
  std::vector<std::string> names = given.files;
  if (names.empty()) names.push_back("-");
  for (const std::string& name : names) SPREAD_TRY(input->add_part(name));
  input->part_name_ = input->parts_.front().name;
  input->reader_ = make_record_reader(records, input->part_name_, max_record_bytes);
  return input;
}

Result<std::unique_ptr<TaskInput>> TaskInput::open_arguments(std::unique_ptr<ArgumentSource> reader,
                                                             const std::vector<std::string>& files,
                                                             EventLoop& loop, Streams streams) {
  ArgumentSource* const arguments = reader.get();
  auto input = open_reader(std::move(reader), files, loop, streams);
  if (input) (*input)->arguments_ = arguments;
  return input;
}

Result<std::unique_ptr<TaskInput>> TaskInput::open_reader(std::unique_ptr<RecordReader> reader,
                                                          const std::vector<std::string>& files,
                                                          EventLoop& loop, Streams streams) {
  std::unique_ptr<TaskInput> input(new TaskInput({}, 0, loop, streams));
  for (const std::string& name : files) {
    if (name.empty()) {
      input->parts_.emplace_back();
    } else {
      SPREAD_TRY(input->add_part(name));
    }
  }
  input->reader_ = std::move(reader);
  return input;
}

Status TaskInput::add_part(const std::string& name) {
  auto fd = open_for_reading(name, streams_.input);
  if (!fd) return tl::unexpected(fd.error());
  if (is_directory(fd->get())) {
    const std::string what = name == "-" ? "standard input" : name;
    return fail("cannot read " + what + ": Is a directory");
  }
  const auto left = bytes_left(fd->get());
  bytes_ = bytes_ && left ? std::optional(*bytes_ + *left) : std::nullopt;
  from_terminal_ = from_terminal_ || (name == "-" && is_terminal(fd->get()));
  parts_.push_back({name == "-" ? "stdin" : name, std::move(*fd)});
  return {};
}

double TaskInput::share_read() const {
  if (const double given = reader_->share_given(); given > 0) return given;
  if (!bytes_ || *bytes_ == 0 || (arguments_ != nullptr && parts_.size() != 1)) return 0;
  return static_cast<double>(bytes_read_) / static_cast<double>(*bytes_);
}

std::string TaskInput::place_of(std::uint64_t record) const {
  const RecordPlaces* places = reader_->places();
  const std::string* name = &part_name_;
  std::uint64_t begin = part_begin_;
  if (record < part_begin_) {
    const auto after = std::upper_bound(
        past_parts_.begin(), past_parts_.end(), record,
        [](std::uint64_t wanted, const Past& past) { return wanted < past.begin; });
    if (after == past_parts_.begin()) return {};
    const Past& past = *std::prev(after);
    places = &past.places;
    name = &past.name;
    begin = past.begin;
  }
  const std::uint64_t line = places == nullptr ? 0 : places->line_of(record - begin);
  if (line == 0) return {};
  return "line " + std::to_string(line) + (*name == "stdin" ? "" : " of " + *name);
}

void TaskInput::stop() {
  watch(false);
  ended_ = true;
}

void TaskInput::end(std::string error) {
  error_ = std::move(error);
  stop();
}

void TaskInput::watch(bool wanted) {
  if (wanted == watched_) return;
  const int fd = part().fd.get();
  wanted ? loop_.add(fd, true, false, this) : loop_.remove(fd);
  watched_ = wanted;
}

void TaskInput::on_ready(int, bool, bool) {
  ready_ = true;
  // Level-triggered: it would be told again and again until next() reads.
  watch(false);
}

bool TaskInput::next(Record& record) {
  waits_ = false;
  while (!ended_) {
    switch (reader_->next(record)) {
      case Pull::Record: ++records_; return true;
      case Pull::NeedMore:
        if (!read_piece()) return false;
        break;
      case Pull::Wait: waits_ = true; return false;
      case Pull::Later: return false;
      case Pull::End: next_part(); break;
      case Pull::Broken: end(reader_->error()); break;
    }
  }
  return false;
}

void TaskInput::next_part() {
  watch(false);
  ready_ = false;
  if (arguments_ != nullptr || part_ + 1 >= parts_.size()) {
    parts_.clear();
    ended_ = complete_ = true;
    return;
  }
  parts_[part_++].fd.reset();
  const std::string& name = parts_[part_].name;
  if (const RecordPlaces* places = reader_->places()) {
    past_parts_.push_back({part_begin_, part_name_, *places});
  }
  part_begin_ = records_;
  part_name_ = name;
  if (reader_->begin_next(name)) return;
  reader_ = make_record_reader(record_options_, name, max_record_bytes_);
}

/// One read. False: nothing is there now, and the loop will say when there is.
bool TaskInput::read_piece() {
  // The end of a short input is seen in the first turn already: the scheduler decides better when
  // it knows that nothing follows.
  if (!ready_ && !readable_now(part().fd.get())) {
    watch(true);
    return false;
  }
  watch(false);
  ready_ = false;
  const std::span<Byte> spare = reader_->spare();
  if (spare.empty()) return read_block();
  large_ = true;
  const IoResult result = read_some(part().fd.get(), spare.data(), spare.size());
  if (result.state != IoState::Done) return read_otherwise(result);
  bytes_read_ += result.size;
  reader_->filled(result.size);
  return true;
}

bool TaskInput::read_block() {
  if (block_ == nullptr || block_->capacity() - block_used_ < kWorthFilling) {
    if (block_ != nullptr) block_->release();
    block_ = Block::create(kReadBytes);
    block_used_ = 0;
  }
  const std::size_t free = block_->capacity() - block_used_;
  const std::size_t room = std::exchange(large_, false) ? std::min(free, kFirstOfLarge) : free;
  const IoResult result = read_some(part().fd.get(), block_->data() + block_used_, room);
  if (result.state != IoState::Done) return read_otherwise(result);
  const ByteView bytes(block_->data() + block_used_, result.size);
  block_used_ += result.size;
  bytes_read_ += result.size;
  reader_->feed(Slice(block_, bytes));
  return true;
}

bool TaskInput::read_otherwise(const IoResult& result) {
  if (result.state == IoState::WouldBlock) {
    watch(true);
    return false;
  }
  if (result.state == IoState::End) {
    reader_->finish();
  } else {
    end("cannot read " + part().name + ": " + errno_text(result.error));
  }
  return true;
}

Result<std::vector<Value>> read_all_records(const RecordOptions& options, const std::string& name,
                                            std::size_t max_record_bytes, Streams streams) {
  const Result<std::string> text = read_file(name, streams.input);
  if (!text) return tl::unexpected(text.error());
  const std::unique_ptr<RecordReader> reader = make_record_reader(options, name, max_record_bytes);
  std::vector<Value> values;
  bool fed = false;
  while (true) {
    Record record;
    switch (reader->next(record)) {
      case Pull::Record:
        if (!record.bad.empty()) return fail(record.bad);
        values.push_back(std::move(record.payload));
        break;
      case Pull::NeedMore:
        if (std::exchange(fed, true)) {
          reader->finish();
        } else if (text->empty()) {
          reader->finish();
        } else {
          reader->feed(Slice::copy_of(as_bytes(*text)));
        }
        break;
      case Pull::Wait:  // of no reader of a file
      case Pull::Later:
      case Pull::End: return values;
      case Pull::Broken: return fail(reader->error());
    }
  }
}

std::vector<std::string> input_names(const InputOptions& input) {
  std::vector<std::string> names = input.files;
  bool words = false;
  for (const InputOptions::Group& group : input.groups) {
    words = words || !group.from_file;
    if (group.from_file) names.insert(names.end(), group.words.begin(), group.words.end());
  }
  if (names.empty() && !words) names.emplace_back("-");
  return names;
}

Status check_overwritten_input(
    const std::vector<std::string>& inputs,
    const std::vector<std::pair<std::string_view, std::string_view>>& written, Streams streams) {
  for (const std::string& input : inputs) {
    const std::string shown = input == "-" ? "standard input" : input;
    for (const auto& [option, file] : written) {
      const std::string name(file);
      if (name.empty() ||
          !(input == "-" ? is_file(streams.input, name) : are_one_file(name, input))) {
        continue;
      }
      return fail(std::string(option) + " " + name + " would overwrite the input, " + shown +
                  ": they are one file");
    }
    const auto is_input = [&](int fd) {
      return input == "-" ? are_one_file(fd, streams.input) : is_file(fd, input);
    };
    if (is_input(streams.output) || is_input(streams.errors)) {
      return fail("the output goes to the file that is the input, " + shown);
    }
  }
  return {};
}

}  // namespace spread
