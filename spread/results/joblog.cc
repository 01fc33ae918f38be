#include "spread/results/joblog.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/base/buffers.h"
#include "spread/base/json_string.h"
#include "spread/base/numbers.h"
#include "spread/results/output.h"
#include "spread/wire/json.h"

namespace spread {
namespace {

void append_cut(std::string_view text, ByteBuffer& out) {
  const std::string_view start = cut_text(text, kJoblogCommandBytes);
  out.append(start);
  if (start.size() < text.size()) out.append("...");
}

constexpr bool is_escaped(char c) { return c == '\t' || c == '\n' || c == '\r' || c == '\\'; }

void append_escaped(std::string_view text, ByteBuffer& out) {
  while (true) {
    const char* const end = text.data() + text.size();
    const char* special = find_special(text.data(), end);
    // Quotes and other control characters stand for themselves.
    while (special != end && !is_escaped(*special)) special = find_special(special + 1, end);
    const auto plain = static_cast<std::size_t>(special - text.data());
    out.append(text.substr(0, plain));
    if (plain == text.size()) return;
    switch (text[plain]) {
      case '\t': out.append("\\t"); break;
      case '\n': out.append("\\n"); break;
      case '\r': out.append("\\r"); break;
      default: out.append("\\\\");
    }
    text.remove_prefix(plain + 1);
  }
}

}  // namespace

std::string joblog_escape(std::string_view text) {
  ByteBuffer escaped;
  append_escaped(text, escaped);
  return std::string(as_text(escaped.view()));
}

std::string joblog_header() {
  return "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
}

// By hand: with fmt a line took longer than the task that it is about.
void append_joblog_line(const JoblogLine& line, ByteBuffer& out) {
  append_number(number(line.task) + 1, out);
  out.push_back('\t');
  append_escaped(line.host, out);
  out.push_back('\t');
  append_decimals(line.started, 3, 0, out);
  out.push_back('\t');
  append_decimals(to_seconds(line.duration), 3, 10, out);
  out.push_back('\t');
  append_number(line.sent_bytes, out);
  out.push_back('\t');
  append_number(line.received_bytes, out);
  out.push_back('\t');
  append_number(line.exit_status, out);
  out.push_back('\t');
  append_number(line.signal, out);
  out.push_back('\t');
  append_escaped(line.command, out);
  out.push_back('\n');
}

void append_joblog_command(const Value& payload, ByteBuffer& out) {
  if (const std::optional<ByteView> text = text_of(payload)) return append_cut(as_text(*text), out);
  ByteBuffer encoded, json;
  encoded.append(payload);
  wire::JsonStyle style;
  if (wire::msgpack_to_json(encoded.view(), json, style)) append_cut(as_text(json.view()), out);
}

namespace {

constexpr std::size_t kColumns = 9;

/// False where there are not so many.
bool split(std::string_view line, std::array<std::string_view, kColumns>& columns) {
  for (std::size_t i = 0; i + 1 < kColumns; ++i) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return false;
    columns[i] = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  columns.back() = line;
  return true;
}

/// FNV-1a (Fowler, Noll, Vo), and 63 bits of it. It has only to tell commands apart that the same
/// job had in several runs.
std::uint64_t digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash >> 1;
}

bool is_success(std::string_view exit_status, std::span<const std::uint8_t> ok) {
  if (ok.empty()) return exit_status == "0";
  const auto status = parse_count(exit_status);
  return status && std::find(ok.begin(), ok.end(), *status) != ok.end();
}

/// The inverse of joblog_escape(); nothing where that has not written it.
std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\t' || text[i] == '\0') return std::nullopt;
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    switch (++i < text.size() ? text[i] : '\0') {
      case 't': plain += '\t'; break;
      case 'n': plain += '\n'; break;
      case 'r': plain += '\r'; break;
      case '\\': plain += '\\'; break;
      default: return std::nullopt;
    }
  }
  return plain;
}

}  // namespace

