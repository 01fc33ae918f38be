// What the options of sweeps must be together.
#include <fmt/format.h>

#include "spread/options/setters.h"

namespace spread::cli {

Status complete_sweep(const Draft& draft) {
  if (draft.options.sweep.specs.empty()) return fail("no parameter is given, as in a=lin:0:1:5");
  return check_csv(draft);
}

Status check_csv(const Draft& draft) {
  if (draft.options.output.format == OutputFormat::Csv) return {};
  for (const std::string_view option : {"--csv-style", "--columns"}) {
    if (draft.has(option)) return fail(fmt::format("{} is for --out csv", option));
  }
  return {};
}

Status check_sweep(const Draft& draft) {
  if (!draft.has("--sweep")) {
    for (const std::string_view option : {"--samples", "--seed", "--runs", "--where"}) {
      if (!draft.has(option)) continue;
      return fail(fmt::format("{} is for --sweep, which is missing", option));
    }
    return {};
  }
  const auto& groups = draft.options.items.input.groups;
  if (!groups.empty()) {
    return fail(fmt::format("--sweep and {} exclude each other: a sweep is all of the input",
                            groups.front().from_file ? "::::" : ":::"));
  }
  for (const std::string_view other : {"-a", "--range", "--partition"}) {
    if (!draft.has(other)) continue;
    return fail(
        fmt::format("--sweep and {} exclude each other: a sweep is all of the input", other));
  }
  for (const std::string_view option : {"--in", "-0", "-d"}) {
    // They also say what a file of prep items is made of.
    if (!draft.has(option) || draft.has("--prep-file") || draft.has("--common")) continue;
    return fail(fmt::format("--sweep and {} exclude each other: nothing else is read", option));
  }
  return {};
}

}  // namespace spread::cli
