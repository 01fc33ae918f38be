#include "spread/options/setters.h"

#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/options/option_table.h"
#include "spread/options/values.h"

namespace spread::cli {
namespace {

Status add_variable(CommandOptions& command, const std::string& name) {
  if (!is_identifier(name)) {
    return fail(fmt::format("expected names of variables, not {}", show_text(name)));
  }
  bool found = false;
  // What `export -f` calls a function.
  for (const std::string& key : {name, "BASH_FUNC_" + name + "%%"}) {
    const char* value = std::getenv(key.c_str());
    if (value == nullptr) continue;
    command.environment.emplace_back(key, value);
    found = true;
  }
  if (found) return {};
  return fail(fmt::format("{} is not in the environment; in the shell: export {}", name, name));
}

}  // namespace

Status set_ssh(Draft& draft, std::string_view value) {
  return store_name(draft.options.hosts.ssh, value, "a program and its options");
}

Status set_environment(Draft& draft, std::string_view value) {
  while (true) {
    const std::size_t comma = value.find(',');
    SPREAD_TRY(add_variable(draft.options.job.command, std::string(value.substr(0, comma))));
    if (comma == std::string_view::npos) return {};
    value.remove_prefix(comma + 1);
  }
}
Status set_base_file(Draft& draft, std::string_view value) {
  return add_name(draft.options.job.base_files, value, "a file");
}
Status set_transfer_file(Draft& draft, std::string_view value) {
  return add_name(draft.options.items.transfer_files, value, "a file");
}
Status set_transfer(Draft& draft, std::string_view) { return set_transfer_file(draft, "{}"); }
Status set_return_file(Draft& draft, std::string_view value) {
  return add_name(draft.options.items.return_files, value, "a file");
}
Status set_clean_up(Draft& draft, std::string_view) {
  return store_flag(draft.options.job.clean_up, true);
}
Status set_transfer_return_clean(Draft& draft, std::string_view value) {
  SPREAD_TRY(set_transfer(draft, ""));
  SPREAD_TRY(set_clean_up(draft, ""));
  return set_return_file(draft, value);
}

}  // namespace spread::cli
