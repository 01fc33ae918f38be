#include "spread/jobs/job_input.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/posix.h"
#include "spread/io/system.h"
#include "spread/io/terminal.h"
#include "spread/results/joblog.h"

namespace spread {

Status read_joblog(const std::string& name, const std::function<Status(std::string_view)>& take) {
  const auto given = named_descriptor(name);
  const auto file = open_for_reading(given ? "/dev/fd/" + std::to_string(*given) : name);
  if (!file) return tl::unexpected(file.error());
  std::string text;
  std::array<Byte, 64 * 1024> piece;
  while (true) {
    const IoResult read = read_some(file->get(), piece.data(), piece.size());
    if (read.state == IoState::End) return {};
    if (read.state != IoState::Done) {
      return fail("cannot read " + name + ": " + errno_text(read.error));
    }
    const std::size_t looked_at = text.size();
    text.append(as_text({piece.data(), read.size}));
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n', looked_at); end != std::string::npos;
         end = text.find('\n', begin)) {
      SPREAD_TRY(take(std::string_view(text).substr(begin, end - begin)));
      begin = end + 1;
    }
    text.erase(0, begin);
  }
}

namespace {

// A number is counted up to. No run has so many jobs, so no run wrote such a number.
constexpr std::uint64_t kSequenceMax = 1'000'000'000;

/// Has all it gives, and reads nothing.
class RetryReader final : public RecordReader {
 public:
  explicit RetryReader(std::map<std::uint64_t, std::string> commands)
      : commands_(std::move(commands)), next_(commands_.begin()) {}

  void feed(Slice) override {}
  void finish() override {}
  Pull next(Record& record) override {
    if (next_ == commands_.end()) return Pull::End;
    record.bad.clear();
    record.payload = Value();
    if (++sequence_ < next_->first) return Pull::Record;
    // Values of `map` end in a NUL.
    std::string& command = next_->second;
    command += '\0';
    record.payload.body = Slice::copy_of(as_bytes(command));
    command = {};
    ++next_;
    return Pull::Record;
  }
  const std::string& error() const override { return error_; }

 private:
  std::map<std::uint64_t, std::string> commands_;
  std::map<std::uint64_t, std::string>::iterator next_;
  std::uint64_t sequence_ = 0;
  std::string error_;  // stays empty
};

}  // namespace

Result<std::unique_ptr<TaskInput>> open_retry_input(const std::string& name,
                                                    const OkStatuses& ok_statuses, EventLoop& loop,
                                                    Streams streams) {
  JoblogFailures failures(ok_statuses);
  const Status read =
      read_joblog(name, [&](std::string_view line) { return failures.add_line(line, name); });
  if (!read) return fail("--retry-failed: " + read.error().message);
  auto commands = failures.take_commands();
  if (!commands.empty() && commands.rbegin()->first > kSequenceMax) {
    return fail(fmt::format("--retry-failed: {} has a job {}, and numbers go up to {}", name,
                            commands.rbegin()->first, kSequenceMax));
  }
  return TaskInput::open_reader(std::make_unique<RetryReader>(std::move(commands)), {}, loop,
                                streams);
}

Status check_retried_joblog(const std::string& joblog) {
  // One line is enough to know that it can be read.
  const Status read = read_joblog(joblog, [](std::string_view) { return fail(""); });
  if (read || read.error().message.empty()) return {};
  return fail("--retry-failed: " + read.error().message);
}

const char* retry_note(const ResumeOptions& options) {
  return options.retry_drops_command
             ? "--retry-failed runs the commands of the joblog; the one that is given, and its "
               "items, are not looked at"
             : "";
}

namespace {

using Source = ArgumentSourceOptions::Source;

Source file_source(const std::string& name) {
  Source source;
  source.name = name == "-" ? "stdin" : name;
  return source;
}

std::vector<Source> sources_of(const InputOptions& input, std::vector<std::string>& files) {
  std::vector<Source> sources;
  const auto add_file = [&](const std::string& name, bool linked) {
    sources.push_back(file_source(name));
    sources.back().linked = linked;
    files.push_back(name);
  };
  for (const std::string& name : input.files) add_file(name, false);
  for (const InputOptions::Group& group : input.groups) {
    if (!group.from_file) {
      Source& list = sources.emplace_back();
      list.name = ":::";
      list.is_list = true;
      list.words = group.words;
      list.linked = group.linked;
      files.emplace_back();
      continue;
    }
    for (const std::string& name : group.words) add_file(name, group.linked);
  }
  if (sources.empty()) add_file("-", false);
  return sources;
}

/// Whether something stands for the items of a certain place: {2}, {-1/}, {name}.
bool has_position(const JobOptions& job, const ItemOptions& items) {
  if (items.arguments.items_exact || items.arguments.header) return true;
  const auto has = [](const std::string& text) {
    for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
      const std::size_t digit = at + (text.compare(at + 1, 1, "-") == 0 ? 2 : 1);
      if (digit < text.size() && is_digit(text[digit])) return true;
    }
    return false;
  };
  std::vector<std::string> texts = job.command.words;
  for (const auto& more : {items.transfer_files, items.return_files}) {
    texts.insert(texts.end(), more.begin(), more.end());
  }
  for (const std::string& one : {job.tag, job.command.directory, job.results_directory}) {
    texts.push_back(one);
  }
  return std::any_of(texts.begin(), texts.end(), has);
}

