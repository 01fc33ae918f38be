#include "spread/jobs/job_resume.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "spread/output/joblog_file.h"

namespace spread {
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
