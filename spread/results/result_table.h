#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/job_options.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"

namespace spread {

/// What a table has of a job beside what it printed.
struct TableRow {
  std::uint64_t sequence = 0;
  std::string_view host;
  double started = 0;  ///< seconds since 1970
  Duration duration{};
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;  ///< of its stdout
  int exit_status = 0;
  int signal = 0;
  std::string_view command;
  std::vector<std::string_view> values;
};

/// `--results x.csv`, `.tsv`, `.json`: a row for each job, byte for byte what GNU parallel writes
/// (docs/map-output.md). Written in pieces, so that no job's output need be in memory: row_start(),
/// then what it printed through append(), with between() after its stdout and row_end() behind all.
///
/// JSON has one object on a line. Bytes that are no UTF-8 go out as they are, as there.
class ResultTable {
 public:
  /// Whether a CSV field needs quotes is to be known before its first byte.
  struct Quotes {
    bool out = false, err = false;
  };

  explicit ResultTable(JobOptions::Table format) : format_(format) {}

  /// The first line, for a first row with so many values: their names, or V1, V2, ... where there
  /// are none. Empty for JSON.
  std::string header(const std::vector<std::string>& names, std::size_t values) const;
  std::string row_start(const TableRow& row) const;
  /// What stands in front of stdout, between stdout and stderr, and behind.
  std::string_view before(Quotes quotes) const;
  std::string between(Quotes quotes) const;
  std::string_view row_end(Quotes quotes) const;
  void append(std::string_view text, ByteBuffer& out) const;

  bool needs_quotes(std::string_view field) const;

 private:
  bool is_json() const { return format_ == JobOptions::Table::Json; }
  char separator() const { return format_ == JobOptions::Table::Tsv ? '\t' : ','; }
  void append_field(std::string_view field, ByteBuffer& out) const;
  void append_string(std::string_view text, ByteBuffer& out) const;

  JobOptions::Table format_;
};

}  // namespace spread
