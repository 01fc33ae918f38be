#include "spread/run/job_resume.h"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "spread/base/posix.h"
#include "spread/io/descriptors.h"
#include "spread/io/system.h"

namespace spread {
namespace {

/// A joblog that is not there yet is an empty one: the first run of a command line with --resume.
Result<JoblogRecord> read_joblog(const std::string& name, const FailureOptions& failure) {
  const auto given = named_descriptor(name);
  const auto file = open_for_reading(given ? "/dev/fd/" + std::to_string(*given) : name);
  if (!file && file.error().number == ENOENT) return JoblogRecord(failure.ok_statuses);
  if (!file) return tl::unexpected(file.error());
  JoblogRecord record(failure.ok_statuses);
  std::string text;
  std::array<Byte, 64 * 1024> piece;
  while (true) {
    const IoResult read = read_some(file->get(), piece.data(), piece.size());
    if (read.state == IoState::End) break;
    if (read.state != IoState::Done) {
      return fail("cannot read " + name + ": " + errno_text(read.error));
    }
    const std::size_t looked_at = text.size();
    text.append(as_text({piece.data(), read.size}));
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n', looked_at); end != std::string::npos;
         end = text.find('\n', begin)) {
      SPREAD_TRY(record.add_line(std::string_view(text).substr(begin, end - begin), name));
      begin = end + 1;
    }
    text.erase(0, begin);
  }
  record.complete();
  return record;
}

}  // namespace

Result<JobResume> JobResume::create(const Options& options) {
  JobResume resume;
  if (!options.map.resume) return resume;
  auto record = read_joblog(options.report.joblog, options.failure);
  if (!record) return fail("--resume: " + record.error().message);
  resume.record_ = std::move(*record);
  resume.again_if_failed_ = options.map.resume_failed;
  return resume;
}

bool JobResume::is_done(const JobCommands& commands, std::uint64_t sequence,
                        std::string_view payload) const {
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
