#include "spread/output/gather_sinks.h"

#include "spread/base/assert.h"
#include "spread/base/numbers.h"
#include "spread/results/result_pair.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

// The keys by which ByWorker has each worker's payloads in front of its results: its number, which
// of the two, and the task.
constexpr int kTaskBits = 43, kKindBits = 1;
constexpr std::uint64_t kTasksMax = std::uint64_t{1} << kTaskBits;
constexpr std::uint64_t kWorkersMax = std::uint64_t{1} << (64 - kTaskBits - kKindBits);

TaskId key_of(const TaskResult& result, bool is_result) {
  const std::uint64_t worker = number(result.worker), task = number(result.id);
  SPREAD_ASSERT(worker < kWorkersMax);
  SPREAD_ASSERT(task < kTasksMax);
  return TaskId{((worker << kKindBits | (is_result ? 1u : 0u)) << kTaskBits) | task};
}
bool is_result(TaskId key) { return (number(key) >> kTaskBits & 1) != 0; }
std::uint32_t worker_of(TaskId key) {
  return static_cast<std::uint32_t>(number(key) >> (kTaskBits + kKindBits));
}

OutputOptions format_as(OutputFormat format) {
  OutputOptions options;
  options.format = format;
  return options;
}

/// "[1,2]" -> "1,2".
std::string_view elements_of(const ByteBuffer& json) {
  const std::string_view text = as_text(json.view());
  return text.substr(1, text.size() - 2);
}

}  // namespace

// ---------------------------------------------------------------- while the run goes on

GatherSink::GatherSink(GatherAs how, OutputWriter& writer)
    : how_(how),
      writer_(writer),
      formatter_(format_as(OutputFormat::Json), no_hosts_),
      mark_({&writer}) {
  SPREAD_ASSERT(how != GatherAs::ByWorker && how != GatherAs::Root);
}

void GatherSink::take(TaskResult&& result) {
  ++taken_;
  if (!writer_.closed()) add(result);
}

void GatherSink::add(const TaskResult& result) {
  const bool ok = result.outcome == Outcome::Ok;
  if (!ok && how_ != GatherAs::List) return;
  ByteBuffer& out = writer_.queue().tail();
  json_.clear();
  formatter_.append_json(result, json_);
  const std::string_view text =
      how_ == GatherAs::Concat ? elements_of(json_) : as_text(json_.view());
  if (how_ == GatherAs::Concat && text.empty()) return;
  out.append(begun_ ? "," : how_ == GatherAs::Map ? "{" : "[");
  begun_ = true;
  if (how_ == GatherAs::Map) {
    out.append("\"");
    append_number(number(result.id), out);
    out.append("\":");
  }
  out.append(text);
}

void GatherSink::end() {
  if (std::exchange(ended_, true) || writer_.closed()) return;
  ByteBuffer& out = writer_.queue().tail();
  if (!begun_) out.append(how_ == GatherAs::Map ? "{" : "[");
  out.append(how_ == GatherAs::Map ? "}\n" : "]\n");
}

// ---------------------------------------------------------------- held to the end

HeldGatherSink::HeldGatherSink(GatherAs how, OutputFormat format, std::size_t memory_bytes,
                               std::unique_ptr<SpillFile> spill, OutputWriter& writer)
    : how_(how),
      spill_(std::move(spill)),
      held_(memory_bytes, *spill_),
      writer_(writer),
      formatter_(format_as(format), no_hosts_),
      is_json_(format == OutputFormat::Json),
      mark_({&writer}) {
  SPREAD_ASSERT(is_json_ ? how == GatherAs::ByWorker : format == OutputFormat::Msgpack);
}

void HeldGatherSink::take(TaskResult&& result) {
  ++taken_;
  const bool ok = result.outcome == Outcome::Ok;
  if (how_ != GatherAs::ByWorker) {
    if (!ok && how_ != GatherAs::List) return;
    elements_ += how_ == GatherAs::Concat ? wire::array_head(result.value.body.view()).elements : 1;
    return held_.put(std::move(result));
  }
  if (result.worker == kNoWorker) return;
  ++counts_[number(result.worker)];
  ResultPair pair = take_pair(result);
  pair.payload.id = key_of(result, false);
  pair.result.id = key_of(result, true);
  held_.put(std::move(pair.payload));
  held_.put(std::move(pair.result));
}

Status HeldGatherSink::pump() {
  if (!held_.status())
    return fail("cannot hold the results of --gather: " + held_.status().error().message);
  if (!ended_ || done_) return {};
  if (!std::exchange(begun_, true)) begin();
  TaskResult result;
  while (!held_.empty()) {
    if (writer_.full() && !writer_.closed()) return {};
    SPREAD_TRY(held_.take(result));
    if (how_ == GatherAs::ByWorker) head_of_worker(result.id);
    add(result);
  }
  if (is_json_) writer_.queue().tail().append(counts_.empty() ? "]\n" : "]}]\n");
  done_ = true;
  return {};
}

void HeldGatherSink::begin() {
  ByteBuffer& out = writer_.queue().tail();
  if (is_json_) return out.append("[");
  wire::ValueWriter writer(out);
  if (how_ == GatherAs::ByWorker) {
    writer.array(counts_.size());
  } else if (how_ == GatherAs::Map) {
    writer.map(elements_);
  } else {
    writer.array(elements_);
  }
}

/// What stands in front of the first payload of a worker, and of its first result.
void HeldGatherSink::head_of_worker(TaskId key) {
  const std::uint32_t worker = worker_of(key);
  const bool is_first_of_all = !worker_, is_next = !worker_ || *worker_ != worker;
  if (!is_next && in_results_ == is_result(key)) return;
  ByteBuffer& out = writer_.queue().tail();
  wire::ValueWriter writer(out);
  if (is_next && is_json_) {
    out.append(is_first_of_all ? "{\"number\":" : "]},{\"number\":");
    append_number(worker, out);
    out.append(",\"parameters\":[");
  } else if (is_next) {
    writer.map(3);
    writer.text("number");
    writer.number(worker);
    writer.text("parameters");
    writer.array(counts_[worker]);
  } else if (is_json_) {
    out.append("],\"results\":[");
  } else {
    writer.text("results");
    writer.array(counts_[worker]);
  }
  worker_ = worker;
  in_results_ = is_result(key);
  is_first_ = true;
}

void HeldGatherSink::add(const TaskResult& result) {
  OutputQueue& out = writer_.queue();
  if (is_json_) {
    if (!std::exchange(is_first_, false)) out.tail().append(",");
    return formatter_.append_json(result, out.tail());
  }
  if (how_ == GatherAs::Map) wire::ValueWriter(out.tail()).number(number(result.id));
  if (how_ != GatherAs::Concat) return formatter_.append_other(result, out);
  const Slice& body = result.value.body;
  out.append(Slice(body.block(), body.view().subspan(wire::array_head(body.view()).bytes)));
}

}  // namespace spread
