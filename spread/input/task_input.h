// spread/input: what is read: the records of tasks, items, blocks; only while they are wanted.
// Start here, then pipe_input.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/arguments/argument_source.h"
#include "spread/base/posix.h"
#include "spread/io/event_loop.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// The tasks' records, from stdin, from files one after the other, or from the command line. Reads
/// only while records are wanted, so that a slow run holds back the writer of stdin.
class TaskInput final : public ReadyHandler {
 public:
  /// Opens every file at once: a name that is wrong is told before anything runs.
  static Result<std::unique_ptr<TaskInput>> open(const InputOptions& input,
                                                 const RecordOptions& records,
                                                 std::size_t max_record_bytes, EventLoop& loop,
                                                 Streams streams);
  /// The same for `map`, whose sources are combined: `files` has a name for each source, empty for
  /// lists of words.
  static Result<std::unique_ptr<TaskInput>> open_arguments(std::unique_ptr<ArgumentSource> reader,
                                                           const std::vector<std::string>& files,
                                                           EventLoop& loop, Streams streams);
  /// A reader of one's own for all files, one after the other.
  static Result<std::unique_ptr<TaskInput>> open_reader(std::unique_ptr<RecordReader> reader,
                                                        const std::vector<std::string>& files,
                                                        EventLoop& loop, Streams streams);
  ~TaskInput() override;

  /// The next record, if one is there without waiting. False: none now (the loop is told to say
  /// when there is more to read), or none any more.
  bool next(Record& record);
  /// next() said that there is none now: the loop will wake up when there is more to read, or when
  /// what its reader waits for happens.
  bool waiting() const { return watched_ || (waits_ && reader_->waits()); }
  /// What it waits for is more of the input.
  bool waits_for_bytes() const { return watched_; }
  bool ended() const { return ended_; }
  /// Of the input's bytes, how many have been read: 0 to 1; 0 where that is not known, since some
  /// of it is no regular file, or is combined with other inputs.
  double share_read() const;
  /// All of it has been read; it was not stopped before.
  bool complete() const { return complete_; }
  /// The user has to type it.
  bool from_terminal() const { return from_terminal_; }
  /// Where a record (counted from 0) begins: "line 3 of rows.csv", "line 3" of stdin. Empty where
  /// that is not known, or says nothing.
  std::string place_of(std::uint64_t record) const;
  /// Set when the input ended because it is broken: names the place.
  const std::string& error() const { return error_; }
  /// No record will be wanted any more.
  void stop();

  void on_ready(int fd, bool readable, bool writable) override;

 private:
  struct Part {
    std::string name;
    UniqueFd fd;
  };

  TaskInput(RecordOptions record_options, std::size_t max_record_bytes, EventLoop& loop,
            Streams streams);
  Status add_part(const std::string& name);
  /// The one to read from now.
  Part& part() { return parts_[arguments_ != nullptr ? arguments_->wanted() : part_]; }
  void next_part();
  bool read_piece();
  bool read_block();
  bool read_otherwise(const IoResult& result);
  void watch(bool wanted);
  void end(std::string error);

  RecordOptions record_options_;
  std::size_t max_record_bytes_;
  EventLoop& loop_;
  Streams streams_;
  std::vector<Part> parts_;
  std::size_t part_ = 0;  ///< being read
  std::string part_name_;
  std::uint64_t part_begin_ = 0;  ///< its first record
  struct Past {
    std::uint64_t begin;
    std::string name;
    RecordPlaces places;
  };
  std::vector<Past> past_parts_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::optional<std::uint64_t> bytes_ = 0;  ///< of all parts; none if one does not say
  std::unique_ptr<RecordReader> reader_;
  ArgumentSource* arguments_ = nullptr;  ///< `reader_`, where it says itself which part it wants
  Block* block_ = nullptr;
  std::size_t block_used_ = 0;
  bool large_ = false;    ///< the record read last was so large that the reader had a place for it
  bool watched_ = false;  ///< part() is registered with the loop
  bool waits_ = false;    ///< for something else than bytes
  bool ready_ = false;
  bool finished_part_ = false;
  bool ended_ = false;
  bool complete_ = false;
  bool from_terminal_ = false;
  std::string error_;
};

/// The records of one file, all of them, for prep items: small, and needed before anything runs.
Result<std::vector<Value>> read_all_records(const RecordOptions& options, const std::string& name,
                                            std::size_t max_record_bytes, Streams streams);

/// What tasks or items are read from: names of files, "-" for standard input; nothing where all of
/// them are words.
std::vector<std::string> input_names(const InputOptions& input);

/// An Error if a file that is to be written is one of those that are to be read: it would be empty,
/// or never end. `written` are options and what they name, which may be nothing. Asked before
/// anything is opened.
Status check_overwritten_input(
    const std::vector<std::string>& inputs,
    const std::vector<std::pair<std::string_view, std::string_view>>& written, Streams streams);

}  // namespace spread
