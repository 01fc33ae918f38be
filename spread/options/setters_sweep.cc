#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "spread/options/setters.h"
#include "spread/options/values.h"

namespace spread::cli {
namespace {

constexpr auto kRowsMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

}  // namespace

Status set_sweep(Draft& draft, std::string_view value) {
  return add_name(draft.options.sweep.specs, value, "parameters, as in a=lin:0:1:5, or a file");
}
Status set_sweep_samples(Draft& draft, std::string_view value) {
  return store(draft.options.sweep.samples, parse_number(value, 1, kRowsMax));
}
Status set_sweep_seed(Draft& draft, std::string_view value) {
  return store(draft.options.sweep.seed, parse_number(value, 0, UINT32_MAX));
}
Status set_sweep_runs(Draft& draft, std::string_view value) {
  return store(draft.options.sweep.runs, parse_number(value, 1, kRowsMax));
}
Status set_sweep_where(Draft& draft, std::string_view value) {
  return store_name(draft.options.sweep.where, value, "a condition, as in 'a < b'");
}
Status set_until_ok(Draft& draft, std::string_view value) {
  return store(draft.options.sweep.until_ok, parse_number(value, 1, kRowsMax));
}
Status set_max_rounds(Draft& draft, std::string_view value) {
  return store(draft.options.sweep.max_rounds, parse_number(value, 1, UINT32_MAX));
}
Status set_sweep_out(Draft& draft, std::string_view value) {
  constexpr Choice<OutputFormat> kFormats[] = {
      {"json", OutputFormat::Json}, {"msgpack", OutputFormat::Msgpack}, {"csv", OutputFormat::Csv}};
  return choose(draft.options.output.format, value, kFormats);
}
Status set_columns(Draft& draft, std::string_view value) {
  std::vector<std::string>& columns = draft.options.output.columns;
  for (std::string_view rest = value;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string name(rest.substr(0, comma));
    if (name.empty())
      return fail(fmt::format("expected names, as in a,b, not {}", show_text(value)));
    if (std::find(columns.begin(), columns.end(), name) != columns.end()) {
      return fail(fmt::format("the column {} is named twice", show_text(name)));
    }
    columns.push_back(name);
    if (comma == rest.size()) return {};
    rest.remove_prefix(comma + 1);
  }
}
Status set_csv_style(Draft& draft, std::string_view value) {
  constexpr Choice<CsvStyle> kStyles[] = {{"plain", CsvStyle::Plain},
                                          {"savetxt", CsvStyle::Savetxt}};
  return choose(draft.options.output.csv_style, value, kStyles);
}

}  // namespace spread::cli
