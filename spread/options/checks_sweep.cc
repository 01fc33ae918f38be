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
    for (const std::string_view option :
         {"--samples", "--seed", "--runs", "--where", "--until-ok", "--max-rounds"}) {
      if (!draft.has(option)) continue;
      return fail(fmt::format("{} is for --sweep, which is missing", option));
    }
    return {};
  }
  if (draft.has("--max-rounds") && !draft.has("--until-ok")) {
    return fail("--max-rounds is for --until-ok N, which is missing");
  }
  for (const std::string_view other : {"--samples", "--runs"}) {
    if (!draft.has("--until-ok") || !draft.has(other)) continue;
    return fail(fmt::format(
        "--until-ok and {} exclude each other: it says how many samples there are", other));
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