Result<std::optional<JoblogEntry>> read_joblog_line(std::string_view line, std::string_view name,
                                                    std::size_t number,
                                                    std::span<const std::uint8_t> ok) {
  if (line.substr(0, 4) == "Seq\t") return std::nullopt;  // each run begins with the header
  std::array<std::string_view, kColumns> columns;
  const bool complete = split(line, columns);
  const auto sequence = parse_count(complete ? columns[0] : "");
  if (!sequence || *sequence == 0) {
    return fail(fmt::format("{} line {}: this is no line of a joblog", name, number));
  }
  const bool succeeded = columns[7] == "0" && is_success(columns[6], ok);
  return JoblogEntry{*sequence, columns[1], columns[8], succeeded};
}

std::string joblog_command_of(const JoblogEntry& entry) {
  if (entry.host != ":") {
    if (auto ours = unescape(entry.command)) return std::move(*ours);
  }
  std::string theirs(entry.command);
  std::replace(theirs.begin(), theirs.end(), '\0', '\n');
  return theirs;
}

Status JoblogFailures::add_line(std::string_view line, std::string_view name) {
  auto entry = read_joblog_line(line, name, ++lines_, ok_);
  if (!entry) return tl::unexpected(entry.error());
  if (!*entry) return {};
  const JoblogEntry& job = **entry;
  if (job.succeeded) {
    commands_.erase(job.sequence);
  } else {
    commands_[job.sequence] = joblog_command_of(job);
  }
  return {};
}

Status JoblogRecord::add_line(std::string_view line, std::string_view name) {
  auto entry = read_joblog_line(line, name, ++lines_, ok_);
  if (!entry) return tl::unexpected(entry.error());
  if (!*entry) return {};
  Job job;
  job.sequence = (*entry)->sequence;
  job.succeeded = (*entry)->succeeded ? 1 : 0;
  job.command = digest((*entry)->command) & (~std::uint64_t{0} >> 1);
  jobs_.push_back(job);
  return {};
}

void JoblogRecord::complete() {
  const auto before = [](const Job& a, const Job& b) { return a.is_before(b); };
  std::stable_sort(jobs_.begin(), jobs_.end(), before);
  // A job that was run again has a line for each time; the last one counts. Several runs with other
  // commands may share a file (+FILE).
  std::size_t kept = 0;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    if (i + 1 < jobs_.size() && !before(jobs_[i], jobs_[i + 1])) continue;
    jobs_[kept++] = jobs_[i];
  }
  jobs_.resize(kept);
}

bool JoblogRecord::is_torn_line(std::string_view rest) {
  // Zeros are what a power cut leaves of a file that had grown.
  rest = rest.substr(0, rest.find_last_not_of('\0') + 1);
  const std::string header = joblog_header();
  if (std::string_view(header).substr(0, rest.size()) == rest) return true;
  return parse_count(rest.substr(0, rest.find('\t'))).has_value();
}

Result<JoblogRecord> JoblogRecord::parse(std::string_view text, std::string_view name,
                                         std::span<const std::uint8_t> ok) {
  JoblogRecord record(ok);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      if (is_torn_line(text)) break;
      return fail(fmt::format("{} line {}: this is no line of a joblog", name, record.lines_ + 1));
    }
    SPREAD_TRY(record.add_line(text.substr(0, end), name));
    text.remove_prefix(end + 1);
  }
  record.complete();
  return record;
}

bool JoblogRecord::is_done(std::uint64_t sequence, std::string_view command,
                           bool again_if_failed) const {
  Job wanted;
  wanted.sequence = sequence;
  wanted.command = digest(joblog_escape(command)) & (~std::uint64_t{0} >> 1);
  const auto found = std::lower_bound(jobs_.begin(), jobs_.end(), wanted,
                                      [](const Job& a, const Job& b) { return a.is_before(b); });
  if (found == jobs_.end() || wanted.is_before(*found)) return false;
  return found->succeeded != 0 || !again_if_failed;
}

}  // namespace spread
