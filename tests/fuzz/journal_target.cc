#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include "spread/base/assert.h"
#include "spread/journal/contents.h"
#include "spread/journal/job_answer.h"
#include "spread/journal/part_record.h"
#include "spread/journal/record_log.h"
#include "spread/journal/repair.h"
#include "spread/journal/worker_hosts.h"
#include "targets.h"
#include "tests/support/scratch_memory.h"

namespace spread::fuzz {
namespace {

class TextBytes final : public JournalBytes {
 public:
  explicit TextBytes(std::string_view file) : text(file) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<Byte> into) override {
    const std::size_t at = std::min<std::size_t>(offset, text.size());
    const std::size_t size = std::min(into.size(), text.size() - at);
    if (size > 0) std::memcpy(into.data(), text.data() + at, size);
    return size;
  }
  std::string_view text;
};

using Read = std::tuple<LogRead, std::uint64_t, std::string>;

std::vector<Read> read_all(RecordLogReader& reader) {
  std::vector<Read> reads;
  while (true) {
    const LogRead read = reader.next();
    SPREAD_ASSERT(read != LogRead::Failed);
    if (read == LogRead::End || read == LogRead::Torn) return reads;
    const bool record = read == LogRead::Record;
    reads.emplace_back(read, record ? reader.record_at() : reader.damaged_at(),
                       std::string(as_text(reader.record())));
  }
}

std::vector<Read> records_of(const std::vector<Read>& reads) {
  std::vector<Read> records;
  for (const Read& read : reads) {
    if (std::get<0>(read) == LogRead::Record) records.push_back(read);
  }
  return records;
}

/// A file made of the input: each of its steps writes a record, or spoils what is there.
std::string file_of(ByteView input) {
  std::string file(kJournalMagic);
  while (input.size() >= 4) {
    const std::size_t size = input[1] | input[2] << 8;
    const std::size_t place = file.size() * input[3] / 256;
    const std::size_t end = std::min(place + size % 9000, file.size());
    switch (input[0] % 8) {
      case 0:
        std::fill(file.begin() + static_cast<std::ptrdiff_t>(place),
                  file.begin() + static_cast<std::ptrdiff_t>(end), '\0');
        break;
      case 1: file[place] = static_cast<char>(file[place] ^ input[1]); break;
      case 2: file.resize(place); break;
      case 3: file.append(size, static_cast<char>(input[3])); break;
      case 4: file.append(as_text(input)); break;
      default: {
        ByteBuffer out;
        RecordLogWriter(file.size())
            .append(as_bytes(std::string(size + 1, static_cast<char>(input[3]))), out);
        file += as_text(out.view());
      }
    }
    input = input.subspan(4);
    if (file.empty() || file.size() > 1 << 18) break;
  }
  return file;
}

void check(std::string_view file) {
  TextBytes bytes(file);
  RecordLogReader reader(bytes);
  const std::vector<Read> reads = read_all(reader);
  SPREAD_ASSERT(reader.end_of_records() <= std::max(file.size(), kJournalMagic.size()));
  // Each record is found by its offset.
  for (const Read& read : reads) {
    if (std::get<0>(read) != LogRead::Record) continue;
    RecordLogReader one(bytes, std::get<1>(read));
    SPREAD_ASSERT(one.next() == LogRead::Record);
    SPREAD_ASSERT(as_text(one.record()) == std::get<2>(read));
  }
  // What a repair copies has the same records, and nothing else.
  std::string copy;
  JournalCopier copier(bytes, [&copy](ByteView piece) -> Status {
    copy += as_text(piece);
    return {};
  });
  Result<LogRead> copied = copier.copy();
  while (copied && *copied == LogRead::Damaged) copied = copier.copy();
  SPREAD_ASSERT(copied.has_value());
  TextBytes copy_bytes(copy);
  RecordLogReader copy_reader(copy_bytes);
  SPREAD_ASSERT(read_all(copy_reader) == records_of(reads));
  SPREAD_ASSERT(copy_reader.torn_bytes() == 0);
}

/// Any file of -o.
class Digits final : public OutputFiles {
 public:
  ByteView read(const std::string&, std::uint64_t offset, std::uint64_t bytes) override {
    constexpr std::string_view kText = "0123456789";
    if (offset > kText.size()) return {};
    return as_bytes(kText.substr(offset, bytes));
  }
};

/// Whatever is in a journal, what shows it shows it, or says that it is none.
void show(JournalBytes& bytes) {
  ScratchMemory memory;
  EntryFile table(memory, 8, 2);
  JournalContents contents(table);
  Digits digits;
  contents.look_into(digits);
  RecordLogReader log(bytes);
  WorkerHosts hosts;
  static_cast<void>(contents.read(log, [&](ByteView record, std::uint64_t at) -> Status {
    if (record[0] == 'W') hosts.take(record, at);
    return {};
  }));
  AnswerReader reader(bytes);
  reader.look_into(digits, contents);
  const auto nowhere = [](std::uint8_t stream, ByteView) { SPREAD_ASSERT(stream <= 1); };
  for (std::uint64_t n = 0; n < std::min<std::uint64_t>(contents.tasks(), 100); ++n) {
    const auto task = contents.task(n);
    SPREAD_ASSERT(task.has_value());
    if (task->place == 0) continue;
    const auto answer = reader.get(task->place);
    SPREAD_ASSERT(!answer || !answer->in_output);
    if (!answer) continue;
    static_cast<void>(hosts.of(answer->worker, record_of(task->place)));
    static_cast<void>(check_value(*answer, n % 2 == 0));
    static_cast<void>(read_job(*answer, reader, nowhere));
  }
}

/// The records themselves, behind what a run begins with: three tasks.
std::string run_with(ByteView record) {
  std::string file(kJournalMagic);
  ByteBuffer part, out;
  append_part({}, part);
  RecordLogWriter log;
  log.append(part.view(), out);
  std::string tasks("T\0", 2);
  tasks.append(3 * 8, 't');
  log.append(as_bytes(tasks), out);
  if (!record.empty()) log.append(record, out);
  return file + std::string(as_text(out.view()));
}

void check_answers(ByteView input) {
  const std::string file = run_with(input);
  TextBytes bytes(file);
  show(bytes);
  AnswerList list;
  constexpr std::size_t kBytesMax = 1 << 20;
  if (!input.empty() && (input[0] == 'A' || input[0] == 'Z')) {
    static_cast<void>(list.parse(input, kBytesMax));
  }
  JournalAnswer answer;
  answer.value = input;
  AnswerReader reader(bytes);
  static_cast<void>(read_job(answer, reader, [](std::uint8_t, ByteView) {}));
  static_cast<void>(check_value(answer, true));
}

}  // namespace

void journal(ByteView input) {
  TextBytes bytes(as_text(input));
  if (as_text(input).starts_with(kJournalMagic)) show(bytes);
  check_answers(input);
  check(as_text(input));
  check(file_of(input));
  static_cast<void>(parse_part(input));
}

}  // namespace spread::fuzz
