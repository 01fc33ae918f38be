// spread/sources: bytes in, tasks' payloads out. Pure: input/ reads the files and feeds them here.
// Start with RecordReader; the formats are LineReader, value_readers.h and csv_rows.h; `:::` and
// `::::` are argument_source.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"

namespace spread {

/// In which line each record of an input begins, for messages. Nothing is kept as long as every
/// line is a record; bounded, and then further places are not known.
class RecordPlaces {
 public:
  static constexpr std::size_t kRunsMax = 65536;

  /// Of the next record. Lines count from 1.
  void add(std::uint64_t line) {
    if (line != next_line_ && runs_.size() < kRunsMax) runs_.push_back({records_, line});
    if (line != next_line_ && runs_.size() == kRunsMax) known_ = std::min(known_, records_);
    ++records_;
    next_line_ = line + 1;
  }
  /// 0 = not known. Records count from 0.
  std::uint64_t line_of(std::uint64_t record) const {
    if (record >= known_) return 0;
    const auto after =
        std::upper_bound(runs_.begin(), runs_.end(), record,
                         [](std::uint64_t wanted, const Run& run) { return wanted < run.record; });
    if (after == runs_.begin()) return record + 1;
    const Run& run = *std::prev(after);
    return run.line + (record - run.record);
  }

 private:
  struct Run {
    std::uint64_t record, line;
  };

  std::vector<Run> runs_;  ///< where records do not follow line by line
  std::uint64_t records_ = 0;
  std::uint64_t next_line_ = 1;
  std::uint64_t known_ = UINT64_MAX;
};

/// One record of the input. A malformed one is `bad`: it takes an id and becomes a failed task of
/// its own, and the rest of the input goes on.
struct Record {
  Value payload;
  std::string bad;  ///< why it is malformed, naming the place ("stdin line 3: ..."); empty = fine
  /// It is for so many workers at the same time; 0 = as the others are. Of an Upstream only.
  std::uint32_t gang = 0;
  RunId run = kNoRun;  ///< of several that share the workers; likewise
};

enum class Pull : std::uint8_t {
  Record,    ///< one record was given
  NeedMore,  ///< feed() or finish() first
  Wait,      ///< none now, and no byte of the input makes a difference: something else must happen
  Later,     ///< it has looked for long enough: to be asked again in the next turn, which comes at
             ///< once
  End,       ///< after finish() and the last record
  Broken,    ///< the stream cannot be read any further (`error()` names the place): the input ends
};

/// Cuts one input (a file, or stdin) into records. Usage: feed() a piece, next() until NeedMore,
/// ...; finish() at the end of file, next() until End. End and Broken are for ever.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  /// `piece` must not be fed before next() said NeedMore; records may share its bytes, so a piece
  /// lives as long as the last of its payloads.
  virtual void feed(Slice piece) = 0;
  virtual void finish() = 0;
  /// Instead of feed(), after NeedMore: where the bytes that come next are best read to, because
  /// they belong to a large record of which the start is here already; told by filled(). Empty
  /// where a piece is as good. So a megabyte of payload is never copied.
  virtual std::span<Byte> spare() { return {}; }
  /// So many bytes were read to the front of spare().
  virtual void filled(std::size_t) {}
  virtual Pull next(Record& record) = 0;
  /// After End: what is fed from now on is another input, of that name. False: a reader is for one.
  virtual bool begin_next(const std::string& name) {
    static_cast<void>(name);
    return false;
  }
  /// The lines in which its records begin; null where they are not lines.
  virtual const RecordPlaces* places() const { return nullptr; }
  /// After Wait: what it waits for has not happened yet.
  virtual bool waits() const { return true; }
  /// How much of its records has been given, 0 to 1, where it is fed nothing and knows.
  virtual double share_given() const { return 0; }
  /// Why next() said Broken, naming the input and the place; empty before that.
  virtual const std::string& error() const = 0;
};

