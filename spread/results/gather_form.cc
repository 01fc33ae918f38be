#include "spread/results/gather_form.h"

#include <utility>

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

/// "[1,2]" -> "1,2"; of a list that could not be shown, which is null, nothing.
std::string_view elements_of(const ByteBuffer& json) {
  const std::string_view text = as_text(json.view());
  return text.starts_with('[') ? text.substr(1, text.size() - 2) : std::string_view();
}

}  // namespace

// ---------------------------------------------------------------- while the run goes on

GatherForm::GatherForm(GatherAs how)
    : how_(how), formatter_(format_as(OutputFormat::Json), no_hosts_) {
  SPREAD_ASSERT(how != GatherAs::ByWorker && how != GatherAs::Root);
}

void GatherForm::begin(OutputQueue& out) { out.tail().append(how_ == GatherAs::Map ? "{" : "["); }

void GatherForm::add(const TaskResult& result, OutputQueue& out) {
  if (result.outcome != Outcome::Ok && how_ != GatherAs::List) return;
  json_.clear();
  formatter_.append_json(result, json_);
  const std::string_view text =
      how_ == GatherAs::Concat ? elements_of(json_) : as_text(json_.view());
  if (text.empty()) return;
  if (!std::exchange(is_first_, false)) out.tail().append(",");
  if (how_ == GatherAs::Map) {
    out.tail().append("\"");
    append_number(number(result.id), out.tail());
    out.tail().append("\":");
  }
  out.tail().append(text);
}

void GatherForm::end(OutputQueue& out) { out.tail().append(how_ == GatherAs::Map ? "}\n" : "]\n"); }

// ---------------------------------------------------------------- held to the end

HeldGatherForm::HeldGatherForm(GatherAs how, OutputFormat format)
    : how_(how), formatter_(format_as(format), no_hosts_), is_json_(format == OutputFormat::Json) {
  SPREAD_ASSERT(is_json_ ? how == GatherAs::ByWorker : format == OutputFormat::Msgpack);
}

void HeldGatherForm::take(TaskResult&& result, HeldResults& held) {
  const bool ok = result.outcome == Outcome::Ok;
  if (how_ != GatherAs::ByWorker) {
    if (!ok && how_ != GatherAs::List) return;
    elements_ += how_ == GatherAs::Concat ? wire::array_head(result.value.body.view()).elements : 1;
    return held.put(std::move(result));
  }
  if (result.worker == kNoWorker) return;
  ++counts_[number(result.worker)];
  ResultPair pair = take_pair(result);
  pair.payload.id = key_of(result, false);
  pair.result.id = key_of(result, true);
  held.put(std::move(pair.payload));
  held.put(std::move(pair.result));
}

void HeldGatherForm::begin(OutputQueue& out) {
  if (is_json_) return out.tail().append("[");
  wire::ValueWriter writer(out.tail());
  if (how_ == GatherAs::ByWorker) {
    writer.array(counts_.size());
  } else if (how_ == GatherAs::Map) {
    writer.map(elements_);
  } else {
    writer.array(elements_);
  }
}

/// What stands in front of the first payload of a worker, and of its first result.
void HeldGatherForm::add_head_of_worker(TaskId key, ByteBuffer& out) {
  const std::uint32_t worker = worker_of(key);
  const bool is_first_of_all = !worker_, is_next = !worker_ || *worker_ != worker;
  if (!is_next && in_results_ == is_result(key)) return;
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

void HeldGatherForm::add(const TaskResult& result, OutputQueue& out) {
  if (how_ == GatherAs::ByWorker) add_head_of_worker(result.id, out.tail());
  if (is_json_) {
    if (!std::exchange(is_first_, false)) out.tail().append(",");
    return formatter_.append_json(result, out.tail());
  }
  if (how_ == GatherAs::Map) wire::ValueWriter(out.tail()).number(number(result.id));
  if (how_ != GatherAs::Concat) return formatter_.append_other(result, out);
  const Slice& body = result.value.body;
  out.append(Slice(body.block(), body.view().subspan(wire::array_head(body.view()).bytes)));
}

void HeldGatherForm::end(OutputQueue& out) {
  if (is_json_) out.tail().append(counts_.empty() ? "]\n" : "]}]\n");
}

}  // namespace spread
