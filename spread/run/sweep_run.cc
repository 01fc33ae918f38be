#include <string>
#include <utility>
#include <vector>

#include "spread/base/buffers.h"
#include "spread/input/sweep_input.h"
#include "spread/input/task_input.h"
#include "spread/io/system.h"
#include "spread/output/complain.h"
#include "spread/results/csv_format.h"
#include "spread/run/run.h"
#include "spread/wire/json.h"
#include "spread/wire/value_list.h"

namespace spread {
namespace {

/// Rows -> the bytes of stdout.
class SweepWriter {
 public:
  SweepWriter(const SweepOutput& options, const Sweep& sweep)
      : format_(options.format), csv_(options.csv_style) {
    if (format_ == OutputFormat::Csv) csv_.append_header(sweep.names(), out_);
  }

  void add(const Value& payload) {
    switch (format_) {
      case OutputFormat::Msgpack: return out_.append(payload);
      case OutputFormat::Csv: return add_csv(payload);
      default: break;
    }
    wire::JsonStyle style;
    style.keeps_floats = true;
    static_cast<void>(wire::msgpack_to_json(payload, out_, style));
    out_.append("\n");
    wrote_null_ = wrote_null_ || style.saw_non_finite;
  }
  std::string take() {
    std::string text(as_text(out_.view()));
    out_.clear();
    return text;
  }
  std::size_t size() const { return out_.size(); }
  /// What is to be told at the end; empty if nothing is.
  std::string take_warning() {
    if (!wrote_null_) return csv_.take_warning();
    return "NaN or an infinity was written as null (JSON has no such numbers)";
  }

 private:
  void add_csv(const Value& payload) {
    wire::ValueList members(payload.body.view());
    const std::uint64_t count = members.enter().number;
    values_.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      members.take();
      values_.push_back(members.take());
    }
    csv_.append_row(values_, out_);
  }

  OutputFormat format_;
  CsvFormat csv_;
  ByteBuffer out_;
  std::vector<ByteView> values_;
  bool wrote_null_ = false;
};

}  // namespace

int show_sweep(const SweepCommand& command, Streams streams) {
  if (const Status input = check_overwritten_input(sweep_files(command.sweep), {}, streams);
      !input) {
    return complain(streams, input.error());
  }
  const auto sweep = open_sweep(command.sweep, streams);
  if (!sweep) return complain(streams, sweep.error());
  if (!(*sweep)->warning().empty()) warn(streams, (*sweep)->warning());
  constexpr std::size_t kTextBytes = 64 * 1024;
  // Where --where leaves out nearly all, those that are kept do not wait for so much text.
  constexpr int kRowsPerText = 4096;
  SweepWriter writer(command.output, **sweep);
  int looked_at = 0;
  for (Sweep::Step step = Sweep::Step::Skipped; step != Sweep::Step::End;) {
    Value payload;
    step = (*sweep)->next(payload);
    if (step == Sweep::Step::Row) writer.add(payload);
    const bool searching = step == Sweep::Step::Row || step == Sweep::Step::Skipped;
    if (searching && ++looked_at < kRowsPerText && writer.size() < kTextBytes) continue;
    looked_at = 0;
    if (writer.size() == 0) continue;
    if (const Status printed = print(streams.output, writer.take()); !printed) {
      return complain(streams, printed.error());
    }
  }
  if (const std::string warning = writer.take_warning(); !warning.empty()) {
    warn(streams, warning);
  }
  return 0;
}

}  // namespace spread