std::optional<Trim> trim_of(const std::optional<ArgumentOptions::Trim>& trim) {
  if (!trim) return std::nullopt;
  return static_cast<Trim>(*trim);
}
static_assert(static_cast<int>(ArgumentOptions::Trim::Both) == static_cast<int>(Trim::Both));

}  // namespace

Result<std::unique_ptr<TaskInput>> open_job_input(const JobSetup& setup,
                                                  const JobCommands& commands, std::uint32_t slots,
                                                  EventLoop& loop, const ArgumentSource*& source) {
  const ItemOptions& items = setup.items;
  if (items.resume.retry_failed) {
    return open_retry_input(setup.report.joblog, setup.job.ok_statuses, loop, setup.streams);
  }
  const ArgumentOptions& arguments = items.arguments;
  ArgumentSourceOptions how;
  std::vector<std::string> files;
  how.sources = sources_of(items.input, files);
  if (std::count(files.begin(), files.end(), "-") > 1) {
    return fail("standard input (-) is named twice, and can be read only once");
  }
  how.link_all = arguments.link;
  how.delimiter = items.delimiter;
  how.continue_lines = arguments.lines.has_value();
  if (!arguments.column_separator.empty()) how.colsep = arguments.column_separator;
  how.csv = arguments.csv;
  how.header = arguments.header;
  how.trim = trim_of(arguments.trim);
  how.max_items = arguments.items_exact ? arguments.items_exact
                  : arguments.items_max ? arguments.items_max
                                        : arguments.lines;
  how.fill = arguments.fill != ArgumentOptions::Fill::No;
  how.spread_slots = how.fill && arguments.fill_evenly ? slots : 0;
  how.exit_if_long = arguments.exit_if_long;
  how.skip_blank = arguments.skip_blank;
  // -n: at most so many. With {1} or -N a job needs its number of items, whatever their length.
  const bool fewer = arguments.items_max.value_or(1) > 1 && !has_position(setup.job, items);
  if (how.fill || arguments.bytes_max || how.exit_if_long || fewer) {
    how.line = commands.line_costs(how.fill || how.exit_if_long);
  }
  auto reader = ArgumentSource::make(how);
  if (!reader) return tl::unexpected(reader.error());
  source = reader->get();
  return TaskInput::open_arguments(std::move(*reader), files, loop, setup.streams);
}

namespace {

/// A joblog that is not there yet is an empty one: the first run of a command line with --resume.
Result<JoblogRecord> read_record(const std::string& name, const OkStatuses& ok_statuses) {
  JoblogRecord record(ok_statuses);
  const Status read =
      read_joblog(name, [&](std::string_view line) { return record.add_line(line, name); });
  if (!read && read.error().number != ENOENT) return tl::unexpected(read.error());
  record.complete();
  return record;
}

}  // namespace

std::uint32_t slots_of_blocks(const Plan& plan) {
  const auto asked = static_cast<std::uint32_t>(plan.roster.ask_cpus.size());
  return plan.hosts.slots_unlimited ? usable_cpus() : plan.workers() + asked;
}

Result<JobResume> JobResume::create(const JobSetup& setup) {
  const ResumeOptions& options = setup.items.resume;
  JobResume resume;
  resume.retry_ = options.retry_failed;
  if (!options.resume) return resume;
  auto record = read_record(setup.report.joblog, setup.job.ok_statuses);
  if (!record) return fail("--resume: " + record.error().message);
  resume.record_ = std::move(*record);
  resume.again_if_failed_ = options.resume_failed;
  return resume;
}

bool JobResume::is_done(const JobCommands& commands, std::uint64_t sequence,
                        std::string_view payload) const {
  // The input has commands only of those that failed.
  if (retry_) return payload.empty();
  if (record_.empty()) return false;
  // The command that was logged may have had another slot's number in it.
  constexpr std::uint32_t kSlotsTried = 256;
  std::string first;
  for (std::uint32_t slot = 1; slot <= kSlotsTried; ++slot) {
    const std::string command = commands.text(payload, {sequence, slot});
    if (record_.is_done(sequence, command, again_if_failed_)) return true;
    if (slot == 1) {
      first = command;
    } else if (command == first) {
      return false;
    }
  }
  return false;
}

}  // namespace spread
