#include "spread/output/outcome_chain.h"

#include <utility>

#include "spread/io/files.h"
#include "spread/output/form_sinks.h"
#include "spread/output/sinks.h"
#include "spread/output/tails_out.h"
#include "spread/results/csv_form.h"
#include "spread/results/gather_form.h"
#include "spread/results/until_ok_sink.h"

namespace spread {
namespace {

std::unique_ptr<SpillFile> open_spill(const SpillOptions& spill) {
  return std::make_unique<TempSpill>(TempFile(spill.place(), spill.max_bytes));
}

/// The form of those that need the last result before they can write the first one; null of others.
std::unique_ptr<HeldForm> held_form(const OutputOptions& output,
                                    const std::vector<std::string>& inputs) {
  const bool by_worker = output.gather == GatherAs::ByWorker;
  if (output.gather && (by_worker || output.format == OutputFormat::Msgpack)) {
    return std::make_unique<HeldGatherForm>(*output.gather, output.format);
  }
  if (output.gather || output.format != OutputFormat::Csv || !output.columns.empty()) return {};
  return std::make_unique<CsvForm>(output, inputs);
}

std::unique_ptr<OutcomeSink> stream_end(const OutputOptions& output, OutputWriter& writer,
                                        const std::vector<std::string>& host_names,
                                        ResultPlaces* places) {
  if (output.gather) {
    return std::make_unique<StreamSink>(std::make_unique<GatherForm>(*output.gather), writer);
  }
  if (output.format == OutputFormat::Csv) {
    return std::make_unique<StreamSink>(
        std::make_unique<CsvForm>(output, std::vector<std::string>()), writer);
  }
  return std::make_unique<FormatSink>(output, writer, host_names, places);
}

}  // namespace

bool needs_payloads(const OutputOptions& output) {
  return output.gather == GatherAs::ByWorker || output.format == OutputFormat::Csv;
}

bool has_results_as_they_are(const OutputOptions& output, bool until_ok) {
  switch (output.format) {
    case OutputFormat::Text:
    case OutputFormat::Json:
    case OutputFormat::Msgpack: return output.ordered && !output.gather && !until_ok;
    case OutputFormat::Records:
    case OutputFormat::Csv:
    case OutputFormat::Pickle: break;
  }
  return false;
}

std::unique_ptr<OutcomeSink> open_outcome_chain(const OutputOptions& output,
                                                std::optional<std::uint64_t> until_ok,
                                                const SpillOptions& spill, OutputWriter& writer,
                                                const std::vector<std::string>& host_names,
                                                ResultPlaces* places,
                                                const std::vector<std::string>& inputs) {
  std::unique_ptr<HeldForm> form = held_form(output, inputs);
  const bool is_held = form != nullptr;
  std::unique_ptr<OutcomeSink> chain;
  if (is_held) {
    chain = std::make_unique<HeldSink>(std::move(form), spill.memory, open_spill(spill), writer);
  } else {
    chain = stream_end(output, writer, host_names, places);
  }
  if (until_ok) chain = std::make_unique<UntilOkSink>(*until_ok, std::move(chain));
  // What is held comes out in order, but the first successes must be known before.
  if (!output.ordered || (is_held && !until_ok)) return chain;
  return std::make_unique<ReorderSink>(spill.memory, open_spill(spill), std::move(chain));
}

}  // namespace spread