/// The reader for `options.format` (its files and groups are not looked at):
///
/// Lines    every record is one payload, empty ones too; the last needs no delimiter; a CR is kept.
/// Json     one document per line. A line of white space is no record and takes no id: the tasks
///          are the values, not the lines, and files that end in an empty line are common.
/// Msgpack  objects one after the other. One that can never be valid, is too long, or is cut off
///          at the end of the input is Broken.
/// Csv      RFC 4180 with commas; the first row names the columns, every other row is a map of
///          strings. Line ends are LF or CRLF; an empty line is no row (in a file of one column an
///          empty value is written ""); a quote inside a field that does not begin with one is
///          text. A row with too few or too many columns, or with text after a closing quote, is
///          bad; in the header that is Broken, as are two columns of one name, and anywhere a
///          quote that is never closed. Messages name the line where a row begins.
/// Pickle   pickles one after the other, each a payload (docs/pickle.md), or carried as it is where
///          `options.verbatim`. One that is none, or is cut off, is Broken; one that stands for too
///          much is bad.
/// A byte order mark (UTF-8) at the start of Json and Csv is skipped.
///
/// `name` is what messages call the input ("stdin", or a file's name). `max_record_bytes` is the
/// longest record: a longer one is bad (Broken in Msgpack and Pickle), and memory does not grow
/// beyond it.
std::unique_ptr<RecordReader> make_record_reader(const RecordOptions& options, std::string name,
                                                 std::size_t max_record_bytes);

/// Cuts a stream of pieces at one delimiter byte. A record that lies within one piece shares its
/// bytes; only one that spans pieces is copied (once, if the second piece ends it).
class Splitter {
 public:
  enum class Cut : std::uint8_t {
    Line,
    TooLong,  ///< a record longer than the limit was skipped
    NeedMore,
    End,
  };

  Splitter(char delimiter, std::size_t max_bytes)
      : delimiter_(static_cast<unsigned char>(delimiter)), max_bytes_(max_bytes) {}
  ~Splitter() { drop_gathered(); }
  Splitter(const Splitter&) = delete;
  Splitter& operator=(const Splitter&) = delete;

  /// Only after next() said NeedMore.
  void feed(Slice piece);
  void finish() { finished_ = true; }

  Cut next(Slice& line);
  /// The most frequent case of next(), inline: true if the next record lies within the piece.
  /// `line` is then a part of block(). If false, call next().
  bool next_in_piece(ByteView& line) {
    if (begin_ == end_ || spanning_) return false;
    const void* found = std::memchr(begin_, delimiter_, static_cast<std::size_t>(end_ - begin_));
    const Byte* stop = static_cast<const Byte*>(found);
    if (stop == nullptr || static_cast<std::size_t>(stop - begin_) > max_bytes_) return false;
    line = {begin_, stop};
    begin_ = stop + 1;
    ++number_;
    return true;
  }
  Block* block() const { return piece_.block(); }

  /// Of the record given last, counted from 1.
  std::uint64_t number() const { return number_; }

 private:
  void gather(ByteView bytes);
  void drop_gathered();

  int delimiter_;
  std::size_t max_bytes_;
  Slice piece_;
  const Byte* begin_ = nullptr;  // the unread part of piece_
  const Byte* end_ = nullptr;
  bool spanning_ = false;  // the start of the present record came in earlier pieces
  bool too_long_ = false;  // and was thrown away
  bool finished_ = false;
  Block* gathered_ = nullptr;  // or it lies here
  std::size_t gathered_size_ = 0;
  std::uint64_t number_ = 0;
};

/// `--in lines`: every record is a payload that shares the bytes of the piece it came in.
class LineReader final : public RecordReader {
 public:
  LineReader(char delimiter, std::string name, std::size_t max_record_bytes);

  void feed(Slice piece) override { splitter_.feed(std::move(piece)); }
  void finish() override { splitter_.finish(); }
  Pull next(Record& record) override;
  const RecordPlaces* places() const override { return of_lines_ ? &places_ : nullptr; }
  const std::string& error() const override { return error_; }

 private:
  Pull next_slow(Record& record);

  Splitter splitter_;
  std::string name_;
  std::size_t max_record_bytes_;
  bool of_lines_;
  RecordPlaces places_;  // each line is a record
  const char* unit_;     // what messages call a record
  std::string error_;    // stays empty: no line can break a stream of lines
};

}  // namespace spread
